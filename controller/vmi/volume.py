"""A VM's volumes as volumes of its pod, and where `compute` finds them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from api.meta import LocalObjectReference
from api.names import (
    ANNOTATION_LAUNCH_DOCUMENT,
    HOST_CAPABILITIES_DIR,
    HOST_LAUNCHERS_DIR,
    PATH_BLOCK_VOLUMES,
    PATH_CAPABILITIES_CACHE,
    PATH_CONSOLE_DIR,
    PATH_KERNEL_BOOT,
    PATH_LAUNCH_DIR,
    PATH_LAUNCH_DOCUMENT,
    PATH_LAUNCHER_DIR,
    PATH_SCRATCH,
    PATH_VOLUMES,
)
from api.vmi import VirtualMachineInstanceSpec
from api.volume import CloudInitSource, Volume

# Our own volumes; a VM's volume of such a name makes the API server refuse the pod.
CONSOLE: Final = "virtpod-console"
_LAUNCH: Final = "virtpod-launch"
_LAUNCHER: Final = "virtpod-launcher"
_CAPABILITIES: Final = "virtpod-capabilities"
_SCRATCH: Final = "virtpod-scratch"
_KERNEL_BOOT: Final = "virtpod-kernel-boot"

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What is known of the VM's claims, by their names."""

    block: frozenset[str] = frozenset()  # those in block mode
    sizes: Mapping[str, int] = field(default_factory=dict)  # bytes


@dataclass(slots=True)
class PodVolumes:
    """What the pod's spec says of volumes: the volumes, and compute's mounts and devices."""

    volumes: list[Json] = field(default_factory=list)
    mounts: list[Json] = field(default_factory=list)
    devices: list[Json] = field(default_factory=list)

    def add(self, name: str, source: Json, path: str, **mount: object) -> None:
        """Add a volume that is mounted in compute."""
        self.volumes.append({"name": name} | source)
        self.mounts.append({"name": name, "mountPath": path} | mount)

    def add_block(self, name: str, source: Json, path: str) -> None:
        """Add a volume that is a device in compute."""
        self.volumes.append({"name": name} | source)
        self.devices.append({"name": name, "devicePath": path})


def plan_volumes(spec: VirtualMachineInstanceSpec, block_claims: frozenset[str]) -> PodVolumes:
    """Return all volumes of the pod; ``block_claims`` are the claims in block mode."""
    plan = PodVolumes()
    _add_own(plan)
    kernel = spec.domain.firmware and spec.domain.firmware.kernel_boot
    if kernel and kernel.container:
        source = _image(kernel.container.image, kernel.container.image_pull_policy)
        plan.add(_KERNEL_BOOT, source, PATH_KERNEL_BOOT, readOnly=True)
    for volume in spec.volumes:
        _add_volume(plan, volume, block_claims)
    return plan


def list_claims(spec: VirtualMachineInstanceSpec) -> tuple[str, ...]:
    """Return the names of the claims that the VM uses, each once, in order."""
    sources = (volume.claim for volume in spec.volumes)
    return tuple(dict.fromkeys(source.claim_name for source in sources if source is not None))


def list_block_volumes(
    spec: VirtualMachineInstanceSpec, block_claims: frozenset[str]
) -> tuple[str, ...]:
    """Return the names of the volumes that are devices in compute."""
    return tuple(
        volume.name
        for volume in spec.volumes
        if (claim := volume.claim) is not None and claim.claim_name in block_claims
    )


def map_claim_bytes(spec: VirtualMachineInstanceSpec, claims: ClaimFacts) -> dict[str, int]:
    """Return the claim's size for each volume on which the launcher may make the disk."""
    return {
        volume.name: claims.sizes[claim.claim_name]
        for volume in spec.volumes
        if (claim := volume.claim) is not None
        and not claim.read_only
        and claim.claim_name not in claims.block
        and claims.sizes.get(claim.claim_name)
    }


def list_pull_secrets(spec: VirtualMachineInstanceSpec) -> tuple[str, ...]:
    """Return the names of the secrets that the VM's images need."""
    disks = (volume.container_disk for volume in spec.volumes)
    names = [disk.image_pull_secret for disk in disks if disk is not None]
    kernel = spec.domain.firmware and spec.domain.firmware.kernel_boot
    if kernel and kernel.container:
        names.append(kernel.container.image_pull_secret)
    return tuple(dict.fromkeys(name for name in names if name))


def _add_own(plan: PodVolumes) -> None:
    launch_file = {
        "path": PATH_LAUNCH_DOCUMENT.removeprefix(f"{PATH_LAUNCH_DIR}/"),
        "fieldRef": {"fieldPath": f"metadata.annotations['{ANNOTATION_LAUNCH_DOCUMENT}']"},
    }
    plan.add(_LAUNCH, {"downwardAPI": {"items": [launch_file]}}, PATH_LAUNCH_DIR, readOnly=True)
    plan.add(CONSOLE, {"emptyDir": {}}, PATH_CONSOLE_DIR)
    plan.add(
        _LAUNCHER, _host_directory(HOST_LAUNCHERS_DIR), PATH_LAUNCHER_DIR, subPathExpr="$(POD_UID)"
    )
    plan.add(_CAPABILITIES, _host_directory(HOST_CAPABILITIES_DIR), PATH_CAPABILITIES_CACHE)
    plan.add(_SCRATCH, {"emptyDir": {}}, PATH_SCRATCH)


def _add_volume(plan: PodVolumes, volume: Volume, block_claims: frozenset[str]) -> None:
    path = f"{PATH_VOLUMES}/{volume.name}"
    claim, cloud_init = volume.claim, volume.cloud_init_no_cloud
    if volume.container_disk is not None:
        disk = volume.container_disk
        plan.add(volume.name, _image(disk.image, disk.image_pull_policy), path, readOnly=True)
    elif claim is not None:
        source: Json = {"persistentVolumeClaim": {"claimName": claim.claim_name}}
        if claim.claim_name in block_claims:
            plan.add_block(volume.name, source, f"{PATH_BLOCK_VOLUMES}/{volume.name}")
        else:
            plan.add(volume.name, source, path, **({"readOnly": True} if claim.read_only else {}))
    elif cloud_init is not None:
        _add_cloud_init(plan, volume.name, path, cloud_init)


def _add_cloud_init(plan: PodVolumes, name: str, path: str, source: CloudInitSource) -> None:
    parts: Mapping[str, LocalObjectReference | None] = {
        "user-data": source.secret_ref,
        "network-data": source.network_data_secret_ref,
    }
    for part, secret in parts.items():
        if secret is not None:
            plan.add(
                _unused_name(f"{name}-{part}", (str(each["name"]) for each in plan.volumes)),
                {"secret": {"secretName": secret.name}},
                f"{path}-{part}",
                readOnly=True,
            )


def _unused_name(wanted: str, taken: Iterable[str]) -> str:
    """Shorten to a DNS label; names that would collide are told apart by a hash."""
    if len(wanted) <= 63 and wanted not in set(taken):
        return wanted
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:8]
    return f"{wanted[:54]}-{digest}"


def _image(reference: str, pull_policy: str | None) -> Json:
    source: Json = {"reference": reference}
    if pull_policy:
        source["pullPolicy"] = pull_policy
    return {"image": source}


def _host_directory(path: str) -> Json:
    return {"hostPath": {"path": path, "type": "DirectoryOrCreate"}}
