"""What Kubernetes' roles admin, edit and view let a user do with VMs."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_vm
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import Json

USERS = ("admin", "edit", "view")
VM = "rights"

AsUser = Callable[..., str]


def name_user(role: str) -> str:
    return f"{role}-of-the-tests"


@pytest.fixture(scope="module")
def as_user(cluster: Cluster) -> Iterator[AsUser]:
    """Return kubectl as a user who has but one of Kubernetes' roles, in the tests' namespace."""
    for role in USERS:
        options = (f"--clusterrole={role}", f"--user={name_user(role)}")
        cluster.kubectl("create", "rolebinding", name_user(role), *options)
    yield lambda role, *args: cluster.kubectl(*args, f"--as={name_user(role)}")
    for role in USERS:
        cluster.kubectl("delete", "rolebinding", name_user(role))


@pytest.fixture(scope="module")
def halted(cluster: Cluster) -> Iterator[str]:
    """Yield the name of a VM that does not run."""
    cluster.kubectl.apply(build_vm(VM, "Halted"))
    yield VM
    cluster.kubectl("delete", "vm", VM)


def patch_status(status: Json) -> tuple[str, ...]:
    patch = json.dumps({"status": status})
    return ("patch", "vm", VM, "--subresource=status", "--type=merge", f"--patch={patch}")


@pytest.mark.parametrize("role", ["admin", "edit"])
def test_an_editor_starts_a_vm_by_request(
    as_user: AsUser, cluster: Cluster, halted: str, role: str
) -> None:
    as_user(role, *patch_status({"stateChangeRequests": [{"action": "Start"}]}), "--dry-run=server")
    assert "stateChangeRequests" not in cluster.kubectl.get("vm", halted)["status"]


@pytest.mark.parametrize("role", ["admin", "edit"])
@pytest.mark.parametrize(
    "status",
    [
        {"printableStatus": "Running"},
        {"ready": True, "stateChangeRequests": [{"action": "Start"}]},
        {"instance": {"nodeName": "mine"}},
        {"printableStatus": None, "instancetypeRef": {"name": "huge"}},
    ],
    ids="+".join,
)
@pytest.mark.usefixtures("halted")
def test_nothing_else_of_a_status_is_theirs(as_user: AsUser, role: str, status: Json) -> None:
    with pytest.raises(KubectlError, match="users change stateChangeRequests only"):
        as_user(role, *patch_status(status), "--dry-run=server")


@pytest.mark.usefixtures("halted")
def test_a_viewer_starts_nothing(as_user: AsUser) -> None:
    with pytest.raises(KubectlError, match=r"cannot (get|patch) resource"):
        as_user("view", *patch_status({"stateChangeRequests": [{"action": "Start"}]}))


@pytest.mark.parametrize(
    ("role", "verb", "resource", "allowed"),
    [
        ("admin", "deletecollection", "virtualmachines", True),
        ("edit", "create", "virtualmachines", True),
        ("edit", "update", "virtualmachines/status", False),
        ("edit", "patch", "virtualmachineinstances/status", False),
        ("edit", "update", "virtualmachineinstancereplicasets/scale", True),
        ("edit", "create", "virtualmachinepreferences.instancetype.kubevirt.io", True),
        ("view", "list", "virtualmachines", True),
        ("view", "get", "virtualmachineinstancereplicasets/scale", True),
        ("view", "update", "virtualmachineinstancereplicasets/scale", False),
        ("view", "list", "virtualmachineinstancetypes.instancetype.kubevirt.io", True),
        ("view", "delete", "virtualmachineinstancetypes.instancetype.kubevirt.io", False),
        ("view", "list", "virtualmachineclusterinstancetypes.instancetype.kubevirt.io", True),
    ],
)
def test_roles_are_as_wide_as_their_names_say(
    as_user: AsUser, role: str, verb: str, resource: str, allowed: bool
) -> None:
    resource, _, subresource = resource.partition("/")
    options = (f"--subresource={subresource}",) if subresource else ()
    # kubectl exits with 1 where the answer is no
    try:
        answer = as_user(role, "auth", "can-i", verb, resource, *options).strip()
    except KubectlError:
        answer = "no"
    assert answer == ("yes" if allowed else "no")


@pytest.mark.parametrize("role", ["admin", "edit"])
def test_the_cluster_s_catalogue_is_not_a_namespace_s(as_user: AsUser, role: str) -> None:
    with pytest.raises(KubectlError, match="cannot delete resource"):
        as_user(role, "delete", "vmcp", "that-there-is-not")
