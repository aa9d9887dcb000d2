"""Requests to start and to stop: what they come to, all together."""

from msgspec.structs import replace

from api.names import RunStrategy
from api.verb import PAUSED
from api.vm import StateChangeRequest
from controller.vm.strategy import Life, find_life
from controller.vmi.seen import Vmi

Requests = tuple[StateChangeRequest, ...]


def trim_requests(requests: Requests, own: Vmi | None, strategy: str) -> Requests:
    """Return what is still to be done: nothing, a stop, a start, or both, which is a restart.

    The last wish counts; those before it were overruled before anybody saw to them. Only a stop
    that hits the instance is remembered by a start that follows it. A stop of whatever runs
    becomes a stop of what runs now: it must not hit what comes later.
    """
    if not requests:
        return ()
    last = requests[-1]
    stop = _find_stop(requests, own)
    if last.action == "Stop":
        return stop
    if strategy == RunStrategy.ONCE:  # nothing starts a VM a second time that is to run once
        return ()
    if not stop and find_life(own) is Life.ALIVE:
        return ()
    return (*stop, last)


def is_refused(requests: Requests, own: Vmi | None, strategy: str) -> bool:
    """True when a start is wished for that the run strategy does not give."""
    if strategy != RunStrategy.ONCE or not requests or requests[-1].action != "Start":
        return False
    return find_life(own) is not Life.ALIVE or bool(_find_stop(requests, own))


def hits_whatever_runs(requests: Requests) -> bool:
    """True when a stop does not say which instance it is for: it would hit the next one too."""
    return any(request.action == "Stop" and request.uid is None for request in requests)


def asks_paused(requests: Requests) -> bool:
    """True when the VM is to start with its guest paused."""
    return bool(requests) and requests[0].data.get(PAUSED) == "true"


def _find_stop(requests: Requests, own: Vmi | None) -> Requests:
    """Return the last stop that is for the instance, by its UID; none for one that is going."""
    if own is None or own.deleted:
        return ()
    uid = own.metadata.uid
    hits = [each for each in requests if each.action == "Stop" and each.uid in {None, uid}]
    return (replace(hits[-1], uid=uid),) if hits else ()
