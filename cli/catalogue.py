"""Reading what a VM takes from the catalogue, in the order in which the controller would."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from api.catalogue import (
    INSTANCETYPE,
    PREFERENCE,
    Family,
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
from api.names import INSTANCETYPE_GROUP
from api.preference import VirtualMachinePreferenceSpec
from api.problem import Problem
from api.sizing import Sizing
from api.vm import InstancetypeStatusRef, Matcher, VirtualMachine
from cli.kubectl import Json

SpecT = TypeVar("SpecT", VirtualMachineInstancetypeSpec, VirtualMachinePreferenceSpec)


class Reader(Protocol):
    """What knows objects; as Kubectl does it."""

    def get(self, resource: str, name: str, namespace: str = "") -> Json: ...


def find_sizing(vm: VirtualMachine, reader: Reader) -> Sizing:
    """Read the instancetype and the preference that a VM uses, or would."""
    lookup = _Lookup(vm, reader)
    spec, status = vm.spec, vm.status
    size = lookup.find(INSTANCETYPE, spec.instancetype, status.instancetype_ref)
    advice = lookup.find(PREFERENCE, spec.preference, status.preference_ref)
    return Sizing(
        _convert(size, VirtualMachineInstancetypeSpec),
        _convert(advice, VirtualMachinePreferenceSpec),
    )


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The catalogue as one VM sees it."""

    vm: VirtualMachine
    reader: Reader

    def find(
        self, family: Family, matcher: Matcher | None, ref: InstancetypeStatusRef | None
    ) -> Json | None:
        """Return the object: of the revision that the VM holds on to, else as it is now."""
        if ref is not None and answers(family, matcher, ref):
            held = get_revision_name(ref)
            return self._read_revision(held) if held else None
        if matcher is not None and is_inferred(matcher):
            matcher = self._infer(family, matcher)
        if matcher is None:
            return None
        if matcher.revision_name:
            return self._read_revision(matcher.revision_name)
        kind = family.find_kind(matcher.kind)
        return self._get(f"{spell_plural(kind)}.{INSTANCETYPE_GROUP}", matcher.name or "")

    def _infer(self, family: Family, matcher: Matcher) -> Matcher | None:
        """Return what the volume's claim says to use; None when it may and does say nothing."""
        volume = matcher.infer_from_volume or ""
        source = find_source(family, self.vm, volume)
        found = read_labels(family, source.labels) if source is not None else None
        if found is None and source is not None:
            claim = self._get("persistentvolumeclaims", source.claim)
            found = read_labels(family, claim["metadata"].get("labels", {}))
        if found is None and not is_lenient(matcher):
            raise explain_unlabelled(family, volume, source)
        return found

    def _read_revision(self, name: str) -> Json:
        data: Json = self._get("controllerrevisions.apps", name)["data"]
        return data

    def _get(self, resource: str, name: str) -> Json:
        return self.reader.get(resource, name, self.vm.metadata.namespace)


def _convert(item: Json | None, type_: type[SpecT]) -> SpecT | None:
    if item is None:
        return None
    try:
        return msgspec.convert(item.get("spec"), type_)
    except msgspec.ValidationError as error:
        name = item.get("metadata", {}).get("name")
        raise Problem("Unreadable", f"{item.get('kind')} {name} cannot be used: {error}") from error
