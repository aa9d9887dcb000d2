"""The catalogue of instancetypes and preferences, cached, as a VM sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from api.catalogue import (
    INSTANCETYPE,
    PREFERENCE,
    Family,
    Unavailable,
    answers,
    explain_unlabelled,
    find_source,
    get_revision_name,
    is_inferred,
    is_lenient,
    read_labels,
    spell_plural,
)
from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec
from api.problem import Problem
from api.sizing import Sizing
from api.vm import InstancetypeStatusRef, Matcher, VirtualMachine
from kube.client import ApiError, Client, decode
from kube.informer import Informer
from kube.object import BareObject, Meta
from kube.resource import (
    CLAIMS,
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    CONTROLLER_REVISIONS,
    INSTANCETYPES,
    PREFERENCES,
    Resource,
    is_segment,
)

SpecT = TypeVar("SpecT", VirtualMachineInstancetypeSpec, VirtualMachinePreferenceSpec)
AnyT = TypeVar("AnyT")
# Called before an object is read; raises Refused for a user who may not read it.
Permit = Callable[[Resource, str, str], Awaitable[None]]


class Entry(msgspec.Struct, Generic[SpecT], frozen=True):
    """An object of the catalogue."""

    metadata: Meta
    spec: SpecT


class Held(msgspec.Struct, frozen=True):
    """An object of the catalogue, live or in a revision; its spec is still encoded."""

    spec: msgspec.Raw
    kind: str = ""


class Revision(msgspec.Struct, frozen=True):
    """A ControllerRevision that holds an object of the catalogue."""

    data: Held


class Pending(Unavailable):
    """What should say it does not, or does not exist, yet; or it cannot be read."""


@dataclass(frozen=True, slots=True)
class _Shelf(Generic[SpecT]):
    """One family's objects."""

    family: Family
    spec_type: type[SpecT]
    caches: Mapping[str, Informer[Entry[SpecT]]]  # by kind


async def permit_all(_resource: Resource, _namespace: str, _name: str) -> None:
    """Permit: of a VM that is stored, whoever may expand it may know all that it refers to."""


class Catalogue:
    """Informers of the catalogue's four kinds, and reads of what is not in them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        sizes = Entry[VirtualMachineInstancetypeSpec]
        advice = Entry[VirtualMachinePreferenceSpec]
        self._sizes: Final = _Shelf(
            INSTANCETYPE,
            VirtualMachineInstancetypeSpec,
            {
                INSTANCETYPE.kind: Informer(client, INSTANCETYPES, sizes),
                INSTANCETYPE.cluster_kind: Informer(client, CLUSTER_INSTANCETYPES, sizes),
            },
        )
        self._advice: Final = _Shelf(
            PREFERENCE,
            VirtualMachinePreferenceSpec,
            {
                PREFERENCE.kind: Informer(client, PREFERENCES, advice),
                PREFERENCE.cluster_kind: Informer(client, CLUSTER_PREFERENCES, advice),
            },
        )

    @property
    def informers(self) -> tuple[Informer[Any], ...]:
        """Return what is to be run; nothing waits for these to be filled."""
        return (*self._sizes.caches.values(), *self._advice.caches.values())

    async def find_sizing(self, vm: VirtualMachine, permit: Permit = permit_all) -> Sizing:
        """Return what a VM uses, or would.

        Raises Unavailable, what ``permit`` raises, or another Problem when none can tell.
        """
        return Sizing(await self.find_size(vm, permit), await self.find_advice(vm, permit))

    async def find_size(
        self, vm: VirtualMachine, permit: Permit = permit_all
    ) -> VirtualMachineInstancetypeSpec | None:
        """Return the spec of the VM's instancetype; raises as find_sizing does."""
        lookup = _Lookup(self._client, self._sizes, vm, permit)
        return await lookup.find(vm.spec.instancetype, vm.status.instancetype_ref)

    async def find_advice(
        self, vm: VirtualMachine, permit: Permit = permit_all
    ) -> VirtualMachinePreferenceSpec | None:
        """Return the spec of the VM's preference; raises as find_sizing does."""
        lookup = _Lookup(self._client, self._advice, vm, permit)
        return await lookup.find(vm.spec.preference, vm.status.preference_ref)


class _Lookup(Generic[SpecT]):
    """One family as one VM sees it."""

    def __init__(
        self, client: Client, shelf: _Shelf[SpecT], vm: VirtualMachine, permit: Permit
    ) -> None:
        self._client = client
        self._shelf: _Shelf[SpecT] = shelf
        self._family = shelf.family
        self._vm = vm
        self._namespace = vm.metadata.namespace
        self._permit = permit

    async def find(
        self, matcher: Matcher | None, ref: InstancetypeStatusRef | None
    ) -> SpecT | None:
        """Return the object: of the revision that the VM holds on to, else as it is now."""
        if ref is not None and answers(self._family, matcher, ref):
            held = get_revision_name(ref)
            return await self._read_revision(held) if held else None
        if matcher is not None and is_inferred(matcher):
            matcher = await self._infer(matcher)
        if matcher is None:
            return None
        if matcher.revision_name:
            return await self._read_revision(matcher.revision_name)
        return await self._read_entry(self._family.find_kind(matcher.kind), matcher.name or "")

    async def _read_entry(self, kind: str, name: str) -> SpecT:
        """Read from the cache; what it does not have may have been made just now."""
        cache = self._shelf.caches[kind]
        namespace = self._namespace if kind == self._family.kind else ""
        known = cache.get(namespace, name)
        if known is not None:
            await self._permit(cache.resource, namespace, name)
            return known.spec
        place = f" -n {namespace}" if namespace else ""
        listing = f"`kubectl get {spell_plural(kind)}{place}` lists those that do"
        missing = Unavailable(f"{kind} {name} does not exist; {listing}")
        entry = await self._get(cache.resource, namespace, name, Held, missing)
        return self._decode(entry, f"{kind} {name}")

    async def _read_revision(self, name: str) -> SpecT:
        what = f"ControllerRevision {name}"
        noun = self._family.noun
        missing = Unavailable(f"{what}, which holds the VM's {noun}, does not exist")
        revision = await self._get(CONTROLLER_REVISIONS, self._namespace, name, Revision, missing)
        if revision.data.kind not in {self._family.kind, self._family.cluster_kind}:
            raise Unavailable(f"{what} holds no {noun}")
        return self._decode(revision.data, what)

    def _decode(self, held: Held, what: str) -> SpecT:
        try:
            return decode(held.spec, self._shelf.spec_type)
        except Problem as problem:
            raise Pending(f"{what} cannot be used: {problem.message}") from problem

    async def _infer(self, matcher: Matcher) -> Matcher | None:
        """Return what the volume's claim says to use; None when it may and does say nothing."""
        volume = matcher.infer_from_volume or ""
        source = find_source(self._family, self._vm, volume)
        found = read_labels(self._family, source.labels) if source is not None else None
        if found is None and source is not None:
            missing = Pending(f"PersistentVolumeClaim {source.claim}, which names it, is not there")
            claim = await self._get(CLAIMS, self._namespace, source.claim, BareObject, missing)
            found = read_labels(self._family, claim.metadata.labels)
        if found is None and not is_lenient(matcher):
            raise Pending(explain_unlabelled(self._family, volume, source).message)
        return found

    async def _get(
        self, resource: Resource, namespace: str, name: str, type_: type[AnyT], missing: Unavailable
    ) -> AnyT:
        if not is_segment(name):
            raise missing  # no object has such a name
        await self._permit(resource, namespace, name)
        try:
            return await self._client.get(resource, namespace, name, type_)
        except ApiError as error:
            if not error.not_found:
                raise
            raise missing from error
