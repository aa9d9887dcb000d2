"""VMs, instances and pods in an API server in memory."""

from tests.unit.controller.fake_api import FakeApi, Json

POD_UID = "uid-of-the-pod"


def put_vm(api: FakeApi, name: str = "vm1", *, status: Json | None = None, **spec: object) -> Json:
    """Put a VM that is Halted unless told otherwise."""
    template = {"spec": {"domain": {"devices": {}, "memory": {"guest": "64Mi"}}}}
    item = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {"runStrategy": "Halted", "template": template, **spec},
        "status": status or {},
    }
    return api.put("virtualmachines", item)


def put_vmi(
    api: FakeApi,
    name: str = "vm1",
    *,
    owner: Json | None = None,
    conditions: tuple[str, ...] = (),
    spec: Json | None = None,
    **status: object,
) -> Json:
    """Put a VMI that runs on node1 unless told otherwise, in a pod."""
    domain: Json = {"devices": {}}
    item: Json = {
        "metadata": {"name": name},
        "spec": {"domain": domain, **(spec or {})},
        "status": {
            "phase": "Running",
            "nodeName": "node1",
            "conditions": [{"type": each, "status": "True"} for each in conditions],
            **status,
        },
    }
    if owner is not None:
        reference = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "controller": True}
        uid = owner["metadata"]["uid"]
        item["metadata"]["ownerReferences"] = [{**reference, "name": name, "uid": uid}]
    return api.put("virtualmachineinstances", item)
