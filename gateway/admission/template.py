"""What is said of replica sets, instancetypes and preferences at admission; pure."""

from api.config import KubeVirtConfiguration
from api.instancetype import VirtualMachineInstancetype
from api.preference import VirtualMachinePreference
from api.replica_set import VirtualMachineInstanceReplicaSet
from api.validate import validate_catalogue, validate_replica_set
from gateway.admission.review import Answer
from gateway.admission.warning import warn_of_spec


def judge_replica_set(
    new: VirtualMachineInstanceReplicaSet,
    old: VirtualMachineInstanceReplicaSet | None,
    config: KubeVirtConfiguration,
) -> Answer:
    """Return what is wrong; one whose template is as it was can be scaled, whatever it is."""
    same = old is not None and (new.spec.template, new.spec.selector) == (
        old.spec.template,
        old.spec.selector,
    )
    if new.metadata.deletion_timestamp is not None or same:
        return Answer()
    warnings = warn_of_spec(new.spec.template.spec, "spec.template.spec")
    return Answer(validate_replica_set(new, config), warnings)


def judge_catalogue(new: VirtualMachineInstancetype | VirtualMachinePreference) -> Answer:
    """Return what is wrong with an object of the catalogue, of either scope."""
    if new.metadata.deletion_timestamp is not None:
        return Answer()
    return Answer(validate_catalogue(new.spec))
