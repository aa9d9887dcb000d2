"""Talks to the guest's agent, which may be slow, silent or hostile: every question has an end."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from api.problem import Problem
from launcher.answer import FACTS, FREEZE, INFO, STATUS, THAW, Answers, decode_answer, list_commands
from launcher.life import Life

_LOG: Final = logging.getLogger(__name__)
ANSWER_SECONDS: Final = 3
INFO_SECONDS: Final = 6.0  # for all questions; the last may take its time beyond
FREEZE_SECONDS: Final = 40  # a busy guest writes out what it has first
THAW_SECONDS: Final = 20
_RETRY_SECONDS: Final = (1.0, 30.0)  # at first and at most

Ask = Callable[[str, int], Awaitable[str]]  # JSON of a command and seconds; raises Problem


class Agent:
    """The guest agent's commands, one caller at a time."""

    def __init__(self, life: Life, ask: Ask) -> None:
        self._life = life
        self._ask = ask
        self._turn = asyncio.Lock()
        self._thawing: asyncio.Task[None] | None = None

    async def read_facts(self) -> Answers:
        """Return what the agent answers; a question that it does not answer is left out."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            deadline = loop.time() + INFO_SECONDS
            answers = {INFO: await self._run(INFO)}
            commands = list_commands(answers[INFO])
            for command in FACTS:
                left = int(deadline - loop.time())
                if left < 1:
                    break
                if not commands.get(command):
                    continue
                try:
                    answers[command] = await self._run(command, min(left, ANSWER_SECONDS))
                except Problem as problem:
                    _LOG.info("the agent did not answer", extra={"why": problem.message})
            return answers

    async def freeze(self, thaw_after_seconds: float) -> None:
        """Freeze all file systems; thaw them by ourselves after so long, 0: never."""
        async with self._turn:
            self._forget_thaw()
            try:
                if await self._run(STATUS) != "frozen":
                    await self._run(FREEZE, FREEZE_SECONDS)
            except (Problem, asyncio.CancelledError):
                # Nobody knows that it is frozen, when the agent does it after all.
                self._plan_thaw(0)
                raise
            if thaw_after_seconds:
                self._plan_thaw(thaw_after_seconds)

    async def thaw(self) -> None:
        """Thaw all file systems."""
        async with self._turn:
            await self._run(THAW, THAW_SECONDS)
            self._forget_thaw()

    async def _run(self, command: str, seconds: int = ANSWER_SECONDS) -> object:
        return decode_answer(await self._ask(json.dumps({"execute": command}), seconds))

    def _plan_thaw(self, seconds: float) -> None:
        self._thawing = asyncio.create_task(self._thaw_later(seconds))

    def _forget_thaw(self) -> None:
        if self._thawing is not None and self._thawing is not asyncio.current_task():
            self._thawing.cancel()
        self._thawing = None

    async def _thaw_later(self, seconds: float) -> None:
        """Thaw after so long, and again until it is done: a frozen guest is a stuck guest."""
        wait, longest = _RETRY_SECONDS
        await self._wait(seconds)
        while not self._life.over.is_set():
            try:
                await self.thaw()
            except Problem as problem:
                _LOG.warning("file systems were not thawed", extra={"why": problem.message})
            else:
                return
            await self._wait(wait)
            wait = min(2 * wait, longest)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._life.over.wait()
        except TimeoutError:
            return
