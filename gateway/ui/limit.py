"""How much sources and users may ask for at once: bounded tables, and turns."""

import asyncio
import hashlib
import os
import secrets
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from gateway.refusal import Refused

TURNS: Final = 16  # at once
LANE_TURNS: Final = 4  # of one lane
WAITING: Final = 16  # of one lane
ALL_WAITING: Final = 256
WAIT_SECONDS: Final = 5.0
# So long a turn lasts longer for who failed: what a failure costs others is bounded by it.
FAILED_SECONDS: Final = 1.0
# Who was refused is told so again without a question to the cluster.
REFUSED_SECONDS: Final = 10.0
PROVEN_SECONDS: Final = 24 * 3600.0
REMEMBERED: Final = 4096
SEATS: Final = 1000
USER_SEATS: Final = 100


@dataclass(slots=True)
class _Lane:
    running: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """Who may try to log in now: lanes take turns, and each has few.

    A lane is an address, behind which there may be many people, or somebody who is known. Where
    too many wait, one of them has to go, and nobody is likelier to stay for having asked often.
    """

    def __init__(self) -> None:
        self._running = 0
        self._waiting = 0
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it while the block runs; raises Refused 429 for too long.

        A Refused below 500 within the block makes the turn last FAILED_SECONDS longer.
        """
        await self._wait(name)
        failed = False
        try:
            yield
        except Refused as refused:
            failed = refused.code < 500
            raise
        finally:
            if failed:
                asyncio.get_running_loop().call_later(FAILED_SECONDS, self._leave, name)
            else:
                self._leave(name)

    async def _wait(self, name: str) -> None:
        lane = self._lanes.setdefault(name, _Lane())
        mine = asyncio.get_running_loop().create_future()
        lane.waiting.append(mine)
        self._waiting += 1
        self._advance()
        if len(lane.waiting) > WAITING:
            self._send_away(name)
        elif self._waiting > ALL_WAITING:
            self._send_away(max(self._lanes, key=lambda each: len(self._lanes[each].waiting)))
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await mine
        except TimeoutError:
            self._give_up(name, mine)
            raise _refuse() from None
        except asyncio.CancelledError:
            self._give_up(name, mine)
            raise

    def _advance(self) -> None:
        """Give turns to who waits, one lane after the other."""
        while self._running < TURNS:
            name = next((name for name, each in self._lanes.items() if _is_next(each)), None)
            if name is None:
                return
            self._lanes.move_to_end(name)
            first = self._take_out(name, 0)
            if not first.done():  # who gave up has not come to say so yet
                first.set_result(None)
                self._lanes[name].running += 1
                self._running += 1
            self._forget(name)

    def _leave(self, name: str) -> None:
        lane = self._lanes[name]
        lane.running -= 1
        self._running -= 1
        self._forget(name)
        self._advance()

    def _give_up(self, name: str, mine: asyncio.Future[None]) -> None:
        """Stop waiting; a turn that came at this moment is for the next."""
        lane = self._lanes.get(name)
        if lane is not None and mine in lane.waiting:
            self._take_out(name, lane.waiting.index(mine))
            self._forget(name)
        elif mine.done() and not mine.cancelled() and mine.exception() is None:
            self._leave(name)

    def _send_away(self, name: str) -> None:
        place = secrets.randbelow(len(self._lanes[name].waiting))
        chosen = self._take_out(name, place)
        if not chosen.done():
            chosen.set_exception(_refuse())
        self._forget(name)

    def _take_out(self, name: str, place: int) -> asyncio.Future[None]:
        waiting = self._lanes[name].waiting
        found = waiting[place]
        del waiting[place]
        self._waiting -= 1
        return found

    def _forget(self, name: str) -> None:
        lane = self._lanes[name]
        if not lane.running and not lane.waiting:
            del self._lanes[name]


def _is_next(lane: _Lane) -> bool:
    return bool(lane.waiting) and lane.running < LANE_TURNS


def _refuse() -> Refused:
    seconds = str(int(WAIT_SECONDS))
    text = f"too many attempts to log in; try again in {seconds} s"
    return Refused(429, text, headers={"Retry-After": seconds})


class Recent:
    """What was so a while ago, by a hash of who it was: bounded, the oldest go first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: OrderedDict[bytes, float] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        return self._ends.get(key, 0.0) > asyncio.get_running_loop().time()

    def add(self, key: bytes) -> None:
        self._ends.pop(key, None)
        self._ends[key] = asyncio.get_running_loop().time() + self._seconds
        if len(self._ends) > REMEMBERED:
            self._ends.popitem(last=False)


_KEY: Final = os.urandom(32)


def hash_secret(text: str) -> bytes:
    """Return what stands for a secret in this process, and says nothing elsewhere."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16, key=_KEY).digest()


class Seats:
    """The requests that are under way, each held by its task."""

    def __init__(self, total: int = SEATS, each: int = USER_SEATS) -> None:
        self._total = total
        self._each = each
        self._users: Counter[str] = Counter()
        self._tasks: dict[asyncio.Task[object], bytes] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    @contextmanager
    def take(self, user: str, session: bytes) -> Iterator[None]:
        """Hold a seat for this task while the block runs; raises Refused when there is none."""
        if len(self._tasks) >= self._total or self._users[user] >= self._each:
            whose = "the server" if len(self._tasks) >= self._total else "one user"
            raise Refused(
                503, f"too many requests at once for {whose}", headers={"Retry-After": "1"}
            )
        task = asyncio.current_task()
        assert task is not None
        self._users[user] += 1
        self._tasks[task] = session
        try:
            yield
        finally:
            del self._tasks[task]
            self._users[user] -= 1
            if not self._users[user]:
                del self._users[user]

    def end(self, session: bytes | None = None) -> None:
        """End what is under way for one session, or for all of them."""
        mine = asyncio.current_task()
        for task, held in list(self._tasks.items()):
            if task is not mine and session in {None, held}:
                task.cancel()
