"""Leader election on a Lease: one of several replicas acts, the others watch and wait.

A follower does not poll: it watches the lease, and tries when the holder lets go or has been
silent for the lease's duration, by the follower's own clock, so that clocks need not agree. Only
a lease that is three durations old by its own date is taken at once: its holder is long gone. A
leader that could not renew in time must act no more: ``check`` refuses its writes from two thirds
of the duration on, and ``keep`` ends, which ends the process. The election makes double action
rare; what makes it harmless is that every write has its precondition.

The identity is the pod's name: a restarted container takes its own lease up again at once.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from api.problem import Problem
from kube.client import ApiError, Client
from kube.informer import open_single
from kube.object import Meta
from kube.resource import LEASES

log = logging.getLogger(__name__)

DURATION_SECONDS: Final = 20.0
# Early, so that three attempts fit in before the deadline also on a node without a CPU to spare.
RENEW_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
# An attempt that hangs, on a connection that is dead, must not use up the time of the next.
ATTEMPT_SECONDS: Final = 3.0
# From here on a leader no longer trusts its lease, so that its last write is over in time.
DEADLINE_SECONDS: Final = DURATION_SECONDS * 2 / 3


class LeaseSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Who holds the lease, and since when."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(msgspec.Struct, frozen=True):
    """A Lease object."""

    metadata: Meta
    spec: LeaseSpec = LeaseSpec()


class LeaseLostError(Problem):
    """We are no longer the leader, or cannot know that we are."""

    def __init__(self) -> None:
        super().__init__("LeaseLost", "the leader lease was not renewed in time")


class Election:
    """One candidate for one lease."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        name: str,
        identity: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_leader = False
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._clock = clock
        self._lease: Lease | None = None
        self._heard_at = clock()  # when the lease last changed, on our clock
        self._renewed_at = float("-inf")
        self._attempts: dict[str, float] = {}  # when we began to write each time, on our clock
        self._changed = asyncio.Event()

    def check(self) -> None:
        """Raise when our lease may be somebody else's by now; called before every write."""
        if not self.is_leader or self._clock() - self._renewed_at > DEADLINE_SECONDS:
            raise LeaseLostError

    async def acquire(self) -> None:
        """Wait until we are the leader."""
        informer = open_single(self._client, LEASES, Lease, self._name, self._namespace)
        informer.on_change(self._hear)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(informer.run())
            await informer.synced.wait()
            while not await self._try():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(RETRY_SECONDS, self._expires_in())):
                        await self._changed.wait()
            watch.cancel()
        log.info("became the leader", extra={"lease": self._name})

    async def keep(self) -> None:
        """Renew until that fails for too long; then raise LeaseLostError."""
        while True:
            await asyncio.sleep(RENEW_SECONDS * random.uniform(0.9, 1.0))  # noqa: S311 - jitter
            while not await self._try():
                self.check()
                await asyncio.sleep(RETRY_SECONDS)

    async def release(self) -> None:
        """Let go at once, so that the next leader need not wait."""
        if not self.is_leader or self._lease is None:
            return
        self.is_leader = False
        with contextlib.suppress(Problem, TimeoutError):
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await self._let_go(self._lease)

    async def _let_go(self, lease: Lease) -> None:
        try:
            await self._write(lease, "", _now())
        except ApiError as error:
            if not error.conflict:
                raise
            # The last renewal may have arrived although its answer did not.
            found = await self._client.get(LEASES, self._namespace, self._name, Lease)
            if found.spec.holder_identity == self._identity:
                await self._write(found, "", _now())

    def _hear(self, _old: Lease | None, new: Lease | None) -> None:
        self._lease = new
        self._heard_at = self._clock()
        self._changed.set()

    def _expires_in(self) -> float:
        """Seconds until the holder counts as gone; nobody holds it: now."""
        if self._lease is None or not self._lease.spec.holder_identity:
            return 0.0
        duration = self._lease.spec.lease_duration_seconds or DURATION_SECONDS
        if _count_age(self._lease) > 3 * duration:
            return 0.0
        return max(0.0, self._heard_at + duration - self._clock())

    async def _try(self) -> bool:
        """Take or renew the lease, unless somebody else holds it."""
        lease = self._lease
        mine = lease is not None and lease.spec.holder_identity == self._identity
        if not mine and self._expires_in() > 0:
            return False
        started, stamp = self._clock(), _now()
        recent = {s: t for s, t in self._attempts.items() if started - t < DEADLINE_SECONDS}
        self._attempts = recent | {stamp: started}
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                self._lease = await (
                    self._create(stamp)
                    if lease is None
                    else self._write(lease, self._identity, stamp)
                )
        except TimeoutError:
            log.warning("lease not written", extra={"error": "no answer in time"})
            return False
        except ApiError as error:
            log.warning("lease not written", extra={"error": error.message})
            overtaken = error.conflict or error.not_found or error.already_exists
            return overtaken and await self._reread()
        except Problem as problem:
            log.warning("lease not written", extra={"error": problem.message})
            return False
        self._take(started)
        return True

    def _take(self, started: float) -> None:
        """Lead from a write on that began at this time."""
        self._heard_at = self._renewed_at = started
        self._attempts.clear()
        self.is_leader = True

    async def _reread(self) -> bool:
        """Somebody else wrote; a leader that finds a stranger's name in the lease is none.

        True when it was ourselves: the write arrived, and its answer came too late.
        """
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                lease = await self._client.get(LEASES, self._namespace, self._name, Lease)
        except ApiError as error:
            if error.not_found:
                self._lease = None
            return False
        except (Problem, TimeoutError):
            return False
        started = self._attempts.get(lease.spec.renew_time or "")
        if lease.spec.holder_identity != self._identity:
            self.is_leader = False
        elif started is not None:
            self._lease = lease
            self._take(started)
            return True
        if self._lease is None or lease.metadata != self._lease.metadata:
            self._lease, self._heard_at = lease, self._clock()
        return False

    async def _create(self, now: str) -> Lease:
        spec = LeaseSpec(self._identity, int(DURATION_SECONDS), now, now, 0)
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": spec,
        }
        return await self._client.create(LEASES, self._namespace, body, Lease)

    async def _write(self, lease: Lease, holder: str, now: str) -> Lease:
        """Write holder and time, only onto the lease that we saw."""
        spec: dict[str, object] = {
            "holderIdentity": holder,
            "leaseDurationSeconds": int(DURATION_SECONDS) if holder else 1,
            "renewTime": now,
        }
        if holder and holder != lease.spec.holder_identity:
            spec["acquireTime"] = now
            spec["leaseTransitions"] = (lease.spec.lease_transitions or 0) + 1
        patch = {
            "metadata": {"resourceVersion": lease.metadata.resource_version},
            "spec": spec,
        }
        return await self._client.patch(LEASES, self._namespace, self._name, patch, Lease)


def _count_age(lease: Lease) -> float:
    """Return the seconds since the lease was renewed, as far as clocks agree."""
    try:
        renewed = datetime.fromisoformat(lease.spec.renew_time or "")
    except ValueError:
        return 0.0
    return (datetime.now(UTC) - renewed).total_seconds()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
