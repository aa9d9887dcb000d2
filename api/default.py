"""Defaults: a VM's spec as the launcher and the pod's builder read it, all blanks filled.

Follows KubeVirt's order (its admission webhook and controller do the same in two steps). Left
out on purpose: maxSockets and maxGuest, because nothing can be plugged into a running VM yet.
Applying the defaults twice gives what applying them once gives.
"""

from typing import Final

from msgspec.structs import replace

from api.config import ArchSpecificConfiguration, KubeVirtConfiguration
from api.default_device import DEFAULT_NETWORK, fill, fill_devices, wants_default_network
from api.default_feature import fill_features
from api.domain import CPU, DomainSpec, Machine, Memory, ResourceRequirements
from api.firmware import EFI, Bootloader, Firmware
from api.network import Network, PodNetwork
from api.quantity import parse_millicores
from api.spec import VirtualMachineInstanceSpec
from api.volume import Volume

GRACE_SECONDS: Final = 30
IPV4_GUEST_NETWORK: Final = "10.0.2.0/24"
IPV6_GUEST_NETWORK: Final = "fd10:0:2::/120"
MACHINE_TYPES: Final = {"amd64": "q35", "arm64": "virt", "s390x": "s390-ccw-virtio"}


def apply_defaults(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, uid: str, name: str
) -> VirtualMachineInstanceSpec:
    """Return the spec with every default filled in; raises Problem on a malformed quantity.

    ``uid`` and ``name`` are the VirtualMachineInstance's: a bare VM's firmware UUID is its UID,
    so that it is the same however often the pod has to be created.
    """
    architecture = spec.architecture or config.architecture_configuration.default_architecture
    return replace(
        spec,
        architecture=architecture,
        domain=_fill_domain(spec, config, architecture, uid),
        networks=_fill_networks(spec),
        volumes=tuple(_fill_volume(volume) for volume in spec.volumes),
        hostname=spec.hostname or derive_hostname(name) or None,
        eviction_strategy=spec.eviction_strategy or config.eviction_strategy,
        termination_grace_period_seconds=(
            GRACE_SECONDS
            if spec.termination_grace_period_seconds is None
            else spec.termination_grace_period_seconds
        ),
    )


def derive_hostname(name: str) -> str:
    """Return the host name of a VM that names none: its name up to a dot, as a DNS label."""
    return name.split(".", 1)[0][:63].rstrip("-")


def choose_pull_policy(image: str) -> str:
    """Return Always for an image whose content may change under its name, else IfNotPresent."""
    untagged = ":" not in image and "@" not in image
    return "Always" if untagged or image.endswith(":latest") else "IfNotPresent"


def choose_machine_type(config: KubeVirtConfiguration, architecture: str) -> str:
    """Return the machine type of VMs that name none."""
    by_architecture: ArchSpecificConfiguration | None = getattr(
        config.architecture_configuration, architecture, None
    )
    if by_architecture is not None and by_architecture.machine_type:
        return by_architecture.machine_type
    if architecture == "amd64" and config.machine_type:
        return config.machine_type
    return MACHINE_TYPES.get(architecture, "q35")


def _fill_domain(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, architecture: str, uid: str
) -> DomainSpec:
    domain = spec.domain
    resources = _fill_resources(domain.resources or ResourceRequirements())
    machine = domain.machine or Machine()
    return replace(
        domain,
        resources=resources,
        cpu=_fill_cpu(domain.cpu or CPU(), resources, config, architecture),
        memory=_fill_memory(domain.memory or Memory(), resources),
        machine=replace(machine, type=machine.type or choose_machine_type(config, architecture)),
        firmware=_fill_firmware(domain.firmware or Firmware(), architecture, uid),
        features=fill_features(domain.features),
        devices=fill_devices(spec, config, architecture),
    )


def _fill_resources(resources: ResourceRequirements) -> ResourceRequirements:
    if "cpu" in resources.requests or "cpu" not in resources.limits:
        return resources
    return replace(resources, requests={**resources.requests, "cpu": resources.limits["cpu"]})


def _fill_cpu(
    cpu: CPU, resources: ResourceRequirements, config: KubeVirtConfiguration, architecture: str
) -> CPU:
    sockets = cpu.sockets
    if cpu.cores is None and cpu.sockets is None and cpu.threads is None:
        asked = resources.limits.get("cpu", resources.requests.get("cpu", 0))
        sockets = max(1, -(-parse_millicores(asked) // 1000))
    model = "host-passthrough" if architecture == "arm64" else "host-model"
    return replace(
        fill(cpu, cores=1, sockets=sockets or 1, threads=1, model=config.cpu_model or model),
        features=tuple(fill(feature, policy="require") for feature in cpu.features),
    )


def _fill_memory(memory: Memory, resources: ResourceRequirements) -> Memory:
    return fill(memory, guest=resources.requests.get("memory", resources.limits.get("memory")))


def _fill_firmware(firmware: Firmware, architecture: str, uid: str) -> Firmware:
    bootloader = firmware.bootloader
    if bootloader is None and architecture == "arm64":
        bootloader = Bootloader(efi=EFI(secure_boot=False))
    if bootloader is not None and bootloader.efi is not None:
        efi = fill(bootloader.efi, secure_boot=True, persistent=False)
        bootloader = replace(bootloader, efi=efi)
    kernel_boot = firmware.kernel_boot
    if kernel_boot is not None and kernel_boot.container is not None:
        container = kernel_boot.container
        policy = choose_pull_policy(container.image)
        kernel_boot = replace(kernel_boot, container=fill(container, image_pull_policy=policy))
    return replace(
        firmware, uuid=firmware.uuid or uid or None, bootloader=bootloader, kernel_boot=kernel_boot
    )


def _fill_volume(volume: Volume) -> Volume:
    disk = volume.container_disk
    if disk is None:
        return volume
    filled = fill(disk, image_pull_policy=choose_pull_policy(disk.image))
    return replace(volume, container_disk=filled)


def _fill_networks(spec: VirtualMachineInstanceSpec) -> tuple[Network, ...]:
    if wants_default_network(spec):
        return (Network(name=DEFAULT_NETWORK, pod=_fill_pod_network(PodNetwork())),)
    return tuple(
        network if network.pod is None else replace(network, pod=_fill_pod_network(network.pod))
        for network in spec.networks
    )


def _fill_pod_network(network: PodNetwork) -> PodNetwork:
    return fill(
        network, vm_network_cidr=IPV4_GUEST_NETWORK, vm_ipv6_network_cidr=IPV6_GUEST_NETWORK
    )
