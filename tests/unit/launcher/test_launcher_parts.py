"""Small pure parts: rendering's refusals, the child's answer, memory maps, libvirt's words."""

import dataclasses
import json
import tomllib
from pathlib import Path

import pytest

from api.problem import Problem
from api.termination import StopCause, Termination, decode_termination
from launcher import VERSION
from launcher.capability import CapabilityCache, name_generation
from launcher.domain import (
    Boot,
    Clock,
    Cpu,
    Devices,
    DiskSource,
    Domain,
    Graphics,
    Smbios,
)
from launcher.message import encode_stop
from launcher.preparation import Nic, Preparation, decode_preparation
from launcher.render import iter_texts, render_domain
from launcher.state import Stop
from launcher.trim import list_clean_mappings

DOMAIN = Domain(
    type="qemu",
    name="ns_vm",
    uuid="5d307ca9-b3ef-428c-8861-06e72d69f223",
    memory_kib=1024,
    boot=Boot("x86_64", "q35"),
    smbios=Smbios(()),
    cpu=Cpu("maximum", "none", None, 1, 1, 1),
    features=(),
    translation_cache_mib=16,
    cpu_features_in_bulk=True,
    clock=Clock((("offset", "utc"),)),
    devices=Devices(),
)


def test_text_of_a_user_is_escaped_wherever_it_stands() -> None:
    evil = "'\"><evil/>&"
    domain = dataclasses.replace(
        DOMAIN, name=evil, devices=Devices(graphics=(Graphics(evil, evil, evil),))
    )
    text = render_domain(domain)
    assert "<evil/>" not in text
    assert text.count("&lt;evil/&gt;") == 4


@pytest.mark.parametrize("character", ["\x0b", "\n", "\0", "\x85", "\ufffe"])
def test_a_character_that_xml_or_qemu_cannot_carry_is_refused(character: str) -> None:
    domain = dataclasses.replace(DOMAIN, boot=Boot("x86_64", "q35", cmdline=f"a{character}b"))
    with pytest.raises(Problem, match=r"domain\.boot\.cmdline has the control character"):
        render_domain(domain)


def test_every_text_of_nested_facts_is_found() -> None:
    source = DiskSource("file", "/a", "qcow2", backing=DiskSource("file", "/b", "raw"))
    found = dict(iter_texts((source,), "disks"))
    assert found["disks[0].backing.path"] == "/b"


def test_the_childs_answer_survives_the_pipe() -> None:
    answer = Preparation(
        xml="<domain/>",
        name="ns_vm",
        accelerator="tcg",
        grace_seconds=30,
        start_paused=False,
        has_acpi=True,
        has_graphics=True,
        dhcp_arguments=("dnsmasq",),
        nics=(Nic("default", "02:00:00:00:00:01", ("10.0.0.1",), "eth0"),),
        disks=(("vda", "root"),),
        stages=(("prepare", 1.5),),
    )
    assert decode_preparation(json.dumps(dataclasses.asdict(answer)).encode()) == answer


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        (b"", "PreparationFailed"),
        (b"Traceback", "PreparationFailed"),
        (b'{"problem": {"slug": "DiskImageMissing", "message": "no disk"}}', "DiskImageMissing"),
    ],
)
def test_a_child_that_fails_is_told(text: bytes, slug: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_preparation(text)
    assert caught.value.slug == slug


SMAPS = """\
00400000-00500000 r-xp 00000000 00:01 1      /usr/bin/python3.13
Rss:                 100 kB
Anonymous:             0 kB
00500000-00600000 r--p 00000000 00:01 1      /usr/bin/python3.13
Anonymous:             8 kB
00600000-00700000 rw-p 00000000 00:01 1      /usr/bin/python3.13
Anonymous:             0 kB
00700000-00800000 r--p 00000000 00:00 0
Anonymous:             0 kB
7f0000000000-7f0000001000 r--p 00000000 00:01 2      /usr/lib/lib with space.so
Anonymous:             0 kB
"""


def test_only_clean_read_only_pages_of_files_are_given_back() -> None:
    assert list_clean_mappings(SMAPS) == [
        (0x400000, 0x500000),
        (0x7F0000000000, 0x7F0000001000),
    ]


def test_capabilities_are_shared_whole_or_not_at_all(tmp_path: Path) -> None:
    first = CapabilityCache(tmp_path / "node" / "1", tmp_path / "a", "uid-a")
    assert not first.fetch()
    (first.own / "q.xml").write_text("capabilities")
    assert first.publish()
    assert not first.publish()
    second = CapabilityCache(tmp_path / "node" / "1", tmp_path / "b", "uid-b")
    assert second.fetch()
    assert not second.publish()
    assert (second.own / "q.xml").read_text() == "capabilities"
    assert [path.name for path in (tmp_path / "node" / "1").iterdir()] == ["q.xml"]


def test_a_node_that_takes_no_capabilities_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "node").write_text("no directory can be made here")
    cache = CapabilityCache(tmp_path / "node" / "1", tmp_path / "a", "uid-a")
    assert not cache.fetch()
    (cache.own / "q.xml").write_text("capabilities")
    assert not cache.publish()


def test_capabilities_of_another_binary_or_accelerator_are_others(tmp_path: Path) -> None:
    binary = tmp_path / "qemu"
    binary.touch()
    names = {
        name_generation("tcg", binary),
        name_generation("kvm", binary),
        name_generation("tcg", tmp_path / "absent"),
    }
    assert len(names) == 3


def test_the_termination_message_is_what_the_controller_reads() -> None:
    stop = Stop(StopCause.KILLED, "KilledAtDeadline", "x" * 5000, requested=True)
    read = decode_termination(encode_stop(stop).decode())
    assert read == Termination(stop.cause, stop.reason, "x" * 512, requested=True)


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
