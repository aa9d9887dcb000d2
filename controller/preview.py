"""The pod of a VM that does not exist: `kubectl virt plan` runs this as a program of its own.

On standard input {"item": …, "configuration": …, "launcher": image, "blocks": […]}: the item is a
VirtualMachineInstance, or a VirtualMachine with instancetype and preference written out; blocks
are the claims that are block devices, others are taken for file systems. On standard output the
pod, or {"problem": …}. No cluster is asked, so what an API server chooses is made up.
"""

import sys
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from api.cause import Cause, describe_causes
from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.names import API_VERSION
from api.problem import Problem
from api.sizing import Sizing
from api.support import find_unsupported
from api.validate import validate_labels, validate_spec, validate_vm
from api.vm import VirtualMachine
from api.vmi import VirtualMachineInstance
from controller.vm.instance import build_instance
from controller.vmi.pod import Images, build_pod
from controller.vmi.volume import ClaimFacts

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
UID: Final = "00000000-0000-4000-8000-000000000000"
_CREATED: Final = "2000-01-01T00:00:00Z"
_NAMESPACE: Final = "default"


def preview_pod(
    item: Json, config: KubeVirtConfiguration, images: Images, blocks: frozenset[str]
) -> Json:
    """Return the pod, or raise the Problem for which there would be none."""
    vmi = _find_instance(item, config)
    unsupported = find_unsupported(vmi.spec)
    _refuse((*validate_labels(vmi.metadata.labels), *validate_spec(vmi.spec, config)), unsupported)
    meta = replace(
        vmi.metadata,
        uid=UID,
        namespace=vmi.metadata.namespace or _NAMESPACE,
        creation_timestamp=_CREATED,
    )
    vmi = replace(vmi, metadata=meta)
    spec = apply_defaults(vmi.spec, config, UID, meta.name)
    return build_pod(vmi, spec, config, images, ClaimFacts(blocks, {}))


def _find_instance(item: Json, config: KubeVirtConfiguration) -> VirtualMachineInstance:
    """Return the instance itself, or the one that the VM would have."""
    try:
        if item.get("kind") != "VirtualMachine":
            return msgspec.convert(item, VirtualMachineInstance)
        vm = msgspec.convert(item, VirtualMachine)
        _refuse(validate_vm(vm, config))
        metadata = replace(vm.metadata, uid=UID, generation=1)
        vm = replace(vm, metadata=metadata, api_version=API_VERSION)
        spec = vm.spec.template.spec
        built = build_instance(vm, spec, Sizing(), vm.status, paused=False)
        return msgspec.convert(built, VirtualMachineInstance)
    except msgspec.ValidationError as error:
        raise Problem("FieldInvalid", str(error)) from error


def _refuse(*causes: tuple[Cause, ...]) -> None:
    found = tuple(cause for part in causes for cause in part)
    if found:
        raise Problem("FieldInvalid", describe_causes(found))


def main() -> None:
    """Read, plan, print."""
    request: Json = msgspec.json.decode(sys.stdin.buffer.read())
    try:
        config = msgspec.convert(request.get("configuration", {}), KubeVirtConfiguration)
        answer = preview_pod(
            request["item"],
            config,
            Images(request["launcher"]),
            frozenset(request.get("blocks", ())),
        )
    except Problem as problem:
        answer = {"problem": problem.message}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
