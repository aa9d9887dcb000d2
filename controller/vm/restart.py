"""A VM that is edited while it runs: what differs from what it was started with."""

from collections.abc import Iterator
from typing import Final

import msgspec

from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.meta import Condition as ApiCondition
from api.names import Condition, Reason
from api.problem import Problem
from api.quantity import parse_quantity
from api.spec import VirtualMachineInstanceSpec
from api.vm import VirtualMachineSpec
from controller.vm.outlook import Outlook
from controller.vm.seen import Seen, Vm
from controller.vm.strategy import Life, find_generation, find_life
from controller.vmi.seen import Vmi

_MOST_PATHS: Final = 10
_ABSENT: Final = object()
# What the instance is made from. The template's metadata are of no consequence to what runs.
_MAKING: Final = ("instancetype", "preference")
_TEMPLATE: Final = "template.spec"
# The fields that are quantities, and the maps whose values are.
_QUANTITIES: Final = frozenset({"guest", "maxGuest", "addedOverhead", "capacity", "divisor"})
_QUANTITY_MAPS: Final = frozenset({"requests", "limits"})
_SEPARATORS: Final = (".", "[")


def needs_comparison(vm: Vm, own: Vmi) -> bool:
    """True while nobody looked at what an edit of the VM means for its instance.

    It means nothing when the status is of the edit, and something when the condition is.
    """
    generation = vm.metadata.generation
    if not is_outdated(vm, own):
        return False
    said = find_restart(vm)
    if vm.observed_generation == generation:
        return said is not None
    return said is None or not _is_ours(said) or said.observed_generation != generation


def is_outdated(vm: Vm, own: Vmi) -> bool:
    """True when the VM was edited, in whatever way, since its instance was made."""
    made_from = find_generation(own)
    return made_from is not None and made_from < vm.metadata.generation


def find_restart(vm: Vm) -> ApiCondition | None:
    """Return the condition that says that the VM must be restarted."""
    conditions = vm.status.conditions
    return next((each for each in conditions if each.type == Condition.RESTART_REQUIRED), None)


def _is_ours(said: ApiCondition) -> bool:
    return (said.status, said.reason) == ("True", Reason.SPEC_CHANGED)


def plan_restart(seen: Seen, outlook: Outlook) -> ApiCondition | None:
    """Return what is to be said of an edit while the instance lives; nothing new: as it was."""
    own = seen.own
    if own is None or find_life(own) is not Life.ALIVE:
        return None
    if outlook.changes is None:
        return find_restart(seen.vm) if is_outdated(seen.vm, own) else None
    if not outlook.changes:
        return None
    text = describe_changes(outlook.changes)
    return ApiCondition(Condition.RESTART_REQUIRED, "True", Reason.SPEC_CHANGED, text)


def list_changes(
    started: VirtualMachineSpec,
    spec: VirtualMachineSpec,
    config: KubeVirtConfiguration,
    name: str,
) -> tuple[str, ...]:
    """Return the paths of all fields that a restart would change, in the order of the spec."""
    paths: dict[str, None] = {}
    for making in _MAKING:
        before = msgspec.to_builtins(getattr(started, making))
        paths |= dict.fromkeys(_compare(before, msgspec.to_builtins(getattr(spec, making)), making))
    written = _compare_specs(started.template.spec, spec.template.spec)
    if written and not any(_is_sized(each) for each in (started, spec)):
        written = _drop_defaults(written, started, spec, config, name)
    return tuple(f"spec.{path}" for path in (*paths, *written))


def _is_sized(spec: VirtualMachineSpec) -> bool:
    """True when what is left out comes from the catalogue before any default does."""
    return spec.instancetype is not None or spec.preference is not None


def _drop_defaults(
    written: tuple[str, ...],
    started: VirtualMachineSpec,
    spec: VirtualMachineSpec,
    config: KubeVirtConfiguration,
    name: str,
) -> tuple[str, ...]:
    """Leave out what was only written down: the default would have been the same."""
    try:
        before = apply_defaults(started.template.spec, config, "", name)
        after = apply_defaults(spec.template.spec, config, "", name)
    except Problem:  # a quantity that is none, let in before the API knew better
        return written
    meant = _compare_specs(before, after)
    return tuple(path for path in written if any(_overlap(path, each) for each in meant))


def _overlap(path: str, other: str) -> bool:
    """True when one of two paths leads to the other, or both to the same."""
    shorter, longer = sorted((path, other), key=len)
    rest = longer.removeprefix(shorter)
    return longer.startswith(shorter) and (not rest or rest.startswith(_SEPARATORS))


def _compare_specs(
    before: VirtualMachineInstanceSpec, after: VirtualMachineInstanceSpec
) -> tuple[str, ...]:
    differ = _compare(msgspec.to_builtins(before), msgspec.to_builtins(after), _TEMPLATE)
    return tuple(dict.fromkeys(differ))


def describe_changes(paths: tuple[str, ...]) -> str:
    """Return the sentence of the RestartRequired condition."""
    shown = ", ".join(paths[:_MOST_PATHS])
    more = len(paths) - _MOST_PATHS
    rest = f" and {more} more" if more > 0 else ""
    return f"takes effect when the VM is restarted: {shown}{rest}"


def _compare(before: object, after: object, path: str) -> Iterator[str]:
    """Yield the paths of the smallest parts that differ; named items of lists by their name."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            inner = f"{path}.{key}"
            yield from _compare(before.get(key, _ABSENT), after.get(key, _ABSENT), inner)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _compare_lists(before, after, path)
    elif before != after and not _is_same_quantity(before, after, path):
        yield path


def _is_same_quantity(before: object, after: object, path: str) -> bool:
    """True when one number is written in two ways, such as 64Mi and 65536Ki."""
    parent, _, key = path.rpartition(".")
    if key not in _QUANTITIES and parent.rpartition(".")[2] not in _QUANTITY_MAPS:
        return False
    if before is _ABSENT or after is _ABSENT:
        return False
    try:
        return parse_quantity(str(before)) == parse_quantity(str(after))
    except Problem:
        return False


def _compare_lists(
    before: tuple[object, ...], after: tuple[object, ...], path: str
) -> Iterator[str]:
    old, new = _index(before), _index(after)
    for key in [*old, *(key for key in new if key not in old)]:
        yield from _compare(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}[{key}]")
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield path  # their order says what boots first


def _index(items: tuple[object, ...]) -> dict[object, object]:
    """Return the items by name, or by number when they have none."""
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    if None in names or len(set(names)) < len(names):
        return dict(enumerate(items))
    return dict(zip(names, items, strict=True))
