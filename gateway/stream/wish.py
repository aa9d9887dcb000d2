"""What a caller asks for, and whether the VMI can give it; pure, refuses by Refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from multidict import MultiMapping

from api.names import Condition, Phase
from api.vmi import VirtualMachineInstance
from gateway.refusal import Refused, refuse_state
from gateway.route import VMI

# As KubeVirt's server reads a boolean.
_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class PortProtocol(StrEnum):
    """What a port is of."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class Port:
    """What of a guest to connect to."""

    number: int
    protocol: PortProtocol


def read_flag(query: MultiMapping[str], name: str) -> bool:
    """Return a boolean of the query, False when it is not there."""
    values = query.getall(name, [])
    if not values:
        return False
    if len(values) == 1 and values[0] in _TRUE | _FALSE:
        return values[0] in _TRUE
    raise Refused(400, f"the query's {name} must be given once, as true or false")


def read_port(parameters: Sequence[str]) -> Port:
    """Return the port of a path's last segments: "22", or "22" and "tcp"."""
    text, protocol = (*parameters, PortProtocol.TCP)[:2]
    digits = text.isascii() and text.isdecimal() and len(text) <= 5
    number = int(text) if digits else 0
    if not 0 < number < 65536:
        raise Refused(400, f"port must be a number from 1 to 65535, and not {text!r}")
    if protocol not in tuple(PortProtocol):
        raise Refused(400, f"protocol must be tcp or udp, and not {protocol!r}")
    return Port(number, PortProtocol(protocol))


def check_serial(vmi: VirtualMachineInstance) -> None:
    """Refuse when the VMI has no serial console that one could talk to now."""
    if vmi.spec.domain.devices.autoattach_serial_console is False:
        raise Refused(400, "No serial consoles are present.")
    check_running(vmi)


def check_graphics(vmi: VirtualMachineInstance) -> None:
    """Refuse when the VMI has no screen that one could look at now."""
    if vmi.spec.domain.devices.autoattach_graphics_device is False:
        raise Refused(400, "No graphics devices are present.")
    check_running(vmi)


def check_running(vmi: VirtualMachineInstance) -> None:
    """Refuse when there is no guest."""
    if vmi.status.phase != Phase.RUNNING:
        raise refuse_state(VMI, vmi.metadata.name, "VMI is not running")


def check_reachable(vmi: VirtualMachineInstance) -> None:
    """Refuse when the guest cannot answer on its network."""
    check_running(vmi)
    for condition in vmi.status.conditions:
        if condition.type == Condition.PAUSED and condition.status == "True":
            raise refuse_state(VMI, vmi.metadata.name, "VMI is paused")


def choose_address(vmi: VirtualMachineInstance, pod_addresses: Sequence[str]) -> str:
    """Return the address of the guest's first interface, which must be one of its pod's.

    The status alone is not believed: who could write it would have us connect to anything that
    the gateway can reach.
    """
    told = next((each.ip_address for each in vmi.status.interfaces if each.ip_address), None)
    if not told:
        raise Refused(400, "no network interfaces are present.")
    try:
        address = ip_address(told)
        owned = {ip_address(each) for each in pod_addresses}
    except ValueError as error:
        raise Refused(400, f"the VMI's address is none: {error}") from error
    if address not in owned or is_strange(address):
        raise Refused(400, f"the VMI's address {address} is not its pod's")
    return str(address)


def is_strange(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address can be no pod's, whoever says so."""
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    )
