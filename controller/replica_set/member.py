"""Which VMIs belong to which set, by the UID of their controller; kept by the cache's changes."""

from collections import defaultdict
from collections.abc import Iterator

from controller.replica_set.seen import ReplicaSet, find_owner
from controller.vmi.seen import Vmi
from kube.informer import Informer
from kube.object import Key, key_of


class Members:
    """An index over the caches of VMIs and of sets."""

    def __init__(self, vmis: Informer[Vmi], replica_sets: Informer[ReplicaSet]) -> None:
        self._vmis = vmis
        self._owned: defaultdict[str, set[Key]] = defaultdict(set)
        self._strays: defaultdict[str, set[Key]] = defaultdict(set)
        self._arrivals: defaultdict[str, int] = defaultdict(int)
        self._sets: defaultdict[str, set[Key]] = defaultdict(set)
        vmis.on_change(self._take)
        replica_sets.on_change(self._take_set)

    def list(self, uid: str) -> tuple[Vmi, ...]:
        """Return the VMIs that the set with this UID controls, in the order of their names."""
        found = (
            self._vmis.get(key.namespace, key.name) for key in sorted(self._owned.get(uid, ()))
        )
        return tuple(vmi for vmi in found if vmi is not None and _find_owner_uid(vmi) == uid)

    def learn(self, vmi: Vmi) -> None:
        """Take a write's answer in before the watch tells of it."""
        meta = vmi.metadata
        before = self._vmis.get(meta.namespace, meta.name)
        self._vmis.learn(vmi)
        if self._vmis.get(meta.namespace, meta.name) is vmi:
            self._take(before, vmi)

    def has_strays(self, namespace: str) -> bool:
        """True when the namespace has VMIs that nobody controls."""
        return namespace in self._strays

    def count_arrivals(self, namespace: str) -> int:
        """Return how many of them have come so far."""
        return self._arrivals.get(namespace, 0)

    def concerned(self, old: Vmi | None, new: Vmi | None) -> Iterator[Key]:
        """Yield the sets that a change of a VMI concerns."""
        for vmi in (old, new):
            owner = find_owner(vmi) if vmi is not None else None
            if vmi is not None and owner is not None:
                yield Key(vmi.metadata.namespace, owner.name)
        if new is not None and _is_stray(new) and not _is_stray(old):
            yield from self._sets.get(new.metadata.namespace, ())

    def _take(self, old: Vmi | None, new: Vmi | None) -> None:
        if old is not None:
            _discard(self._owned, _find_owner_uid(old), key_of(old))
            if _is_stray(old):
                _discard(self._strays, old.metadata.namespace, key_of(old))
        if new is None:
            return
        owner_uid = _find_owner_uid(new)
        if owner_uid:
            self._owned[owner_uid].add(key_of(new))
        elif _is_stray(new):
            self._strays[new.metadata.namespace].add(key_of(new))
            self._arrivals[new.metadata.namespace] += not _is_stray(old)

    def _take_set(self, old: ReplicaSet | None, new: ReplicaSet | None) -> None:
        if new is not None:
            self._sets[new.metadata.namespace].add(key_of(new))
        elif old is not None:
            _discard(self._sets, old.metadata.namespace, key_of(old))


def _find_owner_uid(vmi: Vmi) -> str:
    owner = find_owner(vmi)
    return owner.uid if owner is not None else ""


def _is_stray(vmi: Vmi | None) -> bool:
    return vmi is not None and vmi.metadata.controller is None


def _discard(index: defaultdict[str, set[Key]], name: str, key: Key) -> None:
    """Remove a key, and with the last one its set: namespaces and UIDs come and go."""
    keys = index.get(name)
    if keys is not None:
        keys.discard(key)
        if not keys:
            del index[name]
