"""AdmissionReviews as the API server sends them, and its way with our answers."""

import base64
import copy
import json
from typing import Any

from tests.integration.bad_vmi import Manifest

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


def build_review(
    new: Manifest, old: Manifest | None = None, *, operation: str = "", **request: object
) -> bytes:
    """Return the bytes of a review of a creation, or of an update when there is an old object."""
    group, _, version = new["apiVersion"].partition("/")
    said: Manifest = {
        "uid": UID,
        "kind": {"group": group, "version": version, "kind": new["kind"]},
        "resource": {"group": group, "version": version, "resource": f"{new['kind'].lower()}s"},
        "requestKind": {"group": group, "version": version, "kind": new["kind"]},
        "name": new["metadata"].get("name", ""),
        "namespace": new["metadata"].get("namespace", ""),
        "operation": operation or ("CREATE" if old is None else "UPDATE"),
        "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
        "object": new,
        "oldObject": old,
        "dryRun": False,
        "options": None,
    }
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    return json.dumps({**body, "request": {**said, **request}}).encode()


def read_answer(body: bytes) -> Manifest:
    """Return the response; it must be to this question."""
    review: Manifest = json.loads(body)
    assert (review["apiVersion"], review["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response: Manifest = review["response"]
    assert response["uid"] == UID
    return response


def read_patch(response: Manifest) -> list[Manifest]:
    """Return the JSON patch of a response."""
    assert response["allowed"]
    if "patch" not in response:
        return []
    assert response["patchType"] == "JSONPatch"
    patch: list[Manifest] = json.loads(base64.b64decode(response["patch"]))
    return patch


def apply_additions(item: Manifest, patch: list[Manifest]) -> Manifest:
    """Return the object with a patch of ``add`` operations (RFC 6902)."""
    after = copy.deepcopy(item)
    for operation in patch:
        assert operation["op"] == "add"
        path = operation["path"].removeprefix("/").split("/")
        *parents, key = [step.replace("~1", "/").replace("~0", "~") for step in path]
        place: Any = after  # a list or an object, by the path
        for step in parents:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            assert key == "-"
            place.append(operation["value"])
        else:
            assert place.get(key) is None, f"{operation['path']} was there"
            place[key] = operation["value"]
    return after
