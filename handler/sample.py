"""What a launcher counts of its machine, bounded and cleaned."""

import math
from datetime import UTC
from typing import Final

from api.metric import (
    DiskMetrics,
    GuestMetrics,
    InterfaceMetrics,
    MemoryMetrics,
    ViewerMetrics,
)
from api.problem import Problem
from handler.domain import clean_text
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

MAX_DEVICES: Final = 64  # of a kind
_MAX_NAME: Final = 64
_MAX_COUNT: Final = 2**53 - 1  # what a browser reads without loss


def read_metrics(message: pb.Metrics) -> GuestMetrics:
    """Take over what is well-formed; counters without their time are worth nothing."""
    return GuestMetrics(
        time=_read_time(message),
        vcpus=message.vcpus,
        cpu_seconds=message.cpu_seconds if math.isfinite(message.cpu_seconds) else 0.0,
        memory=MemoryMetrics(
            bytes=_bound(message.memory_bytes),
            unused_bytes=_bound(message.unused_bytes) if message.HasField("unused_bytes") else None,
            usable_bytes=_bound(message.usable_bytes) if message.HasField("usable_bytes") else None,
            resident_bytes=_bound(message.resident_bytes),
        ),
        disks=tuple(map(_read_disk, message.disks[:MAX_DEVICES])),
        interfaces=tuple(map(_read_interface, message.interfaces[:MAX_DEVICES])),
        viewers=ViewerMetrics(message.serial_viewers, message.vnc_viewers),
    )


def _read_time(message: pb.Metrics) -> str:
    try:
        return message.time.ToDatetime(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError) as error:
        raise Problem("MetricsInvalid", "the launcher sent metrics without a time") from error


def _read_disk(message: pb.DiskMetrics) -> DiskMetrics:
    return DiskMetrics(
        name=clean_text(message.name, _MAX_NAME),
        read_bytes=_bound(message.read_bytes),
        written_bytes=_bound(message.written_bytes),
        reads=_bound(message.reads),
        writes=_bound(message.writes),
    )


def _read_interface(message: pb.InterfaceMetrics) -> InterfaceMetrics:
    return InterfaceMetrics(
        name=clean_text(message.name, _MAX_NAME),
        received_bytes=_bound(message.received_bytes),
        sent_bytes=_bound(message.sent_bytes),
    )


def _bound(count: int) -> int:
    return min(count, _MAX_COUNT)
