"""The command line against a kubectl that plays the API server."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main

Json = dict[str, Any]  # Any: any object

# Answers `get` from files RESOURCE_NAME.json beside it, `create` with what it is given; notes
# how it was called. Like kubectl, it fails in words on stderr and with status 1.
SCRIPT = """#!{python} -SE
import json, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
warning = here / "warning"
if warning.exists():
    sys.stderr.write(warning.read_text())
failure = here / "failure"
if failure.exists():
    sys.stderr.write(failure.read_text())
    sys.exit(1)
if sys.argv[1] == "create":
    path = next(word.partition("=")[2] for word in sys.argv if word.startswith("--filename="))
    sys.stdout.write(sys.stdin.read() if path == "-" else pathlib.Path(path).read_text())
    sys.exit(0)
resource, name = sys.argv[-2:]
answer = here / f"{{resource}}_{{name}}.json"
if not answer.exists():
    sys.stderr.write(f'Error from server (NotFound): {{resource}} "{{name}}" not found\\n')
    sys.exit(1)
sys.stdout.write(answer.read_text())
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class FakeKubectl:
    """A kubectl in PATH with the objects that it knows."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def know(self, resource: str, item: Json) -> None:
        name = item["metadata"]["name"]
        (self.folder / f"{resource}_{name}.json").write_text(json.dumps(item))

    def fail(self, words: str) -> None:
        (self.folder / "failure").write_text(words)

    def warn(self, words: str) -> None:
        (self.folder / "warning").write_text(words)

    def calls(self) -> list[list[str]]:
        noted = self.folder / "calls"
        return [json.loads(line) for line in noted.read_text().splitlines()]

    def virt(self, *words: str) -> Done:
        """Run `kubectl virt WORDS`."""
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
        said = self.capture.readouterr()
        return Done(code, said.out, said.err)


@pytest.fixture
def kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> FakeKubectl:
    program = tmp_path / "kubectl"
    program.write_text(SCRIPT.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return FakeKubectl(tmp_path, capsys)
