"""What clients ask an API server first: which groups, versions and subresources there are; pure."""

from collections.abc import Mapping
from typing import Any, Final

from api.names import SUBRESOURCE_GROUP, SUBRESOURCE_VERSIONS
from gateway.route import ROUTES, VM, VMI, Route

Json = dict[str, Any]  # documents of several shapes

_KINDS: Final[Mapping[str, str]] = {VM: "VirtualMachine", VMI: "VirtualMachineInstance"}
_DISCOVERY: Final = "apidiscovery.k8s.io"


def build_group() -> Json:
    """Return the APIGroup; its first version is the preferred one."""
    versions = [_spell_version(version) for version in SUBRESOURCE_VERSIONS]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": SUBRESOURCE_GROUP,
        "versions": versions,
        "preferredVersion": versions[0],
    }


def build_group_list() -> Json:
    """Return the APIGroupList."""
    group = {key: build_group()[key] for key in ("name", "versions", "preferredVersion")}
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}


def build_resource_list(version: str) -> Json:
    """Return a version's APIResourceList.

    A subresource without its resource is no object: `kubectl api-resources` lists none of them.
    """
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{SUBRESOURCE_GROUP}/{version}",
        "resources": [_describe(route) for route in _list_routes()],
    }


def build_aggregated(review: str) -> Json:
    """Return all of it in one: an APIGroupDiscoveryList; ``review`` is v2 or v2beta1."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"{_DISCOVERY}/{review}",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": SUBRESOURCE_GROUP, "creationTimestamp": None},
                "versions": [_describe_version(version) for version in SUBRESOURCE_VERSIONS],
            }
        ],
    }


def find_aggregation(accept: str) -> str:
    """Return the version of aggregated discovery that a client asks for, "" for none."""
    for each in accept.split(","):
        media_type, *parameters = (part.strip() for part in each.split(";"))
        wanted = dict(part.partition("=")[::2] for part in parameters)
        fits = wanted.get("g") == _DISCOVERY and wanted.get("as") == "APIGroupDiscoveryList"
        version = wanted.get("v", "")
        if media_type == "application/json" and fits and version in {"v2", "v2beta1"}:
            return version
    return ""


def spell_aggregation(review: str) -> str:
    """Return the media type of the answer."""
    return f"application/json;g={_DISCOVERY};v={review};as=APIGroupDiscoveryList"


def _spell_version(version: str) -> Json:
    return {"groupVersion": f"{SUBRESOURCE_GROUP}/{version}", "version": version}


def _list_routes() -> list[Route]:
    return [route for route in ROUTES if route.scope != "version"]


def _describe(route: Route) -> Json:
    name = f"{route.resource}/{route.subresource}" if route.subresource else route.resource
    return {
        "name": name,
        "singularName": "",
        "namespaced": True,
        "kind": _KINDS.get(route.resource, route.body),
        "verbs": [route.verb] if route.subresource else [],
    }


def _describe_version(version: str) -> Json:
    return {
        "version": version,
        "freshness": "Current",
        "resources": [_describe_resource(version, resource) for resource in (VM, VMI)],
    }


def _describe_resource(version: str, resource: str) -> Json:
    """Return a resource that has no verbs of its own, and so no kind, and its subresources."""
    kind = {"group": SUBRESOURCE_GROUP, "version": version, "kind": _KINDS[resource]}
    return {
        "resource": resource,
        "scope": "Namespaced",
        "singularResource": "",
        "verbs": [],
        "subresources": [
            {"subresource": route.subresource, "responseKind": kind, "verbs": [route.verb]}
            for route in ROUTES
            if route.resource == resource
        ],
    }
