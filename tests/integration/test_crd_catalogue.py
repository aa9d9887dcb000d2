"""The CRDs of instancetypes and preferences on a real API server."""

import copy
import json

import pytest
from kubernetes import client

from api.bundle import build_manifests
from tests.integration.bad_catalogue import (
    ACCEPTED_INSTANCETYPES,
    ACCEPTED_PREFERENCES,
    BAD_INSTANCETYPES,
    BAD_PREFERENCES,
    GOOD_INSTANCETYPE,
    GOOD_PREFERENCE,
    UNREADABLE,
)
from tests.integration.bad_vmi import BadVmi, Manifest, change
from tests.integration.refusal import list_causes, try_create
from tests.integration.test_crd import get

BUNDLE = {
    manifest["metadata"]["name"]: manifest
    for manifests in build_manifests().values()
    for manifest in manifests
}


@pytest.mark.parametrize(
    "bad", [*BAD_INSTANCETYPES, *BAD_PREFERENCES, *UNREADABLE], ids=lambda bad: bad.name
)
def test_bad_input_is_refused_by_the_api_server_alone(
    objects: client.CustomObjectsApi, bad: BadVmi
) -> None:
    answer = try_create(objects, bad.manifest)
    assert (answer.get("code"), answer.get("reason")) == (bad.code, bad.reason), answer
    causes = {cause.get("field", ""): cause["reason"] for cause in list_causes(answer)}
    if bad.field:
        assert bad.field in causes, answer["message"]
    if bad.cause:
        assert causes[bad.field] == bad.cause, answer["message"]


@pytest.mark.parametrize(
    "changes", ACCEPTED_INSTANCETYPES.values(), ids=ACCEPTED_INSTANCETYPES.keys()
)
def test_odd_but_valid_instancetypes_are_accepted(
    objects: client.CustomObjectsApi, changes: dict[str, object]
) -> None:
    assert try_create(objects, change(GOOD_INSTANCETYPE, changes)) == {}


@pytest.mark.parametrize("changes", ACCEPTED_PREFERENCES.values(), ids=ACCEPTED_PREFERENCES.keys())
def test_odd_but_valid_preferences_are_accepted(
    objects: client.CustomObjectsApi, changes: dict[str, object]
) -> None:
    assert try_create(objects, change(GOOD_PREFERENCE, changes)) == {}


@pytest.mark.parametrize("manifest", BUNDLE.values(), ids=BUNDLE.keys())
def test_the_bundle_is_accepted(objects: client.CustomObjectsApi, manifest: Manifest) -> None:
    another = copy.deepcopy(manifest)
    another["metadata"]["name"] += ".test"  # a dry run of an object that is there would fail
    assert try_create(objects, another) == {}


def test_kubectl_knows_the_kinds_by_their_short_names(api_client: client.ApiClient) -> None:
    found = json.loads(get(api_client, "/apis/instancetype.kubevirt.io/v1beta1").data)
    short = {
        resource["kind"]: (resource["namespaced"], set(resource["shortNames"]))
        for resource in found["resources"]
    }
    assert short == {
        "VirtualMachineInstancetype": (True, {"vminstancetype", "vminstancetypes", "vmf", "vmfs"}),
        "VirtualMachineClusterInstancetype": (
            False,
            {"vmclusterinstancetype", "vmclusterinstancetypes", "vmcf", "vmcfs"},
        ),
        "VirtualMachinePreference": (True, {"vmpref", "vmprefs", "vmp", "vmps"}),
        "VirtualMachineClusterPreference": (False, {"vmcp", "vmcps"}),
    }


def test_sizes_are_wide_columns(api_client: client.ApiClient) -> None:
    path = "/apis/instancetype.kubevirt.io/v1beta1/virtualmachineclusterinstancetypes"
    answer = get(api_client, path, accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    columns = json.loads(answer.data)["columnDefinitions"]
    assert [(column["name"], column["priority"]) for column in columns] == [
        ("Name", 0),
        ("Age", 0),
        ("CPU", 1),
        ("Memory", 1),
    ]
