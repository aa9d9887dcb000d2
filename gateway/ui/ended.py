"""Sessions that somebody logged out of: known to all replicas by way of a ConfigMap.

A session lives in its cookie, so what ends it has to be kept until the last of its cookies is
over. Of each there is its id, which opens nothing, and the second from which it need not be known.

There is room for so many. An id says whose it is, to us alone, so that who logs out again and again
pushes out their own: nobody else's log-out is forgotten for it.
"""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from api.names import CONFIG_UI_ENDED
from api.problem import Problem
from gateway.front_proxy import ConfigMap
from gateway.ui.seal import Seal
from gateway.ui.session import ACCOUNT
from kube.client import Client
from kube.informer import open_single
from kube.resource import CONFIG_MAPS

log = logging.getLogger(__name__)

# Some 600 KiB of an object, of which etcd takes 1.5 MiB; its data, 270 KiB of that, may have 1 MiB.
MOST: Final = 8192
MOST_EACH: Final = 256  # of one user
_OWNER_BYTES: Final = 3  # of a namespace, for service accounts, and again of the user
_RANDOM_BYTES: Final = 6
# So long a log-out waits for the others to be able to know.
TELL_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 1.0  # between two writes: many are told of at once
_AGAIN_SECONDS: Final = (1.0, 30.0)


class Ended:
    """What has ended before its time, here or at another replica."""

    def __init__(self, client: Client, namespace: str, end: Callable[[bytes], None]) -> None:
        """``end`` is called with the id of each session that ends, at whichever replica."""
        self._client = client
        self._namespace = namespace
        self._end = end
        self._known: dict[bytes, int] = {}
        self._untold: dict[bytes, asyncio.Future[None]] = {}
        self._news = asyncio.Event()
        self._informer = open_single(client, CONFIG_MAPS, ConfigMap, CONFIG_UI_ENDED, namespace)
        self._informer.on_change(self._take)
        self.ready = self._informer.synced
        self.runs = (self._informer.run, self._tell)

    def __contains__(self, session: bytes) -> bool:
        return session in self._known

    async def add(self, session: bytes, until: int) -> None:
        """End a session; returns when all can know, or it takes too long, and goes on then."""
        if session in self._known:
            return
        self._learn(session, until)
        told = self._untold[session] = asyncio.get_running_loop().create_future()
        self._news.set()
        done, _ = await asyncio.wait([told], timeout=TELL_SECONDS)
        if not done:
            log.warning("log-out not told to the other replicas yet")

    def _learn(self, session: bytes, until: int) -> None:
        self._known[session] = until
        if len(self._known) > 2 * MOST:  # otherwise with the next write
            self._known = trim(self._known, time.time())
        self._end(session)

    def _take(self, _old: ConfigMap | None, new: ConfigMap | None) -> None:
        for session, until in read_ended((new.data if new is not None else None) or {}).items():
            if session not in self._known and until > time.time():
                self._learn(session, until)

    async def _tell(self) -> None:
        """Write what the others do not know yet, until cancelled."""
        again = _AGAIN_SECONDS[0]
        while True:
            await self._news.wait()
            self._news.clear()
            self._known = trim(self._known, time.time())
            # of too much, some is dropped before it was told
            self._untold = {each: told for each, told in self._untold.items() if each in self}
            telling = dict(self._untold)
            try:
                await self._write(telling)
            except Problem as problem:
                extra = {"config": CONFIG_UI_ENDED, "error": problem.message}
                log.warning("log-outs not written", extra=extra)
                self._news.set()
                await asyncio.sleep(again)
                again = min(again * 2, _AGAIN_SECONDS[1])
                continue
            again = _AGAIN_SECONDS[0]
            for session, told in telling.items():
                self._untold.pop(session, None)
                if not told.done():
                    told.set_result(None)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _write(self, telling: Iterable[bytes]) -> None:
        """Add to what is there, and drop what need not be known any longer."""
        current = next(iter(self._informer), None)
        there = (current.data if current is not None else None) or {}
        kept = trim(read_ended(there) | {each: self._known[each] for each in telling}, time.time())
        change: dict[str, str | None] = dict.fromkeys(there)
        change |= {spell_id(each): str(until) for each, until in kept.items()}
        changed = {name: value for name, value in change.items() if there.get(name) != value}
        if changed:
            await self._client.patch(
                CONFIG_MAPS, self._namespace, CONFIG_UI_ENDED, {"data": changed}, ConfigMap
            )


def spell_id(session: bytes) -> str:
    """Return a session's id as the ConfigMap names it."""
    return session.hex()


def read_ended(data: dict[str, str]) -> dict[bytes, int]:
    """Return what a ConfigMap says has ended, and until when that matters; no nonsense."""
    found: dict[bytes, int] = {}
    for name, value in data.items():
        try:
            found[bytes.fromhex(name)] = int(value)
        except ValueError:
            continue
    return found


def build_id(seal: Seal, user: str, now: float) -> bytes:
    """Return a new session's id, by which sessions of one owner are known for that."""
    group = user.rpartition(":")[0] if user.startswith(ACCOUNT) else user
    owner = [seal.mark(each, _OWNER_BYTES, now) for each in (group, user)]
    return b"".join([*owner, os.urandom(_RANDOM_BYTES)])


def trim(ended: dict[bytes, int], now: float) -> dict[bytes, int]:
    """Return what still matters: of a user's too many, and of all too many, what does for longest.

    Where all are too many each namespace keeps as much as any other, and in it each user.
    """
    kept = sorted((each for each in ended if ended[each] > now), key=ended.__getitem__)[::-1]
    if len(kept) <= MOST_EACH:
        return {each: ended[each] for each in kept}
    by_user = _take_turns(kept, 2 * _OWNER_BYTES, MOST_EACH)
    return {each: ended[each] for each in _take_turns(by_user, _OWNER_BYTES, MOST)[:MOST]}


def _take_turns(sessions: Iterable[bytes], owner_bytes: int, most: int) -> list[bytes]:
    """Return the first of each owner, then the second of each, and so on; of each not too many."""
    seen: Counter[bytes] = Counter()
    turns: list[tuple[int, bytes]] = []
    for session in sessions:
        owner = session[:owner_bytes]
        if seen[owner] < most:
            turns.append((seen[owner], session))
            seen[owner] += 1
    return [session for _, session in sorted(turns, key=lambda turn: turn[0])]
