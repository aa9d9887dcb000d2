"""The webhooks behind a real API server: when it asks, and what becomes of the answers."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.e2e.cluster import find_kubeconfig
from tests.e2e.component import AS_CONTROLLER
from tests.e2e.observer import VMIS, VMS, ApiServer, RefusedError
from tests.integration.bad_vmi import GONE, GOOD, Manifest, S, change
from tests.integration.bad_vms import GOOD_VM, SIZED, D

FINALIZER = "kubevirt.io/virtualMachineControllerFinalize"
CALLS = "apiserver_admission_webhook_admission_duration_seconds_count"
HOOKS = re.compile(CALLS + r'\{[^}]*name="([^"]+kubevirt\.io)"[^}]*\} (\d+)')
VM_HOOKS = {"virtualmachines-mutator.kubevirt.io", "virtualmachine-validator.kubevirt.io"}
SECONDS = 60.0
APPLY = "application/apply-patch+yaml"
Asked = Callable[[Callable[[], object]], set[str]]


@pytest.fixture(scope="module")
def api() -> ApiServer:
    return ApiServer(find_kubeconfig())


@pytest.fixture(scope="module")
def where(api: ApiServer) -> Iterator[str]:
    """Yield a namespace of these tests."""
    meta = {"generateName": "webhook-"}
    made = api.create("/api/v1/namespaces", {"metadata": meta})["metadata"]["name"]
    await_default_account(api, made)
    yield made
    api.delete(f"/api/v1/namespaces/{made}")


def await_default_account(api: ApiServer, namespace: str) -> None:
    """Wait for the account that pods have who name none; a controller makes it, in its time."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while "default" not in {each["metadata"]["name"] for each in api.get(path)["items"]}:
        assert time.monotonic() < deadline, f"no default account in {namespace}"
        pause.wait(0.02)


@pytest.fixture
def vms(where: str) -> str:
    return VMS.format(namespace=where)


@pytest.fixture
def good(where: str) -> Manifest:
    return change(GOOD_VM, {"metadata": {"namespace": where, "generateName": "vm-"}})


@pytest.fixture
def asked(api: ApiServer) -> Asked:
    """Return a function that does something, and tells which of our webhooks were asked."""

    def count() -> Counter[str]:
        counted: Counter[str] = Counter()
        for name, number in HOOKS.findall(api.get_text("/metrics")):
            counted[name] += int(number)  # one for each operation and outcome
        return counted

    def ask(do: Callable[[], object]) -> set[str]:
        before = count()
        do()
        return set(count() - before)

    return ask


def test_all_that_is_wrong_is_told_at_once(api: ApiServer, vms: str, good: Manifest) -> None:
    bad = change(good, {**SIZED, f"{D}.machine.type": "pc-i440fx-2.10"})
    bad["spec"]["instancetype"] = {"name": "that-there-is-not"}
    bad["spec"]["preference"] = {"name": "nor-this"}
    with pytest.raises(RefusedError) as caught:
        api.create(f"{vms}?dryRun=All", bad)
    status = caught.value.status
    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert "virtualmachine-validator.kubevirt.io" in status["message"]
    causes = {cause["field"]: cause["reason"] for cause in status["details"]["causes"]}
    assert causes == {
        "spec.instancetype": "FieldValueNotFound",
        "spec.preference": "FieldValueNotFound",
        f"{D}.machine.type": "FieldValueNotSupported",
    }


def test_warnings_reach_the_user(api: ApiServer, vms: str, good: Manifest) -> None:
    old_way = change(good, {"spec.runStrategy": GONE, "spec.running": False})
    with api.open("POST", f"{vms}?dryRun=All", old_way) as answer:
        assert answer.response.status == 201
        assert "spec.running is deprecated" in str(answer.response.headers["Warning"])


def test_a_vm_is_complete_before_the_controller_sees_it(
    api: ApiServer, vms: str, good: Manifest
) -> None:
    made = api.create(f"{vms}?dryRun=All", good)
    assert made["metadata"]["finalizers"] == [FINALIZER]
    assert made["spec"]["template"]["spec"]["domain"]["firmware"]["uuid"]


def test_the_old_version_is_judged_and_completed_too(
    api: ApiServer, vms: str, good: Manifest
) -> None:
    url = f"{vms.replace('/v1/', '/v1alpha3/')}?dryRun=All"
    made = api.create(url, {**good, "apiVersion": "kubevirt.io/v1alpha3"})
    assert made["spec"]["template"]["spec"]["architecture"] == "amd64"


def test_a_bare_vmi_gets_its_defaults(api: ApiServer, where: str) -> None:
    bare = change(GOOD, {"metadata.namespace": where, f"{S}.networks": GONE})
    bare["spec"]["domain"]["devices"].pop("interfaces")
    made = api.create(f"{VMIS.format(namespace=where)}?dryRun=All", bare)
    assert made["spec"]["networks"] == [{"name": "default", "pod": {}}]
    assert len(made["metadata"]["finalizers"]) == 1


def test_applying_again_changes_nothing(api: ApiServer, vms: str, good: Manifest) -> None:
    named = change(good, {"metadata.name": "applied"})
    del named["metadata"]["generateName"]
    url = f"{vms}/applied?fieldManager=tests"
    first = api.call("PATCH", url, named, APPLY)
    again = api.call("PATCH", url, named, APPLY)
    assert again["metadata"]["generation"] == first["metadata"]["generation"] == 1
    assert again["spec"] == first["spec"]


def replace(api: ApiServer, path: str, body: Manifest) -> Manifest:
    """PUT over whatever version there is: the controller may be writing its status."""
    for _ in range(50):
        version = api.get(path)["metadata"]["resourceVersion"]
        body["metadata"]["resourceVersion"] = version
        try:
            return api.call("PUT", path, body)
        except RefusedError as refused:
            if refused.code != 409:
                raise
    raise AssertionError(f"{path} never stays as it is")


def test_replacing_it_keeps_its_identity(api: ApiServer, vms: str, good: Manifest) -> None:
    made = api.create(vms, good)
    name = made["metadata"]["name"]
    bare = change(good, {f"{D}.cpu.cores": 2, "metadata": {"name": name}})
    after = replace(api, f"{vms}/{name}", bare)
    before = made["spec"]["template"]["spec"]
    template = after["spec"]["template"]["spec"]
    assert template["domain"]["cpu"]["cores"] == 2
    assert template["domain"]["firmware"] == before["domain"]["firmware"]
    assert template["domain"]["machine"] == before["domain"]["machine"]


def test_it_is_asked_when_a_spec_or_labels_change(
    api: ApiServer, vms: str, good: Manifest, asked: Asked
) -> None:
    made = api.create(vms, good)
    path = f"{vms}/{made['metadata']['name']}"
    assert asked(lambda: api.create(f"{vms}?dryRun=All", good)) == VM_HOOKS
    assert asked(lambda: api.merge(path, {"spec": {"runStrategy": "Manual"}})) == VM_HOOKS
    assert asked(lambda: api.merge(path, {"metadata": {"labels": {"a": "b"}}})) == VM_HOOKS


@pytest.fixture
def held(api: ApiServer, vms: str, good: Manifest) -> Iterator[str]:
    """Yield the path of a VM that a test may hold back from going."""
    path = f"{vms}/{api.create(vms, good)['metadata']['name']}"
    yield path
    with suppress(RefusedError):  # it has gone
        api.merge(path, {"metadata": {"finalizers": None}})


def test_it_is_not_asked_otherwise(
    api: ApiServer, vms: str, good: Manifest, asked: Asked, held: str
) -> None:
    controller = ApiServer(find_kubeconfig(), headers=AS_CONTROLLER)
    meta: dict[str, Any] = {"annotations": {"a": "b"}, "finalizers": [FINALIZER, "tests/hold"]}
    requests = [{"action": "Start"}]
    assert asked(lambda: api.merge(held, {"metadata": meta})) == set()
    assert asked(lambda: api.patch_status(held, {"stateChangeRequests": requests})) == set()
    assert asked(lambda: controller.create(f"{vms}?dryRun=All", good)) == set()
    assert asked(lambda: api.delete(held)) == set()
    edit = {"metadata": {"labels": {"c": "d"}}, "spec": {"runStrategy": "Manual"}}
    assert asked(lambda: api.merge(held, edit)) == set()  # it is being deleted
    assert asked(lambda: api.merge(held, {"metadata": {"finalizers": None}})) == set()


def test_pods_are_no_business_of_it(api: ApiServer, where: str, asked: Asked) -> None:
    container = {"name": "a", "image": "localhost/nothing:1"}
    pod = json.loads(json.dumps({"metadata": {"name": "p"}, "spec": {"containers": [container]}}))
    assert asked(lambda: api.create(f"/api/v1/namespaces/{where}/pods?dryRun=All", pod)) == set()
