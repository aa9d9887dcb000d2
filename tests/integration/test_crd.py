"""The CRDs on a real API server: it alone refuses bad input, with the right field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.integration.bad_vmi import GOOD, BadVmi, Manifest, change
from tests.integration.bad_vmis import ACCEPTED, BAD_VMIS, UNREADABLE
from tests.integration.refusal import PLURALS, list_causes, try_create

EXAMPLES = Path(__file__).resolve().parents[2] / "manifests" / "examples"
COLLECTION = ("kubevirt.io", "v1", "default", "virtualmachineinstances")
REFUSED = [bad for bad in BAD_VMIS if bad.schema]


@pytest.fixture
def stored(objects: client.CustomObjectsApi) -> Iterator[Manifest]:
    """A VMI that really is in etcd, in a final phase; no controller runs what is not built."""
    name = "crd-test"
    manifest = change(GOOD, {"metadata.name": name, "spec.domain.devices.tpm": {}})
    made = objects.create_namespaced_custom_object(*COLLECTION, manifest)
    final = {"status": {"phase": "Succeeded"}}
    objects.patch_namespaced_custom_object_status(*COLLECTION, name, final)
    yield made
    objects.patch_namespaced_custom_object(*COLLECTION, name, {"metadata": {"finalizers": None}})
    objects.delete_namespaced_custom_object(*COLLECTION, name, grace_period_seconds=0)


def get(api_client: client.ApiClient, path: str, accept: str = "application/json") -> Any:
    """Return the raw answer: the client's own response type, which is untyped."""
    asked = api_client.param_serialize(
        "GET", path, header_params={"Accept": accept}, auth_settings=["BearerToken"]
    )
    answer = api_client.call_api(*asked)
    answer.read()
    return answer


@pytest.mark.parametrize("bad", [*REFUSED, *UNREADABLE], ids=lambda bad: bad.name)
def test_bad_input_is_refused_by_the_api_server_alone(
    objects: client.CustomObjectsApi, bad: BadVmi
) -> None:
    answer = try_create(objects, bad.manifest, COLLECTION[-1])
    assert (answer.get("code"), answer.get("reason")) == (bad.code, bad.reason), answer
    causes = {cause.get("field", ""): cause["reason"] for cause in list_causes(answer)}
    if bad.field:
        assert bad.field in causes, answer["message"]
    if bad.cause:
        assert causes[bad.field] == bad.cause, answer["message"]


@pytest.mark.parametrize(
    "bad", [bad for bad in BAD_VMIS if not bad.schema], ids=lambda bad: bad.name
)
def test_what_depends_on_settings_is_left_to_validation(
    objects: client.CustomObjectsApi, bad: BadVmi
) -> None:
    assert try_create(objects, bad.manifest) == {}


def test_at_least_85_percent_need_no_service_of_ours() -> None:
    assert len(REFUSED) / len(BAD_VMIS) >= 0.85


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_odd_but_valid_is_accepted(
    objects: client.CustomObjectsApi, changes: dict[str, object]
) -> None:
    assert try_create(objects, change(GOOD, changes)) == {}


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_examples_are_accepted(objects: client.CustomObjectsApi, example: Path) -> None:
    for manifest in yaml.safe_load_all(example.read_text()):
        if manifest["kind"] in PLURALS:
            unused = change(manifest, {"metadata.name": "crd-test-example"})
            assert try_create(objects, unused) == {}


def test_one_answer_names_all_that_is_wrong(objects: client.CustomObjectsApi) -> None:
    changes = {
        "spec.domain.memory.guest": "1Ki",
        "spec.volumes.0.emptyDisk": {"capacity": "1Gi"},
        "spec.domain.devices.interfaces.0.bridge": {},
    }
    fields = {cause["field"] for cause in list_causes(try_create(objects, change(GOOD, changes)))}
    assert fields == {
        "spec.domain.memory.guest",
        "spec.volumes[0]",
        "spec.domain.devices.interfaces[0]",
    }


def test_the_old_version_is_served_with_a_warning(api_client: client.ApiClient) -> None:
    path = "/apis/kubevirt.io/v1alpha3/namespaces/default/virtualmachineinstances"
    answer = get(api_client, path)
    assert answer.status == 200
    assert "deprecated" in answer.headers["Warning"]


def test_the_spec_of_a_vm_that_exists_cannot_change(
    objects: client.CustomObjectsApi, stored: Manifest
) -> None:
    name = stored["metadata"]["name"]
    patch = {"spec": {"domain": {"memory": {"guest": "256Mi"}}}}
    with pytest.raises(ApiException) as refused:
        objects.patch_namespaced_custom_object(*COLLECTION, name, patch)
    assert refused.value.status == 422
    causes = list_causes(json.loads(refused.value.body))
    assert [cause["field"] for cause in causes] == ["spec"]
    assert "update of VMI object is restricted" in causes[0]["message"]


def test_a_final_phase_is_never_left(objects: client.CustomObjectsApi, stored: Manifest) -> None:
    name = stored["metadata"]["name"]
    for status in ({"phase": "Running"}, {"phase": None}, None):
        with pytest.raises(ApiException) as refused:
            objects.patch_namespaced_custom_object_status(*COLLECTION, name, {"status": status})
        assert refused.value.status == 422
        assert list_causes(json.loads(refused.value.body))[0]["field"] == "status.phase"
    more = {"status": {"phase": "Succeeded", "reason": "GuestShutdown"}}
    objects.patch_namespaced_custom_object_status(*COLLECTION, name, more)


def test_a_user_cannot_write_the_status(objects: client.CustomObjectsApi, stored: Manifest) -> None:
    name = stored["metadata"]["name"]
    patched = objects.patch_namespaced_custom_object(
        *COLLECTION, name, {"status": {"nodeName": "mine"}}
    )
    assert "nodeName" not in patched.get("status", {})


def test_vms_are_selected_by_their_node(objects: client.CustomObjectsApi, stored: Manifest) -> None:
    name = stored["metadata"]["name"]
    objects.patch_namespaced_custom_object_status(
        *COLLECTION, name, {"status": {"nodeName": "node-of-crd-test"}}
    )
    found = objects.list_namespaced_custom_object(
        *COLLECTION, field_selector="status.nodeName=node-of-crd-test"
    )
    assert [item["metadata"]["name"] for item in found["items"]] == [name]


def test_the_table_of_vms_has_kubevirts_columns(api_client: client.ApiClient) -> None:
    path = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"
    answer = get(api_client, path, accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    columns = json.loads(answer.data)["columnDefinitions"]
    narrow = [column["name"] for column in columns if column["priority"] == 0]
    wide = {column["name"] for column in columns if column["priority"] > 0}
    assert narrow == ["Name", "Age", "Phase", "IP", "NodeName", "Ready"]
    assert {"Live-Migratable", "Paused"} <= wide


def test_the_settings_of_an_installation_are_checked(api_client: client.ApiClient) -> None:
    objects = client.CustomObjectsApi(api_client)
    manifest: Manifest = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "KubeVirt",
        "metadata": {"name": "crd-test", "namespace": "default"},
        "spec": {"configuration": {"developerConfiguration": {"memoryOvercommit": 0}}},
    }
    with pytest.raises(ApiException) as refused:
        objects.create_namespaced_custom_object(
            "kubevirt.io", "v1", "default", "kubevirts", manifest, dry_run="All"
        )
    causes = list_causes(json.loads(refused.value.body))
    field = "spec.configuration.developerConfiguration.memoryOvercommit"
    assert [cause["field"] for cause in causes] == [field]
