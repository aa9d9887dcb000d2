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
from api.expand import Sizing
from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec
from api.problem import Problem
from api.vm import (
    ControllerRevisionRef,
    InstancetypeStatusRef,
    Matcher,
    VirtualMachine,
    VirtualMachineStatus,
)
from controller.vm.catalogue import (
    build_revision,
    describe_missing,
    find_resource,
    name_revision,
)
from controller.vm.memory import Wanted
from controller.vm.seen import Catalogue
from kube.client import ApiError, Client, decode
from kube.object import BareObject, Key
from kube.resource import CLAIMS, CONTROLLER_REVISIONS, Resource

SpecT = TypeVar("SpecT", VirtualMachineInstancetypeSpec, VirtualMachinePreferenceSpec)


class Held(msgspec.Struct, frozen=True):
    """A catalogue object, live or in a revision; its spec is still encoded."""

    spec: msgspec.Raw
    kind: str = ""


class Holder(msgspec.Struct, frozen=True):
    """A ControllerRevision that holds one."""

    data: Held


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
        return await self._read_revision(family, name, type_, is_asked=False), ref

    async def _resolve(
        self, family: Family, matcher: Matcher, type_: type[SpecT]
    ) -> tuple[SpecT | None, InstancetypeStatusRef]:
        """Take the named revision, or store one of the object as it is now."""
        ref = InstancetypeStatusRef()
        if is_inferred(matcher):
            ref = InstancetypeStatusRef(
                infer_from_volume=matcher.infer_from_volume,
                infer_from_volume_failure_policy=matcher.infer_from_volume_failure_policy,
            )
            found = await self._infer(family, matcher)
            if found is None:
                return None, ref
            matcher = found
        kind = family.find_kind(matcher.kind)
        name = matcher.revision_name
        if name:
            spec = await self._read_revision(family, name, type_, is_asked=True)
        else:
            spec, name = await self._store(family, kind, matcher.name or "", type_)
        held = ControllerRevisionRef(name)
        return spec, replace(ref, name=matcher.name, kind=kind, controller_revision_ref=held)

    async def _store(
        self, family: Family, kind: str, name: str, type_: type[SpecT]
    ) -> tuple[SpecT, str]:
        """Keep the object in a revision; one that exists already is as good."""
        if not name:
            raise Unavailable(f"spec.{family.noun}.name is not set: set it")
        resource = find_resource(kind)
        namespace = self._namespace if kind == family.kind else ""
        self._wanted.add((resource, Key(namespace, name)))
        raw = await self._get(
            resource, namespace, name, describe_missing(family, resource, namespace, name)
        )
        spec = _decode(decode(raw, Held), type_, f"{family.noun} {name}")
        meta = decode(raw, BareObject).metadata
        body = build_revision(self._vm, kind, meta, decode(raw, dict[str, object]))
        try:
            await self._client.create(CONTROLLER_REVISIONS, self._namespace, body, msgspec.Raw)
        except ApiError as error:
            if not error.already_exists:
                raise
        return spec, name_revision(self._vm.metadata.name, meta)

    async def _read_revision(
        self, family: Family, name: str, type_: type[SpecT], *, is_asked: bool
    ) -> SpecT:
        vm = self._vm.metadata.name
        patch = f'{{"status":{{"{family.noun}Ref":null}}}}'
        advice = (
            f"set spec.{family.noun}.revisionName to one that exists"
            if is_asked
            else f"`kubectl patch vm {vm} -n {self._namespace} --subresource status --type merge"
            f" -p '{patch}'` takes the {family.noun} as it is now"
        )
        text = f"ControllerRevision {name}, which holds the VM's {family.noun}, does not exist"
        raw = await self._get(CONTROLLER_REVISIONS, self._namespace, name, f"{text}; {advice}")
        held = decode(raw, Holder).data
        if held.kind not in {family.kind, family.cluster_kind}:
            raise Unavailable(f"ControllerRevision {name} holds no {family.noun}; {advice}")
        return _decode(held, type_, f"ControllerRevision {name}")

    async def _infer(self, family: Family, matcher: Matcher) -> Matcher | None:
        """Read what the volume's claim says; None when it says nothing and need not."""
        volume = matcher.infer_from_volume or ""
        source = find_source(family, self._vm, volume)
        found = read_labels(family, source.labels) if source is not None else None
        if found is None and source is not None:
            self._wanted.add((CLAIMS, Key(self._namespace, source.claim)))
            text = f"PersistentVolumeClaim {source.claim} not found: its labels name the"
            raw = await self._get(
                CLAIMS, self._namespace, source.claim, f"{text} {family.noun} of the VM"
            )
            found = read_labels(family, decode(raw, BareObject).metadata.labels)
        if found is None and not is_lenient(matcher):
            raise explain_unlabelled(family, volume, source)
        return found

    async def _get(
        self, resource: Resource, namespace: str, name: str, missing: str
    ) -> msgspec.Raw:
        try:
            return await self._client.get(resource, namespace, name, msgspec.Raw)
        except ApiError as error:
            if not error.not_found:
                raise
            raise Unavailable(missing) from error


def _decode(held: Held, type_: type[SpecT], what: str) -> SpecT:
    try:
        return decode(held.spec, type_)
    except Problem as problem:
        raise Unavailable(f"{what} cannot be used, {problem.message}") from problem
