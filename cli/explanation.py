"""Why a VM does not run: the sentence that its Ready condition says; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from api.names import COMPONENT_CONTROLLER, INSTALL_NAMESPACE, LABEL_COMPONENT, Condition

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
NOT_OBSERVED: Final = "NotObserved"
# A controller that works says something within a second; one that is being replaced, later.
PATIENCE: Final = timedelta(seconds=30)
_ASK_CONTROLLER: Final = (
    f"kubectl --namespace {INSTALL_NAMESPACE} get pods"
    f" --selector {LABEL_COMPONENT}={COMPONENT_CONTROLLER}"
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to why; of a VM that runs, that it does."""

    name: str
    kind: str
    running: bool
    reason: str
    message: str


def explain(item: Json, now: datetime) -> Explanation:
    """Return what a VirtualMachine or a VirtualMachineInstance says of itself."""
    name, kind = item["metadata"]["name"], item["kind"]
    status = item.get("status", {})
    conditions = status.get("conditions", ())
    ready = next((each for each in conditions if each["type"] == Condition.READY), None)
    if ready is None:
        return Explanation(name, kind, False, NOT_OBSERVED, _describe_silence(item, now))
    running = ready["status"] == "True"
    reason = ready.get("reason", "")
    said = _clean(ready.get("message", ""))
    message = said or (_describe_running(name, status) if running else f"{name}: {reason}")
    return Explanation(name, kind, running, reason, message)


def _describe_silence(item: Json, now: datetime) -> str:
    """Say why nothing is said: it was made a moment ago, or nobody works on it."""
    name, made = item["metadata"]["name"], item["metadata"].get("creationTimestamp")
    if made and now - datetime.fromisoformat(made) < PATIENCE:
        return f"{name} was made a moment ago; ask again in a few seconds"
    text = f"the controller has not looked at {name} yet; see whether it runs: "
    return text + _ASK_CONTROLLER


def _describe_running(name: str, status: Json) -> str:
    """Say where it runs: a VM tells it in short, its instance in full."""
    short = status.get("instance", {})
    first: Json = next(iter(status.get("interfaces", ())), {})
    node = short.get("nodeName") or status.get("nodeName")
    address = short.get("ipAddress") or first.get("ipAddress")
    where = f" on {node}" if node else ""
    return f"{name} is running{where}{f' with the address {address}' if address else ''}"


def _clean(text: str) -> str:
    """Keep what others have said from steering the terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
