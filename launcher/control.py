"""What users may do to a running domain, and when it is refused."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

from api.problem import Problem
from launcher.agent import Agent
from launcher.answer import Answers
from launcher.hypervisor import Hypervisor
from launcher.life import Life
from launcher.preparation import Preparation
from launcher.sample import Sample
from launcher.sampler import Sampler
from launcher.screenshot import Canvas
from launcher.state import DomainPhase, State

_LOG: Final = logging.getLogger(__name__)
_EVENT_SECONDS: Final = 5.0  # how long libvirt's event may come after its answer
# An agent that restarts the guest says nothing; one that refuses says so at once.
_REFUSAL_SECONDS: Final = 3.0
# No event tells that a guest has drawn what it shows on a movement.
_WAKE_SECONDS: Final = 0.3


class Control:
    """The verbs."""

    def __init__(
        self, life: Life, hypervisor: Hypervisor, count_serial_viewers: Callable[[], int]
    ) -> None:
        self._life = life
        self._hypervisor = hypervisor
        self._agent = Agent(life, hypervisor.ask_agent)
        self._sampler = Sampler(hypervisor, count_serial_viewers)
        self._machine: Preparation | None = None
        self._reboot: asyncio.Task[None] | None = None
        self._drawing = asyncio.Lock()

    def begin(self, machine: Preparation) -> None:
        """Note what the machine has."""
        self._machine = machine

    async def pause(self) -> None:
        """Stop the vCPUs."""
        state = self._require_running()
        if state.phase is DomainPhase.PAUSED:
            raise Problem("AlreadyPaused", "the guest is paused already")
        self._refuse_while_stopping(state)
        await self._hypervisor.pause()
        await self._until(lambda state: state.phase is not DomainPhase.RUNNING)

    async def resume(self) -> None:
        """Let the vCPUs run."""
        if not self._require_running().is_paused:
            raise Problem("NotPaused", "the guest is not paused")
        await self._hypervisor.resume()
        await self._until(lambda state: not state.is_paused)

    async def reset(self) -> None:
        """Press the reset button."""
        self._require_running()
        await self._hypervisor.reset()

    async def reboot(self) -> None:
        """Ask the guest to restart: its agent, or by the power button, after which qemu resets."""
        state = self._require_running()
        self._refuse_while_stopping(state)
        self._refuse_while_paused(state)
        has_acpi = self._machine is not None and self._machine.has_acpi
        if state.agent_connected:
            try:
                await self._reboot_by_agent()
            except Problem as problem:
                if not has_acpi:
                    raise
                _LOG.warning("the agent did not restart the guest", extra={"why": problem.message})
            else:
                return
        if not has_acpi:
            raise Problem("AcpiUnavailable", "the guest has neither a connected agent nor ACPI")
        await self._hypervisor.reboot_by_button()

    async def freeze(self, thaw_after_seconds: int) -> None:
        """Freeze file systems; thaw them by ourselves after so long, 0: never."""
        self._refuse_while_stopping(self._require_agent())
        await self._agent.freeze(thaw_after_seconds)

    async def thaw(self) -> None:
        """Thaw file systems."""
        self._require_agent()
        await self._agent.thaw()

    async def read_guest(self) -> Answers:
        """Return what the guest's agent answers."""
        self._require_agent()
        return await self._agent.read_facts()

    async def take_screenshot(self, *, move_cursor: bool) -> AsyncIterator[bytes]:
        """Yield the screen as a PNG file in pieces."""
        self._require_running()
        if self._machine is None or not self._machine.has_graphics:
            raise Problem("NoGraphics", "the guest has no graphics card")
        canvas = Canvas()
        try:
            async with self._drawing:
                if move_cursor:
                    await self._hypervisor.move_cursor()
                    await asyncio.sleep(_WAKE_SECONDS)
                await self._hypervisor.draw_screen(canvas)
            for piece in canvas.read_pieces():
                yield piece
        finally:
            canvas.close()

    async def read_metrics(self) -> Sample:
        """Return what the machine has used so far."""
        self._require_running()
        assert self._machine is not None
        return await self._sampler.take(self._machine)

    async def _reboot_by_agent(self) -> None:
        """Send the agent's command; libvirt waits for the restart, we only for a refusal."""
        if self._reboot is None or self._reboot.done():
            self._reboot = asyncio.create_task(self._hypervisor.reboot_by_agent())
            self._reboot.add_done_callback(_note_outcome)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._reboot), _REFUSAL_SECONDS)

    def _require_running(self) -> State:
        state = self._life.state
        if state.phase is DomainPhase.PREPARING or state.is_over:
            raise Problem("DomainNotRunning", "the guest is not running")
        return state

    def _require_agent(self) -> State:
        state = self._require_running()
        self._refuse_while_paused(state)
        if not state.agent_connected:
            raise Problem("AgentNotConnected", "no agent of the guest is connected")
        return state

    def _refuse_while_stopping(self, state: State) -> None:
        if state.phase is DomainPhase.SHUTTING_DOWN:
            raise Problem("DomainNotRunning", "the guest is being shut down")

    def _refuse_while_paused(self, state: State) -> None:
        if state.is_paused:
            raise Problem("DomainPaused", "the guest is paused")

    async def _until(self, reached: Callable[[State], bool]) -> None:
        """Wait for libvirt's event, so that whoever asks next sees what was done."""
        with suppress(TimeoutError), self._life.subscribe() as news:
            async with asyncio.timeout(_EVENT_SECONDS):
                while not reached(self._life.state):
                    news.clear()
                    await news.wait()


def _note_outcome(task: "asyncio.Task[None]") -> None:
    """Tell of a restart that failed when nobody waited for it any more."""
    if not task.cancelled() and (error := task.exception()):
        _LOG.warning("the agent did not restart the guest", extra={"why": str(error)})
