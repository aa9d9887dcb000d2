"""What could come next on a command line."""

import subprocess

import pytest

from cli.command import COMMANDS
from cli.complete import answer, complete
from cli.completion import SCRIPTS
from tests.unit.cli.conftest import FakeKubectl

NAMES = {
    "virtualmachines.kubevirt.io": ["a", "ab", "b"],
    "virtualmachineinstances.kubevirt.io": ["i"],
    "namespaces": ["default", "kube-system"],
}


@pytest.mark.parametrize(
    ("words", "candidates", "directive"),
    [
        (["st"], ("start", "stop"), 4),
        (["-n", "ns", "cons"], ("console",), 4),
        (["start", ""], ("a", "ab", "b"), 4),
        (["start", "a", "a"], ("ab",), 4),
        (["start", "vm/a"], ("vm/a", "vm/ab"), 4),
        (["console", ""], ("i",), 4),
        (["port-forward", "vmi/"], ("vmi/i",), 4),
        (["scp", ""], ("i:",), 0),
        (["start", "--wa"], ("--wait", "--warnings-as-errors"), 4),
        (["start", "-o", ""], ("json", "yaml", "name"), 4),
        (["start", "-n", "k"], ("kube-system",), 4),
        (["--kubeconfig", ""], (), 0),
        (["create", ""], ("vm", "instancetype", "preference"), 4),
        (["create", "vm", "--run-strategy", "A"], ("Always",), 4),
        (["create", "vm", "--password-file", ""], (), 0),
        (["create", "vm", "--volume-p"], ("--volume-pvc",), 4),
        (["create", "vm", "--memory", ""], (), 4),
        (["expose", "vm"], ("vm", "vmi", "vmirs"), 4),
        (["expose", "vm", ""], (), 4),
        (["completion", "b"], ("bash",), 4),
        (["plan", "-f", ""], (), 0),
        (["plan", ""], (), 4),
        (["fly", ""], (), 4),
    ],
)
def test_the_candidates_are_those_that_fit(
    words: list[str], candidates: tuple[str, ...], directive: int
) -> None:
    found = complete(words, lambda resource: NAMES[resource])
    assert (found.candidates, found.directive) == (candidates, directive)


def test_nothing_typed_offers_all_commands() -> None:
    found = complete([""], lambda resource: NAMES[resource])
    assert set(COMMANDS) <= set(found.candidates)


def test_names_come_from_the_cluster_that_the_flags_name(kubectl: FakeKubectl) -> None:
    assert answer(["--context=c", "start", "a"]) == (":4",)  # the stand-in knows no lists
    (call,) = kubectl.calls()
    assert call[0] == "get"
    assert call[1:3] == ["--context=c", "--request-timeout=3s"]
    assert call[-1] == "virtualmachines.kubevirt.io"
    assert answer(["start", "--timeout", "-n"]) == ("--namespace", ":4")[1:]


def test_the_program_answers_shells(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("complete", "--", "unp")
    assert (done.code, done.out) == (0, "unpause\n:4\n")
    assert kubectl.virt("complete", "--").out.endswith(":4\n")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_names_this_program(kubectl: FakeKubectl, shell: str) -> None:
    done = kubectl.virt("completion", shell)
    assert done.code == 0
    assert "complete -- " in done.out


def test_bash_completes(kubectl: FakeKubectl) -> None:
    script = kubectl.virt("completion", "bash").out
    ask = "COMP_WORDS=(kubectl-virt unp); COMP_CWORD=1; _kubectl_virt; echo ${COMPREPLY[@]}"
    program = "import sys; sys.argv[0] = 'x'"
    assert program
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
