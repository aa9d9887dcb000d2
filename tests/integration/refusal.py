"""What the API server says to a manifest: a strict dry run of its creation."""

import json
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.integration.bad_vmi import Manifest

PLURALS = {
    kind: f"{kind.lower()}s"
    for kind in (
        "VirtualMachine",
        "VirtualMachineInstance",
        "VirtualMachineInstanceReplicaSet",
        "VirtualMachineInstancetype",
        "VirtualMachineClusterInstancetype",
        "VirtualMachinePreference",
        "VirtualMachineClusterPreference",
    )
}


def try_create(
    objects: client.CustomObjectsApi, manifest: Manifest, plural: str = ""
) -> dict[str, Any]:
    """Return the API server's refusal, or {} when there is none.

    ``plural`` is for manifests that lie about what they are: they go where VMs go.
    """
    kind = manifest["kind"]
    group, version = manifest["apiVersion"].split("/") if not plural else ("kubevirt.io", "v1")
    where: dict[str, Any] = {"dry_run": "All", "field_validation": "Strict"}
    try:
        if "Cluster" in kind:
            objects.create_cluster_custom_object(group, version, PLURALS[kind], manifest, **where)
        else:
            objects.create_namespaced_custom_object(
                group, version, "default", plural or PLURALS[kind], manifest, **where
            )
    except ApiException as refusal:
        answer: dict[str, Any] = json.loads(refusal.body)
        return answer
    return {}


def list_causes(answer: dict[str, Any]) -> list[dict[str, str]]:
    """Return the causes of a refusal."""
    causes: list[dict[str, str]] = answer.get("details", {}).get("causes", [])
    return causes
