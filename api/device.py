"""The devices of a VM."""

from typing import Annotated

import msgspec

from api.disk import Disk
from api.interface import Interface
from api.meta import ApiStruct, NonEmpty, ShortText, limits, one_of


class Input(ApiStruct, frozen=True):
    """An input device."""

    name: NonEmpty
    """Name of the device."""
    type: Annotated[str, one_of("tablet")]
    """Only tablet: a pointer with absolute coordinates."""
    bus: Annotated[str, one_of("usb", "virtio")] | None = None
    """usb (the default) or virtio."""


class Virtiofs(ApiStruct, frozen=True):
    """Share by virtiofs."""


class Filesystem(ApiStruct, frozen=True):
    """A volume that is shared with the guest as a directory."""

    name: NonEmpty
    """Name of the volume, and mount tag in the guest."""
    virtiofs: Virtiofs | None = None
    """Share by virtiofs; the only way there is."""


class FeatureState(ApiStruct, frozen=True):
    """Something that is on or off."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""


class VGPUDisplayOptions(ApiStruct, frozen=True):
    """The display of a virtual GPU."""

    enabled: bool | None = None
    """Whether there is one; true by default."""
    ram_fb: FeatureState | None = msgspec.field(name="ramFB", default=None)
    """A frame buffer before the driver is up."""


class VGPUOptions(ApiStruct, frozen=True):
    """Options of a virtual GPU."""

    display: VGPUDisplayOptions | None = None
    """Its display."""


class GPU(ApiStruct, frozen=True):
    """A GPU of the node, given to the guest."""

    name: NonEmpty
    """Name of the device."""
    device_name: ShortText | None = None
    """Resource name of the device plugin, such as nvidia.com/TU104GL_Tesla_T4."""
    claim_name: ShortText | None = None
    """Resource claim, with dynamic resource allocation."""
    request_name: ShortText | None = None
    """Request within the claim."""
    tag: ShortText | None = None
    """Tag shown to the guest by ConfigDrive metadata."""
    virtual_gpu_options: VGPUOptions | None = msgspec.field(name="virtualGPUOptions", default=None)
    """Options of a virtual GPU."""


class HostDevice(ApiStruct, frozen=True):
    """A PCI, mediated or USB device of the node, given to the guest."""

    name: NonEmpty
    """Name of the device."""
    device_name: ShortText | None = None
    """Resource name of the device plugin."""
    claim_name: ShortText | None = None
    """Resource claim, with dynamic resource allocation."""
    request_name: ShortText | None = None
    """Request within the claim."""
    tag: ShortText | None = None
    """Tag shown to the guest by ConfigDrive metadata."""


class Rng(ApiStruct, frozen=True):
    """A virtio random number generator, fed by the node."""


class I6300ESBWatchdog(ApiStruct, frozen=True):
    """Intel's i6300ESB PCI watchdog."""

    action: Annotated[str, one_of("reset", "poweroff", "shutdown")] | None = None
    """What happens when it is not fed: reset (the default), poweroff or shutdown."""


class Diag288Watchdog(ApiStruct, frozen=True):
    """The watchdog of s390x."""

    action: Annotated[str, one_of("reset", "poweroff", "shutdown")] | None = None
    """What happens when it is not fed: reset (the default), poweroff or shutdown."""


class Watchdog(ApiStruct, frozen=True):
    """A watchdog; exactly one model."""

    name: NonEmpty
    """Name of the device."""
    i6300esb: I6300ESBWatchdog | None = None
    """Intel's i6300ESB PCI watchdog, for amd64."""
    diag288: Diag288Watchdog | None = None
    """The watchdog of s390x."""


class TPMDevice(ApiStruct, frozen=True):
    """An emulated TPM 2.0."""

    enabled: bool | None = None
    """Whether there is one; true when the object is present."""
    persistent: bool | None = None
    """Its state survives the VM's stop."""


class SoundDevice(ApiStruct, frozen=True):
    """A sound card."""

    name: NonEmpty
    """Name of the device."""
    model: Annotated[str, one_of("ich9", "ac97")] | None = None
    """ich9 (the default) or ac97."""


class VideoDevice(ApiStruct, frozen=True):
    """The graphics card."""

    type: Annotated[str, one_of("virtio", "vga", "bochs", "ramfb")] | None = None
    """virtio, vga (the default on amd64), bochs or ramfb."""


class PanicDevice(ApiStruct, frozen=True):
    """A device by which the guest reports its panic."""

    model: Annotated[str, one_of("isa", "hyperv", "pvpanic")] | None = None
    """isa, hyperv or pvpanic."""


class ClientPassthroughDevices(ApiStruct, frozen=True):
    """USB devices of the client, redirected to the guest."""


class DownwardMetrics(ApiStruct, frozen=True):
    """A virtio-serial channel with metrics of the node."""


class Devices(ApiStruct, frozen=True):
    """The devices of the VM."""

    disks: Annotated[tuple[Disk, ...], limits(maxItems=256)] = ()
    """Disks, CD-ROMs and LUNs; each shows the volume of its name."""
    interfaces: Annotated[tuple[Interface, ...], limits(maxItems=32)] = ()
    """Network interfaces; each connects to the network of its name."""
    inputs: tuple[Input, ...] = ()
    """Input devices."""
    filesystems: tuple[Filesystem, ...] = ()
    """Volumes shared as directories."""
    gpus: tuple[GPU, ...] = ()
    """GPUs of the node."""
    host_devices: tuple[HostDevice, ...] = ()
    """Other devices of the node."""
    rng: Rng | None = None
    """A random number generator."""
    watchdog: Watchdog | None = None
    """A watchdog."""
    tpm: TPMDevice | None = None
    """An emulated TPM."""
    sound: SoundDevice | None = None
    """A sound card."""
    video: VideoDevice | None = None
    """The graphics card's model; needs the graphics device."""
    panic_devices: tuple[PanicDevice, ...] = ()
    """Devices by which the guest reports its panic."""
    client_passthrough: ClientPassthroughDevices | None = None
    """Slots for USB devices of the client."""
    downward_metrics: DownwardMetrics | None = None
    """A channel with metrics of the node."""
    autoattach_graphics_device: bool | None = None
    """A graphics card with VNC; true by default."""
    autoattach_serial_console: bool | None = None
    """A serial console; true by default."""
    log_serial_console: bool | None = None
    """The serial console is in the logs of the pod's guest container; true by default."""
    autoattach_mem_balloon: bool | None = None
    """A memory balloon; true by default."""
    autoattach_pod_interface: bool | None = None
    """A default interface on the pod network, when no network is given; true by default."""
    autoattach_input_device: bool | None = None
    """A tablet; false by default."""
    autoattach_vsock: bool | None = msgspec.field(name="autoattachVSOCK", default=None)
    """A vsock device; false by default."""
    block_multi_queue: bool | None = None
    """A queue for each vCPU on virtio disks."""
    network_interface_multiqueue: bool | None = None
    """A queue for each vCPU on virtio interfaces."""
    disable_hotplug: bool | None = None
    """No volumes and interfaces can be attached to the running VM."""
    use_virtio_transitional: bool | None = None
    """Virtio devices of the 0.9 kind, for old guests."""
