"""What was read of a machine at one moment: light, for the launcher's start imports it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read at one moment."""

    time: float  # seconds since 1970
    statistics: Mapping[str, object]  # of libvirt's bulk call
    disks: Mapping[str, str]  # the spec's name by libvirt's
    interfaces: tuple[str, ...]  # the spec's names, in the machine's order
    serial_viewers: int
    vnc_viewers: int
