"""What all commands share: kubectl's flags, help, exit codes, a quick start."""

import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from api.problem import Problem
from cli import VERSION
from cli.__main__ import main
from cli.command import COMMANDS
from cli.flag import split_flags
from tests.unit.cli.conftest import FakeKubectl
from tests.unit.cli.test_why import STOPPED, VMS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("words", "flags", "rest"),
    [
        (["why", "a"], (), ["why", "a"]),
        (["why", "-n", "ns", "a"], ("--namespace=ns",), ["why", "a"]),
        (["why", "-nns", "a"], ("--namespace=ns",), ["why", "a"]),
        (["why", "a", "-n=ns"], ("--namespace=ns",), ["why", "a"]),
        (["--namespace=ns", "why", "a"], ("--namespace=ns",), ["why", "a"]),
        (["--as", "you", "--as-group=a", "--as-group=b"], 3, []),
        (["--token", "--odd"], ("--token=--odd",), []),
        (["--insecure-skip-tls-verify", "a"], ("--insecure-skip-tls-verify",), ["a"]),
        (["--warnings-as-errors=false", "a"], ("--warnings-as-errors=false",), ["a"]),
        (["-v6"], ("--v=6",), []),
        (["-o", "json", "--vm=a"], (), ["-o", "json", "--vm=a"]),
        (["ssh", "--", "-n", "ns"], (), ["ssh", "--", "-n", "ns"]),
        (["--context="], ("--context=",), []),
    ],
)
def test_flags_of_kubectl_are_found_wherever_they_stand(
    words: Sequence[str], flags: tuple[str, ...] | int, rest: list[str]
) -> None:
    found, others = split_flags(words)
    assert others == rest
    assert (len(found) if isinstance(flags, int) else found) == flags


def test_a_flag_without_its_value_is_a_problem() -> None:
    with pytest.raises(Problem, match="flag needs an argument: -n"):
        split_flags(["why", "a", "-n"])


def test_flags_of_kubectl_reach_kubectl_in_their_order(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, STOPPED)
    kubectl.virt("--context", "c", "why", "-n", "a", "myvm", "--namespace=b", "--as=you")
    flags = ["--context=c", "--namespace=a", "--namespace=b", "--as=you"]
    assert kubectl.calls() == [["get", *flags, "--output=json", "--", VMS, "myvm"]]


def test_a_bad_flag_is_a_sentence(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("why", "myvm", "--kubeconfig")
    assert (done.code, done.err) == (1, "flag needs an argument: --kubeconfig\n")


def test_without_kubectl_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["why", "myvm"]) == 1
    assert capsys.readouterr().err == "there is no kubectl in PATH\n"


def test_a_silent_failure_of_kubectl_is_still_told(kubectl: FakeKubectl) -> None:
    kubectl.fail("")
    done = kubectl.virt("why", "myvm")
    assert (done.code, done.err) == (1, "kubectl ended with status 1\n")


def test_an_interrupted_command_ends_like_a_shells(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupt)
    assert kubectl.virt("why", "myvm").code == 130


def test_the_help_names_every_command(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("--help")
    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_help_speaks_of_kubectls_flags(kubectl: FakeKubectl, command: str) -> None:
    done = kubectl.virt(command, "--help")
    assert done.code == 0
    assert "--context" in done.out


def test_no_command_is_a_usage_error(kubectl: FakeKubectl) -> None:
    assert kubectl.virt().code == 2
    assert kubectl.virt("fly").code == 2


def test_asking_why_imports_nothing_slow() -> None:
    program = "import sys, cli.__main__, cli.why; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "cli.why" in loaded
    assert not loaded & {"kubernetes", "aiohttp", "msgspec", "yaml", "asyncio"}


def test_every_command_is_in_the_table_of_the_docs() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [name for name in COMMANDS if not any(f"`{name}" in row for row in rows)] == []


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_just_its_own(command: str) -> None:
    """The help of a command loads no other one's module, and nothing slow that it need not."""
    program = (
        "import sys; from cli.__main__ import main\n"
        f"try: main(['{command}', '--help'])\n"
        "except SystemExit: print('\\n', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    others = {spec.module for spec in COMMANDS.values()} - {COMMANDS[command].module}
    # plan writes out instancetypes as expand does
    assert not {f"cli.{name}" for name in others} & loaded - {"cli.expand"}
    assert not loaded & {"kubernetes", "aiohttp", "yaml", "asyncio", "webbrowser"}
    needs_types = {"create", "expand", "plan"}
    assert ("msgspec" in loaded) <= (command in needs_types)
    talks = {"console", "port-forward", "vnc"}
    assert ("websockets" in loaded) <= (command in talks)
