"""What libvirt counts, as the protocol has it."""

from dataclasses import replace

from launcher.metric import FRESH_SECONDS, MAX_DEVICES, build_metrics
from launcher.sample import Sample

NOW = 1795000000.25
SAMPLE = Sample(
    time=NOW,
    statistics={
        "cpu.time": 2_500_000_000,
        "vcpu.current": 2,
        "balloon.current": 262144,
        "balloon.rss": 1000,
        "balloon.unused": 2000,
        "balloon.usable": 3000,
        "balloon.last-update": int(NOW) - 1,
        "block.count": 2,
        "block.0.name": "vda",
        "block.0.rd.bytes": 1,
        "block.0.wr.bytes": 2,
        "block.0.rd.reqs": 3,
        "block.0.wr.reqs": 4,
        "block.1.name": "sda",
        "net.count": 1,
        "net.0.name": "tap0",
        "net.0.rx.bytes": 5,
        "net.0.tx.bytes": 6,
    },
    disks={"vda": "root"},
    interfaces=("default",),
    serial_viewers=1,
    vnc_viewers=2,
)


def test_counters_come_under_the_names_of_the_spec() -> None:
    metrics = build_metrics(SAMPLE)
    assert (metrics.time.seconds, metrics.time.nanos) == (1795000000, 250_000_000)
    assert (metrics.vcpus, metrics.cpu_seconds) == (2, 2.5)
    assert (metrics.memory_bytes, metrics.resident_bytes) == (262144 << 10, 1000 << 10)
    assert (metrics.unused_bytes, metrics.usable_bytes) == (2000 << 10, 3000 << 10)
    root, unnamed = metrics.disks
    assert (root.name, root.read_bytes, root.written_bytes) == ("root", 1, 2)
    assert (root.reads, root.writes) == (3, 4)
    assert (unnamed.name, unnamed.read_bytes) == ("sda", 0)
    (nic,) = metrics.interfaces
    assert (nic.name, nic.received_bytes, nic.sent_bytes) == ("default", 5, 6)
    assert (metrics.serial_viewers, metrics.vnc_viewers) == (1, 2)


def test_a_guest_that_no_longer_tells_of_its_memory_is_not_quoted() -> None:
    old = {**SAMPLE.statistics, "balloon.last-update": int(NOW) - FRESH_SECONDS - 1}
    for statistics in (old, {}):
        metrics = build_metrics(replace(SAMPLE, statistics=statistics))
        assert not metrics.HasField("unused_bytes")
        assert not metrics.HasField("usable_bytes")


def test_odd_numbers_neither_break_it_nor_let_it_grow() -> None:
    odd: dict[str, object] = {
        "cpu.time": "much",
        "balloon.current": 2**64 - 1,
        "balloon.rss": -1,
        "block.count": 10**6,
        "net.count": 10**6,
    }
    metrics = build_metrics(replace(SAMPLE, statistics=odd))
    assert (metrics.cpu_seconds, metrics.resident_bytes) == (0, 0)
    assert 0 < metrics.memory_bytes < 2**63
    assert len(metrics.disks) == MAX_DEVICES
    assert [nic.name for nic in metrics.interfaces] == ["default"]
