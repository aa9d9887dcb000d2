"""From a VM without an instance to its instance, or to the reason why there can be none."""

from typing import Final

from api.cause import describe_causes, join_causes
from api.default_instance import complete_instance
from api.default_vm import plan_vm_defaults
from api.expand import Sizing, find_annotation_conflicts
from api.names import FINALIZER_VM, Reason
from api.revision import name_start_revision
from api.support_vm import find_unsupported_vm
from api.validate import validate_vm
from api.vm import VirtualMachine, VirtualMachineStatus
from controller.verdict import AT_ONCE, Emit
from controller.vm.instance import build_instance, expand_template
from controller.vm.outlook import Memo
from controller.vm.request import asks_paused
from controller.vm.revision import build_start
from controller.vm.seen import OWNER_KIND, Catalogue, Seen
from controller.vm.verdict import (
    Action,
    CreateInstance,
    CreateRevision,
    DropRevisions,
    PatchVm,
    ReadCatalogue,
    ReadVm,
    Verdict,
)
from controller.vmi.seen import Vmi
from controller.vmi.trouble import Trouble

# The cache lags behind what was just read: it will catch up by itself, or we look again.
STALE_SECONDS: Final = 2.0


def plan_reading(seen: Seen, *, catalogue: bool = True) -> Verdict | None:
    """Return the next step to a VM that is known as a whole, with what it has to store in it."""
    whole = seen.whole
    if whole is None:
        return Verdict((ReadVm(),), look_again=AT_ONCE)
    if _is_other(seen, whole):
        return Verdict(look_again=STALE_SECONDS)
    if catalogue and seen.catalogue is None and _asks_catalogue(whole):
        return Verdict((ReadCatalogue(),), look_again=AT_ONCE)
    patch = _plan_patch(seen, whole)
    return Verdict((PatchVm(patch),), look_again=AT_ONCE) if patch else None


def plan_start(seen: Seen, memo: Memo) -> Verdict | Trouble:
    """Return the next step on the way to an instance."""
    obstacle = _find_obstacle(seen)
    if obstacle is not None:
        return obstacle
    step = plan_reading(seen)
    if step is not None or seen.whole is None:
        return step or Verdict()
    catalogue = find_catalogue(seen, seen.whole)
    faults = _find_faults(seen, seen.whole, catalogue)
    return faults or Verdict(_create(seen, seen.whole, catalogue, memo), look_again=AT_ONCE)


def find_catalogue(seen: Seen, whole: VirtualMachine) -> Catalogue:
    """Return what the catalogue says of the VM; nothing when nothing was asked of it."""
    asked = seen.catalogue if _asks_catalogue(whole) else None
    return asked or Catalogue(Sizing(), VirtualMachineStatus())


def _asks_catalogue(whole: VirtualMachine) -> bool:
    return whole.spec.instancetype is not None or whole.spec.preference is not None


def _is_other(seen: Seen, whole: VirtualMachine) -> bool:
    """True when the cache's view is of another version than what the server just told."""
    mine, told = seen.vm.metadata, whole.metadata
    return (mine.uid, mine.generation) != (told.uid, told.generation) or bool(
        told.deletion_timestamp
    )


def _plan_patch(seen: Seen, whole: VirtualMachine) -> dict[str, object]:
    """Return the merge patch of what the VM itself does not say yet."""
    catalogue = find_catalogue(seen, whole)
    known = bool(seen.catalogue and not catalogue.trouble) or not _asks_catalogue(whole)
    orphan = seen.vmi is not None and seen.vmi.metadata.controller is None
    left = seen.started if orphan else None  # what the instance that will be adopted is made of
    patch = plan_vm_defaults(
        whole,
        seen.config,
        catalogue.sizing if known else None,
        left.template.spec.domain.firmware if left is not None else None,
    )
    if FINALIZER_VM not in whole.metadata.finalizers:
        patch["metadata"] = {"finalizers": [*whole.metadata.finalizers, FINALIZER_VM]}
    return patch


def _find_obstacle(seen: Seen) -> Trouble | None:
    """Return what stands in the way, whatever the VM says."""
    if seen.vmi is not None:
        return _describe_taken(seen.vmi)
    if seen.refusal is not None and seen.is_refused:
        again = "virtpod tries again by itself"
        return Trouble(seen.refusal.reason, f"{seen.refusal.message}; {again}")
    if seen.catalogue is not None and seen.catalogue.trouble:
        return Trouble(Reason.FAILED_CREATE, seen.catalogue.trouble)
    if seen.provision is not None:
        return Trouble("", seen.provision.message)
    if seen.unreadable:
        return Trouble(Reason.FIELD_INVALID, seen.unreadable)
    return None


def _describe_taken(vmi: Vmi) -> Trouble:
    """Say whose the instance of the VM's name is; it is not this VM's."""
    owner, name = vmi.metadata.controller, vmi.metadata.name
    if owner is None or (owner.kind, owner.name) == (OWNER_KIND, name):
        return Trouble("", f"the instance of an earlier VM named {name} is not gone yet")
    text = f"a VirtualMachineInstance named {name} exists and belongs to the {owner.kind}"
    return Trouble(Reason.FAILED_CREATE, f"{text} {owner.name}; delete it there, or rename this VM")


def _find_faults(seen: Seen, whole: VirtualMachine, catalogue: Catalogue) -> Trouble | None:
    """Name every field that cannot be had; only an edit changes that."""
    if catalogue.trouble:
        return Trouble(Reason.FAILED_CREATE, catalogue.trouble)
    annotations = whole.spec.template.metadata.annotations
    invalid = (
        *validate_vm(whole, seen.config, catalogue.sizing),
        *find_annotation_conflicts(annotations, catalogue.sizing),
    )
    if invalid:
        return Trouble(Reason.FIELD_INVALID, describe_causes(invalid))
    expanded = expand_template(whole, catalogue.sizing, seen.config)
    unsupported = find_unsupported_vm(whole.spec, expanded)
    if not unsupported:
        return None
    them = "it" if len(unsupported) == 1 else "them"
    text = f"{join_causes(unsupported)}; remove {them} from the VM"
    return Trouble(Reason.FIELD_NOT_SUPPORTED, text)


def _create(
    seen: Seen, whole: VirtualMachine, catalogue: Catalogue, memo: Memo
) -> tuple[Action, ...]:
    spec = complete_instance(expand_template(whole, catalogue.sizing, seen.config), seen.config)
    paused = asks_paused(memo.requests)
    body = build_instance(whole, spec, catalogue.sizing, catalogue.status, paused=paused)
    meta = whole.metadata
    text = f"created VirtualMachineInstance {meta.name}"
    actions: tuple[Action, ...] = (
        CreateRevision(build_start(whole)),
        CreateInstance(body),
        Emit("Normal", Reason.SUCCESSFUL_CREATE, text),
    )
    if seen.vm.status.observed_generation is None:
        return actions  # it was never looked at before, so it never started
    return (*actions, DropRevisions(name_start_revision(meta.uid, meta.generation)))
