"""In each pod of a VM: one launch document becomes one running domain."""

from typing import Final

VERSION: Final = "0.1.0"  # as in pyproject.toml; reading package metadata costs 2 MiB
