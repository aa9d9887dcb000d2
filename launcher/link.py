"""Looks at the pod's network and applies a plan to it: iproute2, a tap device, nftables.

`ip -batch` and not a netlink library: the library's import alone costs a start 130 ms of CPU.
"""

import ctypes
import fcntl
import json
import socket
import struct
import subprocess
from pathlib import Path
from typing import Any, Final

from api.names import QEMU_GID, QEMU_UID
from api.problem import Problem
from launcher.nat import build_ruleset
from launcher.network import BRIDGE, POD_LINK, TAP, NetworkPlan, PodLink, Route

_TUNSETIFF: Final = 0x400454CA
_TUNSETPERSIST: Final = 0x400454CB
_TUNSETOWNER: Final = 0x400454CC
_TUNSETGROUP: Final = 0x400454CE
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_IFF_VNET_HDR: Final = 0x4000
_SIOCETHTOOL: Final = 0x8946
_ETHTOOL_STXCSUM: Final = 0x17

# What `ip -j` prints: one array for each command, each of untyped objects.
Printed = list[dict[str, Any]]


class Observation:
    """The questions to the kernel about the pod's link, asked while there is other work."""

    def __init__(self) -> None:
        self._link = _ask("-j", "address", "show", "dev", POD_LINK)
        self._routes = _ask("-j", "-4", "route", "show")

    def read(self) -> PodLink:
        """Return the answers."""
        links = _read_answer(self._link)
        if not links:
            raise Problem("NetworkNotSupported", f"the pod has no interface {POD_LINK}")
        return parse_link(links[0], _read_answer(self._routes))


def parse_link(link: dict[str, Any], routes: Printed) -> PodLink:
    """Read what iproute2 printed of the pod's interface and its IPv4 routes."""
    addresses = tuple(
        f"{entry['local']}/{entry['prefixlen']}"
        for entry in link.get("addr_info", [])
        if entry.get("scope") == "global"
    )
    kept = tuple(
        Route(_name_destination(route["dst"]), route.get("gateway", ""))
        for route in routes
        # the route to the pod's own subnet comes with the address
        if route.get("dev") == POD_LINK and route.get("protocol") != "kernel"
    )
    return PodLink(link["address"], link["mtu"], addresses, kept)


def _name_destination(text: str) -> str:
    """Give a host route the length that iproute2 leaves out."""
    return text if text == "default" or "/" in text else f"{text}/32"


def apply_network(plan: NetworkPlan) -> None:
    """Make the plan true; it is applied once in the life of a pod's network."""
    _make_tap()
    _run(["ip", "-batch", "-"], "\n".join(plan.commands) + "\n")
    for name, value in plan.settings:
        Path(f"/proc/sys/net/{name}").write_text(value)
    _disable_checksum_offload(BRIDGE)
    if plan.nats:
        _run(["nft", "-j", "-f", "-"], json.dumps(build_ruleset(plan.nats)))


def _ask(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["ip", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _read_answer(process: subprocess.Popen[bytes]) -> Printed:
    output, _ = process.communicate()
    answer: Printed = json.loads(output or b"[]")
    return answer


def _run(argv: list[str], text: str) -> None:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Problem("NetworkSetupFailed", f"{argv[0]} failed: {lines[0][:300]}")


def _make_tap() -> None:
    """Make the tap device that libvirt opens; it outlives this process."""
    try:
        with open("/dev/net/tun", "r+b", buffering=0) as tun:  # noqa: PTH123 - a device
            flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR
            fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", TAP.encode(), flags))
            fcntl.ioctl(tun, _TUNSETOWNER, QEMU_UID)
            fcntl.ioctl(tun, _TUNSETGROUP, QEMU_GID)
            fcntl.ioctl(tun, _TUNSETPERSIST, 1)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise Problem("NetworkSetupFailed", f"no tap device can be made: {reason}") from error


def _disable_checksum_offload(link: str) -> None:
    """Have DHCP answers leave with their checksums; old clients drop them without."""
    value = ctypes.create_string_buffer(struct.pack("II", _ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", link.encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
