"""Discovery, OpenAPI and the manual, made from the table."""

import json
import re
from typing import Any

import pytest

from gateway.discovery import build_aggregated, build_resource_list, find_aggregation
from gateway.document import Documents, accepts_json, encode_document
from gateway.manual import PAGE, replace_table
from gateway.openapi import build_v2, build_v3
from gateway.route import ROOT, ROUTES, find_routes

V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def _list_operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for item in document["paths"].values() for operation in item.values()]


def test_no_resource_can_be_listed() -> None:
    """So neither kubectl nor controllers that walk all kinds take one for objects."""
    resources = build_resource_list("v1")["resources"]
    assert {each["name"] for each in resources if each["verbs"]} == {
        f"{route.resource}/{route.subresource}" for route in ROUTES if route.subresource
    }
    assert all(each["kind"] and each["namespaced"] for each in resources)
    assert not {"list", "watch", "delete"} & {verb for each in resources for verb in each["verbs"]}


def test_both_ways_of_discovery_tell_the_same() -> None:
    told = {
        f"{resource['resource']}/{sub['subresource']}": sub["verbs"]
        for resource in build_aggregated("v2")["items"][0]["versions"][0]["resources"]
        for sub in resource["subresources"]
    }
    resources = build_resource_list("v1")["resources"]
    assert told == {each["name"]: each["verbs"] for each in resources if "/" in each["name"]}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (V2, "v2"),
        (V2.replace("v=v2", "v=v2beta1"), "v2beta1"),
        (f"{V2.replace('v2', 'v3')}, {V2.replace(';', ' ; ')}", "v2"),
        (V2.replace("application/json", "application/vnd.kubernetes.protobuf"), ""),
        ("application/json", ""),
        ("", ""),
        (";;=,=;g", ""),
    ],
)
def test_aggregated_discovery_is_for_those_who_ask(accept: str, expected: str) -> None:
    assert find_aggregation(accept) == expected


def test_who_takes_json_says_so_or_nothing() -> None:
    for accept in ("", "*/*", "text/html, application/*;q=0.1", V2):
        assert accepts_json(accept)
    assert not accepts_json("application/com.github.proto-openapi.spec.v2@v1.0+protobuf")


def test_openapi_has_every_route_and_nothing_else() -> None:
    assert len(_list_operations(build_v3("v1"))) == len(ROUTES) + 2  # of portforward two each
    values = {"namespace": "ns", "name": "a", "port": "22", "protocol": "tcp"}
    for document in (build_v2(), build_v3("v1")):
        for path, item in document["paths"].items():
            found = find_routes(path.format(**values))
            assert found is not None
            assert {method.lower() for method in found[0]} == set(item)
            for operation in item.values():
                declared = {each["name"] for each in operation["parameters"]} - {"body"}
                assert declared == set(re.findall(r"{(\w+)}", path))


def test_operations_have_names_of_their_own() -> None:
    for document in (build_v2(), build_v3("v1")):
        names = [operation["operationId"] for operation in _list_operations(document)]
        assert len(names) == len(set(names))


def test_a_tag_follows_the_content() -> None:
    one, two = encode_document({"a": 1}), encode_document({"a": 2})
    assert one.etag == encode_document({"a": 1}).etag != two.etag


def test_documents_are_at_their_paths_alone() -> None:
    documents = Documents()
    assert documents.find("/apis", V2) != documents.find("/apis", "")
    group = documents.find(ROOT, V2)
    assert group is not None
    assert json.loads(group.body)["kind"] == "APIGroup"
    assert documents.find("/apis/", "") is None
    assert documents.find("/openapi/v3/apis/apps/v1", "") is None


def test_the_manual_has_the_table_as_it_is() -> None:
    page = PAGE.read_text()
    assert replace_table(page) == page, "run `python -m gateway.manual`"
