"""Advice on devices: what is preferred of disks, interfaces, inputs and so on."""

from typing import Final

from msgspec.structs import replace

from api.config import KubeVirtConfiguration
from api.default_device import (
    DEFAULT_NETWORK,
    build_default_interface,
    disks_of_unshown_volumes,
    fill,
    wants_default_network,
)
from api.device import Devices, Input, VideoDevice
from api.disk import Disk, DiskTarget
from api.interface import Interface
from api.network import Network, PodNetwork
from api.preference import DevicePreferences
from api.spec import VirtualMachineInstanceSpec

# What is preferred of hard disks: it gives disks to volumes that are shown by none.
_OF_DISKS: Final = (
    "preferred_disk_bus",
    "preferred_disk_cache",
    "preferred_disk_io",
    "preferred_disk_block_size",
    "preferred_disk_dedicated_io_thread",
)
_BINDINGS: Final = (
    "bridge", "masquerade", "sriov", "passt_binding", "binding", "slirp", "macvtap", "passt",
)  # fmt: skip


def advise_devices(
    spec: VirtualMachineInstanceSpec, preferred: DevicePreferences, config: KubeVirtConfiguration
) -> VirtualMachineInstanceSpec:
    """Return the spec with blanks of its devices filled as preferred."""
    devices = fill(
        spec.domain.devices,
        autoattach_graphics_device=preferred.preferred_autoattach_graphics_device,
        autoattach_mem_balloon=preferred.preferred_autoattach_mem_balloon,
        autoattach_pod_interface=preferred.preferred_autoattach_pod_interface,
        autoattach_serial_console=preferred.preferred_autoattach_serial_console,
        autoattach_input_device=preferred.preferred_autoattach_input_device,
        disable_hotplug=preferred.preferred_disable_hotplug,
        use_virtio_transitional=preferred.preferred_use_virtio_transitional,
        block_multi_queue=preferred.preferred_block_multi_queue,
        network_interface_multiqueue=preferred.preferred_network_interface_multi_queue,
        rng=preferred.preferred_rng,
        tpm=preferred.preferred_tpm,
        watchdog=preferred.preferred_watchdog,
    )
    spec = replace(spec, domain=replace(spec.domain, devices=devices))
    spec = _advise_interfaces(spec, preferred, config)
    devices = replace(
        spec.domain.devices,
        disks=_advise_disks(spec, preferred),
        inputs=_advise_inputs(devices, preferred),
    )
    return replace(spec, domain=replace(spec.domain, devices=_advise_models(devices, preferred)))


def _advise_models(devices: Devices, preferred: DevicePreferences) -> Devices:
    sound, video, model = devices.sound, devices.video, preferred.preferred_panic_device_model
    if sound is not None:
        sound = fill(sound, model=preferred.preferred_sound_model)
    if preferred.preferred_video_type and devices.autoattach_graphics_device is not False:
        video = fill(video or VideoDevice(), type=preferred.preferred_video_type)
    options = preferred.preferred_virtual_gpu_options
    return replace(
        devices,
        sound=sound,
        video=video,
        gpus=tuple(fill(gpu, virtual_gpu_options=options) for gpu in devices.gpus),
        panic_devices=tuple(fill(device, model=model) for device in devices.panic_devices),
    )


def _advise_disks(
    spec: VirtualMachineInstanceSpec, preferred: DevicePreferences
) -> tuple[Disk, ...]:
    disks = spec.domain.devices.disks
    if any(getattr(preferred, name) is not None for name in _OF_DISKS):
        disks = (*disks, *disks_of_unshown_volumes(spec))
    return tuple(_advise_disk(disk, preferred) for disk in disks)


def _advise_disk(disk: Disk, preferred: DevicePreferences) -> Disk:
    if disk.cdrom is not None:
        return replace(disk, cdrom=fill(disk.cdrom, bus=preferred.preferred_cdrom_bus))
    if disk.lun is not None:
        return replace(disk, lun=fill(disk.lun, bus=preferred.preferred_lun_bus))
    target = fill(disk.disk or DiskTarget(), bus=preferred.preferred_disk_bus)
    thread = preferred.preferred_disk_dedicated_io_thread if target.bus == "virtio" else None
    return replace(
        fill(
            disk,
            cache=preferred.preferred_disk_cache,
            io=preferred.preferred_disk_io,
            block_size=preferred.preferred_disk_block_size,
            dedicated_io_thread=thread,
        ),
        disk=target if disk.disk is not None or target != DiskTarget() else None,
    )


def _advise_inputs(devices: Devices, preferred: DevicePreferences) -> tuple[Input, ...]:
    bus, inputs = preferred.preferred_input_bus, devices.inputs
    if devices.autoattach_input_device and not inputs and bus is not None:
        inputs = (Input(name="default-0", type=preferred.preferred_input_type or "tablet"),)
    return tuple(fill(device, bus=bus) for device in inputs)


def _advise_interfaces(
    spec: VirtualMachineInstanceSpec, preferred: DevicePreferences, config: KubeVirtConfiguration
) -> VirtualMachineInstanceSpec:
    model, masquerade = (
        preferred.preferred_interface_model,
        preferred.preferred_interface_masquerade,
    )
    if model is None and masquerade is None:
        return spec
    devices, networks = spec.domain.devices, spec.networks
    interfaces = devices.interfaces
    if wants_default_network(spec):
        networks = (Network(name=DEFAULT_NETWORK, pod=PodNetwork()),)
        interfaces = (
            (Interface(name=DEFAULT_NETWORK),) if masquerade else (build_default_interface(config),)
        )
    on_pod = {network.name for network in networks if network.pod is not None}
    advised = tuple(
        fill(
            interface,
            model=model,
            masquerade=masquerade
            if interface.name in on_pod and not _is_bound(interface)
            else None,
        )
        for interface in interfaces
    )
    domain = replace(spec.domain, devices=replace(devices, interfaces=advised))
    return replace(spec, domain=domain, networks=networks)


def _is_bound(interface: Interface) -> bool:
    return any(getattr(interface, name) is not None for name in _BINDINGS)
