"""Requests to start and to stop: which are fulfilled, and which is next."""

from msgspec.structs import replace

from api.names import RunStrategy
from api.verb import PAUSED
from api.vm import StateChangeRequest
from controller.vm.strategy import Life, find_life
from controller.vmi.seen import Vmi


def trim_requests(
    requests: tuple[StateChangeRequest, ...], own: Vmi | None, strategy: str
) -> tuple[StateChangeRequest, ...]:
    """Return the requests that are still to be fulfilled; they are, one after the other.

    A stop of whatever runs becomes a stop of what runs now: it must not hit what comes later.
    """
    first = 0
    while first < len(requests) and _is_done(requests[first], own, strategy):
        first += 1
    rest = requests[first:]
    if rest and rest[0].action == "Stop" and own is not None:
        return (replace(rest[0], uid=own.metadata.uid), *rest[1:])
    return rest


def asks_paused(requests: tuple[StateChangeRequest, ...]) -> bool:
    """True when the VM is to start with its guest paused."""
    return bool(requests) and requests[0].data.get(PAUSED) == "true"


def _is_done(request: StateChangeRequest, own: Vmi | None, strategy: str) -> bool:
    if request.action == "Start":
        # nothing starts a VM a second time that is to run once
        return find_life(own) is Life.ALIVE or strategy == RunStrategy.ONCE
    if own is None or own.deleted:
        return True
    return request.uid is not None and request.uid != own.metadata.uid
