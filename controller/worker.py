"""One reconcile loop over a queue of keys: logging context, back-off, timers. For every kind."""

import logging
import random
from collections.abc import Awaitable, Callable

from api.problem import Problem
from daemon.log import bound
from kube.client import ApiError
from kube.object import Key
from kube.queue import WorkQueue

log = logging.getLogger(__name__)

# Brings one object a step on; returns after how many seconds to look again, None when something
# has to change first.
Reconcile = Callable[[Key], Awaitable[float | None]]


class Worker:
    """The queue of one kind and what is done with its keys."""

    def __init__(self, name: str, queue: WorkQueue, reconcile: Reconcile) -> None:
        """``name`` is the kind's plural: metrics and logs call the queue by it."""
        self.name = name
        self.queue = queue
        self._reconcile = reconcile

    async def work(self, key: Key) -> None:
        """Reconcile one key; what may work next time is tried again with back-off."""
        number = f"{random.getrandbits(32):08x}"
        with bound(namespace=key.namespace, vm=key.name, kind=self.name, reconcile_id=number):
            try:
                look_again = await self._reconcile(key)
            except Problem as problem:
                self._retry(key, problem)
                return
        self.queue.forget(key)
        if look_again is None:
            self.queue.cancel(key)
        else:
            self.queue.add_later(key, look_again)

    async def run(self, workers: int) -> None:
        """Work keys off until cancelled."""
        await self.queue.run(self.work, workers=workers)

    def _retry(self, key: Key, problem: Problem) -> None:
        at_least = problem.retry_after_seconds if isinstance(problem, ApiError) else 0.0
        seconds = self.queue.retry(key, at_least_seconds=at_least)
        log.log(
            logging.INFO if problem.retryable else logging.ERROR,
            "reconcile failed, will try again",
            extra={"error": problem.message, "seconds": round(seconds, 2)},
        )
