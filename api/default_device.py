"""Defaults of devices: disks, interfaces, inputs, watchdog and what is attached unasked."""

from typing import Final, TypeVar

from msgspec.structs import replace

from api.config import KubeVirtConfiguration
from api.device import Devices, I6300ESBWatchdog, Input, Watchdog
from api.disk import CDRomTarget, Disk, DiskTarget
from api.interface import Interface, InterfaceBridge, InterfaceMasquerade
from api.meta import ApiStruct
from api.spec import VirtualMachineInstanceSpec

DEFAULT_NETWORK: Final = "default"

_Part = TypeVar("_Part", bound=ApiStruct)


def fill(part: _Part, **values: object) -> _Part:
    """Return the part with these values where it has None."""
    blank = {key: value for key, value in values.items() if getattr(part, key) is None}
    return replace(part, **blank) if blank else part


def wants_default_network(spec: VirtualMachineInstanceSpec) -> bool:
    """Say whether the VM gets an interface on the pod network without asking for one."""
    devices = spec.domain.devices
    unasked = not spec.networks and not devices.interfaces
    return unasked and devices.autoattach_pod_interface is not False


def fill_devices(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, architecture: str
) -> Devices:
    """Return the devices with all defaults, those included that are attached unasked."""
    devices = spec.domain.devices
    disks = (*devices.disks, *disks_of_unshown_volumes(spec))
    log_off = config.virtual_machine_options.disable_serial_console_log is not None
    return replace(
        fill(
            devices,
            autoattach_graphics_device=True,
            autoattach_serial_console=True,
            log_serial_console=not log_off,
            autoattach_mem_balloon=True,
            autoattach_pod_interface=True,
            autoattach_input_device=False,
            autoattach_vsock=False,
        ),
        disks=tuple(_fill_disk(disk, architecture) for disk in disks),
        interfaces=_fill_interfaces(spec, config),
        inputs=_fill_inputs(devices),
        watchdog=_fill_watchdog(devices.watchdog, architecture),
        tpm=fill(devices.tpm, enabled=True, persistent=False) if devices.tpm else None,
    )


def disks_of_unshown_volumes(spec: VirtualMachineInstanceSpec) -> tuple[Disk, ...]:
    """Return a disk for each volume that none shows."""
    devices = spec.domain.devices
    shown = {disk.name for disk in devices.disks} | {share.name for share in devices.filesystems}
    return tuple(
        Disk(name=volume.name)
        for volume in spec.volumes
        # a memory dump is no disk, and a container's path is only ever a filesystem
        if volume.name not in shown and not (volume.memory_dump or volume.container_path)
    )


def _fill_disk(disk: Disk, architecture: str) -> Disk:
    bus = "sata" if architecture == "amd64" else "virtio"
    if disk.cdrom is not None:
        drive_bus = "sata" if architecture == "amd64" else "scsi"
        return replace(disk, cdrom=_fill_cdrom(disk.cdrom, drive_bus))
    if disk.lun is not None:
        return replace(disk, lun=fill(disk.lun, bus="scsi"))  # no other bus takes SCSI commands
    return replace(disk, disk=fill(disk.disk or DiskTarget(), bus=bus))


def _fill_cdrom(cdrom: CDRomTarget, bus: str) -> CDRomTarget:
    return fill(cdrom, bus=bus, readonly=True, tray="closed")


def _fill_interfaces(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration
) -> tuple[Interface, ...]:
    interfaces = spec.domain.devices.interfaces
    if wants_default_network(spec):
        interfaces = (build_default_interface(config),)
    return tuple(_fill_interface(interface) for interface in interfaces)


def build_default_interface(config: KubeVirtConfiguration) -> Interface:
    """Return the interface of a VM that names no network."""
    if config.network.default_network_interface == "masquerade":
        return Interface(name=DEFAULT_NETWORK, masquerade=InterfaceMasquerade())
    return Interface(name=DEFAULT_NETWORK, bridge=InterfaceBridge())


def _fill_interface(interface: Interface) -> Interface:
    return replace(
        fill(interface, model="virtio", state="up"),
        ports=tuple(fill(port, protocol="TCP") for port in interface.ports),
    )


def _fill_inputs(devices: Devices) -> tuple[Input, ...]:
    inputs = devices.inputs
    if devices.autoattach_input_device and not inputs:
        inputs = (Input(name="default-0", type="tablet"),)
    return tuple(fill(device, bus="usb") for device in inputs)


def _fill_watchdog(watchdog: Watchdog | None, architecture: str) -> Watchdog | None:
    if watchdog is None:
        return None
    if watchdog.i6300esb is None and watchdog.diag288 is None and architecture == "amd64":
        watchdog = replace(watchdog, i6300esb=I6300ESBWatchdog())
    return replace(
        watchdog,
        i6300esb=fill(watchdog.i6300esb, action="reset") if watchdog.i6300esb else None,
        diag288=fill(watchdog.diag288, action="reset") if watchdog.diag288 else None,
    )
