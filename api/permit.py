"""What the installation's settings permit: machine types, feature gates, bindings, devices."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from api.cause import Cause, CauseReason
from api.config import ArchSpecificConfiguration, KubeVirtConfiguration
from api.rule_resource import at_most
from api.spec import VirtualMachineInstanceSpec

EMULATED_MACHINES: Final = {
    "amd64": ("q35*", "pc-q35*"),
    "arm64": ("virt*",),
    "s390x": ("s390-ccw-virtio*",),
}
# On unless they are disabled; all others must be enabled by name.
BETA_GATES: Final = frozenset({"PasstBinding", "RebootPolicy", "WorkloadEncryptionSEV"})


def has_gate(config: KubeVirtConfiguration, gate: str) -> bool:
    """Say whether a feature gate is on."""
    developer = config.developer_configuration
    if gate in BETA_GATES:
        return gate not in developer.disabled_feature_gates
    return gate in developer.feature_gates


def find_unpermitted(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, path: str
) -> Iterator[Cause]:
    """Yield what the spec asks for and the settings forbid."""
    architecture = spec.architecture or config.architecture_configuration.default_architecture
    yield from _check_machine(spec, config, architecture, path)
    yield from _check_gates(spec, config, path)
    yield from _check_bindings(spec, config, path)
    yield from _check_host_devices(spec, config, path)
    yield from _check_architecture(spec, architecture, path)


def list_machine_types(config: KubeVirtConfiguration, architecture: str) -> tuple[str, ...]:
    """Return the patterns of machine types that may be used."""
    specific: ArchSpecificConfiguration | None = getattr(
        config.architecture_configuration, architecture, None
    )
    if specific is not None and specific.emulated_machines:
        return specific.emulated_machines
    if architecture == "amd64" and config.emulated_machines:
        return config.emulated_machines
    return EMULATED_MACHINES.get(architecture, ())


def _check_machine(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, architecture: str, path: str
) -> Iterator[Cause]:
    domain = spec.domain
    machine = domain.machine.type if domain.machine else None
    allowed = list_machine_types(config, architecture)
    if machine and not any(fnmatchcase(machine, pattern) for pattern in allowed):
        message = f"the machine type {machine} is not one of {', '.join(allowed)}"
        yield Cause(CauseReason.NOT_SUPPORTED, message, f"{path}.domain.machine.type")
    guest = domain.memory.guest if domain.memory else None
    limits = domain.resources.limits if domain.resources else {}
    # with live updates the limit may grow after the guest, so it is no bound then
    if config.vm_rollout_strategy == "Stage" and not at_most(guest, limits.get("memory")):
        message = "memory.guest must not be greater than resources.limits.memory"
        yield Cause(CauseReason.INVALID, message, f"{path}.domain.memory.guest")


def _check_gates(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, path: str
) -> Iterator[Cause]:
    domain, devices = spec.domain, spec.domain.devices
    asked: list[tuple[str, object, str]] = [
        ("DownwardMetrics", devices.downward_metrics, "domain.devices.downwardMetrics"),
        ("HostDevices", devices.host_devices, "domain.devices.hostDevices"),
        ("VSOCK", devices.autoattach_vsock, "domain.devices.autoattachVSOCK"),
        ("RebootPolicy", domain.reboot_policy, "domain.rebootPolicy"),
        ("UtilityVolumes", spec.utility_volumes, "utilityVolumes"),
        (
            "ReservedOverheadMemlock",
            domain.memory and domain.memory.reserved_overhead,
            "domain.memory.reservedOverhead",
        ),
    ]
    for index, volume in enumerate(spec.volumes):
        where = f"volumes[{index}]"
        asked += [
            ("HostDisk", volume.host_disk, where),
            ("DownwardMetrics", volume.downward_metrics, where),
            ("ContainerPathVolumes", volume.container_path, where),
        ]
    for index, interface in enumerate(devices.interfaces):
        where = f"domain.devices.interfaces[{index}]"
        asked += [
            ("PortRangesSpec", interface.port_ranges, f"{where}.portRanges"),
            ("PasstBinding", interface.passt_binding, f"{where}.passtBinding"),
        ]
    for gate, value, where in asked:
        if value not in (None, False, ()) and not has_gate(config, gate):
            yield Cause(
                CauseReason.INVALID, f"the feature gate {gate} is not on", f"{path}.{where}"
            )


def _check_bindings(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, path: str
) -> Iterator[Cause]:
    on_pod_network = {network.name for network in spec.networks if network.pod}
    for index, interface in enumerate(spec.domain.devices.interfaces):
        where = f"{path}.domain.devices.interfaces[{index}]"
        permitted = config.network.permit_bridge_interface_on_pod_network
        if interface.bridge and interface.name in on_pod_network and not permitted:
            message = "bridge on the pod network is not enabled; use masquerade"
            yield Cause(CauseReason.INVALID, message, f"{where}.name")
        if interface.binding and interface.binding.name not in config.network.binding:
            message = f"the binding plugin {interface.binding.name} is not registered"
            yield Cause(CauseReason.INVALID, message, f"{where}.binding.name")


def _check_host_devices(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, path: str
) -> Iterator[Cause]:
    permitted = config.permitted_host_devices
    names: set[str] = set()
    if permitted is not None:
        names |= {device.resource_name for device in permitted.pci_host_devices}
        names |= {device.resource_name for device in permitted.mediated_devices}
        names |= {device.resource_name for device in permitted.usb}
    devices = spec.domain.devices
    lists = {
        "gpus": [gpu.device_name for gpu in devices.gpus],
        "hostDevices": [device.device_name for device in devices.host_devices],
    }
    for kind, asked in lists.items():
        for index, name in enumerate(asked):
            if name and name not in names:
                message = f"{name} is not in permittedHostDevices"
                where = f"{path}.domain.devices.{kind}[{index}].deviceName"
                yield Cause(CauseReason.NOT_SUPPORTED, message, where)


def _check_architecture(
    spec: VirtualMachineInstanceSpec, architecture: str, path: str
) -> Iterator[Cause]:
    devices, cpu = spec.domain.devices, spec.domain.cpu
    watchdog = devices.watchdog
    wrong = watchdog and (watchdog.diag288 if architecture == "amd64" else watchdog.i6300esb)
    if wrong:
        message = f"this watchdog does not exist on {architecture}"
        yield Cause(CauseReason.NOT_SUPPORTED, message, f"{path}.domain.devices.watchdog")
    if architecture == "arm64" and cpu and (cpu.threads or 1) > 1:
        message = "arm64 has 1 thread a core"
        yield Cause(CauseReason.INVALID, message, f"{path}.domain.cpu.threads")
