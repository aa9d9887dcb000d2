"""The loop around one VMI: observe, decide, apply, write the status."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.kubevirt import KubeVirt
from api.problem import Problem
from controller.cache import Caches
from controller.claim_view import Claim
from controller.clock import read_clock
from controller.data_volume import DataVolume
from controller.namespace import Namespaces
from controller.provision import find_provision
from controller.verdict import AT_ONCE
from controller.vmi.decide import decide
from controller.vmi.effect import Effects
from controller.vmi.memory import LiveRead, Memory
from controller.vmi.pod import Images
from controller.vmi.pod_view import Pod
from controller.vmi.seen import Seen, Vmi
from controller.vmi.volume import list_claims
from kube.client import Client
from kube.event import EventRecorder
from kube.object import Key, key_of

_ROUNDS: Final = 8


class Reconciler:
    """Brings each VMI one step on; remembers nothing of a VMI that runs."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        namespaces: Namespaces,
        events: EventRecorder,
        images: Images,
        *,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._effects = Effects(client, caches, namespaces, events, clock)
        self._namespaces = namespaces
        self._caches = caches
        self._images = images
        self._clock = clock
        self._memories: dict[Key, Memory] = {}

    def connect(self, add: Callable[[Key], None]) -> None:
        """Have ``add`` called for each VMI that a change concerns."""

        def add_same_name(old: Vmi | Pod | None, new: Vmi | Pod | None) -> None:
            changed = new or old
            if changed is not None:
                add(key_of(changed))

        self._caches.vmis.on_change(add_same_name)
        self._caches.pods.on_change(add_same_name)
        self._connect_waiting(add)

    def _connect_waiting(self, add: Callable[[Key], None]) -> None:
        """Have ``add`` called for VMIs that get their pod only when something has changed."""

        def add_waiting(namespace: str | None) -> None:
            for key, memory in self._memories.items():
                if memory.waits and namespace in {None, key.namespace}:
                    add(key)

        def hear_of_claim(old: Claim | None, new: Claim | None) -> None:
            changed = new or old
            same = old and new and old.metadata.owner_references == new.metadata.owner_references
            if changed is not None and not same:  # only its coming, its owner and its going matter
                add_waiting(changed.metadata.namespace)

        def hear_of_volume(old: DataVolume | None, new: DataVolume | None) -> None:
            changed = new or old
            if changed is not None:
                add_waiting(changed.metadata.namespace)

        def hear_of_kubevirt(_old: KubeVirt | None, _new: KubeVirt | None) -> None:
            add_waiting(None)

        self._caches.claims.on_change(hear_of_claim)
        self._caches.data_volumes.on_change(hear_of_volume)
        self._caches.kubevirts.on_change(hear_of_kubevirt)

    async def reconcile(self, key: Key) -> float | None:
        """Go round until nothing more comes to light; returns when to look again."""
        live = LiveRead()
        for _ in range(_ROUNDS):
            vmi = self._caches.vmis.get(key.namespace, key.name)
            memory = self._recall(key, vmi)
            if vmi is None:
                return None
            seen = self._observe(vmi, memory, live)
            verdict = decide(seen)
            for action in verdict.actions:
                if not await self._effects.apply(action, seen, memory, live):
                    break
            if verdict.status is not None:
                await self._effects.write_status(seen.vmi, verdict.status)
            if verdict.look_again != AT_ONCE:
                return verdict.look_again
        raise Problem("Undecided", "looked at the VM too often in one go", retryable=True)

    def _recall(self, key: Key, vmi: Vmi | None) -> Memory:
        """Return what is remembered of this very VMI; of one that runs or has ended, nothing."""
        if vmi is None or not vmi.is_starting:
            self._memories.pop(key, None)
            return Memory(vmi.metadata.uid if vmi is not None else "")
        memory = self._memories.get(key)
        if memory is None or memory.uid != vmi.metadata.uid:
            memory = self._memories[key] = Memory(vmi.metadata.uid)
        return memory

    def _observe(self, vmi: Vmi, memory: Memory, live: LiveRead) -> Seen:
        """Take a snapshot of caches and of what was read in this pass."""
        cached = self._caches.pods.get(vmi.metadata.namespace, vmi.metadata.name)
        pod = live.pod if live.pod_read else cached
        if pod is not None and pod.owner_uid == vmi.metadata.uid:
            memory.take_pod(pod)
        names = list_claims(memory.whole.spec) if memory.whole is not None else ()
        storage = self._caches.find_storage(vmi.metadata.namespace, names)
        return Seen(
            now=self._clock(),
            vmi=vmi,
            pod=pod,
            pod_read=live.pod_read,
            had_pod=memory.had_pod,
            look=memory.look,
            whole=memory.whole,
            whole_read=live.whole_read,
            unreadable=memory.unreadable,
            claims=dict(storage.claims),
            provision=find_provision(storage, (), names),
            config=self._caches.config,
            images=self._images,
            refusal=memory.refusal,
            namespace_marked=self._namespaces.is_marked(vmi.metadata.namespace),
        )
