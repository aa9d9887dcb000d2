"""OpenAPI of the subresources, versions 2 and 3, made from the table of routes; pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.names import SUBRESOURCE_GROUP, SUBRESOURCE_VERSIONS
from gateway.route import ROOT, ROUTES, Route

Json = dict[str, Any]  # JSON schema and OpenAPI, whose values are of any type

_JSON: Final = "application/json"
_INFO: Final[Mapping[str, str]] = {"title": "virtpod subresources", "version": "v1"}
V3: Final = "/openapi/v3"
_PARAMETERS: Final[Mapping[str, str]] = {
    "namespace": "Namespace of the VM.",
    "name": "Name of the VM.",
    "port": "Port of the guest.",
    "protocol": "tcp or udp; tcp by default.",
}


def build_v2() -> Json:
    """Return the document of version 2, for all versions of the API."""
    paths: Json = {}
    for version in SUBRESOURCE_VERSIONS:
        for path, route in _list_paths(version):
            body = {"in": "body", "name": "body", "schema": {"type": "object"}}
            parameters = [{**each, "type": "string"} for each in _list_parameters(path)]
            paths.setdefault(path, {})[route.method.lower()] = {
                **_describe(path, route),
                "consumes": [_JSON, "application/yaml"],
                "produces": [_find_media_type(route)],
                "parameters": [*parameters, body] if route.body else parameters,
                "responses": _describe_responses(route),
            }
    return {"swagger": "2.0", "info": dict(_INFO), "paths": paths, "definitions": {}}


def build_v3(version: str) -> Json:
    """Return the document of version 3 for a version of the API."""
    paths: Json = {}
    for path, route in _list_paths(version):
        schema = {"schema": {"type": "string"}}
        body = {"requestBody": {"content": {_JSON: {"schema": {"type": "object"}}}}}
        paths.setdefault(path, {})[route.method.lower()] = {
            **_describe(path, route),
            "parameters": [{**each, **schema} for each in _list_parameters(path)],
            **(body if route.body else {}),
            "responses": _describe_responses(route),
        }
    return {"openapi": "3.0.0", "info": dict(_INFO), "paths": paths}


def build_v3_index(hashes: Mapping[str, str]) -> Json:
    """Return where the documents of version 3 are, by version of the API, with their hashes."""
    return {
        "paths": {
            f"{ROOT[1:]}/{version}": {"serverRelativeURL": f"{V3}{ROOT}/{version}?hash={digest}"}
            for version, digest in hashes.items()
        }
    }


def _list_paths(version: str) -> Iterator[tuple[str, Route]]:
    """Yield all paths, also those without the parameters that may be left out."""
    for route in ROUTES:
        for index in range(1, len(route.parameters)):
            left_out = "".join(f"/{{{each}}}" for each in route.parameters[index:])
            yield f"{ROOT}/{version}{route.path.removesuffix(left_out)}", route
        yield f"{ROOT}/{version}{route.path}", route


def _describe(path: str, route: Route) -> Json:
    built = f" Not built: needs {route.feature}." if route.feature else ""
    words = f"{route.verb}{path.removeprefix(ROOT)}".translate(str.maketrans("/{}.", "----"))
    return {
        "operationId": "".join(word.capitalize() for word in words.split("-")),
        "description": route.summary + built,
        "tags": [SUBRESOURCE_GROUP],
    }


def _list_parameters(path: str) -> Iterator[Json]:
    for name, description in _PARAMETERS.items():
        if f"{{{name}}}" in path:
            yield {"in": "path", "name": name, "required": True, "description": description}


def _describe_responses(route: Route) -> Json:
    good = "101" if route.websocket else str(route.good)
    return {
        good: {"description": route.answer or "It is done, or will be."},
        "401": {"description": "No user, or none with the right to do this."},
    }


def _find_media_type(route: Route) -> str:
    return route.answer if "/" in route.answer else _JSON
