"""libvirt's words, made short and plain."""

import pytest

from launcher.refusal import explain_agent_refusal, explain_refusal

DEVICE = (
    '{"driver":"virtio-blk-pci","bus":"pci.3","addr":"0x0","drive":"libvirt-1-format",'
    '"id":"ua-disk-root","bootindex":1,"write-cache":"on"}'
)
MONITOR = "internal error: QEMU unexpectedly closed the monitor (vm='ns_vm'): "
LOCK = 'Failed to get "write" lock\nIs another process using the image [/run/virtpod/images/x]?'


@pytest.mark.parametrize("lock", [LOCK, LOCK.replace('"write"', 'shared "write"')])
def test_a_disk_that_another_vm_holds_is_named(lock: str) -> None:
    text = f"{MONITOR}2026-11-23T02:00:00Z qemu-system-x86_64: -device {DEVICE}: {lock}"
    problem = explain_refusal(text)
    assert (problem.slug, problem.message) == (
        "DiskInUse",
        "disk root (its volume) is in use by another VM",
    )


def test_a_disk_that_qemu_does_not_name_is_one_all_the_same() -> None:
    text = f'{MONITOR}qemu: -blockdev {{"node-name":"libvirt-1-storage"}}: {LOCK}'
    problem = explain_refusal(text)
    assert (problem.slug, problem.message) == (
        "DiskInUse",
        "a disk (its volume) is in use by another VM",
    )


def test_other_words_are_told_without_the_command_line() -> None:
    text = "internal error: Child process (qemu -a -b\n-c) unexpected exit status 1:  no\nmemory"
    problem = explain_refusal(text)
    assert (problem.slug, problem.message) == (
        "LibvirtFailed",
        "qemu ended with exit status 1: no memory",
    )
    assert len(explain_refusal("x" * 2000).message) == 500


def test_what_a_guests_agent_says_is_cut_before_it_is_read() -> None:
    text = "internal error: " + "Child process (" * 1_000_000 + "\x1b[2J\n\0"
    problem = explain_agent_refusal(text)
    assert problem.slug == "AgentFailed"
    assert len(problem.message) < 500
    assert explain_agent_refusal("no\x1b answer\n").message == "no answer"
