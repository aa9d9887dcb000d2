"""Rules on a VirtualMachine: run strategy, instancetype, preference, DataVolumes."""

from collections.abc import Callable
from typing import Final

from api.cause import CauseReason
from api.data_volume import SOURCES, DataVolumeTemplateSpec
from api.domain import CPU, Memory, ResourceRequirements
from api.names import INSTANCETYPE_GROUP
from api.rule import AnyRule, Rule
from api.vm import (
    InstancetypeMatcher,
    Matcher,
    PreferenceMatcher,
    VirtualMachineSpec,
)

# What a matcher's kind can be, in lower case, singular or plural.
INSTANCETYPE_KINDS: Final = ("virtualmachineinstancetype", "virtualmachineclusterinstancetype")
PREFERENCE_KINDS: Final = ("virtualmachinepreference", "virtualmachineclusterpreference")

STRATEGY_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        VirtualMachineSpec,
        "running and runStrategy are mutually exclusive; running is deprecated, use runStrategy",
        "!has(self.running) || !has(self.runStrategy)",
        lambda spec: spec.running is None or spec.run_strategy is None,
        ".running",
    ),
    Rule(
        VirtualMachineSpec,
        "runStrategy must be specified: Always, Halted, Manual, RerunOnFailure or Once",
        "has(self.running) || has(self.runStrategy)",
        lambda spec: spec.running is not None or spec.run_strategy is not None,
        ".running",  # where KubeVirt's clients look for it
    ),
)


# An instancetype that may not be found gives way: the VM's own size is the fallback.
_CEL_MAY_BE_IGNORED = "self.instancetype.?inferFromVolumeFailurePolicy.orValue('') == 'Ignore'"


def _has_instancetype(spec: VirtualMachineSpec) -> bool:
    matcher = spec.instancetype
    return matcher is not None and matcher.infer_from_volume_failure_policy != "Ignore"


def _conflict_rule(
    field: str, cel: str, is_set: Callable[[VirtualMachineSpec], bool]
) -> Rule[VirtualMachineSpec]:
    path = f".template.spec.domain.{field}"
    return Rule(
        VirtualMachineSpec,
        f"spec{path} conflicts with spec.instancetype, which decides it; remove one of the two",
        f"!has(self.instancetype) || {_CEL_MAY_BE_IGNORED} || !{cel}",
        lambda spec: not _has_instancetype(spec) or not is_set(spec),
        path,
    )


def _cpu_conflict(name: str) -> Rule[VirtualMachineSpec]:
    return _conflict_rule(
        f"cpu.{name}",
        f"self.template.spec.domain.?cpu.?{name}.hasValue()",
        lambda spec: getattr(spec.template.spec.domain.cpu or CPU(), name) is not None,
    )


def _resource_conflict(part: str, key: str) -> Rule[VirtualMachineSpec]:
    return _conflict_rule(
        f"resources.{part}.{key}",
        f"self.template.spec.domain.?resources.?{part}[?'{key}'].hasValue()",
        lambda spec: (
            key in getattr(spec.template.spec.domain.resources or ResourceRequirements(), part)
        ),
    )


# What an instancetype always decides. What it may decide besides is api/conflict.py's.
CONFLICT_RULES: Final[tuple[AnyRule, ...]] = (
    *(_cpu_conflict(name) for name in ("cores", "sockets", "threads")),
    _conflict_rule(
        "memory.guest",
        "self.template.spec.domain.?memory.?guest.hasValue()",
        lambda spec: (spec.template.spec.domain.memory or Memory()).guest is not None,
    ),
    *(
        _resource_conflict(part, key)
        for part in ("requests", "limits")
        for key in ("cpu", "memory")
    ),
)


def _is_kind(matcher: Matcher, kinds: tuple[str, ...]) -> bool:
    return not matcher.kind or matcher.kind.lower().removesuffix("s") in kinds


def _matcher_rules(on: type[Matcher], kinds: tuple[str, ...]) -> tuple[AnyRule, ...]:
    spellings = sorted({*kinds, *(f"{kind}s" for kind in kinds)})
    infers = "self.?inferFromVolume.orValue('') != ''"
    return (
        Rule(
            on,
            f"either name or inferFromVolume is needed (of {INSTANCETYPE_GROUP})",
            f"self.?name.orValue('') != '' || {infers}",
            lambda matcher: bool(matcher.name or matcher.infer_from_volume),
            "",
            CauseReason.REQUIRED,
        ),
        Rule(
            on,
            "name must not be given together with inferFromVolume",
            f"self.?name.orValue('') == '' || !({infers})",
            lambda matcher: not (matcher.name and matcher.infer_from_volume),
            ".name",
        ),
        Rule(
            on,
            "kind must not be given together with inferFromVolume",
            f"self.?kind.orValue('') == '' || !({infers})",
            lambda matcher: not (matcher.kind and matcher.infer_from_volume),
            ".kind",
        ),
        Rule(
            on,
            f"kind must be one of {', '.join(kinds)}, or absent for the last",
            f"self.?kind.orValue('') == '' || self.kind.lowerAscii() in {spellings}",
            lambda matcher: _is_kind(matcher, kinds),
            ".kind",
        ),
    )


def _inference_rule(name: str) -> Rule[VirtualMachineSpec]:
    def holds(spec: VirtualMachineSpec) -> bool:
        matcher: Matcher | None = getattr(spec, name)
        source = matcher.infer_from_volume if matcher else None
        return not source or any(volume.name == source for volume in spec.template.spec.volumes)

    source = f"self.?{name}.?inferFromVolume.orValue('')"
    return Rule(
        VirtualMachineSpec,
        "inferFromVolume must name a volume of the template",
        f"{source} == '' || has(self.template.spec.volumes) && "
        f"self.template.spec.volumes.exists(v, v.name == {source})",
        holds,
        f".{name}.inferFromVolume",
        CauseReason.NOT_FOUND,
    )


MATCHER_RULES: Final[tuple[AnyRule, ...]] = (
    *_matcher_rules(InstancetypeMatcher, INSTANCETYPE_KINDS),
    *_matcher_rules(PreferenceMatcher, PREFERENCE_KINDS),
    _inference_rule("instancetype"),
    _inference_rule("preference"),
)


def _count_sources(template: DataVolumeTemplateSpec) -> int:
    source = template.spec.get("source")
    return sum(name in source for name in SOURCES) if isinstance(source, dict) else 0


def _is_populated(template: DataVolumeTemplateSpec) -> bool:
    targets = (template.spec.get("pvc") or {}, template.spec.get("storage") or {})
    return any(target.get("dataSource") or target.get("dataSourceRef") for target in targets)


_CEL_POPULATED = " || ".join(
    f"self.spec.?{target}.?{source}.hasValue()"
    for target in ("pvc", "storage")
    for source in ("dataSource", "dataSourceRef")
)
_CEL_SOURCES = ", ".join(f"has(self.spec.source.{name})" for name in SOURCES)

DATA_VOLUME_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        DataVolumeTemplateSpec,
        "exactly one of pvc and storage is needed: what the DataVolume is written to",
        "has(self.spec.pvc) != has(self.spec.storage)",
        lambda template: ("pvc" in template.spec) != ("storage" in template.spec),
        ".spec",
    ),
    Rule(
        DataVolumeTemplateSpec,
        "exactly one of source and sourceRef is needed, or a dataSource of the claim that fills it",
        "has(self.spec.source) != has(self.spec.sourceRef) || "
        f"!has(self.spec.source) && ({_CEL_POPULATED})",
        lambda template: (
            ("source" in template.spec) != ("sourceRef" in template.spec)
            or ("source" not in template.spec and _is_populated(template))
        ),
        ".spec",
    ),
    Rule(
        DataVolumeTemplateSpec,
        f"source must be exactly one of {', '.join(SOURCES)}",
        f"!has(self.spec.source) || [{_CEL_SOURCES}].exists_one(set, set)",
        lambda template: "source" not in template.spec or _count_sources(template) == 1,
        ".spec.source",
    ),
    # api/reference_vm.py names the guilty template
    Rule(
        VirtualMachineSpec,
        "each dataVolumeTemplate must be referenced in the template's volumes",
        "!has(self.dataVolumeTemplates) || self.dataVolumeTemplates.all(d, "
        "has(self.template.spec.volumes) && self.template.spec.volumes.exists(v, "
        "v.?dataVolume.?name.orValue('') == d.metadata.name || "
        "v.?persistentVolumeClaim.?claimName.orValue('') == d.metadata.name))",
        None,
        ".dataVolumeTemplates",
        CauseReason.REQUIRED,
    ),
    Rule(
        VirtualMachineSpec,
        "two dataVolumeTemplates must not share a name",
        "!has(self.dataVolumeTemplates) || self.dataVolumeTemplates.all(d, "
        "self.dataVolumeTemplates.exists_one(e, e.metadata.name == d.metadata.name))",
        None,
        ".dataVolumeTemplates",
        CauseReason.DUPLICATE,
    ),
)

VM_RULES: Final[tuple[AnyRule, ...]] = (
    *STRATEGY_RULES,
    *CONFLICT_RULES,
    *MATCHER_RULES,
    *DATA_VOLUME_RULES,
)
