"""What a machine has used, from libvirt's names for it to the protocol's; pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from launcher.sample import Sample
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

MAX_DEVICES: Final = 64  # of a kind
FRESH_SECONDS: Final = 30  # older words of the balloon's driver say nothing of now
_KIBIBYTE: Final = 1024
_MAX: Final = 2**63 - 1


def build_metrics(sample: Sample) -> pb.Metrics:
    """Return the sample as the protocol has it."""
    told = sample.statistics
    metrics = pb.Metrics(
        time=build_time(sample.time),
        vcpus=_count(told, "vcpu.current"),
        cpu_seconds=_count(told, "cpu.time") / 1e9,
        memory_bytes=_count(told, "balloon.current") * _KIBIBYTE,
        resident_bytes=_count(told, "balloon.rss") * _KIBIBYTE,
        disks=list(_list_disks(sample)),
        interfaces=list(_list_interfaces(sample)),
        serial_viewers=sample.serial_viewers,
        vnc_viewers=sample.vnc_viewers,
    )
    age = sample.time - _count(told, "balloon.last-update")
    if age <= FRESH_SECONDS:
        if "balloon.unused" in told:
            metrics.unused_bytes = _count(told, "balloon.unused") * _KIBIBYTE
        if "balloon.usable" in told:
            metrics.usable_bytes = _count(told, "balloon.usable") * _KIBIBYTE
    return metrics


def _list_disks(sample: Sample) -> Iterator[pb.DiskMetrics]:
    told = sample.statistics
    for number in range(min(_count(told, "block.count"), MAX_DEVICES)):
        prefix = f"block.{number}"
        target = str(told.get(f"{prefix}.name", ""))
        yield pb.DiskMetrics(
            name=sample.disks.get(target, target),
            read_bytes=_count(told, f"{prefix}.rd.bytes"),
            written_bytes=_count(told, f"{prefix}.wr.bytes"),
            reads=_count(told, f"{prefix}.rd.reqs"),
            writes=_count(told, f"{prefix}.wr.reqs"),
        )


def _list_interfaces(sample: Sample) -> Iterator[pb.InterfaceMetrics]:
    told = sample.statistics
    count = min(_count(told, "net.count"), MAX_DEVICES)
    for number, name in zip(range(count), sample.interfaces, strict=False):
        yield pb.InterfaceMetrics(
            name=name,
            received_bytes=_count(told, f"net.{number}.rx.bytes"),
            sent_bytes=_count(told, f"net.{number}.tx.bytes"),
        )


def _count(told: Mapping[str, object], name: str) -> int:
    value = told.get(name)
    return min(max(value, 0), _MAX // _KIBIBYTE) if type(value) is int else 0


def build_time(seconds: float) -> Timestamp:
    """Return a timestamp of the protocol."""
    whole = int(seconds)
    return Timestamp(seconds=whole, nanos=int((seconds - whole) * 1e9))
