"""The CRDs of VirtualMachine and its replica set on a real API server."""

import json
from collections.abc import Iterator

import pytest
from kubernetes import client

from tests.integration.bad_vmi import BadVmi, Manifest, change
from tests.integration.bad_vms import (
    ACCEPTED_REPLICA_SETS,
    ACCEPTED_VMS,
    BAD_REPLICA_SETS,
    BAD_VMS,
    GOOD_REPLICA_SET,
    GOOD_VM,
    SIZED,
    D,
)
from tests.integration.refusal import list_causes, try_create
from tests.integration.test_crd import get

BAD = (*BAD_VMS, *BAD_REPLICA_SETS)
SCALE = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstancereplicasets/crd-test/scale"


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad.schema], ids=lambda bad: bad.name)
def test_bad_input_is_refused_by_the_api_server_alone(
    objects: client.CustomObjectsApi, bad: BadVmi
) -> None:
    answer = try_create(objects, bad.manifest)
    assert (answer.get("code"), answer.get("reason")) == (bad.code, bad.reason), answer
    causes = {cause.get("field", ""): cause["reason"] for cause in list_causes(answer)}
    assert bad.field in causes, answer["message"]
    if bad.cause:
        assert causes[bad.field] == bad.cause, answer["message"]


@pytest.mark.parametrize("bad", [bad for bad in BAD if not bad.schema], ids=lambda bad: bad.name)
def test_what_a_schema_cannot_say_is_left_to_validation(
    objects: client.CustomObjectsApi, bad: BadVmi
) -> None:
    assert try_create(objects, bad.manifest) == {}


@pytest.mark.parametrize("changes", ACCEPTED_VMS.values(), ids=ACCEPTED_VMS.keys())
def test_odd_but_valid_vms_are_accepted(
    objects: client.CustomObjectsApi, changes: dict[str, object]
) -> None:
    assert try_create(objects, change(GOOD_VM, changes)) == {}


@pytest.mark.parametrize(
    "changes", ACCEPTED_REPLICA_SETS.values(), ids=ACCEPTED_REPLICA_SETS.keys()
)
def test_odd_but_valid_replica_sets_are_accepted(
    objects: client.CustomObjectsApi, changes: dict[str, object]
) -> None:
    assert try_create(objects, change(GOOD_REPLICA_SET, changes)) == {}


def test_one_answer_lists_all_conflicts_with_an_instancetype(
    objects: client.CustomObjectsApi,
) -> None:
    changes = {
        **SIZED,
        f"{D}.cpu": {"cores": 2, "threads": 1},
        f"{D}.memory": {"guest": "1Gi"},
        f"{D}.resources": {"requests": {"cpu": 2, "memory": "1Gi"}},
    }
    causes = list_causes(try_create(objects, change(GOOD_VM, changes)))
    assert {cause["field"] for cause in causes} == {
        f"{D}.cpu.cores",
        f"{D}.cpu.threads",
        f"{D}.memory.guest",
        f"{D}.resources.requests[cpu]",
        f"{D}.resources.requests[memory]",
    }


@pytest.mark.parametrize(
    ("spelling", "value"), [("running", False), ("runStrategy", "Halted"), ("runStrategy", "Once")]
)
def test_the_run_strategy_stays_as_it_was_written(
    objects: client.CustomObjectsApi, spelling: str, value: object
) -> None:
    manifest = change(GOOD_VM, {"spec.runStrategy": "Halted"})
    del manifest["spec"]["runStrategy"]
    manifest["spec"][spelling] = value
    made = objects.create_namespaced_custom_object(
        "kubevirt.io", "v1", "default", "virtualmachines", manifest, dry_run="All"
    )
    strategy = {key: made["spec"].get(key) for key in ("running", "runStrategy")}
    assert strategy == {"running": None, "runStrategy": None, spelling: value}


def test_a_new_vm_is_stopped(objects: client.CustomObjectsApi) -> None:
    made = objects.create_namespaced_custom_object(
        "kubevirt.io", "v1", "default", "virtualmachines", GOOD_VM, dry_run="All"
    )
    assert made["status"]["printableStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("plural", "narrow", "wide"),
    [
        (
            "virtualmachines",
            ["Name", "Age", "Status", "Ready"],
            ["Node", "IP", "CPU", "Memory", "Instancetype", "Reason"],
        ),
        (
            "virtualmachineinstancereplicasets",
            ["Name", "Desired", "Current", "Ready", "Age"],
            [],
        ),
    ],
)
def test_tables_have_kubevirts_columns(
    api_client: client.ApiClient, plural: str, narrow: list[str], wide: list[str]
) -> None:
    path = f"/apis/kubevirt.io/v1/namespaces/default/{plural}"
    answer = get(api_client, path, accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    columns = json.loads(answer.data)["columnDefinitions"]
    assert [column["name"] for column in columns if column["priority"] == 0] == narrow
    assert [column["name"] for column in columns if column["priority"] > 0] == wide


@pytest.mark.parametrize(
    "plural", ["virtualmachines", "virtualmachineinstances", "virtualmachineinstancereplicasets"]
)
def test_the_old_version_is_served_with_a_warning(
    api_client: client.ApiClient, plural: str
) -> None:
    answer = get(api_client, f"/apis/kubevirt.io/v1alpha3/namespaces/default/{plural}")
    assert answer.status == 200
    assert "deprecated" in answer.headers["Warning"]


@pytest.fixture
def replica_set(objects: client.CustomObjectsApi) -> Iterator[Manifest]:
    """A replica set without replicas, which says how many it wants by default only."""
    collection = ("kubevirt.io", "v1", "default", "virtualmachineinstancereplicasets")
    changes = {"metadata.name": "crd-test", "spec.paused": True}
    manifest = change(GOOD_REPLICA_SET, changes)
    del manifest["spec"]["replicas"]
    yield objects.create_namespaced_custom_object(*collection, manifest)
    objects.delete_namespaced_custom_object(*collection, "crd-test")


def test_a_replica_set_has_a_scale(api_client: client.ApiClient, replica_set: Manifest) -> None:
    assert replica_set["spec"]["replicas"] == 1
    scale = json.loads(get(api_client, SCALE).data)
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 1})
