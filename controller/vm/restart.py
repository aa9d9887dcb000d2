"""A VM that is edited while it runs: what differs from what it was started with."""

from collections.abc import Iterator
from typing import Final

import msgspec

from api.meta import Condition as ApiCondition
from api.names import Condition, Reason
from api.vm import VirtualMachineSpec
from controller.vm.outlook import Outlook
from controller.vm.seen import Seen, Vm
from controller.vm.strategy import Life, find_generation, find_life
from controller.vmi.seen import Vmi

_MOST_PATHS: Final = 10
_ABSENT: Final = object()
# What the instance is made from. The template's metadata are of no consequence to what runs.
_MAKING: Final = ("instancetype", "preference")


def needs_comparison(vm: Vm, own: Vmi) -> bool:
    """True while nobody looked at what an edit of the VM means for its instance."""
    generation = vm.metadata.generation
    if not is_outdated(vm, own) or (vm.status.observed_generation or 0) >= generation:
        return False
    said = find_restart(vm)
    return said is None or said.observed_generation != generation


def is_outdated(vm: Vm, own: Vmi) -> bool:
    """True when the VM was edited, in whatever way, since its instance was made."""
    made_from = find_generation(own)
    return made_from is not None and made_from < vm.metadata.generation


def find_restart(vm: Vm) -> ApiCondition | None:
    """Return the condition that says that the VM must be restarted."""
    conditions = vm.status.conditions
    return next((each for each in conditions if each.type == Condition.RESTART_REQUIRED), None)


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


def list_changes(started: VirtualMachineSpec, spec: VirtualMachineSpec) -> tuple[str, ...]:
    """Return the paths of all fields that a restart would change, in the order of the spec."""
    paths: dict[str, None] = {}
    for name in _MAKING:
        before = msgspec.to_builtins(getattr(started, name))
        paths |= dict.fromkeys(_compare(before, msgspec.to_builtins(getattr(spec, name)), name))
    before = msgspec.to_builtins(started.template.spec)
    after = msgspec.to_builtins(spec.template.spec)
    paths |= dict.fromkeys(_compare(before, after, "template.spec"))
    return tuple(f"spec.{path}" for path in paths)


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
    elif before != after:
        yield path


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
