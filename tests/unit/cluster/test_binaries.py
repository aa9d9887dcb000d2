"""What is built, read from go.mod files."""

import pytest

from api.problem import Problem
from cluster.binaries import Project, parse_module, read_projects

MODULE = """module virtpod/cluster/example

go 1.25.0

tool (
\texample.org/big/cmd/server
\texample.org/big/cmd/client
)

require (
\texample.org/big v1.2.3 // indirect
\texample.org/bigger v9.9.9 // indirect
)
"""


def test_a_module_tells_its_programs_and_their_version() -> None:
    project = parse_module("example", MODULE)
    assert project.programs == ("server", "client")
    assert project.folder == "example-v1.2.3"


def test_a_module_may_name_one_tool_on_one_line() -> None:
    text = "tool example.org/one\n\nrequire example.org/one v0.1.0 // indirect\n"
    assert parse_module("one", text) == Project("one", "v0.1.0", ("example.org/one",))


@pytest.mark.parametrize("text", ["module a\n", "tool example.org/a\n"])
def test_a_module_without_tool_or_version_is_refused(text: str) -> None:
    with pytest.raises(Problem, match=r"go\.mod of a"):
        parse_module("a", text)


def test_kubernetes_learns_its_version_from_the_linker() -> None:
    flags = Project("kubernetes", "v1.35.4", ()).linker_flags
    assert "-X k8s.io/component-base/version.gitVersion=v1.35.4" in flags
    assert "-X k8s.io/component-base/version.gitMinor=35" in flags
    assert Project("coredns", "v1.15.0", ()).linker_flags == "-s -w"


def test_the_pinned_modules_have_every_program_of_a_cluster() -> None:
    programs = {program for project in read_projects() for program in project.programs}
    assert programs >= {
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
        "kubectl",
        "containerd",
        "containerd-shim-runc-v2",
        "ctr",
        "coredns",
        "local-path-provisioner",
    }
