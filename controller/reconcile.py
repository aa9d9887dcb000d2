"""The loop around one VMI: observe, decide, apply, write the status."""

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from api.problem import Problem
from api.vmi import VirtualMachineInstance
from controller.cache import Caches
from controller.decide import decide
from controller.effect import Effects
from controller.memory import LiveRead, Memory
from controller.pod import Images
from controller.seen import Claim, Seen
from controller.verdict import AT_ONCE
from controller.volume import list_claims
from daemon.log import bound
from kube.client import ApiError, Client
from kube.event import EventRecorder
from kube.object import Key
from kube.queue import WorkQueue

log = logging.getLogger(__name__)

_ROUNDS: Final = 8


def read_clock() -> datetime:
    """Return the time of now."""
    return datetime.now(UTC)


class Reconciler:
    """Brings each VMI one step on; remembers nothing of a VMI that has its pod."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        queue: WorkQueue,
        events: EventRecorder,
        images: Images,
        *,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._effects = Effects(client, caches, events, clock)
        self._caches = caches
        self._queue = queue
        self._images = images
        self._clock = clock
        self._memories: dict[Key, Memory] = {}

    def list_waiting(self) -> list[Key]:
        """Return the VMIs that have no pod: what they wait for may have come."""
        return list(self._memories)

    async def work(self, key: Key) -> None:
        """Reconcile one key; what may work next time is tried again with back-off."""
        number = f"{random.getrandbits(32):08x}"
        with bound(namespace=key.namespace, vm=key.name, reconcile_id=number):
            try:
                look_again = await self._reconcile(key)
            except Problem as problem:
                self._retry(key, problem)
                return
        self._queue.forget(key)
        if look_again is None:
            self._queue.cancel(key)
        else:
            self._queue.add_later(key, look_again)

    def _retry(self, key: Key, problem: Problem) -> None:
        at_least = problem.retry_after_seconds if isinstance(problem, ApiError) else 0.0
        seconds = self._queue.retry(key, at_least_seconds=at_least)
        log.log(
            logging.INFO if problem.retryable else logging.ERROR,
            "reconcile failed, will try again",
            extra={"error": problem.message, "seconds": round(seconds, 2)},
        )

    async def _reconcile(self, key: Key) -> float | None:
        """Go round until nothing more comes to light; returns when to look again."""
        live = LiveRead()
        for _ in range(_ROUNDS):
            seen = self._observe(key, live)
            if seen is None:
                return None
            verdict = decide(seen)
            memory = self._memories.get(key) or Memory(seen.vmi.metadata.uid)
            for action in verdict.actions:
                if not await self._effects.apply(action, seen, memory, live):
                    break
            if memory.whole or memory.unreadable:
                self._memories[key] = memory
            if verdict.status is not None:
                await self._effects.write_status(seen.vmi, verdict.status)
            if verdict.look_again != AT_ONCE:
                return verdict.look_again
        raise Problem("Undecided", "looked at the VM too often in one go", retryable=True)

    def _observe(self, key: Key, live: LiveRead) -> Seen | None:
        """Take a snapshot of caches and of what was read in this pass."""
        vmi = self._caches.vmis.get(key.namespace, key.name)
        memory = self._memories.get(key)
        cached = self._caches.pods.get(key.namespace, key.name)
        has_pod = cached is not None and vmi is not None and cached.owner_uid == vmi.metadata.uid
        if memory is not None and (
            vmi is None or memory.uid != vmi.metadata.uid or has_pod or vmi.may_have_pod
        ):
            del self._memories[key]
            memory = None
        if vmi is None:
            return None
        memory = memory or Memory(vmi.metadata.uid)
        return Seen(
            now=self._clock(),
            vmi=vmi,
            pod=live.pod if live.pod_read else cached,
            pod_read=live.pod_read,
            whole=memory.whole,
            whole_read=live.whole_read,
            unreadable=memory.unreadable,
            claims=self._find_claims(memory.whole),
            config=self._caches.config,
            images=self._images,
            refusal=memory.refusal,
        )

    def _find_claims(self, whole: VirtualMachineInstance | None) -> dict[str, Claim]:
        if whole is None:
            return {}
        namespace = whole.metadata.namespace
        found = {name: self._caches.claims.get(namespace, name) for name in list_claims(whole.spec)}
        return {name: claim for name, claim in found.items() if claim is not None}
