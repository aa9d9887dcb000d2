"""Finding what a VM takes from the catalogue, and keeping it as it was found."""

from typing import TypeVar

import msgspec
from msgspec.structs import replace

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
)
from api.cause import describe_causes
from api.expand import Sizing
from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec
from api.problem import Problem
from api.validate import validate_catalogue
from api.vm import (
    ControllerRevisionRef,
    InstancetypeStatusRef,
    Matcher,
    VirtualMachine,
    VirtualMachineStatus,
)
from controller.vm.catalogue import (
    advise_revision,
    describe_missing,
    find_resource,
    list_names,
)
from controller.vm.keeper import Keeper
from controller.vm.memory import Wanted
from controller.vm.seen import Catalogue
from kube.client import ApiError, Client, decode
from kube.object import BareObject, Key
from kube.resource import CLAIMS, CONTROLLER_REVISIONS, Resource, is_segment

SpecT = TypeVar("SpecT", VirtualMachineInstancetypeSpec, VirtualMachinePreferenceSpec)


class Held(msgspec.Struct, frozen=True):
    """A catalogue object, live or in a revision; its spec is still encoded."""

    spec: msgspec.Raw
    kind: str = ""


class Holder(msgspec.Struct, frozen=True):
    """A ControllerRevision that holds one."""

    data: Held


class Lost(Unavailable):
    """A revision does not exist (any more)."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class MissingClaim(Unavailable):
    """The claim that should say it does not exist (yet)."""


class Lookup:
    """The catalogue as one VM sees it in one pass."""

    def __init__(self, client: Client, vm: VirtualMachine, wanted: set[Wanted]) -> None:
        """``wanted`` gets what is looked for, before it is: its coming may change the answer."""
        self._client = client
        self._vm = vm
        self._wanted = wanted
        self._namespace = vm.metadata.namespace

    async def find(self) -> Catalogue:
        """Find both, and store a revision of what is new to the VM."""
        spec, status = self._vm.spec, self._vm.status
        size_ref, advice_ref = status.instancetype_ref, status.preference_ref
        sizing = Sizing()
        trouble = ""
        try:
            size, size_ref = await self._find(
                INSTANCETYPE, spec.instancetype, size_ref, VirtualMachineInstancetypeSpec
            )
            advice, advice_ref = await self._find(
                PREFERENCE, spec.preference, advice_ref, VirtualMachinePreferenceSpec
            )
            sizing = Sizing(size, advice)
        except Unavailable as problem:
            trouble = problem.message
        refs = VirtualMachineStatus(instancetype_ref=size_ref, preference_ref=advice_ref)
        return Catalogue(sizing, refs, trouble)

    async def _find(
        self,
        family: Family,
        matcher: Matcher | None,
        ref: InstancetypeStatusRef | None,
        type_: type[SpecT],
    ) -> tuple[SpecT | None, InstancetypeStatusRef | None]:
        """Return what the VM uses and the reference to it; a reference that still holds stays."""
        if matcher is None:
            return None, None
        if ref is None or not answers(family, matcher, ref):
            return await self._resolve(family, matcher, type_)
        name = get_revision_name(ref)
        if name is None:
            return None, ref  # inferred, leniently, from a claim that does not say it
        try:
            return await self._read_revision(family, name, ref.name, type_), ref
        except Lost as lost:
            if matcher.revision_name:
                raise
            return await self._restore(family, ref, lost, type_)

    async def _restore(
        self, family: Family, ref: InstancetypeStatusRef, lost: Lost, type_: type[SpecT]
    ) -> tuple[SpecT, InstancetypeStatusRef]:
        """Store again what was lost, if the object is still as it was then."""
        kind = family.find_kind(ref.kind)
        try:
            raw = await self._read_object(family, kind, ref.name or "")
        except Unavailable:
            raise lost from None
        if lost.name not in list_names(self._vm, decode(raw, BareObject).metadata):
            raise lost
        spec, name = await self._store(family, kind, raw, type_)
        return spec, replace(ref, controller_revision_ref=ControllerRevisionRef(name))

    async def _resolve(
        self, family: Family, matcher: Matcher, type_: type[SpecT]
    ) -> tuple[SpecT | None, InstancetypeStatusRef | None]:
        """Take the named revision, or store one of the object as it is now."""
        if not is_inferred(matcher):
            return await self._choose(family, matcher, InstancetypeStatusRef(), type_)
        ref = InstancetypeStatusRef(
            infer_from_volume=matcher.infer_from_volume,
            infer_from_volume_failure_policy=matcher.infer_from_volume_failure_policy,
        )
        try:
            found = await self._infer(family, matcher)
        except MissingClaim:
            if not is_lenient(matcher):
                raise
            return None, None  # the VM waits for the claim anyway, which may say it then
        if found is None:
            return None, ref
        try:
            return await self._choose(family, found, ref, type_)
        except Unavailable:
            if not is_lenient(matcher):
                raise
            return None, ref

    async def _choose(
        self, family: Family, matcher: Matcher, ref: InstancetypeStatusRef, type_: type[SpecT]
    ) -> tuple[SpecT, InstancetypeStatusRef]:
        """Return what a name stands for, and the reference to it."""
        kind = family.find_kind(matcher.kind)
        name = matcher.revision_name
        if name:
            spec = await self._read_revision(family, name, matcher.name, type_)
        else:
            raw = await self._read_object(family, kind, matcher.name or "")
            spec, name = await self._store(family, kind, raw, type_)
        held = ControllerRevisionRef(name)
        return spec, replace(ref, name=matcher.name, kind=kind, controller_revision_ref=held)

    async def _read_object(self, family: Family, kind: str, name: str) -> msgspec.Raw:
        """Read an object of the catalogue; its coming or change may change the answer."""
        if not name:
            raise Unavailable(f"spec.{family.noun}.name is not set: set it")
        resource = find_resource(kind)
        namespace = self._namespace if kind == family.kind else ""
        self._wanted.add((resource, Key(namespace, name)))
        missing = Unavailable(describe_missing(family, resource, namespace, name))
        return await self._get(resource, namespace, name, missing)

    async def _store(
        self, family: Family, kind: str, raw: msgspec.Raw, type_: type[SpecT]
    ) -> tuple[SpecT, str]:
        """Keep the object in a revision; returns the revision's name too."""
        meta = decode(raw, BareObject).metadata
        what = f"{family.noun} {meta.name}"
        spec = _read_spec(decode(raw, Held), type_, what, f"mend it, or name another {family.noun}")
        item = decode(raw, dict[str, object])
        return spec, await Keeper(self._client, self._vm).keep(kind, meta, item)

    async def _read_revision(
        self, family: Family, name: str, object_name: str | None, type_: type[SpecT]
    ) -> SpecT:
        advice = advise_revision(family, self._namespace, object_name)
        what = f"ControllerRevision {name}"
        text = f"{what}, which holds the VM's {family.noun}, does not exist; {advice}"
        raw = await self._get(CONTROLLER_REVISIONS, self._namespace, name, Lost(name, text))
        try:
            held = decode(raw, Holder).data
        except Problem as problem:
            text = f"{what} cannot be used, {problem.message}; {advice}"
            raise Unavailable(text) from problem
        if held.kind not in {family.kind, family.cluster_kind}:
            raise Unavailable(f"{what} holds no {family.noun}; {advice}")
        return _read_spec(held, type_, what, advice)

    async def _infer(self, family: Family, matcher: Matcher) -> Matcher | None:
        """Read what the volume's claim says; None when it says nothing and need not."""
        volume = matcher.infer_from_volume or ""
        source = find_source(family, self._vm, volume)
        found = read_labels(family, source.labels) if source is not None else None
        if found is None and source is not None:
            self._wanted.add((CLAIMS, Key(self._namespace, source.claim)))
            text = f"PersistentVolumeClaim {source.claim} not found: its labels name the"
            missing = MissingClaim(f"{text} {family.noun} of the VM")
            raw = await self._get(CLAIMS, self._namespace, source.claim, missing)
            found = read_labels(family, decode(raw, BareObject).metadata.labels)
        if found is None and not is_lenient(matcher):
            raise explain_unlabelled(family, volume, source)
        return found

    async def _get(
        self, resource: Resource, namespace: str, name: str, missing: Unavailable
    ) -> msgspec.Raw:
        if not is_segment(name):
            raise missing  # no object has such a name
        try:
            return await self._client.get(resource, namespace, name, msgspec.Raw)
        except ApiError as error:
            if not error.not_found:
                raise
            raise missing from error


def _read_spec(held: Held, type_: type[SpecT], what: str, advice: str) -> SpecT:
    """Read what an instance is made from; a revision may hold whatever somebody wrote."""
    try:
        spec = decode(held.spec, type_)
    except Problem as problem:
        raise Unavailable(f"{what} cannot be used, {problem.message}; {advice}") from problem
    causes = validate_catalogue(spec)
    if causes:
        raise Unavailable(f"{what} cannot be used, {describe_causes(causes)}; {advice}")
    return spec
