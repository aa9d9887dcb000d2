"""From the words of `kubectl virt create` to the manifest that it prints."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.__main__ import main

CASES = sorted(Path(__file__).parent.glob("create/*/words"))

Compare = Callable[[Path, str], None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
def test_the_manifest_is_as_it_was(
    case: Path, compare_golden: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each manifest was checked as the API server's webhook and the controller check it."""
    assert main(["create", *shlex.split(case.read_text(), comments=True)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    compare_golden(case.parent / "manifest.yaml", said.out)
