"""What Kubernetes' roles admin, edit and view let a user do with VMs."""

import json
import posixpath
import re
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_vm
from tests.e2e.kubectl import Kubectl, KubectlError
from tests.e2e.observer import Json
from tests.e2e.tenant import await_role, build_tenant

USERS = ("admin", "edit", "view")
VM = "rights"

SUBRESOURCES = "subresources.kubevirt.io"
IMPORT = re.compile(r"""(?:from|import\()\s*["'](\.{1,2}/[^"']+)["']""")

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

AsUser = Callable[..., str]


def name_user(role: str) -> str:
    return f"{role}-of-the-tests"


@pytest.fixture(scope="module")
def as_user(cluster: Cluster) -> Iterator[AsUser]:
    """Return kubectl as a user who has but one of Kubernetes' roles, in the tests' namespace."""
    for role in USERS:
        options = (f"--clusterrole={role}", f"--user={name_user(role)}")
        cluster.kubectl("create", "rolebinding", name_user(role), *options)
        await_role(cluster, name_user(role), role)
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
        ("admin", "update", "virtualmachineinstances/launcher", False),
        ("edit", "update", f"virtualmachines.{SUBRESOURCES}/start", True),
        ("edit", "get", f"virtualmachineinstances.{SUBRESOURCES}/console", True),
        ("edit", "get", f"virtualmachineinstances.{SUBRESOURCES}/vnc/screenshot", True),
        ("edit", "update", f"virtualmachineinstances.{SUBRESOURCES}/pause", True),
        ("edit", "update", f"virtualmachines.{SUBRESOURCES}/migrate", False),
        ("admin", "update", f"virtualmachines.{SUBRESOURCES}/migrate", False),
        ("view", "get", f"virtualmachineinstances.{SUBRESOURCES}/guestosinfo", True),
        ("view", "get", f"virtualmachineinstances.{SUBRESOURCES}/metrics", True),
        ("view", "get", f"virtualmachines.{SUBRESOURCES}/expand-spec", True),
        ("view", "update", f"expand-vm-spec.{SUBRESOURCES}", True),
        ("view", "get", f"virtualmachineinstances.{SUBRESOURCES}/console", False),
        ("view", "get", f"virtualmachineinstances.{SUBRESOURCES}/vnc", False),
        ("view", "get", f"virtualmachineinstances.{SUBRESOURCES}/portforward", False),
        ("view", "update", f"virtualmachines.{SUBRESOURCES}/stop", False),
    ],
)
@pytest.mark.usefixtures("as_user")
def test_roles_are_as_wide_as_their_names_say(
    cluster: Cluster, role: str, verb: str, resource: str, allowed: bool
) -> None:
    resource, _, subresource = resource.partition("/")
    plural, _, group = resource.partition(".")
    attributes = {
        "verb": verb,
        "group": group or "kubevirt.io",
        "resource": plural,
        "subresource": subresource,
        "namespace": cluster.namespace,
    }
    review = {"spec": {"user": name_user(role), "resourceAttributes": attributes}}
    head = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    assert cluster.api.create(REVIEWS, head | review)["status"]["allowed"] is allowed


@pytest.mark.parametrize("role", ["admin", "edit"])
def test_the_cluster_s_catalogue_is_not_a_namespace_s(as_user: AsUser, role: str) -> None:
    with pytest.raises(KubectlError, match="cannot delete resource"):
        as_user(role, "delete", "vmcp", "that-there-is-not")


@pytest.fixture(scope="module")
def nobody(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """Return kubectl with a token that no role is bound to."""
    return build_tenant(cluster, "nobody", tmp_path_factory.mktemp("nobody"))


@pytest.mark.parametrize("version", ["v1", "v1alpha3"])
def test_everybody_reads_version_and_discovery(nobody: Kubectl, version: str) -> None:
    root = f"/apis/{SUBRESOURCES}/{version}"
    assert json.loads(nobody("get", "--raw", f"{root}/version"))["gitVersion"].startswith("v")
    listed = json.loads(nobody("get", "--raw", root))
    assert "virtualmachineinstances/console" in {each["name"] for each in listed["resources"]}


def test_everybody_gets_the_whole_page_of_graphical_consoles(nobody: Kubectl) -> None:
    root = f"/apis/{SUBRESOURCES}/v1/novnc"
    assert "<html" in nobody("get", "--raw", f"{root}/")
    todo, read = [f"{root}/app.js"], set()
    while todo:
        path = todo.pop()
        read.add(path)
        for found in IMPORT.findall(nobody("get", "--raw", path)):
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), found))
            if wanted not in read:
                todo.append(wanted)
    assert len(read) > 20


@pytest.mark.usefixtures("halted")
def test_nobody_else_gets_in(nobody: Kubectl, cluster: Cluster) -> None:
    vms = f"/apis/{SUBRESOURCES}/v1/namespaces/{cluster.namespace}/virtualmachines"
    with pytest.raises(KubectlError, match="cannot get resource"):
        nobody("get", "--raw", f"{vms}/{VM}/expand-spec")
    with pytest.raises(KubectlError, match="cannot get resource"):
        nobody("get", "vm", VM)
