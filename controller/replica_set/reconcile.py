"""The loop around one set: observe, decide, apply, write the status."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.kubevirt import KubeVirt
from api.problem import Problem
from controller.cache import Caches
from controller.clock import read_clock
from controller.replica_set.decide import PASS_CHANGES, decide
from controller.replica_set.effect import Effects
from controller.replica_set.member import Members
from controller.replica_set.memory import LiveRead, Memory
from controller.replica_set.name import find_free_names
from controller.replica_set.seen import ReplicaSet, Seen
from controller.verdict import AT_ONCE
from controller.vmi.seen import Vmi
from kube.client import Client
from kube.event import EventRecorder
from kube.object import Key, key_of

_ROUNDS: Final = 8


class Reconciler:
    """Brings each set one step on."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        events: EventRecorder,
        *,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._caches = caches
        self._members = Members(caches.vmis, caches.replica_sets)
        self._effects = Effects(client, caches, events, self._members, clock)
        self._clock = clock
        self._memories: dict[Key, Memory] = {}

    def connect(self, add: Callable[[Key], None]) -> None:
        """Have ``add`` called for each set that a change concerns."""

        def add_set(old: ReplicaSet | None, new: ReplicaSet | None) -> None:
            changed = new or old
            if changed is not None:
                add(key_of(changed))

        def add_concerned(old: Vmi | None, new: Vmi | None) -> None:
            for key in self._members.concerned(old, new):
                add(key)

        def add_all(_old: KubeVirt | None, _new: KubeVirt | None) -> None:
            for item in self._caches.replica_sets:
                add(key_of(item))

        self._caches.replica_sets.on_change(add_set)
        self._caches.vmis.on_change(add_concerned)
        self._caches.kubevirts.on_change(add_all)

    async def reconcile(self, key: Key) -> float | None:
        """Go round until nothing more comes to light; returns when to look again."""
        live = LiveRead()
        for _ in range(_ROUNDS):
            item = self._caches.replica_sets.get(key.namespace, key.name)
            if item is None:
                self._memories.pop(key, None)
                return None
            memory = self._remember(key, item)
            seen = self._observe(item, memory, live)
            verdict = decide(seen)
            for action in verdict.actions:
                await self._effects.apply(action, seen, memory, live)
            if verdict.status is not None:
                await self._effects.write_status(item, verdict.status)
            if verdict.look_again != AT_ONCE:
                return verdict.look_again
        raise Problem("Undecided", "looked at the set too often in one go", retryable=True)

    def _remember(self, key: Key, item: ReplicaSet) -> Memory:
        """Return the memory of this very set; another of its name begins with none."""
        memory = self._memories.get(key)
        if memory is None or memory.uid != item.metadata.uid:
            memory = self._memories[key] = Memory(item.metadata.uid)
        return memory

    def _observe(self, item: ReplicaSet, memory: Memory, live: LiveRead) -> Seen:
        """Take a snapshot of caches and of what was read in this pass."""
        meta = item.metadata
        members = self._members.list(meta.uid)
        memory.doomed &= {vmi.metadata.uid for vmi in members if not vmi.deleted}
        strays = self._members.has_strays(meta.namespace)
        arrivals = self._members.count_arrivals(meta.namespace)
        return Seen(
            now=self._clock(),
            replica_set=item,
            members=tuple(vmi for vmi in members if vmi.metadata.uid not in memory.doomed),
            strays=strays,
            strays_due=strays and memory.arrivals != arrivals,
            strays_listed=live.listed,
            orphans=live.orphans,
            whole=live.whole,
            unreadable=live.unreadable,
            free_names=self._find_free_names(item) if live.whole is not None else (),
            changes=live.changes,
            refusal=memory.refusal,
            config=self._caches.config,
        )

    def _find_free_names(self, item: ReplicaSet) -> tuple[str, ...]:
        meta = item.metadata

        def is_taken(name: str) -> bool:
            if self._caches.vmis.get(meta.namespace, name) is not None:
                return True
            # Of a VMI that is gone: the next one of its name would wait for it.
            pod = self._caches.pods.get(meta.namespace, name)
            return pod is not None and (pod.deleted or pod.finished)

        return find_free_names(meta.name, meta.uid, PASS_CHANGES, is_taken)
