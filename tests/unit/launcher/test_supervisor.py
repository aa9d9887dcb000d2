"""How a start goes when the guest is quicker than its launcher; libvirt is a stand-in."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

from api.stop import StopCause
from launcher.preparation import Preparation
from launcher.state import DomainPhase, GuestShutDown

_OURS = ("launcher.supervisor", "launcher.control", "launcher.sampler", "launcher.hypervisor")
PREPARATION = Preparation(
    xml="<domain/>",
    name="ns_vm",
    accelerator="tcg",
    grace_seconds=30,
    start_paused=False,
    has_acpi=True,
    has_graphics=True,
    dhcp_arguments=(),
    nics=(),
    disks=(),
    stages=(),
)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import the supervisor without libvirt, and leave no trace of that."""
    for name in ("libvirt", "libvirt_qemu"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    yield importlib.import_module("launcher.supervisor")
    for name in _OURS:
        sys.modules.pop(name, None)


@pytest.fixture
def trimmed(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    event = asyncio.Event()
    monkeypatch.setattr(module, "CapabilityCache", MagicMock())
    monkeypatch.setattr(module, "_TRIM_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(module, "_EXPLANATION_SECONDS", 0.01)
    monkeypatch.setattr(module, "trim_memory", event.set)
    return event


def make_supervisor(module: ModuleType, *, pid: int) -> Any:  # of a module imported at run time
    supervisor = module.Supervisor()

    async def create(_xml: str, *, paused: bool) -> int:
        assert not paused
        return pid

    supervisor._hypervisor.create = create
    return supervisor


@pytest.mark.usefixtures("trimmed")
async def test_a_guest_that_powers_off_at_once_was_started(module: ModuleType) -> None:
    supervisor = make_supervisor(module, pid=0)
    supervisor.life.emit(GuestShutDown())  # libvirt's event can be here before its answer
    await supervisor._create(PREPARATION)
    await asyncio.wait_for(supervisor.life.over.wait(), 10)
    assert supervisor.life.state.stop.cause is StopCause.GUEST_SHUTDOWN


@pytest.mark.usefixtures("trimmed")
async def test_a_qemu_that_is_gone_at_once_has_crashed(module: ModuleType) -> None:
    supervisor = make_supervisor(module, pid=0)
    await supervisor._create(PREPARATION)
    await asyncio.wait_for(supervisor.life.over.wait(), 10)
    assert supervisor.life.state.stop.cause is StopCause.QEMU_CRASHED


@pytest.mark.usefixtures("trimmed")
async def test_a_screen_that_cannot_be_shown_ends_no_guest(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = MagicMock()
    monkeypatch.setattr(module, "WatchedProcess", process)
    monkeypatch.setattr(module, "link_vnc", MagicMock(side_effect=FileNotFoundError(2, "gone")))
    supervisor = make_supervisor(module, pid=42)
    await supervisor._create(PREPARATION)
    assert supervisor.life.state.phase is DomainPhase.RUNNING


async def test_nothing_is_trimmed_while_the_service_is_loaded(
    module: ModuleType, trimmed: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WatchedProcess", MagicMock())
    supervisor = make_supervisor(module, pid=42)
    loaded = asyncio.Event()
    supervisor._serving = asyncio.create_task(loaded.wait())
    creation = asyncio.create_task(supervisor._create(PREPARATION))
    await asyncio.sleep(0.05)
    assert supervisor.life.state.phase is DomainPhase.RUNNING
    assert not trimmed.is_set()
    loaded.set()
    await asyncio.wait_for(creation, 10)
    await asyncio.wait_for(trimmed.wait(), 10)
