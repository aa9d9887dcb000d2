"""What a VM takes from the catalogue: which instancetype, which preference, from where."""

from dataclasses import dataclass
from typing import Final, Protocol

from api.names import (
    LABEL_DEFAULT_INSTANCETYPE,
    LABEL_DEFAULT_INSTANCETYPE_KIND,
    LABEL_DEFAULT_PREFERENCE,
    LABEL_DEFAULT_PREFERENCE_KIND,
)
from api.problem import Problem
from api.vm import (
    InstancetypeMatcher,
    InstancetypeStatusRef,
    Matcher,
    PreferenceMatcher,
    VirtualMachine,
    VirtualMachineStatus,
)


class Unavailable(Problem):
    """The catalogue does not have what the VM asks for; the message is for its user."""

    def __init__(self, message: str) -> None:
        super().__init__("CatalogueUnavailable", message)


@dataclass(frozen=True, slots=True)
class Family:
    """Instancetypes, or preferences: they differ in nothing but their names."""

    noun: str  # and the field of a VM's spec
    kind: str
    cluster_kind: str
    label: str  # of a claim
    kind_label: str

    def find_kind(self, asked: str | None) -> str:
        """Return the kind that is meant by itself, its singular or plural; cluster-wide if none."""
        word = (asked or self.cluster_kind).lower()
        for kind in (self.kind, self.cluster_kind):
            if word in {kind.lower(), spell_plural(kind)}:
                return kind
        text = f"spec.{self.noun}.kind {asked} is not known: it is {self.kind} or"
        raise Unavailable(f"{text} {self.cluster_kind}")


INSTANCETYPE: Final = Family(
    noun="instancetype",
    kind="VirtualMachineInstancetype",
    cluster_kind="VirtualMachineClusterInstancetype",
    label=LABEL_DEFAULT_INSTANCETYPE,
    kind_label=LABEL_DEFAULT_INSTANCETYPE_KIND,
)
PREFERENCE: Final = Family(
    noun="preference",
    kind="VirtualMachinePreference",
    cluster_kind="VirtualMachineClusterPreference",
    label=LABEL_DEFAULT_PREFERENCE,
    kind_label=LABEL_DEFAULT_PREFERENCE_KIND,
)


class Asking(Protocol):
    """The two fields of a VM's spec, whole or as cached."""

    @property
    def instancetype(self) -> InstancetypeMatcher | None: ...
    @property
    def preference(self) -> PreferenceMatcher | None: ...


def spell_plural(kind: str) -> str:
    """Return the plural of one of the four kinds, as it stands in URLs."""
    return f"{kind.lower()}s"


def is_settled(spec: Asking, status: VirtualMachineStatus) -> bool:
    """True when the status says already what the VM uses: nothing is to be looked up."""
    return answers(INSTANCETYPE, spec.instancetype, status.instancetype_ref) and answers(
        PREFERENCE, spec.preference, status.preference_ref
    )


def answers(family: Family, matcher: Matcher | None, ref: InstancetypeStatusRef | None) -> bool:
    """True when a reference of the status is what the spec asks for, still."""
    if matcher is None or ref is None:
        return matcher is None and ref is None
    if is_inferred(matcher):
        same = ref.infer_from_volume == matcher.infer_from_volume
        return same and (ref.name is not None or is_lenient(matcher))
    revision = get_revision_name(ref)
    return (
        revision is not None
        and ref.name == matcher.name
        and (ref.kind or "").lower() == _spell_kind(family, matcher).lower()
        and (matcher.revision_name or revision) == revision
    )


def is_inferred(matcher: Matcher) -> bool:
    """True when a volume's claim says what to use."""
    return bool(matcher.infer_from_volume) and not matcher.name


def is_lenient(matcher: Matcher) -> bool:
    """True when a claim that does not say it is no reason to wait."""
    return matcher.infer_from_volume_failure_policy == "Ignore"


def get_revision_name(ref: InstancetypeStatusRef) -> str | None:
    """Return the name of the ControllerRevision that a reference names."""
    held = ref.controller_revision_ref
    return held.name if held is not None else None


def _spell_kind(family: Family, matcher: Matcher) -> str:
    try:
        return family.find_kind(matcher.kind)
    except Unavailable:
        return ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is written what a VM should use."""

    labels: dict[str, str]  # of the DataVolume's template
    claim: str


def find_source(family: Family, vm: VirtualMachine, volume_name: str) -> Source | None:
    """Return what to infer from; None for a volume without a claim."""
    volume = next((v for v in vm.spec.template.spec.volumes if v.name == volume_name), None)
    if volume is None:
        text = f"spec.{family.noun}.inferFromVolume names the volume {volume_name}"
        raise Unavailable(f"{text}, which is not in spec.template.spec.volumes")
    if volume.persistent_volume_claim is not None:
        return Source({}, volume.persistent_volume_claim.claim_name)
    if volume.data_volume is None:
        return None
    name = volume.data_volume.name
    templates = (each.metadata for each in vm.spec.data_volume_templates)
    return Source(next((each.labels for each in templates if each.name == name), {}), name)


def read_labels(family: Family, labels: dict[str, str]) -> Matcher | None:
    """Return what the labels say to use; None when they do not."""
    name = labels.get(family.label)
    return Matcher(name=name, kind=labels.get(family.kind_label)) if name else None


def explain_unlabelled(family: Family, volume: str, source: Source | None) -> Unavailable:
    """Say that nothing can be inferred, and what to do about it."""
    what = f"claim {source.claim}" if source is not None else f"volume {volume}"
    text = f"the {what} has no label {family.label} to infer the {family.noun} from"
    return Unavailable(f"{text}: set the label, or spec.{family.noun}.name instead")
