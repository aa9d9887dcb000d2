"""The loop around one VM: observe, decide, apply, write the status."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from api.kubevirt import KubeVirt
from api.problem import Problem
from controller.cache import Caches
from controller.clock import read_clock
from controller.data_volume import DataVolume
from controller.provision import Storage, find_provision, list_missing
from controller.verdict import AT_ONCE
from controller.vm.decide import decide
from controller.vm.effect import Effects
from controller.vm.memory import LiveRead, Memory
from controller.vm.seen import OWNER_KIND, Seen, Vm
from controller.vm.strategy import awaits_mark
from controller.vm.verdict import PatchVm, Verdict
from controller.vmi.seen import Vmi
from controller.vmi.volume import list_claims
from kube.client import Client
from kube.event import EventRecorder
from kube.informer import Informer
from kube.object import Key, key_of
from kube.resource import CLAIMS, DATA_VOLUMES

_ROUNDS: Final = 12


class Reconciler:
    """Brings each VM one step on; an idle VM costs it neither a request nor a memory."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        events: EventRecorder,
        *,
        clock: Callable[[], datetime] = read_clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._effects = Effects(client, caches, events, clock)
        self._caches = caches
        self._clock = clock
        self._chance = chance
        self._memories: dict[Key, Memory] = {}
        # Instances that went before the status told of them: what starts once has started.
        self._gone: dict[Key, Vmi] = {}

    def connect(self, add: Callable[[Key], None]) -> None:
        """Have ``add`` called for each VM that a change concerns."""

        def add_vm(old: Vm | None, new: Vm | None) -> None:
            changed = new or old
            if changed is not None:
                add(key_of(changed))

        def add_same_name(old: Vmi | None, new: Vmi | None) -> None:
            changed = new or old
            vm = self._caches.vms.get(*_name(changed)) if changed is not None else None
            if changed is None or vm is None:
                return
            if new is None and awaits_mark(vm):
                self._gone[key_of(changed)] = changed
            add(key_of(changed))

        def add_waiting(_old: KubeVirt | None, _new: KubeVirt | None) -> None:
            for key in self._memories:
                add(key)

        self._caches.vms.on_change(add_vm)
        self._caches.vmis.on_change(add_same_name)
        self._caches.kubevirts.on_change(add_waiting)
        self._connect_wanted(self._caches.claims, add)
        for informer in self._caches.catalogue:
            self._connect_wanted(informer, add)
        self._connect_storage(add)

    def _connect_storage(self, add: Callable[[Key], None]) -> None:
        def add_owner(old: DataVolume | None, new: DataVolume | None) -> None:
            changed = new or old
            owner = changed.controller if changed is not None else None
            if changed is None or owner is None or owner.kind != OWNER_KIND:
                return
            if self._caches.vms.get(changed.metadata.namespace, owner.name) is not None:
                add(Key(changed.metadata.namespace, owner.name))

        def add_unprovided() -> None:
            for key, memory in self._memories.items():
                if memory.provision is not None:
                    add(key)

        self._caches.data_volumes.on_change(add_owner)
        self._caches.data_volumes.on_serve(add_unprovided)
        self._connect_wanted(self._caches.data_volumes, add)

    # Any: claims and the four kinds of the catalogue, of which only the name matters here.
    def _connect_wanted(self, informer: Informer[Any], add: Callable[[Key], None]) -> None:
        def add_waiting(old: Any, new: Any) -> None:
            wanted = (informer.resource, key_of(new or old))
            for key, memory in self._memories.items():
                if wanted in memory.wanted:
                    add(key)

        informer.on_change(add_waiting)

    async def reconcile(self, key: Key) -> float | None:
        """Go round until nothing more comes to light; returns when to look again."""
        vm = self._caches.vms.get(key.namespace, key.name)
        if vm is None or not awaits_mark(vm):
            self._gone.pop(key, None)
        memory = self._memories.get(key)
        if memory is None or vm is None or memory.uid != vm.metadata.uid:
            memory = Memory(vm.metadata.uid) if vm is not None else Memory("")
        memory.wanted.clear()
        self._memories[key] = memory  # from now on, so that nothing that comes meanwhile is missed
        live = LiveRead()
        look_again = await self._go_round(key, memory, live)
        if memory.refusal is not None and memory.refusal.retry_at <= self._clock():
            memory.succeed()  # what was refused is not wanted any more
        if not self._waits(key, memory, live):
            del self._memories[key]
        elif look_again is None and memory.refusal is not None:
            return max(0.0, (memory.refusal.retry_at - self._clock()) / timedelta(seconds=1))
        return look_again

    async def _go_round(self, key: Key, memory: Memory, live: LiveRead) -> float | None:
        for _ in range(_ROUNDS):
            vm = self._caches.vms.get(key.namespace, key.name)
            if vm is None or vm.metadata.uid != memory.uid:
                return None  # another one of the name has its own turn
            seen = self._observe(vm, memory, live)
            verdict = decide(seen)
            if not await self._apply(seen, verdict, memory, live):
                continue
            if verdict.look_again != AT_ONCE:
                return verdict.look_again
        raise Problem("Undecided", "looked at the VM too often in one go", retryable=True)

    async def _apply(self, seen: Seen, verdict: Verdict, memory: Memory, live: LiveRead) -> bool:
        """Carry a verdict out; False when the world turned out to be another."""
        for action in verdict.actions:
            if not await self._effects.apply(action, seen, memory, live):
                return False
        if verdict.status is not None:
            patched = any(isinstance(action, PatchVm) for action in verdict.actions)
            # Not the cache's: what came in meanwhile was not decided on.
            vm = live.small if patched and live.small is not None else seen.vm
            await self._effects.write_status(vm, verdict.status, live)
        return True

    def _waits(self, key: Key, memory: Memory, live: LiveRead) -> bool:
        """True for a VM that was looked into, and does not run all the same."""
        if self._caches.vms.get(key.namespace, key.name) is None:
            return False
        vmi = live.vmi if live.vmi_read else self._caches.vmis.get(key.namespace, key.name)
        runs = vmi is not None and not vmi.is_starting
        waits = bool(live.version) or memory.refusal is not None or memory.provision is not None
        return waits and not runs

    def _observe(self, vm: Vm, memory: Memory, live: LiveRead) -> Seen:
        """Take a snapshot of caches and of what was read in this pass."""
        current = live.version == vm.metadata.resource_version
        whole = live.whole if current else None
        templates = vm.data_volumes
        claims = list_claims(whole.spec.template.spec) if whole is not None else ()
        storage = self._find_storage(vm, (*templates, *claims), memory)
        memory.provision = find_provision(storage, templates, claims)
        return Seen(
            now=self._clock(),
            vm=vm,
            vmi=live.vmi if live.vmi_read else self._caches.vmis.get(*_name(vm)),
            gone=self._find_gone(vm),
            vmi_read=live.vmi_read,
            whole=whole,
            unreadable=live.unreadable if current else "",
            catalogue=live.catalogue,
            started=live.started,
            started_read=live.started_read,
            claims=dict(storage.claims),
            provision=memory.provision,
            missing=list_missing(storage, templates),
            refusal=memory.refusal,
            config=self._caches.config,
            chance=self._chance(),
        )

    def _find_gone(self, vm: Vm) -> Vmi | None:
        gone = self._gone.get(key_of(vm))
        owner = gone.metadata.controller if gone is not None else None
        return gone if owner is not None and owner.uid == vm.metadata.uid else None

    def _find_storage(self, vm: Vm, names: tuple[str, ...], memory: Memory) -> Storage:
        for name in names:
            key = Key(vm.metadata.namespace, name)
            memory.wanted |= {(CLAIMS, key), (DATA_VOLUMES, key)}
        return self._caches.find_storage(vm.metadata.namespace, names)


def _name(item: Vm | Vmi) -> tuple[str, str]:
    return item.metadata.namespace, item.metadata.name
