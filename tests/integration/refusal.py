"""What the API server says to a manifest: a strict dry run of its creation."""

import json
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.integration.bad_vmi import Manifest

PLURALS = {
    "VirtualMachine": "virtualmachines",
    "VirtualMachineInstance": "virtualmachineinstances",
    "VirtualMachineInstanceReplicaSet": "virtualmachineinstancereplicasets",
}


def try_create(
    objects: client.CustomObjectsApi, manifest: Manifest, plural: str = ""
) -> dict[str, Any]:
    """Return the API server's refusal, or {} when there is none."""
    collection = ("kubevirt.io", "v1", "default", plural or PLURALS[manifest["kind"]])
    try:
        objects.create_namespaced_custom_object(
            *collection, manifest, dry_run="All", field_validation="Strict"
        )
    except ApiException as refusal:
        answer: dict[str, Any] = json.loads(refusal.body)
        return answer
    return {}


def list_causes(answer: dict[str, Any]) -> list[dict[str, str]]:
    """Return the causes of a refusal."""
    causes: list[dict[str, str]] = answer.get("details", {}).get("causes", [])
    return causes
