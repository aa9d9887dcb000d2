"""Features of the machine: ACPI, APIC, KVM's and Hyper-V's."""

from typing import Annotated

from api.device import FeatureState
from api.meta import ApiStruct, limits


class FeatureAPIC(ApiStruct, frozen=True):
    """The interrupt controller."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""
    end_of_interrupt: bool | None = None
    """Paravirtual end of interrupt."""


class FeatureKVM(ApiStruct, frozen=True):
    """What KVM shows of itself."""

    hidden: bool | None = None
    """Hide KVM from the guest."""


class FeatureSpinlocks(ApiStruct, frozen=True):
    """Hyper-V spinlocks."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""
    spinlocks: Annotated[int, limits(format="int64", minimum=4096, maximum=4294967295)] | None = (
        None
    )
    """Retries before the hypervisor is told; 4096 by default."""


class SyNICTimer(ApiStruct, frozen=True):
    """Hyper-V synthetic timers."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""
    direct: FeatureState | None = None
    """Timers interrupt directly."""


class FeatureVendorID(ApiStruct, frozen=True):
    """Hyper-V vendor."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""
    vendorid: Annotated[str, limits(maxLength=12)] | None = None
    """The vendor that the guest reads, at most 12 characters."""


class TLBFlush(ApiStruct, frozen=True):
    """Hyper-V paravirtual TLB flush."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""
    direct: FeatureState | None = None
    """Direct flush for nested guests."""
    extended: FeatureState | None = None
    """Flush of address ranges."""


class FeatureHyperv(ApiStruct, frozen=True):
    """Hyper-V enlightenments, for Windows guests."""

    relaxed: FeatureState | None = None
    """Relaxed timing."""
    vapic: FeatureState | None = None
    """Virtual APIC."""
    spinlocks: FeatureSpinlocks | None = None
    """Spinlock retries."""
    vpindex: FeatureState | None = None
    """Virtual processor index."""
    runtime: FeatureState | None = None
    """Processor run time."""
    synic: FeatureState | None = None
    """Synthetic interrupt controller; needs vpindex."""
    synictimer: SyNICTimer | None = None
    """Synthetic timers; need synic and vpindex."""
    reset: FeatureState | None = None
    """Reset by the hypervisor."""
    vendorid: FeatureVendorID | None = None
    """The vendor that the guest reads."""
    frequencies: FeatureState | None = None
    """Frequencies of TSC and APIC."""
    reenlightenment: FeatureState | None = None
    """Notification of TSC changes."""
    tlbflush: TLBFlush | None = None
    """Paravirtual TLB flush; needs vpindex."""
    ipi: FeatureState | None = None
    """Paravirtual interrupts between processors; needs vpindex."""
    evmcs: FeatureState | None = None
    """Enlightened VMCS; needs vapic."""


class HypervPassthrough(ApiStruct, frozen=True):
    """All enlightenments that the node has."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""


class Features(ApiStruct, frozen=True):
    """Features of the machine."""

    acpi: FeatureState | None = None
    """ACPI; on by default. Without it the guest cannot be asked to power off."""
    apic: FeatureAPIC | None = None
    """The interrupt controller."""
    kvm: FeatureKVM | None = None
    """What KVM shows of itself."""
    pvspinlock: FeatureState | None = None
    """Paravirtual spinlocks."""
    smm: FeatureState | None = None
    """System management mode; secure boot needs it."""
    hyperv: FeatureHyperv | None = None
    """Hyper-V enlightenments."""
    hyperv_passthrough: HypervPassthrough | None = None
    """All enlightenments that the node has."""
