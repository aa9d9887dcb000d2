"""Processes that end while somebody turns to them."""

import asyncio
import os
import signal

from launcher.process import WatchedProcess
from launcher.spawn import reap, start_program


def start_gone() -> int:
    pid = start_program(("true",))
    assert reap(pid) == 0
    return pid


async def test_the_end_of_a_process_that_is_gone_is_told() -> None:
    for pid in (start_gone(), 0):  # 0: not even its number could be read
        ended = asyncio.Event()
        process = WatchedProcess(pid, ended.set)
        assert not ended.is_set()
        process.kill()
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_process_that_ends_just_before_its_kill_is_no_error() -> None:
    pid = start_program(("sleep", "60"))
    ended = asyncio.Event()
    process = WatchedProcess(pid, ended.set)
    os.kill(pid, signal.SIGTERM)
    assert reap(pid) == -signal.SIGTERM
    process.kill()
    await asyncio.wait_for(ended.wait(), 10)
