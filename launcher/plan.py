"""Decides everything about a VM from its launch document and what was found in the pod."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.launch import LaunchDocument
from api.network import PodNetwork
from api.problem import Problem
from launcher.device import plan_devices
from launcher.disk import DiskPlan, Image, plan_disks
from launcher.domain import Accelerator, Domain
from launcher.machine import plan_domain
from launcher.network import NetworkPlan, PodLink, plan_network
from launcher.place import SERIAL_PIPE, VNC_DIR


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in the pod."""

    accelerator: Accelerator
    images: Mapping[str, Image]  # by volume
    link: PodLink | None  # looked at only for a guest with an interface
    kernel: str = ""  # where qemu finds kernelBoot's files
    initrd: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be done."""

    disks: DiskPlan
    network: NetworkPlan | None
    domain: Domain


def plan_vm(document: LaunchDocument, seen: Seen) -> Plan:
    """Plan disks, network and domain."""
    disks = plan_disks(document.spec, seen.images)
    network = _plan_guest_network(document, seen.link)
    devices = plan_devices(
        document.spec.domain.devices, disks, network, SERIAL_PIPE, f"{VNC_DIR}/vnc"
    )
    domain = plan_domain(document, seen.accelerator, seen.kernel, seen.initrd, devices)
    return Plan(disks, network, domain)


def choose_accelerator(document: LaunchDocument, verdict: str, *, has_kvm: bool) -> Accelerator:
    """Return KVM unless emulation is allowed and the node's handler did not find KVM working.

    A pod whose VM must have KVM holds the node's KVM resource, which only a working KVM gives.
    """
    if document.allow_emulation and not (has_kvm and verdict == "works"):
        return "tcg"
    if not has_kvm:
        raise Problem("KVMUnavailable", "the pod has no /dev/kvm, and emulation is not allowed")
    return "kvm"


def _plan_guest_network(document: LaunchDocument, link: PodLink | None) -> NetworkPlan | None:
    interfaces = document.spec.domain.devices.interfaces
    if not interfaces or link is None:
        return None
    if len(interfaces) > 1:
        raise Problem("FieldNotSupported", "more than one interface is not supported yet")
    networks = {network.name: network.pod for network in document.spec.networks}
    network = networks.get(interfaces[0].name) or PodNetwork()
    return plan_network(interfaces[0], network, link, document.uid)
