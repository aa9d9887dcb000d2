"""What a handler's stolen token can do: write about its own node, and nothing else."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

ACCOUNT = "virt-handler"
NAMESPACE = "kubevirt"
COLLECTION = ("kubevirt.io", "v1", "default", "virtualmachineinstances")
NAME = "handler-rights"
MANIFEST = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {"name": NAME},
    "spec": {
        "domain": {"memory": {"guest": "64Mi"}, "devices": {}},
        "nodeSelector": {"nowhere": "really"},
    },
}
DRY = {"dry_run": "All"}
SECONDS = 60.0


@pytest.fixture(scope="module")
def pod(api_client: client.ApiClient) -> Any:
    """Return the running handler that the tokens of these tests are bound to."""
    pods = client.CoreV1Api(api_client).list_namespaced_pod(
        NAMESPACE, label_selector=f"kubevirt.io={ACCOUNT}", field_selector="status.phase=Running"
    )
    return next(item for item in pods.items if item.metadata.deletion_timestamp is None)


@pytest.fixture(scope="module")
def stolen(api_client: client.ApiClient, pod: Any) -> Iterator[client.ApiClient]:
    """Act with a token as the kubelet mounts it into the handler's pod."""
    bound = {"apiVersion": "v1", "kind": "Pod", "name": pod.metadata.name, "uid": pod.metadata.uid}
    request = {"spec": {"audiences": [], "boundObjectRef": bound, "expirationSeconds": 600}}
    answer = client.CoreV1Api(api_client).create_namespaced_service_account_token(
        ACCOUNT, NAMESPACE, request
    )
    admin = api_client.configuration
    settings = client.Configuration(host=admin.host)
    settings.ssl_ca_cert = admin.ssl_ca_cert
    settings.api_key["BearerToken"] = f"Bearer {answer.status.token}"
    with client.ApiClient(settings) as connected:
        yield connected


@pytest.fixture
def elsewhere(api_client: client.ApiClient) -> Iterator[client.CustomObjectsApi]:
    """A VMI that is on another node."""
    objects = client.CustomObjectsApi(api_client)
    objects.create_namespaced_custom_object(*COLLECTION, MANIFEST)
    status = {"status": {"phase": "Failed", "nodeName": "elsewhere"}}
    objects.patch_namespaced_custom_object_status(*COLLECTION, NAME, status)
    yield objects
    objects.patch_namespaced_custom_object(*COLLECTION, NAME, {"metadata": {"finalizers": None}})
    objects.delete_namespaced_custom_object(*COLLECTION, NAME)
    until_gone(objects)


def until_gone(objects: client.CustomObjectsApi) -> None:
    """Wait for who put a finalizer there meanwhile: the next VMI has the same name."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while NAME in {
        each["metadata"]["name"]
        for each in objects.list_namespaced_custom_object(*COLLECTION)["items"]
    }:
        assert time.monotonic() < deadline, "the VMI does not go"
        pause.wait(0.02)


def patch_status(acting: client.ApiClient, **fields: Any) -> tuple[int, str]:
    """Return code and message of a status patch."""
    try:
        client.CustomObjectsApi(acting).patch_namespaced_custom_object_status(
            *COLLECTION, NAME, {"status": fields}, **DRY
        )
    except ApiException as refused:
        return refused.status, json.loads(refused.body)["message"]
    return 200, ""


def patch_node(acting: client.ApiClient, node: str, body: dict[str, Any]) -> tuple[int, str]:
    try:
        client.CoreV1Api(acting).patch_node(node, body, **DRY)
    except ApiException as refused:
        return refused.status, json.loads(refused.body)["message"]
    return 200, ""


def test_a_vmi_of_another_node_cannot_be_taken_over(
    elsewhere: client.CustomObjectsApi, stolen: client.ApiClient, pod: Any
) -> None:
    code, message = patch_status(stolen, nodeName=pod.spec.node_name)
    assert code == 403
    assert "this VMI is on another node" in message


def test_a_vmi_cannot_be_placed_on_another_node(
    elsewhere: client.CustomObjectsApi, stolen: client.ApiClient
) -> None:
    code, message = patch_status(stolen, reason="Lie")
    assert code == 403
    assert "only write the status of VMIs on its own node" in message


def test_pods_of_another_node_cannot_be_claimed(
    api_client: client.ApiClient, stolen: client.ApiClient, pod: Any
) -> None:
    objects = client.CustomObjectsApi(api_client)
    objects.create_namespaced_custom_object(*COLLECTION, MANIFEST)
    try:
        node = pod.spec.node_name
        assert patch_status(stolen, nodeName=node, activePods={"uid": node}) == (200, "")
        code, message = patch_status(stolen, nodeName=node, activePods={"uid": "elsewhere"})
        assert code == 403
        assert "only add its own node's pods" in message
    finally:
        objects.delete_namespaced_custom_object(*COLLECTION, NAME)


def test_its_own_nodes_two_labels_can_be_written(stolen: client.ApiClient, pod: Any) -> None:
    labels = {"kubevirt.io/schedulable": "false", "virtpod.io/kvm": None}
    body = {"metadata": {"labels": labels}}
    assert patch_node(stolen, pod.spec.node_name, body) == (200, "")


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"labels": {"evil": "1"}}},
        {"metadata": {"labels": {"kubernetes.io/arch": None}}},
        {"metadata": {"annotations": {"evil": "1"}}},
        {"spec": {"unschedulable": True}},
        {"spec": {"taints": [{"key": "evil", "effect": "NoExecute"}]}},
    ],
    ids=str,
)
def test_nothing_else_of_its_node_can_be_written(
    stolen: client.ApiClient, pod: Any, body: dict[str, Any]
) -> None:
    code, message = patch_node(stolen, pod.spec.node_name, body)
    assert code == 403, message


def test_another_node_cannot_be_labelled(
    api_client: client.ApiClient, stolen: client.ApiClient
) -> None:
    core = client.CoreV1Api(api_client)
    core.create_node({"metadata": {"name": "handler-rights-node"}, "spec": {"unschedulable": True}})
    try:
        body = {"metadata": {"labels": {"kubevirt.io/schedulable": "true"}}}
        code, message = patch_node(stolen, "handler-rights-node", body)
        assert code == 403
        assert "its own node" in message
    finally:
        core.delete_node("handler-rights-node")


@pytest.mark.parametrize(
    ("verb", "group", "resource", "subresource"),
    [
        ("get", "", "secrets", ""),
        ("list", "", "configmaps", ""),
        ("create", "", "pods", ""),
        ("delete", "", "pods", ""),
        ("patch", "", "pods", ""),
        ("create", "", "pods", "exec"),
        ("create", "", "serviceaccounts", "token"),
        ("update", "", "nodes", ""),
        ("delete", "", "nodes", ""),
        ("patch", "", "nodes", "status"),
        ("create", "kubevirt.io", "virtualmachineinstances", ""),
        ("patch", "kubevirt.io", "virtualmachineinstances", ""),
        ("delete", "kubevirt.io", "virtualmachineinstances", ""),
        ("update", "kubevirt.io", "virtualmachineinstances", "launcher"),
        ("patch", "kubevirt.io", "kubevirts", ""),
        ("impersonate", "", "users", ""),
        ("create", "rbac.authorization.k8s.io", "clusterrolebindings", ""),
    ],
)
def test_a_right_that_is_not_needed_is_not_there(
    stolen: client.ApiClient, verb: str, group: str, resource: str, subresource: str
) -> None:
    attributes = {"verb": verb, "group": group, "resource": resource, "subresource": subresource}
    review = client.AuthorizationV1Api(stolen).create_self_subject_access_review(
        {"spec": {"resourceAttributes": attributes}}
    )
    assert not review.status.allowed


@pytest.mark.parametrize("name", ["kubevirt-ca", "kubevirt-virt-api-certs", ""])
@pytest.mark.parametrize("verb", ["get", "list", "watch", "patch", "update", "delete", "create"])
def test_of_secrets_only_its_own_certificate_can_be_read(
    stolen: client.ApiClient, verb: str, name: str
) -> None:
    assert not may(stolen, verb, name)


@pytest.mark.parametrize("verb", ["get", "list", "watch", "patch", "update", "delete"])
def test_its_own_certificate_can_be_read_and_not_changed(
    stolen: client.ApiClient, verb: str
) -> None:
    assert may(stolen, verb, "kubevirt-virt-handler-certs") == (verb in {"get", "list", "watch"})


def may(acting: client.ApiClient, verb: str, name: str) -> bool:
    """Tell whether a Secret of the installation is open to a verb."""
    attributes = {"verb": verb, "resource": "secrets", "namespace": NAMESPACE, "name": name}
    review = client.AuthorizationV1Api(acting).create_self_subject_access_review(
        {"spec": {"resourceAttributes": attributes}}
    )
    return bool(review.status.allowed)
