"""A tenant who may edit all in a namespace does not get into the privileged part of a VM's pod."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.guests import BUSYBOX
from tests.e2e.kubectl import Kubectl, KubectlError
from tests.e2e.observer import Json
from tests.e2e.tenant import await_rule, build_tenant, name_user
from tests.e2e.vm import Vm

COMPUTE = (
    "the container compute is privileged; this needs update on virtualmachineinstances/launcher"
)
# two policies forbid it, and the API server tells of one
DEBUG = "needs? update on virtualmachineinstances/launcher"
PRIVILEGED = "privileged pods need update on virtualmachineinstances/launcher"
WEBSOCKETS = {"GET, as a websocket": "true", "POST, as SPDY": "false"}
IMAGE = BUSYBOX
ORDINARY = "ordinary"
LISTENING = "0A"  # in the fourth column of /proc/net/tcp


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tenants")


@pytest.fixture(scope="module")
def tenant(cluster: Cluster, folder: Path) -> Kubectl:
    """Return kubectl with the role edit, and with debug containers, which many clusters add."""
    made = build_tenant(cluster, "tenant", folder, "edit")
    verbs = ("--verb=patch", "--verb=update", "--verb=get")
    cluster.kubectl("create", "role", "debug", *verbs, "--resource=pods/ephemeralcontainers")
    account = f"--serviceaccount={cluster.namespace}:tenant"
    cluster.kubectl("create", "rolebinding", "tenant-debug", "--role=debug", account)
    rule = {"apiGroups": [""], "resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]}
    await_rule(cluster, name_user(cluster, "tenant"), rule)
    return made


@pytest.fixture(scope="module")
def trusted(cluster: Cluster, folder: Path) -> Kubectl:
    """Return kubectl with the role edit, and with the right to enter."""
    return build_tenant(cluster, "trusted", folder, "edit", "virtpod.io:launcher")


@pytest.fixture(scope="module")
def ordinary(cluster: Cluster, tenant: Kubectl) -> Iterator[str]:
    """Yield the name of a tenant's own pod, whose container is named compute as well."""
    container: Json = {"name": "compute", "image": IMAGE, "imagePullPolicy": "IfNotPresent"}
    container["command"] = ["sleep", "infinity"]
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    meta = {"name": ORDINARY}
    tenant.apply({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    tenant.wait(f"pod/{ORDINARY}", "condition=Ready")
    yield ORDINARY
    cluster.kubectl("delete", "pod", ORDINARY, "--wait=false")


def speak(kubectl: Kubectl, websockets: str) -> Kubectl:
    """Return kubectl that speaks as told."""
    made = Kubectl(kubectl.program, Path(kubectl.env["KUBECONFIG"]), kubectl.namespace)
    made.env = {**made.env, "KUBECTL_REMOTE_COMMAND_WEBSOCKETS": websockets}
    return made


both_ways = pytest.mark.parametrize("websockets", WEBSOCKETS.values(), ids=WEBSOCKETS.keys())


@both_ways
@pytest.mark.parametrize("verb", ["exec", "attach"])
def test_compute_cannot_be_entered(tenant: Kubectl, shared: Vm, verb: str, websockets: str) -> None:
    command = ("--", "true") if verb == "exec" else ()
    with pytest.raises(KubectlError, match=COMPUTE):
        speak(tenant, websockets)(verb, shared.name, "-c", "compute", *command, seconds=60)


@both_ways
def test_the_guest_s_container_can(tenant: Kubectl, shared: Vm, websockets: str) -> None:
    assert speak(tenant, websockets)("exec", shared.name, "--", "echo", "hello") == "hello\n"


@both_ways
def test_pods_that_are_no_vm_s_can(tenant: Kubectl, ordinary: str, websockets: str) -> None:
    command = ("exec", ordinary, "-c", "compute", "--", "echo", "hello")
    assert speak(tenant, websockets)(*command) == "hello\n"


@both_ways
def test_who_was_given_the_right_gets_in(trusted: Kubectl, shared: Vm, websockets: str) -> None:
    command = ("exec", shared.name, "-c", "compute", "--", "echo", "hello")
    assert speak(trusted, websockets)(*command) == "hello\n"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("container=compute", COMPUTE),
        ("container=compute&container=guest", COMPUTE),
        ("container=comput%65", COMPUTE),
        ("container=guest&container=compute", "pgrade"),  # it is the guest's
        ("Container=compute", "a container name must be specified"),
        ("container=", "a container name must be specified"),
        ("container=compute%20", "not valid for pod"),
        ("container=%20compute", "not valid for pod"),
        ("container=COMPUTE", "not valid for pod"),
        ("container=compute%00", "not valid for pod"),
        ("container=compute%2F..%2Fcompute", "not valid for pod"),
        ("container=.%2Fcompute", "not valid for pod"),
    ],
)
def test_no_spelling_of_its_name_leads_into_compute(
    tenant: Kubectl, cluster: Cluster, shared: Vm, query: str, answer: str
) -> None:
    pod = f"/api/v1/namespaces/{cluster.namespace}/pods/{shared.name}"
    with pytest.raises(KubectlError, match=answer):
        tenant("get", "--raw", f"{pod}/exec?command=true&stdout=true&{query}")


@pytest.mark.parametrize("profile", ["general", "sysadmin", "netadmin"])
@pytest.mark.parametrize("target", ["compute", "guest"])
def test_a_debug_container_does_not_come_in(
    tenant: Kubectl, shared: Vm, profile: str, target: str
) -> None:
    options = (f"--profile={profile}", f"--image={IMAGE}", f"--target={target}", "--attach=false")
    with pytest.raises(KubectlError, match=DEBUG):
        tenant("debug", shared.name, *options)


@pytest.mark.parametrize("profile", ["general", "sysadmin", "restricted"])
def test_a_copy_of_the_pod_is_not_made(
    tenant: Kubectl, shared: Vm, cluster: Cluster, profile: str
) -> None:
    label = r"jsonpath={.metadata.labels.virtpod\.io/runs-vms}=true"
    cluster.kubectl.wait(f"namespace/{cluster.namespace}", label)
    options = ("--copy-to=mine", f"--profile={profile}", f"--image={IMAGE}", "--attach=false")
    with pytest.raises(KubectlError, match=PRIVILEGED):
        tenant("debug", shared.name, *options)


@pytest.mark.parametrize("container", ["compute", "guest"])
def test_its_containers_do_not_get_another_image(
    tenant: Kubectl, shared: Vm, container: str
) -> None:
    with pytest.raises(
        KubectlError,
        match=r"the containers of a VM's pod are privileged|privileged pods need update on",
    ):
        tenant("set", "image", f"pod/{shared.name}", f"{container}=localhost/mine:1")


def test_it_stays_a_vm_s_pod(tenant: Kubectl, shared: Vm) -> None:
    pod = f"pod/{shared.name}"
    for change in ("kubevirt.io-", "kubevirt.io=mine"):
        with pytest.raises(KubectlError, match="cannot be made, or cease to be"):
            tenant("label", "--overwrite", pod, change)
    with pytest.raises(KubectlError, match="cannot be made, or cease to be"):
        tenant("annotate", "--overwrite", pod, "virtpod.io/launch-document={}")
    tenant("label", pod, "mine=1")
    tenant("label", pod, "mine-")


def test_no_other_pod_passes_for_one(tenant: Kubectl, ordinary: str) -> None:
    with pytest.raises(KubectlError, match="cannot be made, or cease to be"):
        tenant("label", f"pod/{ordinary}", "kubevirt.io=virt-launcher")
    labels = {"kubevirt.io": "virt-launcher"}
    pod: Json = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "mine", "labels": labels}}
    pod["spec"] = {"containers": [{"name": "a", "image": IMAGE}]}
    with pytest.raises(KubectlError, match="only virtpod's controller creates the pods of VMs"):
        tenant.apply(pod)


def test_behind_its_ports_nobody_listens(tenant: Kubectl, shared: Vm) -> None:
    """What port-forward reaches, is the guest's: nothing of the launcher takes connections."""
    tables = tenant("exec", shared.name, "--", "cat", "/proc/net/tcp", "/proc/net/tcp6")
    rows = [line.split() for line in tables.splitlines() if ":" in line.split()[0]]
    assert [row[1] for row in rows if row[3] == LISTENING] == []


@pytest.mark.parametrize("role", ["admin", "edit"])
def test_the_right_to_enter_is_part_of_no_role(cluster: Cluster, role: str) -> None:
    rules = json.loads(cluster.kubectl("get", "clusterrole", role, "-o", "json"))["rules"]
    ours = [rule for rule in rules if "kubevirt.io" in rule.get("apiGroups", ())]
    assert ours
    assert all("virtualmachineinstances/launcher" not in rule["resources"] for rule in ours)
    assert all("*" not in rule["resources"] for rule in ours)
