"""The loop around one VMI: observe, decide, apply, write the status."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from api.kubevirt import KubeVirt
from api.problem import Problem
from api.vmi import VirtualMachineInstance
from controller.cache import Caches
from controller.vmi.decide import decide
from controller.vmi.effect import Effects
from controller.vmi.memory import LiveRead, Memory
from controller.vmi.pod import Images
from controller.vmi.seen import Claim, Pod, Seen, Vmi
from controller.vmi.verdict import AT_ONCE
from controller.vmi.volume import list_claims
from kube.client import Client
from kube.event import EventRecorder
from kube.object import Key, key_of

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
        events: EventRecorder,
        images: Images,
        *,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._effects = Effects(client, caches, events, clock)
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

        def add_waiting_for_claim(old: Claim | None, new: Claim | None) -> None:
            changed = new or old
            if changed is None or (old is not None and new is not None):
                return  # only their coming and going matters
            for key in self._memories:
                if key.namespace == changed.metadata.namespace:
                    add(key)

        def add_waiting(_old: KubeVirt | None, _new: KubeVirt | None) -> None:
            for key in self._memories:
                add(key)

        self._caches.vmis.on_change(add_same_name)
        self._caches.pods.on_change(add_same_name)
        self._caches.claims.on_change(add_waiting_for_claim)
        self._caches.kubevirts.on_change(add_waiting)

    async def reconcile(self, key: Key) -> float | None:
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
