"""How users name objects, and the paths that come of it."""

import pytest

from api.problem import Problem
from cli.target import (
    VM,
    VMI,
    VMIRS,
    Kind,
    Target,
    build_subresource_path,
    build_watch_path,
    parse_target,
    parse_targets,
)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a", Target("a")),
        ("a.b-c", Target("a.b-c")),
        ("vm/a", Target("a", VM)),
        ("VMIs/a", Target("a", VMI)),
        ("virtualmachineinstance/a/ns", Target("a", VMI, "ns")),
        ("virtualmachines.kubevirt.io/a", Target("a", VM)),
    ],
)
def test_a_target_is_read(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    ["", "/", "vm/", "vm//a", "pod/a", "vm/a/b/c", "-a", "A", "a b", "../a", "a,b", "a" * 254],
)
def test_what_is_no_target_is_a_problem(text: str) -> None:
    with pytest.raises(Problem):
        parse_target(text)


@pytest.mark.parametrize(
    ("words", "kinds", "targets"),
    [
        (["a", "vm/b"], (VM, VMI), (Target("a"), Target("b", VM))),
        (["vm", "a", "b"], (VM, VMI), (Target("a", VM), Target("b", VM))),
        (["vm"], (VM,), (Target("vm"),)),  # a VM may be called so
        (["vmirs", "a"], (VMIRS,), (Target("a", VMIRS),)),
    ],
)
def test_a_type_may_stand_for_all(
    words: list[str], kinds: tuple[Kind, ...], targets: tuple[Target, ...]
) -> None:
    assert parse_targets(words, kinds) == targets


def test_paths_are_as_the_api_has_them() -> None:
    path = build_subresource_path(VMI, "ns", "a", "portforward", "22", "tcp")
    head = "/apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachineinstances"
    assert path == f"{head}/a/portforward/22/tcp"
    watch = build_watch_path(VM, "n/s", "a", "7", 0)
    query = "watch=true&fieldSelector=metadata.name%3Da&resourceVersion=7&timeoutSeconds=1"
    assert watch == f"/apis/kubevirt.io/v1/namespaces/n%2Fs/virtualmachines?{query}"
