"""`kubectl virt`: sugar over the API, never the only way to do a thing."""

from typing import Final

VERSION: Final = "0.1.0"  # as pyproject.toml has it
