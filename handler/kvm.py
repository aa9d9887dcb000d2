"""Runs the probe's guest under /dev/kvm and says whether KVM truly runs instructions."""

import ctypes
import fcntl
import mmap
import os
import platform
import struct
import time
from dataclasses import dataclass
from typing import Final

from handler import kvm_program as program

# ioctl numbers and struct offsets of the kernel's interface (x86-64).
_GET_API_VERSION: Final = 0xAE00
_CREATE_VM: Final = 0xAE01
_GET_VCPU_MMAP_SIZE: Final = 0xAE04
_GET_SUPPORTED_CPUID: Final = 0xC008AE05
_CREATE_VCPU: Final = 0xAE41
_SET_USER_MEMORY_REGION: Final = 0x4020AE46
_SET_TSS_ADDRESS: Final = 0xAE47
_RUN: Final = 0xAE80
_SET_REGS: Final = 0x4090AE82
_GET_SREGS: Final = 0x8138AE83
_SET_SREGS: Final = 0x4138AE84
_SET_CPUID2: Final = 0x4008AE90
_API_VERSION: Final = 12
_CPUID_ENTRIES: Final = 256
_TSS_ADDRESS: Final = 0x400000  # above the guest's memory; Intel without unrestricted guests

_EXIT_REASON_AT: Final = 8
_EXIT_DETAIL_AT: Final = 32
_EXIT_IO: Final = 2
_EXIT_HALT: Final = 5
_EXIT_NAMES: Final = {8: "a triple fault", 9: "a failed entry", 17: "an internal error"}

# Counting takes a CPU about a millisecond, an instruction emulator two hundred.
COUNT_LIMIT_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Exit:
    """One return of KVM_RUN."""

    reason: int
    port: int = 0
    value: int = 0
    detail: int = 0
    cpu_seconds: float = 0.0


def judge_exits(exits: tuple[Exit, ...]) -> str:
    """Return why these exits show a KVM that runs no guest; empty when it does."""
    steps = ((program.PORT_INTERRUPT, 1), (program.PORT_SUM, program.EXPECTED_SUM))
    names = ("its first interrupt", "counting")
    for exit_, (port, value), name in zip(exits, steps, names, strict=False):
        if exit_.reason != _EXIT_IO:
            what = _EXIT_NAMES.get(exit_.reason, f"exit {exit_.reason}")
            return f"KVM opens, but a guest ends in {what} ({exit_.detail}) before {name} is done"
        if (exit_.port, exit_.value) != (port, value):
            return f"KVM opens, but a guest computes wrongly in {name}"
    if len(exits) != 3 or exits[2].reason != _EXIT_HALT:
        return "KVM opens, but a guest does not reach its end"
    if exits[1].cpu_seconds > COUNT_LIMIT_SECONDS:
        took = round(exits[1].cpu_seconds * 1000)
        return (
            "KVM opens, but emulates a guest instead of running it: "
            f"{program.INSTRUCTIONS} instructions took {took} ms"
        )
    return ""


def probe_kvm(device: str = "/dev/kvm") -> str:
    """Return why KVM cannot be used, empty when it can. It may hang: give it a deadline."""
    if platform.machine() != "x86_64":
        return f"the KVM probe knows no guest for {platform.machine()}"
    try:
        return judge_exits(_run_guest(device))
    except OSError as error:
        return f"KVM is not usable: {error.strerror}"


def _run_guest(device: str) -> tuple[Exit, ...]:
    """Make a VM of one vCPU, run it to its halt or to what it cannot get past."""
    kvm = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    if fcntl.ioctl(kvm, _GET_API_VERSION) != _API_VERSION:
        raise OSError(0, "unknown version of the kernel's interface")
    vm = fcntl.ioctl(kvm, _CREATE_VM, 0)
    memory = mmap.mmap(-1, program.MEMORY_BYTES)
    content = program.build_memory()
    memory[: len(content)] = content
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    region = struct.pack("IIQQQ", 0, 0, 0, program.MEMORY_BYTES, address)
    fcntl.ioctl(vm, _SET_TSS_ADDRESS, _TSS_ADDRESS)
    fcntl.ioctl(vm, _SET_USER_MEMORY_REGION, region)
    vcpu = fcntl.ioctl(vm, _CREATE_VCPU, 0)
    _set_registers(kvm, vcpu)
    state = mmap.mmap(vcpu, fcntl.ioctl(kvm, _GET_VCPU_MMAP_SIZE))
    exits: list[Exit] = []
    while len(exits) < 3 and (not exits or exits[-1].reason == _EXIT_IO):
        before = time.thread_time()
        fcntl.ioctl(vcpu, _RUN, 0)
        exits.append(_read_exit(state, time.thread_time() - before))
    return tuple(exits)


def _set_registers(kvm: int, vcpu: int) -> None:
    cpuid = bytearray(8 + 40 * _CPUID_ENTRIES)
    struct.pack_into("I", cpuid, 0, _CPUID_ENTRIES)
    fcntl.ioctl(kvm, _GET_SUPPORTED_CPUID, cpuid)
    fcntl.ioctl(vcpu, _SET_CPUID2, cpuid)
    special = bytearray(fcntl.ioctl(vcpu, _GET_SREGS, bytes(312)))
    struct.pack_into("=QIH", special, 0, 0, 0xFFFF, 0)  # cs: base, limit, selector
    fcntl.ioctl(vcpu, _SET_SREGS, bytes(special))
    general = [0] * 16
    general[6] = program.STACK  # rsp
    reserved_flag = 2
    fcntl.ioctl(vcpu, _SET_REGS, struct.pack("18Q", *general, program.ENTRY, reserved_flag))


def _read_exit(state: mmap.mmap, cpu_seconds: float) -> Exit:
    (reason,) = struct.unpack_from("I", state, _EXIT_REASON_AT)
    if reason != _EXIT_IO:
        (detail,) = struct.unpack_from("I", state, _EXIT_DETAIL_AT)
        return Exit(reason, detail=detail, cpu_seconds=cpu_seconds)
    _direction, size, port, _count, offset = struct.unpack_from("=BBHIQ", state, _EXIT_DETAIL_AT)
    value = int.from_bytes(state[offset : offset + size], "little")
    return Exit(reason, port=port, value=value, cpu_seconds=cpu_seconds)
