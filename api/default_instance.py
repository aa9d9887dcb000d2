"""Defaults that are written into a VMI when it is created, where users and clients read them.

They are those of KubeVirt's admission. What a pod's builder fills in besides (host name, grace
period, addresses of the guest's network, devices attached unasked) stays open, as it does there:
api/default.py comes to the same spec with and without these.
"""

from msgspec.structs import replace

from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.default_device import DEFAULT_NETWORK, build_default_interface, wants_default_network
from api.device import Devices
from api.domain import CPU, DomainSpec, ResourceRequirements
from api.firmware import Firmware
from api.network import Network, PodNetwork
from api.spec import VirtualMachineInstanceSpec


def complete_instance(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, uuid: str = ""
) -> VirtualMachineInstanceSpec:
    """Return the spec as it is to be stored; raises Problem on a malformed quantity.

    ``uuid`` is for the firmware of a VMI that names none; "" leaves it open, and then it is the
    VMI's own UID. Completing twice changes nothing.
    """
    full = apply_defaults(spec, config, uuid, "")
    networks = spec.networks
    if wants_default_network(spec):
        networks = (Network(name=DEFAULT_NETWORK, pod=PodNetwork()),)
    return replace(
        full,
        domain=_keep_open(spec, full.domain, config),
        networks=networks,
        hostname=spec.hostname,
        termination_grace_period_seconds=spec.termination_grace_period_seconds,
    )


def _keep_open(
    spec: VirtualMachineInstanceSpec, full: DomainSpec, config: KubeVirtConfiguration
) -> DomainSpec:
    own = spec.domain
    return replace(
        full,
        cpu=_keep_cpu(own, full.cpu or CPU()),
        firmware=_keep_firmware(own.firmware, full.firmware),
        devices=_keep_devices(spec, full.devices, config),
        resources=own.resources if full.resources == ResourceRequirements() else full.resources,
    )


def _keep_cpu(own: DomainSpec, full: CPU) -> CPU:
    """A topology beside dedicated CPUs that resources count would be told twice."""
    cpu = own.cpu or CPU()
    full = replace(full, features=cpu.features)
    counted = own.resources is not None and "cpu" in {
        **own.resources.requests,
        **own.resources.limits,
    }
    if not (cpu.dedicated_cpu_placement and counted):
        return full
    return replace(full, cores=cpu.cores, sockets=cpu.sockets, threads=cpu.threads)


def _keep_firmware(own: Firmware | None, full: Firmware | None) -> Firmware | None:
    """The settings of a boot loader that was asked for are as they were asked for."""
    if own is not None and own.bootloader is not None and full is not None:
        full = replace(full, bootloader=own.bootloader)
    return None if full == Firmware() else full


def _keep_devices(
    spec: VirtualMachineInstanceSpec, full: Devices, config: KubeVirtConfiguration
) -> Devices:
    own = spec.domain.devices
    interfaces = own.interfaces
    if wants_default_network(spec):
        interfaces = (build_default_interface(config),)
    return replace(
        own,
        disks=full.disks,
        interfaces=interfaces,
        inputs=full.inputs,
        watchdog=full.watchdog,
    )
