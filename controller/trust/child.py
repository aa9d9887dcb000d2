"""Starts the signing child and speaks with it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from api.problem import Problem
from controller.trust.contract import Answer, Question

DEADLINE_SECONDS: Final = 30.0

_DECODER: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)

# Answers a question of the contract; a Problem when it cannot.
Ask = Callable[[Question], Awaitable[Answer]]


async def ask_child(question: Question) -> Answer:
    """Have a question answered by a process that is gone afterwards."""
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "controller.trust.sign",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:  # no process or no memory is left for it
        raise _fail(f"it did not start, {type(error).__name__}") from error
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            said, complaint = await child.communicate(msgspec.json.encode(question))
    except TimeoutError as error:
        raise _fail("it took too long") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise _fail(f"it ended with {child.returncode}, {name_error(complaint)}")
    try:
        return _DECODER.decode(said)
    except msgspec.DecodeError as error:
        raise _fail("its answer cannot be read") from error


def name_error(complaint: bytes) -> str:
    """Return the exception's name and no more: its text might quote what must not be told."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    name = lines[-1].partition(":")[0] if lines else ""
    return name if name.replace(".", "_").isidentifier() else "for no reason that it names"


def _fail(why: str) -> Problem:
    return Problem("SigningFailed", f"the signing process failed: {why}", retryable=True)
