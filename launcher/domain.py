"""The facts of a domain: a frozen dataclass for each device family, each with its template.

What libvirt is told is written in two halves. These classes hold facts, already decided: no
field is a default to be filled in later, None means that the element is absent. The template
of the same name in ``templates/`` gives them their shape, and decides nothing.
"""

from dataclasses import dataclass
from typing import Literal

Accelerator = Literal["kvm", "tcg"]
DomainType = Literal["kvm", "qemu"]
DiskKind = Literal["file", "block"]
DiskFormat = Literal["raw", "qcow2"]
Pairs = tuple[tuple[str, str], ...]  # attributes or entries, in the order of the document


@dataclass(frozen=True, slots=True)
class Uefi:
    """<loader> and <nvram>: UEFI in flash memory, and beside it this machine's variables."""

    code: str
    variables: str
    template: str  # what the variables are at first
    secure: bool  # only code in system management mode may write the flash memory


@dataclass(frozen=True, slots=True)
class Boot:
    """<os>: what the machine is and what it boots."""

    arch: str
    machine: str
    uefi: Uefi | None = None  # else the machine's own firmware, which is SeaBIOS
    kernel: str | None = None
    initrd: str | None = None
    cmdline: str | None = None
    bios_on_serial: bool = False


@dataclass(frozen=True, slots=True)
class Smbios:
    """<sysinfo>: what the guest reads of its maker and its chassis."""

    system: Pairs
    chassis: Pairs = ()


@dataclass(frozen=True, slots=True)
class CpuFeature:
    """A feature of the CPU and what becomes of it."""

    name: str
    policy: str


@dataclass(frozen=True, slots=True)
class Cpu:
    """<cpu>: model and topology."""

    mode: Literal["maximum", "host-model", "host-passthrough", "custom"]
    check: Literal["none", "partial"] | None
    model: str | None
    sockets: int
    cores: int
    threads: int
    features: tuple[CpuFeature, ...] = ()

    @property
    def vcpus(self) -> int:
        """Return the number of vCPUs."""
        return self.sockets * self.cores * self.threads


@dataclass(frozen=True, slots=True)
class Feature:
    """A child of <features> with its attributes."""

    name: str
    attributes: Pairs = ()


@dataclass(frozen=True, slots=True)
class Timer:
    """A child of <clock>."""

    name: str
    attributes: Pairs = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """<clock>: what the guest's hardware clock shows."""

    attributes: Pairs
    timers: tuple[Timer, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskSource:
    """The image of a disk; its format is given, so that nobody has to probe."""

    kind: DiskKind
    path: str
    format: DiskFormat
    backing: "DiskSource | None" = None  # the read-only image under an overlay

    @property
    def attribute(self) -> str:
        """Return libvirt's name for the path of such a source."""
        return "dev" if self.kind == "block" else "file"


@dataclass(frozen=True, slots=True)
class Disk:
    """<disk>: a hard disk, CD-ROM or LUN."""

    alias: str
    device: Literal["disk", "cdrom", "lun"]
    target: str
    bus: str
    source: DiskSource
    cache: str
    readonly: bool = False
    shareable: bool = False
    io: str | None = None
    error_policy: str | None = None
    discard: bool = False
    serial: str | None = None
    boot_order: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """<interface>: a network card on a tap device that is already there."""

    alias: str
    mac: str
    model: str
    tap: str
    mtu: int
    boot_order: int | None = None

    @property
    def rom(self) -> Literal["yes", "no"]:
        """Return whether the firmware needs the card's boot ROM; loading it costs boot time."""
        return "no" if self.boot_order is None else "yes"


@dataclass(frozen=True, slots=True)
class Controller:
    """<controller>: what disks and inputs hang on."""

    alias: str
    type: str
    model: str
    ports: int | None = None  # USB: as many as qemu has unless told


@dataclass(frozen=True, slots=True)
class Console:
    """<serial> and <console>: the serial port, on a pair of named pipes of ours.

    qemu hands over single bytes: a socket has room for some three hundred of those, a few
    milliseconds of boot, and then the guest loses output. A pipe has room for a megabyte.
    """

    alias: str
    pipe: str  # qemu writes to <pipe>.out and reads from <pipe>.in


@dataclass(frozen=True, slots=True)
class Channel:
    """<channel>: a virtio port, such as the guest agent's."""

    alias: str
    name: str


@dataclass(frozen=True, slots=True)
class Input:
    """<input>: a pointer."""

    alias: str
    type: str
    bus: str


@dataclass(frozen=True, slots=True)
class Graphics:
    """<graphics> and <video>: VNC on a socket, and a graphics card."""

    socket: str
    video_alias: str
    video: str


@dataclass(frozen=True, slots=True)
class Watchdog:
    """<watchdog>."""

    alias: str
    model: str
    action: str


@dataclass(frozen=True, slots=True)
class Rng:
    """<rng>: fed by the node."""

    alias: str
    model: str


@dataclass(frozen=True, slots=True)
class Balloon:
    """<memballoon>: gives pages that the guest does not use back to the node."""

    alias: str
    model: str


@dataclass(frozen=True, slots=True)
class Devices:
    """<devices>, in libvirt's order."""

    disks: tuple[Disk, ...] = ()
    controllers: tuple[Controller, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    consoles: tuple[Console, ...] = ()
    channels: tuple[Channel, ...] = ()
    inputs: tuple[Input, ...] = ()
    graphics: tuple[Graphics, ...] = ()
    watchdogs: tuple[Watchdog, ...] = ()
    balloon: Balloon | None = None
    rngs: tuple[Rng, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """<domain>: one machine."""

    type: DomainType
    name: str
    uuid: str
    memory_kib: int
    boot: Boot
    smbios: Smbios
    cpu: Cpu
    features: tuple[Feature, ...]
    translation_cache_mib: int | None  # set exactly under TCG
    # Asks qemu for the CPU's features in two questions instead of one for each feature, which
    # is three quarters of the time that libvirt takes to start a domain (x86 only).
    cpu_features_in_bulk: bool
    clock: Clock
    devices: Devices
