"""Manifests of the tests' VMs and pods; pure."""

from typing import Any

from tests.e2e.observer import Json

TINY = "localhost/virtpod/tiny:latest"
DEBIAN = "localhost/virtpod/debian:latest"
BUSYBOX = "localhost/virtpod/busybox:1"  # the embedded cluster brings it: for plain pods

WEB_PORT = 80
PEER_PORT = 8080


def build_vmi(
    name: str,
    *,
    binding: str = "masquerade",
    memory: str = "128Mi",
    image: str = TINY,
    labels: dict[str, str] | None = None,
    devices: Json | None = None,
    volumes: list[Json] | None = None,
    domain: Json | None = None,
    **spec: object,
) -> Json:
    """Return a VMI that boots a guest from its container disk; other fields on top."""
    disks = [{"name": "boot", "disk": {"bus": "virtio"}}]
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": name, "labels": {"test": name, **(labels or {})}},
        "spec": {
            "terminationGracePeriodSeconds": 90,  # starved, a guest takes long to power off
            "domain": {
                "memory": {"guest": memory},
                "devices": {
                    "disks": disks,
                    "interfaces": [{"name": "default", binding: {}}],
                    **(devices or {}),
                },
                **(domain or {}),
            },
            "networks": [{"name": "default", "pod": {}}],
            "volumes": volumes or [build_container_disk(image)],
            **spec,
        },
    }


def build_vm(
    name: str, strategy: str = "Always", **options: Any
) -> Json:  # Any: each has its type there
    """Return a VirtualMachine; what else is given, ``build_vmi`` takes for its template."""
    vmi = build_vmi(name, **options)
    return build_vm_of(vmi, strategy)


def build_vm_of(vmi: Json, strategy: str = "Always") -> Json:
    """Return the VirtualMachine whose template is this VMI."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": vmi["metadata"]["name"]},
        "spec": {
            "runStrategy": strategy,
            "template": {
                "metadata": {"labels": vmi["metadata"]["labels"]},
                "spec": vmi["spec"],
            },
        },
    }


def build_container_disk(image: str = TINY, name: str = "boot") -> Json:
    """Return a containerDisk volume; our images are loaded into the nodes, never pulled."""
    return {
        "name": name,
        "containerDisk": {"image": image, "imagePullPolicy": "IfNotPresent"},
    }


def build_bare_vmi(name: str, *, grace_seconds: int = 0, **spec: object) -> Json:
    """Return a VMI without any disk: its firmware runs, deaf to the power button."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": name, "labels": {"test": name}},
        "spec": {
            "terminationGracePeriodSeconds": grace_seconds,
            "domain": {"memory": {"guest": "64Mi"}, "devices": {}},
            **spec,
        },
    }


def build_pod(name: str, command: list[str], image: str = BUSYBOX, **spec: object) -> Json:
    """Return a plain pod with a shell's tools."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"test": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "main",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": command,
                }
            ],
            **spec,
        },
    }


def build_service(name: str, port: int, selector: dict[str, str]) -> Json:
    """Return a Service in front of the selected pods."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector, "ports": [{"port": port, "targetPort": port}]},
    }


def build_claim(name: str, size: str = "1Gi", mode: str = "Filesystem") -> Json:
    """Return a claim on the default storage class."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "volumeMode": mode,
            "resources": {"requests": {"storage": size}},
        },
    }


def build_block_volume(name: str, device: str, node: str) -> tuple[Json, Json]:
    """Return a volume that is a node's block device, and a claim bound to it."""
    common = {
        "accessModes": ["ReadWriteOnce"],
        "volumeMode": "Block",
        "storageClassName": "",
    }
    host = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            **common,
            "capacity": {"storage": "64Mi"},
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": device},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}},
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            **common,
            "volumeName": name,
            "resources": {"requests": {"storage": "64Mi"}},
        },
    }
    return volume, claim
