"""What a launcher counts cannot grow without bound, and is JSON for a browser."""

import math

import msgspec
import pytest

from api.problem import Problem
from handler.sample import MAX_DEVICES, read_metrics
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

EVIL = "\x1b[2J" + "a" * 100_000


def build(**fields: object) -> pb.Metrics:
    message = pb.Metrics(**fields)  # type: ignore[arg-type]  # a test's own fields
    message.time.FromJsonString("2026-11-23T08:30:00.125Z")
    return message


def test_what_a_launcher_counts_is_taken_over() -> None:
    message = build(
        vcpus=2,
        cpu_seconds=1.5,
        memory_bytes=100,
        unused_bytes=0,
        resident_bytes=50,
        disks=[pb.DiskMetrics(name="root", read_bytes=1, written_bytes=2, reads=3, writes=4)],
        interfaces=[pb.InterfaceMetrics(name="default", received_bytes=5, sent_bytes=6)],
        serial_viewers=1,
        vnc_viewers=2,
    )
    assert msgspec.json.decode(msgspec.json.encode(read_metrics(message))) == {
        "time": "2026-11-23T08:30:00.125000+00:00",
        "vcpus": 2,
        "cpuSeconds": 1.5,
        "memory": {"bytes": 100, "unusedBytes": 0, "usableBytes": None, "residentBytes": 50},
        "disks": [{"name": "root", "readBytes": 1, "writtenBytes": 2, "reads": 3, "writes": 4}],
        "interfaces": [{"name": "default", "receivedBytes": 5, "sentBytes": 6}],
        "viewers": {"serial": 1, "vnc": 2},
    }


def test_nothing_grows_without_bound() -> None:
    message = build(
        cpu_seconds=math.inf,
        memory_bytes=2**64 - 1,
        disks=[pb.DiskMetrics(name=EVIL, reads=2**64 - 1)] * (MAX_DEVICES + 1),
        interfaces=[pb.InterfaceMetrics(name=EVIL)] * (MAX_DEVICES + 1),
    )
    metrics = read_metrics(message)
    assert (metrics.cpu_seconds, metrics.memory.bytes) == (0.0, 2**53 - 1)
    assert len(metrics.disks) == len(metrics.interfaces) == MAX_DEVICES
    disk = metrics.disks[0]
    assert len(disk.name) <= 64
    assert disk.name.isprintable()
    assert disk.reads == 2**53 - 1
    assert len(msgspec.json.encode(metrics)) < 64 * 1024


def test_a_time_that_is_none_is_refused() -> None:
    message = pb.Metrics()
    message.time.seconds = 2**62
    with pytest.raises(Problem, match="without a time"):
        read_metrics(message)
