"""What parts of a spec say of each other: disks and volumes, interfaces and networks.

These are the Python halves of api/rule_reference.py's rules; they name the guilty entry.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from api.cause import Cause, CauseReason
from api.device import Devices
from api.rule_reference import DISKS, INTERFACES, SINGLE_SOURCES
from api.spec import VirtualMachineInstanceSpec
from api.volume import Volume


def find_broken_references(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    """Yield what parts of the spec say of other parts that is not so."""
    yield from _find_duplicates(spec, path)
    yield from _find_storage_causes(spec, path)
    yield from _find_volume_limits(spec, path)
    yield from _find_network_causes(spec, path)
    yield from _find_probe_causes(spec, path)
    yield from _find_credential_causes(spec, path)
    yield from _find_acpi_causes(spec, path)


def _repeated(values: Iterable[str | int | None]) -> Iterator[tuple[int, str | int]]:
    """Yield the place and value of each entry that one before has had already."""
    seen: set[str | int] = set()
    for index, value in enumerate(values):
        if value is not None and value in seen:
            yield index, value
        if value is not None:
            seen.add(value)


def _find_duplicates(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    devices = spec.domain.devices
    lists = {
        f"{path}{DISKS}": [disk.name for disk in devices.disks],
        f"{path}{INTERFACES}": [interface.name for interface in devices.interfaces],
        f"{path}.volumes": [volume.name for volume in spec.volumes],
        f"{path}.networks": [network.name for network in spec.networks],
    }
    for where, names in lists.items():
        for index, name in _repeated(names):
            message = f"two entries must not share the name {name}"
            yield Cause(CauseReason.DUPLICATE, message, f"{where}[{index}].name")
    yield from _find_boot_order_causes(devices, path)
    macs = (
        i.mac_address.lower().replace("-", ":") if i.mac_address else None
        for i in devices.interfaces
    )
    for index, mac in _repeated(macs):
        message = f"two interfaces must not share the MAC address {mac}"
        yield Cause(CauseReason.DUPLICATE, message, f"{path}{INTERFACES}[{index}].macAddress")


def _find_boot_order_causes(devices: Devices, path: str) -> Iterator[Cause]:
    parts = [(f"{DISKS}[{i}]", disk.boot_order) for i, disk in enumerate(devices.disks)]
    parts += [(f"{INTERFACES}[{i}]", nic.boot_order) for i, nic in enumerate(devices.interfaces)]
    for index, order in _repeated(order for _, order in parts):
        message = f"the boot order {order} is already used"
        yield Cause(CauseReason.DUPLICATE, message, f"{path}{parts[index][0]}.bootOrder")


def _find_storage_causes(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    volumes = {volume.name: volume for volume in spec.volumes}
    for index, disk in enumerate(spec.domain.devices.disks):
        where = f"{path}{DISKS}[{index}]"
        volume = volumes.get(disk.name)
        if volume is None and disk.cdrom is None:
            message = f"there is no volume named {disk.name}"
            yield Cause(CauseReason.NOT_FOUND, message, f"{where}.name")
        if disk.lun and volume and not (volume.persistent_volume_claim or volume.data_volume):
            message = "a lun needs a volume of persistentVolumeClaim or dataVolume"
            yield Cause(CauseReason.INVALID, message, f"{where}.lun")
    for index, filesystem in enumerate(spec.domain.devices.filesystems):
        if filesystem.name not in volumes:
            message = f"there is no volume named {filesystem.name}"
            where = f"{path}.domain.devices.filesystems[{index}].name"
            yield Cause(CauseReason.NOT_FOUND, message, where)


def _find_volume_limits(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    counts = Counter(source for volume in spec.volumes for source in _sources(volume))
    for source in SINGLE_SOURCES:
        if counts[source] > 1:
            message = f"at most one volume can be a {source}"
            yield Cause(CauseReason.INVALID, message, f"{path}.volumes")
    accounts = {
        volume.service_account.service_account_name
        for volume in spec.volumes
        if volume.service_account
    }
    if spec.service_account_name and accounts - {spec.service_account_name}:
        message = "serviceAccountName must be that of the serviceAccount volume"
        yield Cause(CauseReason.INVALID, message, f"{path}.serviceAccountName")


def _sources(volume: Volume) -> list[str]:
    names = zip(volume.__struct_fields__, volume.__struct_encode_fields__, strict=True)
    return [wire for name, wire in names if getattr(volume, name) is not None]


def _find_network_causes(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    networks = {network.name: network for network in spec.networks}
    interfaces = spec.domain.devices.interfaces
    for index, interface in enumerate(interfaces):
        where = f"{path}{INTERFACES}[{index}].name"
        network = networks.get(interface.name)
        if network is None:
            message = f"there is no network named {interface.name}"
            yield Cause(CauseReason.NOT_FOUND, message, where)
        elif interface.masquerade and not network.pod:
            message = "masquerade is only possible on the pod network"
            yield Cause(CauseReason.INVALID, message, where)
    shown = {interface.name for interface in interfaces}
    for index, network in enumerate(spec.networks):
        if network.name not in shown:
            message = f"there is no interface named {network.name}"
            yield Cause(CauseReason.NOT_FOUND, message, f"{path}.networks[{index}].name")
    primaries = [n for n in spec.networks if n.pod or (n.multus and n.multus.default)]
    if len(primaries) > 1:
        message = "at most one network can be the pod network or the default multus network"
        yield Cause(CauseReason.INVALID, message, f"{path}.networks")


def _find_probe_causes(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    on_pod_network = not spec.networks or any(network.pod for network in spec.networks)
    probes = {"livenessProbe": spec.liveness_probe, "readinessProbe": spec.readiness_probe}
    for name, probe in probes.items():
        if probe and (probe.http_get or probe.tcp_socket) and not on_pod_network:
            message = f"{name}'s httpGet and tcpSocket need an interface on the pod network"
            yield Cause(CauseReason.INVALID, message, f"{path}.{name}")


def _find_credential_causes(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    has_no_cloud = any(volume.cloud_init_no_cloud for volume in spec.volumes)
    has_config_drive = any(volume.cloud_init_config_drive for volume in spec.volumes)
    for index, credential in enumerate(spec.access_credentials):
        if credential.ssh_public_key is None:
            continue
        method = credential.ssh_public_key.propagation_method
        where = f"{path}.accessCredentials[{index}].sshPublicKey.propagationMethod"
        if method.no_cloud and not has_no_cloud:
            message = "credentials by noCloud need a volume cloudInitNoCloud"
            yield Cause(CauseReason.INVALID, message, where)
        if method.config_drive and not has_config_drive:
            message = "credentials by configDrive need a volume cloudInitConfigDrive"
            yield Cause(CauseReason.INVALID, message, where)


def _find_acpi_causes(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    acpi = spec.domain.firmware.acpi if spec.domain.firmware else None
    if acpi is None:
        return
    secrets = {volume.name for volume in spec.volumes if volume.secret}
    references = {"slicNameRef": acpi.slic_name_ref, "msdmNameRef": acpi.msdm_name_ref}
    for name, reference in references.items():
        if reference is not None and reference not in secrets:
            message = f"there is no volume of a secret named {reference}"
            where = f"{path}.domain.firmware.acpi.{name}"
            yield Cause(CauseReason.NOT_FOUND, message, where)
