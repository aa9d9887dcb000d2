"""Golden files: a case is a directory with its input and what the code makes of it."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

Compare = Callable[[Path, str], None]


@pytest.fixture
def compare_golden(update_golden: bool) -> Compare:
    """Return a function that compares a text with a golden file, or rewrites the file."""

    def compare(path: Path, text: str) -> None:
        if update_golden:
            path.write_text(text)
            return
        golden = path.read_text() if path.exists() else ""
        names = (str(path), "made now")
        lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), *names, lineterm="")
        difference = "\n".join(lines)
        assert not difference, difference

    return compare
