"""Sessions that get their next token from the issuer before theirs expires, each of them once.

Issuers take the second use of a token that renews for theft, and end all that came of it. So of
many pages that ask, one is answered by the issuer, and the others with what it got; also those
whose answer was lost on the way, for a while.
"""

import asyncio
import logging
import time
from typing import Final

from aiohttp import web

from gateway.refusal import Refused
from gateway.ui import cookie
from gateway.ui.login import Desk
from gateway.ui.oidc import Oidc
from gateway.ui.session import Session

log = logging.getLogger(__name__)

REMEMBER_SECONDS: Final = 60.0
_AT_ONCE: Final = 16
_OVER: Final = "nobody is logged in, or the session has ended"


class Renewals:
    """Serves POST ui/session/renew."""

    def __init__(self, desk: Desk, oidc: Oidc) -> None:
        self._desk = desk
        self._oidc = oidc
        self._busy = asyncio.Semaphore(_AT_ONCE)
        # By session and what renews it: what is under way, and what has just been.
        self._tasks: dict[tuple[bytes, str], asyncio.Task[Session]] = {}

    async def renew(self, request: web.BaseRequest) -> tuple[dict[str, object], str]:
        """Return what the page is told of its session, and Set-Cookie; empty: as it was.

        Raises Refused 401 when there is no session, 403 when its issuer does not renew it, and
        others when that could not be found out.
        """
        held = self._desk.find_kept(request)
        now = time.time()
        if held is None:
            raise Refused(401, _OVER, headers=self._desk.forget(request))
        if not held.is_due(now):
            if held.is_over(now):
                raise Refused(401, _OVER)
            return self._desk.tell(held), ""
        renewed = await self._ask_once(held)
        if self._desk.is_ended(held):
            raise Refused(401, _OVER)
        renewed, set_cookie = cookie.fit_session(self._desk.seal, renewed, time.time())
        return self._desk.tell(renewed), set_cookie

    async def _ask_once(self, held: Session) -> Session:
        key = held.id, held.refresh
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(self._ask(held))
            task.add_done_callback(lambda done: self._keep(key, done))
        # a browser that goes away must not take an answer with it that comes once
        return await asyncio.shield(task)

    async def _ask(self, held: Session) -> Session:
        async with self._busy:
            try:
                renewed = await self._oidc.renew(held)
            except Refused as refused:
                extra = {"user": held.user, "error": refused.message}
                log.info("session not renewed", extra=extra)
                if refused.code in {400, 401, 404}:
                    raise Refused(403, refused.message) from refused
                raise
        log.info("session renewed", extra={"user": held.user})
        return renewed

    async def find_newest(self, held: Session) -> Session:
        """Return what a session was renewed to last, as far as this replica knows."""
        seen = set()
        while (task := self._tasks.get((held.id, held.refresh))) and task not in seen:
            seen.add(task)
            await asyncio.wait([task])
            if task.cancelled() or task.exception() is not None:
                break
            held = task.result()
        return held

    def _keep(self, key: tuple[bytes, str], done: asyncio.Task[Session]) -> None:
        """Remember what the issuer said; where it could not be asked, the next one may."""
        fault = None if done.cancelled() else done.exception()
        if done.cancelled() or (fault and not (isinstance(fault, Refused) and fault.code == 403)):
            del self._tasks[key]
            return
        asyncio.get_running_loop().call_later(REMEMBER_SECONDS, self._tasks.pop, key, None)
