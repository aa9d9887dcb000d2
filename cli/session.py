"""Opening a console of a VM that may be yet to run."""

import time
from typing import Final

from api.names import STARTING_PHASES
from api.problem import Problem
from cli.goal import REACHABLE, is_coming, tell_status
from cli.kubectl import NOT_FOUND, Json, Kubectl
from cli.target import VM, VMI, Target
from cli.wait import wait_for
from cli.websocket import Refused, WebSocket, open_websocket

# What the server answers of a VM that does not run, or does not exist (yet).
_NOT_YET: Final = frozenset({400, 404, 409})


def open_session(
    where: str, path: str, target: Target, kubectl: Kubectl, seconds: float
) -> WebSocket:
    """Open the websocket; for a VM that is about to run, wait until it does.

    ``where`` is the unix socket of a proxy, the target has its namespace.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return open_websocket(where, path)
        except Refused as refused:
            if refused.code not in _NOT_YET or not _await(refused, target, kubectl, deadline):
                raise


def await_guest(target: Target, kubectl: Kubectl, deadline: float) -> bool:
    """Wait for a VM that is about to run; say whether there was something to wait for.

    A VM that will not run is a Problem, one of slug NotFound where there is none.
    """
    vmi = kubectl.find(VMI.resource, target.name, target.namespace)
    if vmi is None:
        vm = kubectl.get(VM.resource, target.name, target.namespace)
        if not is_coming(vm):
            hint = f"start it with: kubectl virt start {target.name}"
            raise Problem("NotRunning", f"{VM.singular} {target.name} is not running; {hint}")
    elif not _is_starting(vmi):
        return False
    outcome = wait_for(kubectl, target.namespace, target.name, REACHABLE, deadline)
    if outcome.reached:
        return True
    status, hint = tell_status(outcome.item), f"kubectl virt why {target.name}"
    raise Problem("NotRunning", f"{target.name} does not run yet: {status}; see: {hint}")


def _await(refused: Refused, target: Target, kubectl: Kubectl, deadline: float) -> bool:
    """Do it after the server has refused, whose words say best that there is no such VM."""
    try:
        return await_guest(target, kubectl, deadline)
    except Problem as problem:
        if problem.slug == NOT_FOUND:
            raise refused from None
        raise


def _is_starting(vmi: Json) -> bool:
    phase = vmi.get("status", {}).get("phase", "")
    return phase in STARTING_PHASES and "deletionTimestamp" not in vmi["metadata"]
