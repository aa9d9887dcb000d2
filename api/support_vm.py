"""What of a VirtualMachine's own fields is built; its template is api/support.py's affair."""

from typing import Final

from api.bound import describe_struct
from api.cause import Cause, CauseReason
from api.names import RunStrategy
from api.spec import VirtualMachineInstanceSpec
from api.support import BUILT, Tree, find_unsupported
from api.vm import VirtualMachineSpec

_TEMPLATE: Final[Tree] = {"metadata": True, "spec": BUILT}
BUILT_VM: Final[Tree] = {
    "template": _TEMPLATE,
    # cross-cluster migration comes with migration
    "runStrategy": tuple(s.value for s in RunStrategy if s is not RunStrategy.WAIT_AS_RECEIVER),
    "running": True,
    "instancetype": True,
    "preference": True,
    "dataVolumeTemplates": True,
    "updateVolumesStrategy": ("Replacement",),
}
BUILT_REPLICA_SET: Final[Tree] = {
    "selector": True,
    "template": _TEMPLATE,
    "replicas": True,
    "paused": True,
}


def find_unsupported_vm(
    spec: VirtualMachineSpec, expanded: VirtualMachineInstanceSpec | None = None
) -> tuple[Cause, ...]:
    """Return a cause for each field that is set and not built.

    ``expanded`` is the template's spec with instancetype and preference, where they are known.
    """
    own = []
    for field in describe_struct(VirtualMachineSpec).fields:
        known, value = BUILT_VM[field.encode_name], getattr(spec, field.name)
        if isinstance(known, tuple) and value is not None and value not in known:
            where = f"spec.{field.encode_name}"
            message = f"{where} as {value} is not supported yet"
            own.append(Cause(CauseReason.NOT_SUPPORTED, message, where))
    return (*own, *find_unsupported(expanded or spec.template.spec, "spec.template.spec"))
