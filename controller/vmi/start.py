"""From a VMI without a pod to its pod, or to the reason why there is none."""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from api.cause import join_causes
from api.default import apply_defaults
from api.meta import Condition
from api.names import Condition as ConditionType
from api.names import Phase, Reason
from api.support import find_unsupported
from api.validate import validate_labels, validate_spec
from api.vmi import VirtualMachineInstance, VirtualMachineInstanceSpec
from controller.verdict import AT_ONCE, Emit, EventType
from controller.vmi.pod import build_pod
from controller.vmi.seen import Seen
from controller.vmi.status import build_blocked
from controller.vmi.trouble import Trouble
from controller.vmi.verdict import (
    Action,
    AddFinalizer,
    CreatePod,
    MarkNamespace,
    ReadInstance,
    Verdict,
)
from controller.vmi.volume import ClaimFacts, list_claims

# The cache lags behind what was just read: it will catch up by itself, or we look again.
STALE_SECONDS: Final = 2.0
# Strangers' pods are not watched.
STRANGER_SECONDS: Final = 10.0


def decide_start(seen: Seen) -> Verdict:
    """Return the next step on the way to a pod, or Pending and why."""
    pod = seen.pod
    if pod is not None and pod.owner_uid:
        text = f"the pod of an earlier VM named {pod.metadata.name} is not gone yet"
        return _block(seen, Trouble(Reason.WAITING_FOR_OLD_POD, text))
    if pod is not None:
        text = f"a pod named {pod.metadata.name} exists, and does not belong to this VM"
        return _block(seen, Trouble(Reason.POD_NAME_TAKEN, text), look_again=STRANGER_SECONDS)
    if not seen.vmi.has_finalizer:
        return Verdict((AddFinalizer(),), look_again=AT_ONCE)
    if seen.unreadable:
        return _block(seen, Trouble(Reason.FIELD_INVALID, seen.unreadable))
    if seen.whole is None:
        return Verdict((ReadInstance(),), look_again=AT_ONCE)
    return _decide_pod(seen, seen.whole)


def _decide_pod(seen: Seen, whole: VirtualMachineInstance) -> Verdict:
    """The whole VMI is known: create its pod unless something forbids it."""
    if _is_other(seen, whole):
        return Verdict(look_again=STALE_SECONDS)
    faults = _block_on_spec(seen, whole)
    if faults is not None:
        return faults
    spec = apply_defaults(whole.spec, seen.config, whole.metadata.uid, whole.metadata.name)
    return (
        _block_on_claims(seen, spec)
        or _block_on_provision(seen)
        or _block_on_refusal(seen)
        or _create(seen, whole, spec)
    )


def _is_other(seen: Seen, whole: VirtualMachineInstance) -> bool:
    """True when the cache's view is of another life than what the server just told."""
    vmi = seen.vmi
    return (
        whole.metadata.uid != vmi.metadata.uid
        or whole.metadata.deletion_timestamp is not None
        or whole.status.phase not in {Phase.UNSET, Phase.PENDING}
    )


def _create(seen: Seen, whole: VirtualMachineInstance, spec: VirtualMachineInstanceSpec) -> Verdict:
    if not seen.namespace_marked:
        return Verdict((MarkNamespace(),), look_again=AT_ONCE)
    if not seen.whole_read:
        return Verdict((ReadInstance(),), look_again=AT_ONCE)
    claims = ClaimFacts(
        block=frozenset(n for n, claim in seen.claims.items() if claim.spec.volume_mode == "Block"),
        sizes={name: claim.size_bytes for name, claim in seen.claims.items()},
    )
    pod = build_pod(whole, spec, seen.config, seen.images, claims)
    created = Emit("Normal", Reason.SUCCESSFUL_CREATE, f"created pod {whole.metadata.name}")
    return Verdict((CreatePod(pod), created), look_again=AT_ONCE)


def _block_on_claims(seen: Seen, spec: VirtualMachineInstanceSpec) -> Verdict | None:
    missing = [name for name in list_claims(spec) if name not in seen.claims]
    if not missing:
        return None
    text = f"PersistentVolumeClaim {', '.join(missing)} not found"
    return _block(seen, Trouble(Reason.FAILED_PVC_NOT_FOUND, text))


def _block_on_provision(seen: Seen) -> Verdict | None:
    """A guest on a claim that is still being filled would find an empty disk."""
    provision = seen.provision
    if provision is None:
        return None
    reason = provision.failed or Reason.DATA_VOLUMES_NOT_READY
    return _block(seen, Trouble(reason, provision.message))


def _block_on_refusal(seen: Seen) -> Verdict | None:
    refusal = seen.refusal
    if refusal is None or refusal.retry_at <= seen.now:
        return None
    left = (refusal.retry_at - seen.now) / timedelta(seconds=1)
    return _block(seen, Trouble(refusal.reason, refusal.message), look_again=left)


def _block_on_spec(seen: Seen, whole: VirtualMachineInstance) -> Verdict | None:
    """Name every field that cannot be had; the spec cannot change, so this stays."""
    invalid = (
        *validate_labels(whole.metadata.labels),
        *validate_spec(whole.spec, seen.config),
    )
    unsupported = find_unsupported(whole.spec)
    if not invalid and not unsupported:
        return None
    extra: tuple[Condition, ...] = ()
    if unsupported:
        text = join_causes(unsupported)
        reason = str(Reason.FIELD_NOT_SUPPORTED)
        extra = (Condition(ConditionType.UNSUPPORTED, "True", reason, text),)
    if invalid:
        named = tuple(replace(c, message=f"{c.field}: {c.message}") for c in invalid)
        return _block(seen, Trouble(Reason.FIELD_INVALID, join_causes(named)), *extra)
    return _block(seen, Trouble(Reason.FIELD_NOT_SUPPORTED, text), *extra)


def _block(
    seen: Seen, trouble: Trouble, *extra: Condition, look_again: float | None = None
) -> Verdict:
    """Pending, with one event when the reason is a new one."""
    status = build_blocked(seen, trouble, *extra)
    known = seen.vmi.status
    new = known.reason != status.reason
    # of a restart, that is as it should be
    type_: EventType = "Normal" if trouble.reason == Reason.WAITING_FOR_OLD_POD else "Warning"
    actions: tuple[Action, ...] = (Emit(type_, trouble.reason, trouble.message),) if new else ()
    return Verdict(actions, status, look_again)
