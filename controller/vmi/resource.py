"""What a VM's pod asks of its node: CPU, memory with our overhead, and devices.

The overhead is what the pod needs beyond the guest's RAM. The constants are proportional set
sizes measured by `make bench` (docs/performance.md), rounded up:

- the launcher with embedded libvirt and a running domain, tini and socat: 28 MiB, and while it
  starts a second Python for disks and network, which is not measured: 48 MiB in all
- qemu without guest RAM and translation cache: 37 MiB after a boot; 54 MiB leaves room for I/O
- the translation cache, full, where the guest may be emulated: 16 to 512 MiB, by its size
- each vCPU (thread stack, its share of qemu's and KVM's structures): 8 MiB
- a VGA device and VNC (framebuffer of 16 MiB): 16 MiB
- UEFI: its flash memory, which qemu holds a copy of, and what else the boot takes: 6.4 MiB; 8 MiB
- page tables of the guest's RAM: 8 bytes a 4 KiB page, so RAM / 512
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from api.config import KubeVirtConfiguration
from api.domain import CPU, DomainSpec, Memory, ResourceRequirements
from api.emulation import choose_translation_cache
from api.names import RESOURCE_KVM, RESOURCE_TUN
from api.quantity import parse_bytes, parse_millicores, parse_quantity
from api.vmi import VirtualMachineInstanceSpec

MIB: Final = 1024**2
LAUNCHER_BYTES: Final = 48 * MIB
QEMU_BYTES: Final = 54 * MIB
VCPU_BYTES: Final = 8 * MIB
GRAPHICS_BYTES: Final = 16 * MIB
UEFI_BYTES: Final = 8 * MIB
PAGE_TABLE_SHARE: Final = 512
SCRATCH_BYTES: Final = 50_000_000  # ephemeral storage for overlays' first writes and cloud-init
# The console relay: 2.3 MiB measured. When the VM has limits, so has it, with room for a shell.
GUEST_REQUESTS: Final = {"cpu": "1m", "memory": "6Mi"}
GUEST_LIMITS: Final = {"cpu": "20m", "memory": "16Mi"}


@dataclass(frozen=True, slots=True)
class PodResources:
    """Requests and limits of both containers, ready for the pod."""

    compute: dict[str, dict[str, str]]
    guest: dict[str, dict[str, str]]
    overhead_bytes: int


def count_vcpus(cpu: CPU | None) -> int:
    """Multiply the topology out; what is absent is 1."""
    if cpu is None:
        return 1
    return (cpu.cores or 1) * (cpu.sockets or 1) * (cpu.threads or 1)


def estimate_overhead(domain: DomainSpec, config: KubeVirtConfiguration) -> int:
    """Return the bytes that the pod needs beyond the guest's RAM."""
    memory = domain.memory or Memory()
    guest_bytes = parse_bytes(memory.guest or 0)
    overhead = LAUNCHER_BYTES + QEMU_BYTES + VCPU_BYTES * count_vcpus(domain.cpu)
    overhead += -(-guest_bytes // PAGE_TABLE_SHARE)
    if config.developer_configuration.use_emulation:
        overhead += choose_translation_cache(guest_bytes) * MIB
    if domain.devices.autoattach_graphics_device is not False:
        overhead += GRAPHICS_BYTES
    if domain.firmware and domain.firmware.bootloader and domain.firmware.bootloader.efi:
        overhead += UEFI_BYTES
    ratio = config.additional_guest_memory_overhead_ratio
    if ratio is not None:
        overhead = -(-overhead * parse_quantity(ratio) // 1)
    reserved = memory.reserved_overhead
    if reserved is not None and reserved.added_overhead is not None:
        overhead += parse_bytes(reserved.added_overhead)
    return overhead


def plan_resources(spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration) -> PodResources:
    """Return what the pod asks for; the spec has its defaults."""
    domain = spec.domain
    asked = domain.resources or ResourceRequirements()
    overhead = estimate_overhead(domain, config)
    requests = {
        "cpu": _plan_cpu(domain, asked, config),
        "memory": str(_plan_memory(domain, asked, overhead, config)),
        "ephemeral-storage": str(SCRATCH_BYTES),
    }
    limits = _plan_limits(asked, overhead)
    # With the same limits and requests on both containers the pod is Guaranteed, as asked.
    guest_limits = {name: GUEST_LIMITS[name] for name in limits}
    devices = plan_devices(spec, config)
    return PodResources(
        compute={"requests": requests | devices, "limits": limits | devices},
        guest={"requests": GUEST_REQUESTS | guest_limits, "limits": guest_limits},
        overhead_bytes=overhead,
    )


def plan_devices(spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration) -> dict[str, str]:
    """Return the node's devices that the VM needs; emulation does without KVM."""
    devices = {}
    if not config.developer_configuration.use_emulation:
        devices[RESOURCE_KVM] = "1"
    interfaces = spec.domain.devices.interfaces
    if any(nic.bridge is not None or nic.masquerade is not None for nic in interfaces):
        devices[RESOURCE_TUN] = "1"
    return devices


def _plan_cpu(
    domain: DomainSpec, asked: ResourceRequirements, config: KubeVirtConfiguration
) -> str:
    if "cpu" in asked.requests:
        return f"{parse_millicores(asked.requests['cpu'])}m"
    ratio = config.developer_configuration.cpu_allocation_ratio
    return f"{-(-1000 * count_vcpus(domain.cpu) // ratio)}m"


def _plan_memory(
    domain: DomainSpec, asked: ResourceRequirements, overhead: int, config: KubeVirtConfiguration
) -> int:
    given = asked.requests.get("memory", asked.limits.get("memory"))
    if given is not None:
        wanted = parse_bytes(given)
    else:
        guest = parse_bytes((domain.memory or Memory()).guest or 0)
        percent = config.developer_configuration.memory_overcommit
        wanted = int(-(-Fraction(guest * 100, percent) // 1))
    return wanted if asked.overcommit_guest_overhead else wanted + overhead


def _plan_limits(asked: ResourceRequirements, overhead: int) -> dict[str, str]:
    limits = {}
    if "cpu" in asked.limits:
        limits["cpu"] = f"{parse_millicores(asked.limits['cpu'])}m"
    if "memory" in asked.limits:
        limits["memory"] = str(parse_bytes(asked.limits["memory"]) + overhead)
    return limits
