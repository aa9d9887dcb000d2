"""Refresh tokens of sessions that somebody logged out of: their issuers are told to take them back.

Nobody waits for that: the session has ended here, and the issuer may be slow, or away.
"""

import asyncio
import logging
from typing import Final

from gateway.refusal import Refused
from gateway.ui.oidc import Oidc
from gateway.ui.renewal import Renewals
from gateway.ui.session import Session

log = logging.getLogger(__name__)

# From the log-out on; what took longer is not tried again.
REVOKE_SECONDS: Final = 10.0
MOST: Final = 256  # that wait or are asked for
_AT_ONCE: Final = 16


class Revocations:
    """Works in the background."""

    def __init__(self, oidc: Oidc, renewals: Renewals) -> None:
        self._oidc = oidc
        self._renewals = renewals
        self._busy = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, ended: Session) -> None:
        """Have what renews a session taken back; returns at once."""
        if not ended.refresh:
            return
        if len(self._tasks) >= MOST:
            _warn(ended, f"{MOST} are being revoked already")
            return
        task = asyncio.create_task(self._revoke(ended))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, deadline_seconds: float) -> None:
        """Give what is under way a moment."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline_seconds)
        for task in self._tasks:
            task.cancel()

    async def _revoke(self, ended: Session) -> None:
        try:
            async with asyncio.timeout(REVOKE_SECONDS), self._busy:
                # a renewal that was under way has an answer that no page will get
                newest = await self._renewals.find_newest(ended)
                await self._oidc.revoke(newest)
        except TimeoutError:
            _warn(ended, f"the issuer did not answer within {REVOKE_SECONDS:.0f} s")
        except Refused as refused:
            _warn(ended, refused.message)


def _warn(ended: Session, error: str) -> None:
    log.warning("refresh token not revoked", extra={"user": ended.user, "error": error})
