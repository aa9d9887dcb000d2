"""Which claims are not filled yet, and what CDI says of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from api.names import ANNOTATION_BIND_AT_ONCE, CDI_GROUP, Reason
from controller.claim_view import Claim
from controller.data_volume import OWNER_KIND, DataVolume, Provision

# A claim that is populated is bound only when it is full, and only when a pod that uses it says
# where: Kubernetes itself holds that pod until then.
_READY: Final = frozenset({"Succeeded", "PendingPopulation"})
_FAILED: Final = "Failed"
_UPLOAD: Final = "UploadReady"
# A pod that binds such a claim runs on it at once, while it is still empty.
_UNBOUND: Final = "WaitForFirstConsumer"
# Of the condition Running: CDI tries again, and cannot succeed while nobody helps.
_IMPORT_ERRORS: Final = frozenset({"Error", "ImagePullFailed"})
_QUOTA: Final = "ErrExceededQuota"  # of the condition Bound
_LETTERS: Final = 1024
_STEP_PERCENT: Final = 10  # progress in such steps: each one is a write


@dataclass(frozen=True, slots=True)
class Storage:
    """What is known of the claims of one VM, by name, and of the DataVolumes that fill them."""

    namespace: str
    known: bool = True  # whether there is CDI, and which DataVolumes there are
    served: bool = False  # there is CDI
    data_volumes: Mapping[str, DataVolume] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)


def list_missing(storage: Storage, templates: Iterable[str]) -> tuple[str, ...]:
    """Return which DataVolumes are to be made: neither they nor claims of their names exist."""
    if not (storage.known and storage.served):
        return ()
    return tuple(name for name in templates if not _exists(storage, name))


def find_provision(
    storage: Storage, templates: Iterable[str], claims: Iterable[str] = ()
) -> Provision | None:
    """Return why not all is filled; what needs help is told first."""
    templated = dict.fromkeys(templates, True)
    names = templated | {name: False for name in claims if name not in templated}
    found = (_judge(storage, name, templated=own) for name, own in names.items())
    open_ones = [each for each in found if each is not None]
    return next((each for each in open_ones if each.failed), next(iter(open_ones), None))


def _exists(storage: Storage, name: str) -> bool:
    return name in storage.data_volumes or name in storage.claims


def _judge(storage: Storage, name: str, *, templated: bool) -> Provision | None:
    """Return what is open about one claim."""
    volume, claim = storage.data_volumes.get(name), storage.claims.get(name)
    if volume is not None:
        return _judge_volume(volume, templated=templated)
    if claim is not None:
        # Without its DataVolume, a claim is somebody's own, or was left by one that is done. One
        # that still belongs to a DataVolume was told of sooner than that.
        if not any(owner.kind == OWNER_KIND for owner in claim.metadata.owner_references):
            return None
        return Provision(f"PersistentVolumeClaim {name} belongs to a DataVolume that is not known")
    if not templated:
        return None
    if storage.known and not storage.served:
        text = f"DataVolume {name} cannot be made: the cluster has no CDI ({CDI_GROUP})"
        advice = "install it, or use a persistentVolumeClaim volume instead"
        return Provision(f"{text}; {advice}", Reason.FAILED_DATA_VOLUME_CREATE)
    return Provision(f"DataVolume {name} is not made yet")


def _judge_volume(volume: DataVolume, *, templated: bool) -> Provision | None:
    name, phase = volume.metadata.name, volume.status.phase
    place = f"{name} -n {volume.metadata.namespace}"
    if volume.metadata.deletion_timestamp is not None:
        return Provision(f"DataVolume {name} is being deleted")
    if phase in _READY:
        return None
    if phase == _FAILED:
        said = _say(volume, "Running") or _say(volume, "Bound") or _say(volume, "Ready")
        again = "; it is made anew after: " if templated else "; remove it with: "
        text = f"DataVolume {name} failed{said}{again}kubectl delete dv {place}"
        return Provision(text, Reason.FAILED_DATA_VOLUME_IMPORT)
    error = _find_error(volume)
    if error:
        text = f"DataVolume {name} is not filled{error}; CDI goes on trying"
        return Provision(
            f"{text}, see: kubectl describe dv {place}", Reason.FAILED_DATA_VOLUME_IMPORT
        )
    return _describe(volume, name, place)


def _describe(volume: DataVolume, name: str, place: str) -> Provision:
    """All goes its way, or waits for somebody who knows."""
    phase = volume.status.phase[:_LETTERS]
    if phase == _UNBOUND:
        text = f"DataVolume {name} is not filled before its volume has a place; let CDI choose one"
        command = f"kubectl annotate pvc {place} {ANNOTATION_BIND_AT_ONCE}=true"
        return Provision(f"{text} with: {command}", unbound=True)
    if phase == _UPLOAD:
        text = f"DataVolume {name} waits for its upload"
        return Provision(f"{text}: virtctl image-upload dv {place} --no-create --image-path FILE")
    done = _round(volume.status.progress)
    text = f"DataVolume {name} is not filled yet: {phase or 'CDI has not begun'}{done}"
    return Provision(f"{text}; see: kubectl describe dv {place}")


def _find_error(volume: DataVolume) -> str:
    running, bound = volume.status.find("Running"), volume.status.find("Bound")
    if running is not None and running.status == "False" and running.reason in _IMPORT_ERRORS:
        return _say(volume, "Running") or f": {running.reason}"
    if bound is not None and bound.status == "False" and bound.reason == _QUOTA:
        return _say(volume, "Bound") or f": {bound.reason}"
    return ""


def _say(volume: DataVolume, type_: str) -> str:
    """Return CDI's words, as the rest of a sentence."""
    condition = volume.status.find(type_)
    return f": {condition.message[:_LETTERS]}" if condition and condition.message else ""


def _round(progress: str) -> str:
    """Return the progress, which CDI writes as 45.21%, for a sentence; N/A is none."""
    whole = progress.partition(".")[0].removesuffix("%")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3):
        return ""
    return f", {int(whole) // _STEP_PERCENT * _STEP_PERCENT} %"
