"""The controller's hands: each action is idempotent, names and preconditions see to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from api.names import API_VERSION, Reason
from api.problem import Problem
from api.replica_set import (
    VirtualMachineInstanceReplicaSet,
    VirtualMachineInstanceReplicaSetStatus,
)
from controller.cache import Caches
from controller.merge import pin, plan_merge
from controller.refusal import plan_refusal
from controller.replica_set.instance import plan_adoption
from controller.replica_set.member import Members
from controller.replica_set.memory import LiveRead, Memory
from controller.replica_set.seen import OWNER_KIND, ReplicaSet, Seen
from controller.replica_set.verdict import (
    Action,
    AdoptInstances,
    CreateInstances,
    DeleteInstances,
    ListOrphans,
    ReadSet,
)
from controller.verdict import Emit
from controller.vmi.seen import Vmi
from kube.client import ApiError, Client, decode
from kube.event import EventRecorder, Reference
from kube.resource import REPLICA_SETS, VMIS

log = logging.getLogger(__name__)

_REFUSAL_MAX_SECONDS: Final = 300.0
_AT_ONCE_MOST: Final = 16
_PAGE_ITEMS: Final = 500
_NAMED_MOST: Final = 10


class Effects:
    """Carries out verdicts on one API server."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        events: EventRecorder,
        members: Members,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._caches = caches
        self._events = events
        self._members = members
        self._clock = clock

    async def apply(self, action: Action, seen: Seen, memory: Memory, live: LiveRead) -> None:
        """Carry out one action; what it brought to light is in ``memory`` and ``live``."""
        item = seen.replica_set
        match action:
            case ReadSet():
                await self._read(item, live)
            case ListOrphans(selector):
                await self._list_orphans(item, selector, memory, live)
            case AdoptInstances(vmis):
                await self._adopt(item, vmis, memory, live)
            case CreateInstances(bodies):
                await self._create_all(item, bodies, memory, live)
            case DeleteInstances(vmis):
                await self._delete_all(item, vmis, memory, live)
            case Emit(type_, reason, message):
                self._events.emit(_refer_to(item), type_, reason, message)

    async def write_status(
        self, item: ReplicaSet, status: VirtualMachineInstanceReplicaSetStatus
    ) -> None:
        """Patch what differs, onto the very object that was seen; nothing when nothing does."""
        changes = plan_merge(item.status, status)
        if not changes:
            return
        meta = item.metadata
        body = {"metadata": pin(item), "status": changes}
        try:
            answer = await self._client.patch(
                REPLICA_SETS, meta.namespace, meta.name, body, ReplicaSet, subresource="status"
            )
        except ApiError as error:
            if not error.not_found:
                raise
            return
        self._caches.replica_sets.learn(answer)

    async def _read(self, item: ReplicaSet, live: LiveRead) -> None:
        meta = item.metadata
        try:
            raw = await self._client.get(REPLICA_SETS, meta.namespace, meta.name, msgspec.Raw)
        except ApiError as error:
            if not error.not_found:
                raise
            raise Problem("StaleView", "the set is gone already", retryable=True) from error
        self._caches.replica_sets.learn(decode(raw, ReplicaSet))
        live.whole, live.unreadable = None, ""
        try:
            live.whole = decode(raw, VirtualMachineInstanceReplicaSet)
        except Problem as problem:
            live.unreadable = problem.message

    async def _list_orphans(
        self, item: ReplicaSet, selector: str, memory: Memory, live: LiveRead
    ) -> None:
        namespace = item.metadata.namespace
        arrivals = self._members.count_arrivals(namespace)
        found: list[Vmi] = []
        continue_ = ""
        while True:
            page = await self._client.list(
                VMIS,
                Vmi,
                namespace=namespace,
                label_selector=selector,
                limit=_PAGE_ITEMS,
                continue_=continue_,
            )
            found += [vmi for vmi in page.items if _can_be_adopted(vmi)]
            continue_ = page.continue_
            if not continue_:
                break
        live.orphans, live.listed = tuple(found), True
        memory.arrivals = arrivals

    async def _adopt(
        self, item: ReplicaSet, vmis: tuple[Vmi, ...], memory: Memory, live: LiveRead
    ) -> None:
        live.orphans = ()
        memory.arrivals = -1  # until all is done: one that changed meanwhile is looked at again
        arrivals = self._members.count_arrivals(item.metadata.namespace)
        for vmi in vmis:
            meta = vmi.metadata
            patch = plan_adoption(vmi, item)
            self._members.learn(
                await self._client.patch(VMIS, meta.namespace, meta.name, patch, Vmi)
            )
            log.info("VMI adopted", extra={"vmi": meta.name})
        memory.arrivals = arrivals

    async def _create_all(
        self,
        item: ReplicaSet,
        bodies: Sequence[dict[str, object]],
        memory: Memory,
        live: LiveRead,
    ) -> None:
        """Create one, then two, then four: what is refused is refused few times."""
        created: list[str] = []
        refusals = memory.refusals
        at_once, start = 1, 0
        try:
            while start < len(bodies) and memory.refusals == refusals:
                batch = bodies[start : start + at_once]
                await _run_all([self._create(body, memory, created) for body in batch])
                start += at_once
                at_once = min(2 * at_once, _AT_ONCE_MOST)
        finally:
            live.changes += len(created)
            self._tell(item, Reason.SUCCESSFUL_CREATE, "created", created)
        if memory.refusals == refusals:
            memory.refusal, memory.refusals = None, 0

    async def _create(self, body: dict[str, object], memory: Memory, created: list[str]) -> None:
        meta = msgspec.convert(body["metadata"], _Name)
        try:
            vmi = await self._client.create(VMIS, meta.namespace, body, Vmi)
        except ApiError as error:
            if error.already_exists:
                # Ours, and its answer was lost; or a stranger's, and the name is taken.
                vmi = await self._client.get(VMIS, meta.namespace, meta.name, Vmi)
                self._members.learn(vmi)
            elif error.retryable:
                raise
            elif _is_namespace_ending(error):
                # The set goes soon, too: nobody needs to read of it.
                raise Problem(error.slug, error.message, retryable=True) from error
            else:
                self._refuse(Reason.FAILED_CREATE, error, memory)
            return
        self._members.learn(vmi)
        created.append(meta.name)

    async def _delete_all(
        self, item: ReplicaSet, vmis: Sequence[Vmi], memory: Memory, live: LiveRead
    ) -> None:
        deleted: list[str] = []
        refusals = memory.refusals
        start = 0
        try:
            while start < len(vmis) and memory.refusals == refusals:
                batch = vmis[start : start + _AT_ONCE_MOST]
                await _run_all([self._delete(vmi, memory, deleted) for vmi in batch])
                start += _AT_ONCE_MOST
        finally:
            live.changes += len(deleted)
            self._tell(item, Reason.SUCCESSFUL_DELETE, "deleted", deleted)

    async def _delete(self, vmi: Vmi, memory: Memory, deleted: list[str]) -> None:
        meta = vmi.metadata
        try:
            await self._client.delete(VMIS, meta.namespace, meta.name, uid=meta.uid)
        except ApiError as error:
            # In conflict with the UID, it is another's by now: ours is gone as well.
            if not error.not_found and not error.conflict:
                if error.retryable:
                    raise
                self._refuse(Reason.FAILED_DELETE, error, memory)
                return
        memory.doomed.add(meta.uid)
        deleted.append(meta.name)

    def _refuse(self, reason: Reason, error: ApiError, memory: Memory) -> None:
        """Remember what was refused, and when to try again: less and less often."""
        memory.refusal = plan_refusal(
            reason, error.message, self._clock(), memory.refusals, max_seconds=_REFUSAL_MAX_SECONDS
        )
        memory.refusals += 1
        log.info("refused", extra={"reason": reason, "error": error.message})

    def _tell(self, item: ReplicaSet, reason: Reason, verb: str, names: list[str]) -> None:
        """One event for what was done at a time, however much it was."""
        if not names:
            return
        log.info("number of VMIs changed", extra={"reason": reason, "number": len(names)})
        rest = len(names) - _NAMED_MOST
        text = ", ".join(sorted(names)[:_NAMED_MOST]) + (f" and {rest} more" if rest > 0 else "")
        self._events.emit(_refer_to(item), "Normal", reason, f"{verb} {text}")


class _Name(msgspec.Struct):
    name: str
    namespace: str


async def _run_all(work: list[Awaitable[None]]) -> None:
    """Let all of them end, and then fail if one did: none is left half done."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if result is not None:
            raise result


def _can_be_adopted(vmi: Vmi) -> bool:
    return vmi.metadata.controller is None and not vmi.deleted and not vmi.is_final


def _is_namespace_ending(error: ApiError) -> bool:
    return any(cause.reason == "NamespaceTerminating" for cause in error.causes)


def _refer_to(item: ReplicaSet) -> Reference:
    meta = item.metadata
    return Reference(API_VERSION, OWNER_KIND, meta.namespace, meta.name, meta.uid)
