"""printableStatus: the first row that fits, over a few facts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.names import FINAL_PHASES, STARTING_PHASES, Phase, PrintableStatus, Reason


@dataclass(frozen=True, slots=True)
class Facts:
    """What the word for humans is made from."""

    phase: str | None = None  # of the instance; None: there is none
    reason: str = ""  # why the instance is not Ready
    deleted: bool = False  # the VM is being deleted
    stopping: bool = False  # the instance is being deleted, or is to be
    migrating: bool = False
    paused: bool = False
    unschedulable: bool = False
    provisioning: bool = False  # a DataVolume is not ready
    provisioning_failed: bool = False
    unbound: bool = False  # a claim has no volume yet
    unplaced: bool = False  # a DataVolume keeps the VM from starting, as nobody says where it is
    failing: bool = False  # it failed to start, and a strategy counts that

    @property
    def alive(self) -> bool:
        return self.phase is not None and self.phase not in FINAL_PHASES


Rule = Callable[[Facts], bool]


def _waits_for(reason: Reason) -> Rule:
    return lambda facts: facts.alive and facts.reason == reason


_IMPORT_FAILED: Final = _waits_for(Reason.FAILED_DATA_VOLUME_IMPORT)
_NOT_FILLED: Final = _waits_for(Reason.DATA_VOLUMES_NOT_READY)

# The order is the precedence.
RULES: Final[tuple[tuple[PrintableStatus, Rule], ...]] = (
    (PrintableStatus.TERMINATING, lambda facts: facts.deleted),
    (PrintableStatus.STOPPING, lambda facts: facts.alive and facts.stopping),
    (PrintableStatus.MIGRATING, lambda facts: facts.alive and facts.migrating),
    (PrintableStatus.PAUSED, lambda facts: facts.alive and facts.paused),
    (PrintableStatus.RUNNING, lambda facts: facts.phase == Phase.RUNNING),
    (PrintableStatus.PVC_NOT_FOUND, _waits_for(Reason.FAILED_PVC_NOT_FOUND)),
    (
        PrintableStatus.DATA_VOLUME_ERROR,
        lambda facts: facts.provisioning_failed or _IMPORT_FAILED(facts),
    ),
    (PrintableStatus.UNSCHEDULABLE, lambda facts: facts.alive and facts.unschedulable),
    (PrintableStatus.PROVISIONING, lambda facts: facts.provisioning or _NOT_FILLED(facts)),
    (
        PrintableStatus.WAITING_FOR_VOLUME_BINDING,
        lambda facts: facts.unplaced or (facts.alive and facts.unbound),
    ),
    (PrintableStatus.ERR_IMAGE_PULL, _waits_for(Reason.ERR_IMAGE_PULL)),
    (PrintableStatus.IMAGE_PULL_BACK_OFF, _waits_for(Reason.IMAGE_PULL_BACK_OFF)),
    (PrintableStatus.STARTING, lambda facts: facts.phase in STARTING_PHASES),
    (PrintableStatus.CRASH_LOOP_BACK_OFF, lambda facts: not facts.alive and facts.failing),
    (PrintableStatus.STOPPED, lambda facts: not facts.alive),
)


def choose_printable(facts: Facts) -> PrintableStatus:
    """Return the word for humans; no VM waits to receive another cluster's yet."""
    return next((word for word, fits in RULES if fits(facts)), PrintableStatus.UNKNOWN)
