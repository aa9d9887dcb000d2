"""The websockets that are open, so that they can be closed in an orderly way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager


class Sessions:
    """Everything that outlives a request's answer."""

    def __init__(self) -> None:
        self._closers: dict[object, Callable[[], Awaitable[object]]] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._closers)

    @contextmanager
    def hold(self, close: Callable[[], Awaitable[object]]) -> Iterator[None]:
        """Have ``close`` called (code 1001, going away) if the process stops within the block."""
        key = object()
        self._closers[key] = close
        self._empty.clear()
        try:
            yield
        finally:
            del self._closers[key]
            if not self._closers:
                self._empty.set()

    async def close(self, deadline_seconds: float) -> None:
        """Close all sessions and wait until their blocks are left, but no longer than that."""
        closing = [asyncio.ensure_future(close()) for close in list(self._closers.values())]
        try:
            async with asyncio.timeout(deadline_seconds):
                await asyncio.gather(*closing, return_exceptions=True)
                await self._empty.wait()
        except TimeoutError:
            pass
