"""Network interfaces of a VM."""

from typing import Annotated

from api.disk import PciAddress
from api.meta import ApiStruct, NonEmpty, Port, Positive, ShortText, limits, one_of

NicModel = Annotated[
    str, one_of("e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", "virtio")
]
Protocol = Annotated[str, one_of("TCP", "UDP")]


MacAddress = Annotated[
    str,
    limits(
        title="a MAC address such as 02:11:22:33:44:55",
        pattern=r"^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$",
        maxLength=17,
    ),
]


PortName = Annotated[
    str,
    limits(
        title="a port's name: at most 15 of a-z, 0-9 and -",
        pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$",
        maxLength=15,
    ),
]


class InterfaceBridge(ApiStruct, frozen=True):
    """Bridge: the guest takes over the pod's address by DHCP."""


class InterfaceMasquerade(ApiStruct, frozen=True):
    """Masquerade: the guest has a private address, and the pod translates."""


class InterfaceSRIOV(ApiStruct, frozen=True):
    """SR-IOV: a virtual function is given to the guest."""


class InterfacePasstBinding(ApiStruct, frozen=True):
    """passt: a user-mode process moves the packets."""


class InterfaceSlirp(ApiStruct, frozen=True):
    """slirp: discontinued."""


class InterfaceMacvtap(ApiStruct, frozen=True):
    """macvtap: discontinued."""


class InterfacePasst(ApiStruct, frozen=True):
    """passt by its old name: discontinued."""


class PluginBinding(ApiStruct, frozen=True):
    """A binding plugin that the KubeVirt object registers."""

    name: NonEmpty
    """Name of the plugin."""


class InterfacePort(ApiStruct, frozen=True):
    """A port of the guest that is reached through the pod."""

    port: Port
    """Number of the port, 1 to 65535."""
    name: PortName | None = None
    """Name, unique within the interface."""
    protocol: Protocol | None = None
    """TCP (the default) or UDP."""


class InterfacePortRange(ApiStruct, frozen=True):
    """Ports of the guest that are reached through the pod."""

    start: Port
    """First port."""
    end: Port
    """Last port."""
    protocol: Protocol | None = None
    """TCP (the default) or UDP."""


class DHCPPrivateOption(ApiStruct, frozen=True):
    """A private DHCP option."""

    option: Annotated[int, limits(format="int32", minimum=224, maximum=254)]
    """Number, 224 to 254."""
    value: ShortText
    """Value."""


class DHCPOptions(ApiStruct, frozen=True):
    """What the pod's DHCP server tells the guest besides its address."""

    boot_file_name: ShortText | None = None
    """Option 67: the boot file."""
    tftp_server_name: ShortText | None = None
    """Option 66: the TFTP server."""
    ntp_servers: tuple[ShortText, ...] = ()
    """Option 42: IPv4 addresses of NTP servers."""
    private_options: tuple[DHCPPrivateOption, ...] = ()
    """Private options, 224 to 254."""


class Interface(ApiStruct, frozen=True):
    """A network interface; exactly one binding."""

    name: Annotated[str, limits(pattern=r"^[A-Za-z0-9_-]+$", minLength=1, maxLength=63)]
    """Name of the network that it connects to."""
    model: NicModel | None = None
    """virtio (the default), e1000e, e1000, igb, rtl8139, ne2k_pci or pcnet."""
    bridge: InterfaceBridge | None = None
    """The guest takes over the pod's address by DHCP."""
    masquerade: InterfaceMasquerade | None = None
    """The guest has a private address (10.0.2.2), and the pod translates."""
    sriov: InterfaceSRIOV | None = None
    """A virtual function is given to the guest."""
    passt_binding: InterfacePasstBinding | None = None
    """A user-mode process moves the packets."""
    binding: PluginBinding | None = None
    """A binding plugin that the KubeVirt object registers."""
    slirp: InterfaceSlirp | None = None
    """Discontinued; use masquerade."""
    macvtap: InterfaceMacvtap | None = None
    """Discontinued; use a binding plugin."""
    passt: InterfacePasst | None = None
    """Discontinued; use passtBinding."""
    mac_address: MacAddress | None = None
    """MAC address of the guest's interface, such as 02:11:22:33:44:55."""
    boot_order: Positive | None = None
    """Place in the boot order, from 1; unique over disks and interfaces."""
    pci_address: PciAddress | None = None
    """PCI address in the guest, such as 0000:81:01.0."""
    acpi_index: Annotated[int, limits(format="int32", minimum=1, maximum=16383)] | None = None
    """Index by which Linux names the interface (eno1 for 1)."""
    tag: ShortText | None = None
    """Tag shown to the guest by ConfigDrive metadata."""
    ports: Annotated[tuple[InterfacePort, ...], limits(maxItems=100)] = ()
    """Ports that are forwarded with masquerade; all when empty."""
    port_ranges: Annotated[tuple[InterfacePortRange, ...], limits(maxItems=10)] = ()
    """Ranges of ports that are forwarded with masquerade."""
    dhcp_options: DHCPOptions | None = None
    """What the pod's DHCP server tells the guest besides its address."""
    state: Annotated[str, one_of("up", "down", "absent")] | None = None
    """Link state: up (the default), down, or absent to unplug it."""
