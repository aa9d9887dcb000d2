"""The kinds that the API server serves: the one table of their names, versions and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from api.bound import Schema
from api.column import (
    INSTANCETYPE_COLUMNS,
    KUBEVIRT_COLUMNS,
    REPLICA_SET_COLUMNS,
    VM_COLUMNS,
    VMI_COLUMNS,
)
from api.device import Devices
from api.instancetype import VirtualMachineClusterInstancetype, VirtualMachineInstancetype
from api.kubevirt import KubeVirt
from api.meta import ApiStruct
from api.names import GROUP, INSTANCETYPE_GROUP, INSTANCETYPE_VERSION, VERSION
from api.preference import VirtualMachineClusterPreference, VirtualMachinePreference
from api.replica_set import (
    VirtualMachineInstanceReplicaSet,
    VirtualMachineInstanceReplicaSetStatus,
)
from api.rule import AnyRule, Rule
from api.rule_template import REPLICA_SET_RULES, TEMPLATE_RULES, lift_rules
from api.rule_vm import VM_RULES
from api.schema import ListKeys
from api.status import VirtualMachineInstanceStatus
from api.validate import CATALOGUE_RULES, RULES
from api.vm import VirtualMachine, VirtualMachineStatus
from api.vmi import VirtualMachineInstance, VirtualMachineInstanceSpec

OLD_VERSION: Final = "v1alpha3"

# A scale subresource: `kubectl scale` and autoscalers use these paths.
SCALE: Final[Schema] = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.labelSelector",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its CRD follows from this and the struct."""

    struct: type[ApiStruct]
    plural: str
    short_names: tuple[str, ...]
    rules: tuple[AnyRule, ...] = ()
    columns: tuple[Schema, ...] = ()
    group: str = GROUP
    version: str = VERSION
    old_version: str | None = OLD_VERSION  # served too, and deprecated
    namespaced: bool = True
    categories: tuple[str, ...] = ("all",)
    labels: Mapping[str, str] = field(default_factory=lambda: {GROUP: ""})
    has_status: bool = True
    scale: Schema | None = None
    selectable: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Name of the file that has its CRD."""
        return f"{self.plural}.yaml"


# The only field of a VMI's spec that can change, and only a stop of the gateway's changes it:
# policy.yaml says so, because a CRD's rules do not see who asks.
MUTABLE_VMI_FIELD: Final = "terminationGracePeriodSeconds"

# What only the API server can see: the object before a change.
VMI_TRANSITION_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        VirtualMachineInstance,
        "update of VMI object is restricted: the spec of a VM that exists cannot be changed",
        " && ".join(
            f"has(self.spec.{name}) == has(oldSelf.spec.{name}) && "
            f"(!has(self.spec.{name}) || self.spec.{name} == oldSelf.spec.{name})"
            for name in VirtualMachineInstanceSpec.__struct_encode_fields__
            if name != MUTABLE_VMI_FIELD
        ),
        None,
        ".spec",
    ),
    Rule(
        VirtualMachineInstance,
        "a final phase is never left",
        "!(oldSelf.?status.?phase.orValue('') in ['Succeeded', 'Failed']) || "
        "self.?status.?phase.orValue('') == oldSelf.status.phase",
        None,
        ".status.phase",
    ),
)


def _describe_catalogue(
    struct: type[ApiStruct],
    short_names: tuple[str, ...],
    *,
    namespaced: bool = True,
    columns: tuple[Schema, ...] = (),
) -> Kind:
    return Kind(
        struct,
        f"{struct.__name__.lower()}s",
        short_names,
        CATALOGUE_RULES,
        columns,
        group=INSTANCETYPE_GROUP,
        version=INSTANCETYPE_VERSION,
        old_version=None,
        namespaced=namespaced,
        categories=("all",) if namespaced else (),
        has_status=False,
    )


CATALOGUE_KINDS: Final = (
    _describe_catalogue(
        VirtualMachineInstancetype,
        ("vminstancetype", "vminstancetypes", "vmf", "vmfs"),
        columns=INSTANCETYPE_COLUMNS,
    ),
    _describe_catalogue(
        VirtualMachineClusterInstancetype,
        ("vmclusterinstancetype", "vmclusterinstancetypes", "vmcf", "vmcfs"),
        namespaced=False,
        columns=INSTANCETYPE_COLUMNS,
    ),
    _describe_catalogue(VirtualMachinePreference, ("vmpref", "vmprefs", "vmp", "vmps")),
    _describe_catalogue(VirtualMachineClusterPreference, ("vmcp", "vmcps"), namespaced=False),
)

KINDS: Final = (
    Kind(
        VirtualMachine,
        "virtualmachines",
        ("vm", "vms"),
        (*lift_rules(RULES), *TEMPLATE_RULES, *VM_RULES),
        VM_COLUMNS,
        selectable=(".status.printableStatus",),
    ),
    Kind(
        VirtualMachineInstance,
        "virtualmachineinstances",
        ("vmi", "vmis"),
        (*RULES, *VMI_TRANSITION_RULES),
        VMI_COLUMNS,
        selectable=(".status.nodeName", ".status.phase"),
    ),
    Kind(
        VirtualMachineInstanceReplicaSet,
        "virtualmachineinstancereplicasets",
        ("vmirs", "vmirss"),
        (*RULES, *TEMPLATE_RULES, *REPLICA_SET_RULES),
        REPLICA_SET_COLUMNS,
        scale=SCALE,
    ),
    Kind(
        KubeVirt,
        "kubevirts",
        ("kv", "kvs"),
        RULES,
        KUBEVIRT_COLUMNS,
        labels={f"operator.{GROUP}": ""},
    ),
    *CATALOGUE_KINDS,
)

# Keys of the lists that are maps, by the struct and the field (on the wire) that has the list.
LIST_KEYS: Final[ListKeys] = {
    (Devices, "disks"): ("name",),
    (Devices, "interfaces"): ("name",),
    (VirtualMachineInstanceSpec, "volumes"): ("name",),
    (VirtualMachineInstanceSpec, "networks"): ("name",),
    (VirtualMachineInstanceSpec, "resourceClaims"): ("name",),
    (VirtualMachineInstanceSpec, "topologySpreadConstraints"): (
        "topologyKey",
        "whenUnsatisfiable",
    ),
    (VirtualMachineInstanceStatus, "conditions"): ("type",),
    (VirtualMachineInstanceStatus, "phaseTransitionTimestamps"): ("phase",),
    (VirtualMachineInstanceStatus, "volumeStatus"): ("name",),
    (VirtualMachineStatus, "conditions"): ("type",),
    (VirtualMachineStatus, "volumeSnapshotStatuses"): ("name",),
    (VirtualMachineInstanceReplicaSetStatus, "conditions"): ("type",),
}
