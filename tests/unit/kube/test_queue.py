"""The work queue: no key twice, one worker a key, back-off and timers."""

import asyncio
import contextlib

from kube.object import Key
from kube.queue import BACKOFF_BASE_SECONDS, BACKOFF_MAX_SECONDS, WorkQueue

A, B = Key("ns", "a"), Key("ns", "b")


async def test_a_key_that_waits_is_queued_once() -> None:
    queue = WorkQueue()
    queue.add(A)
    queue.add(A)
    queue.add(B)
    assert len(queue) == 2
    assert [await queue.get(), await queue.get()] == [A, B]


async def test_a_key_in_work_is_queued_once_more_after_it() -> None:
    queue = WorkQueue()
    queue.add(A)
    await queue.get()
    queue.add(A)
    queue.add(A)
    assert len(queue) == 0
    queue.done(A)
    assert len(queue) == 1


async def test_a_key_has_one_worker_at_a_time() -> None:
    queue = WorkQueue()
    busy: set[Key] = set()
    turns: list[Key] = []

    async def work(key: Key) -> None:
        assert key not in busy
        busy.add(key)
        turns.append(key)
        if len(turns) < 6:
            queue.add(key)
        await asyncio.sleep(0)
        busy.discard(key)

    task = asyncio.create_task(queue.run(work, workers=4))
    queue.add(A)
    queue.add(B)
    async with asyncio.timeout(30):
        while len(turns) < 6:  # noqa: ASYNC110
            await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_timer_rings_and_a_later_one_replaces_it() -> None:
    queue = WorkQueue()
    queue.add_later(A, 60)
    queue.add_later(A, 0)
    await asyncio.sleep(0.005)
    assert len(queue) == 1
    queue.add_later(B, 0)
    queue.cancel(B)
    await asyncio.sleep(0.005)
    assert len(queue) == 1


async def test_back_off_doubles_up_to_a_limit_and_is_forgotten() -> None:
    queue = WorkQueue(jitter=lambda: 1.0)
    waits = [queue.retry(A) for _ in range(20)]
    assert waits[:3] == [BACKOFF_BASE_SECONDS * factor for factor in (1, 2, 4)]
    assert waits[-1] == BACKOFF_MAX_SECONDS
    queue.forget(A)
    assert queue.retry(A) == BACKOFF_BASE_SECONDS
    assert queue.retry(A, at_least_seconds=500) == 500
    queue.cancel(A)


async def test_back_off_is_jittered_so_that_no_herd_returns_at_once() -> None:
    quick, slow = WorkQueue(jitter=lambda: 0.0), WorkQueue(jitter=lambda: 1.0)
    assert quick.retry(A) * 2 == slow.retry(A)
    quick.cancel(A)
    slow.cancel(A)


async def test_keys_that_wait_for_nothing_leave_the_loop_to_others() -> None:
    queue = WorkQueue()
    done: list[Key] = []
    seen: list[int] = []

    async def work(key: Key) -> None:
        done.append(key)

    for number in range(100):
        queue.add(Key("ns", str(number)))
    task = asyncio.create_task(queue.run(work, workers=4))
    for _ in range(5):
        await asyncio.sleep(0)
        seen.append(len(done))
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert 0 < seen[-1] < 100
