"""Whether a VMI's state allows a verb, as far as its status tells; pure.

The node has the last word: a status may be old. What it says here needs no call to the node, and
is said in KubeVirt's order and words, which clients look for.
"""

from collections.abc import Callable, Mapping
from typing import Final

from api.door import NodeVerb
from api.names import Condition, Phase
from api.vmi import VirtualMachineInstance
from gateway.refusal import Refused, refuse_state
from gateway.route import VMI

Check = Callable[[VirtualMachineInstance], Refused | None]


def check_verb(vmi: VirtualMachineInstance, verb: NodeVerb, *, dry_run: bool = False) -> None:
    """Raise Refused if the VMI is in no state for the verb.

    Whether a guest is paused the node alone knows: who pauses and unpauses at once is faster than
    the status. It is looked at where the node is not asked, in a dry run.
    """
    for check in (*_CHECKS[verb], *(_DRY_CHECKS.get(verb, ()) if dry_run else ())):
        refused = check(vmi)
        if refused is not None:
            raise refused


def _is(vmi: VirtualMachineInstance, condition: Condition) -> bool:
    return any(each.type == condition and each.status == "True" for each in vmi.status.conditions)


def _conflict(vmi: VirtualMachineInstance, why: str) -> Refused:
    return refuse_state(VMI, vmi.metadata.name, why)


def _want_running(vmi: VirtualMachineInstance) -> Refused | None:
    return None if vmi.status.phase == Phase.RUNNING else _conflict(vmi, "VMI is not running")


def _want_no_probe(vmi: VirtualMachineInstance) -> Refused | None:
    """A probe that needs the guest would fail while it is paused, and the VM would end."""
    probe = vmi.spec.liveness_probe
    if probe is None or not (probe.tcp_socket or probe.http_get or probe.exec):
        return None
    return Refused(403, "a VMI with a liveness probe by TCP, HTTP or a command cannot be paused")


def _want_unpaused_yet(vmi: VirtualMachineInstance) -> Refused | None:
    return _conflict(vmi, "VMI is already paused") if _is(vmi, Condition.PAUSED) else None


def _want_paused(vmi: VirtualMachineInstance) -> Refused | None:
    return None if _is(vmi, Condition.PAUSED) else _conflict(vmi, "VMI is not paused")


def _want_going(vmi: VirtualMachineInstance) -> Refused | None:
    return _conflict(vmi, "VMI is paused") if _is(vmi, Condition.PAUSED) else None


def _want_agent(vmi: VirtualMachineInstance) -> Refused | None:
    if _is(vmi, Condition.AGENT_CONNECTED):
        return None
    return _conflict(vmi, "VMI does not have guest agent connected")


def _want_agent_or_acpi(vmi: VirtualMachineInstance) -> Refused | None:
    features = vmi.spec.domain.features
    acpi = features.acpi if features is not None else None
    if _is(vmi, Condition.AGENT_CONNECTED) or acpi is None or acpi.enabled is not False:
        return None
    return _conflict(vmi, "VMI has neither a guest agent connected nor ACPI enabled")


def _want_graphics(vmi: VirtualMachineInstance) -> Refused | None:
    if vmi.spec.domain.devices.autoattach_graphics_device is False:
        return Refused(400, "No graphics devices are present.")
    return None


_CHECKS: Final[Mapping[NodeVerb, tuple[Check, ...]]] = {
    NodeVerb.PAUSE: (_want_running, _want_no_probe),
    NodeVerb.UNPAUSE: (_want_running,),
    NodeVerb.RESET: (_want_running,),
    NodeVerb.SOFT_REBOOT: (_want_running, _want_going, _want_agent_or_acpi),
    NodeVerb.FREEZE: (_want_running, _want_going, _want_agent),
    NodeVerb.UNFREEZE: (_want_running, _want_going, _want_agent),
    NodeVerb.GUEST_INFO: (_want_running, _want_going, _want_agent),
    NodeVerb.SCREENSHOT: (_want_graphics, _want_running),
    NodeVerb.METRICS: (_want_running,),
}
_DRY_CHECKS: Final[Mapping[NodeVerb, tuple[Check, ...]]] = {
    NodeVerb.PAUSE: (_want_unpaused_yet,),
    NodeVerb.UNPAUSE: (_want_paused,),
}
