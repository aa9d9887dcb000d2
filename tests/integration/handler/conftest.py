"""A short temporary directory: a unix socket's path has room for 107 characters only."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vp-") as path:
        yield Path(path)
