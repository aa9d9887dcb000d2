"""Plans the devices around the disks and the network card."""

from typing import Final

from api.device import Devices as DevicesSpec
from api.interface import Interface as InterfaceSpec
from launcher import domain
from launcher.disk import DiskPlan, get_bus
from launcher.network import TAP, NetworkPlan

AGENT_CHANNEL: Final = "org.qemu.guest_agent.0"
_XHCI_PORTS: Final = 4
_XHCI_PORTS_LIMIT: Final = 15


def plan_devices(
    spec: DevicesSpec, disks: DiskPlan, network: NetworkPlan | None, serial_pipe: str, vnc: str
) -> domain.Devices:
    """Return all devices of the domain."""
    has_graphics = spec.autoattach_graphics_device is not False
    return domain.Devices(
        disks=disks.disks,
        controllers=tuple(_plan_controllers(spec)),
        interfaces=tuple(
            _plan_interface(interface, network) for interface in spec.interfaces if network
        ),
        consoles=()
        if spec.autoattach_serial_console is False
        else (domain.Console("ua-serial0", serial_pipe),),
        channels=(domain.Channel("ua-agent", AGENT_CHANNEL),),
        inputs=tuple(
            domain.Input(f"ua-input-{index}", item.type, item.bus or "usb")
            for index, item in enumerate(spec.inputs)
        ),
        graphics=(domain.Graphics(vnc, "ua-video0", "vga"),) if has_graphics else (),
        watchdogs=tuple(_plan_watchdogs(spec)),
        balloon=None
        if spec.autoattach_mem_balloon is False
        else domain.Balloon("ua-balloon", "virtio"),
        rngs=(domain.Rng("ua-rng", "virtio"),) if spec.rng else (),
    )


def _plan_controllers(spec: DevicesSpec) -> list[domain.Controller]:
    """Return the controllers; without one, libvirt would add USB that costs boot time."""
    controllers = [_plan_usb(spec)]
    if any(get_bus(disk) == "scsi" for disk in spec.disks):
        controllers.append(domain.Controller("ua-scsi", "scsi", "virtio-scsi"))
    return controllers


def _plan_usb(spec: DevicesSpec) -> domain.Controller:
    buses = [*(get_bus(disk) for disk in spec.disks), *(item.bus or "usb" for item in spec.inputs)]
    devices = buses.count("usb")
    if not devices:
        return domain.Controller("ua-usb", "usb", "none")
    # What finds no port, libvirt puts behind a hub, and qemu's hubs are as slow as USB 1.1.
    ports = None if devices <= _XHCI_PORTS else _XHCI_PORTS_LIMIT
    return domain.Controller("ua-usb", "usb", "qemu-xhci", ports)


def _plan_interface(spec: InterfaceSpec, network: NetworkPlan) -> domain.Interface:
    return domain.Interface(
        alias=f"ua-net-{spec.name}",
        mac=network.mac,
        model=spec.model or "virtio",
        tap=TAP,
        mtu=network.mtu,
        boot_order=spec.boot_order,
    )


def _plan_watchdogs(spec: DevicesSpec) -> list[domain.Watchdog]:
    if spec.watchdog is None or spec.watchdog.i6300esb is None:
        return []
    action = spec.watchdog.i6300esb.action or "reset"
    return [domain.Watchdog("ua-watchdog", "i6300esb", action)]
