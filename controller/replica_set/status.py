"""The status of a set: numbers, two conditions."""

from api.meta import Condition as ApiCondition
from api.names import Condition, Reason
from api.replica_set import VirtualMachineInstanceReplicaSetStatus
from api.vm import StartFailure
from controller.replica_set.seen import Seen
from controller.replica_set.selector import render_selector
from controller.replica_set.tally import Tally
from controller.vmi.status import keep_time
from controller.vmi.trouble import Trouble

_PAUSED_TEXT = "spec.paused is true: VMs are neither made nor deleted"


def build_status(
    seen: Seen, tally: Tally, failure: StartFailure | None, trouble: Trouble | None
) -> VirtualMachineInstanceReplicaSetStatus:
    """Return the whole status."""
    item = seen.replica_set
    conditions = []
    if trouble is not None:
        conditions.append(
            ApiCondition(Condition.REPLICA_FAILURE, "True", trouble.reason, trouble.message)
        )
    if item.spec.paused:
        conditions.append(
            ApiCondition(Condition.REPLICA_PAUSED, "True", Reason.PAUSED, _PAUSED_TEXT)
        )
    before = {each.type: each for each in item.status.conditions}
    generation = item.metadata.generation
    return VirtualMachineInstanceReplicaSetStatus(
        replicas=len(tally.active),
        ready_replicas=tally.ready,
        label_selector=render_selector(item.spec.selector) or None,
        observed_generation=generation,
        conditions=tuple(
            keep_time(each, before.get(each.type), seen.now, generation) for each in conditions
        ),
        start_failure=failure,
    )
