"""What the launcher's child tells the launcher: the domain, and what a status needs."""

import json
from dataclasses import dataclass

from api.problem import Problem


@dataclass(frozen=True, slots=True)
class Nic:
    """One network interface as the status tells it."""

    name: str
    mac: str
    ip_addresses: tuple[str, ...]
    pod_interface_name: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """All that is needed to start the domain."""

    xml: str
    name: str
    accelerator: str
    grace_seconds: int
    start_paused: bool
    has_acpi: bool
    has_graphics: bool
    dhcp_arguments: tuple[str, ...]  # empty: no network
    nics: tuple[Nic, ...]
    disks: tuple[tuple[str, str], ...]  # libvirt's name of the target, and the spec's of the disk
    stages: tuple[tuple[str, float], ...]  # name and time


def decode_preparation(text: bytes) -> Preparation:
    """Read the child's answer; raises the Problem that it tells."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise Problem("PreparationFailed", "the preparation ended without an answer") from error
    if problem := answer.get("problem"):
        raise Problem(problem["slug"], problem["message"])
    nics = tuple(
        Nic(**{**nic, "ip_addresses": tuple(nic["ip_addresses"])}) for nic in answer["nics"]
    )
    return Preparation(
        **{
            **answer,
            "nics": nics,
            "dhcp_arguments": tuple(answer["dhcp_arguments"]),
            "disks": tuple((target, name) for target, name in answer["disks"]),
            "stages": tuple((name, time) for name, time in answer["stages"]),
        }
    )
