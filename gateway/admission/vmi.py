"""What is said of a VirtualMachineInstance at admission; pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from api.cause import Cause, CauseReason
from api.config import KubeVirtConfiguration
from api.default_instance import complete_instance
from api.default_vm import PCI_TOPOLOGY
from api.names import ANNOTATION_PCI_TOPOLOGY, FINALIZER_VMI
from api.rule_template import RESERVED_LABELS
from api.validate import validate_labels, validate_spec
from api.vmi import VirtualMachineInstance
from gateway.admission.patch import plan_additions
from gateway.admission.review import Answer, Operation
from gateway.admission.warning import warn_of_spec

Json = dict[str, Any]  # Any: any object


def judge_new_vmi(vmi: VirtualMachineInstance, config: KubeVirtConfiguration) -> Answer:
    """Return what is wrong with a VMI that a user creates."""
    if vmi.metadata.deletion_timestamp is not None:
        return Answer()
    labels = validate_labels(vmi.metadata.labels)
    return Answer((*labels, *validate_spec(vmi.spec, config)), warn_of_spec(vmi.spec))


def judge_changed_vmi(vmi: VirtualMachineInstance, old: VirtualMachineInstance) -> Answer:
    """Return what is wrong with a change of labels; policy.yaml lets nobody change the spec."""
    if vmi.metadata.deletion_timestamp is not None:
        return Answer()
    before, after = old.metadata.labels, vmi.metadata.labels
    return Answer(
        tuple(
            Cause(
                CauseReason.NOT_SUPPORTED,
                f"the label {label} is reserved: it cannot be set, changed or removed",
                f"metadata.labels[{label}]",
            )
            for label in sorted(RESERVED_LABELS)
            if before.get(label) != after.get(label)
        )
    )


def default_vmi(
    raw: Json, vmi: VirtualMachineInstance, config: KubeVirtConfiguration, uuid: str
) -> Sequence[Operation]:
    """Return the JSON patch of what a new VMI lacks; ``raw`` is the same VMI as it was sent.

    The finalizer is among it: it saves the controller the write that would add it.
    """
    meta = vmi.metadata
    if meta.deletion_timestamp is not None:
        return ()
    metadata: Json = {}
    if ANNOTATION_PCI_TOPOLOGY not in meta.annotations:
        metadata["annotations"] = {ANNOTATION_PCI_TOPOLOGY: PCI_TOPOLOGY}
    if FINALIZER_VMI not in meta.finalizers:
        metadata["finalizers"] = [*meta.finalizers, FINALIZER_VMI]
    spec = msgspec.to_builtins(complete_instance(vmi.spec, config, uuid))
    return tuple(plan_additions(raw, {"metadata": metadata, "spec": spec}))
