"""The manifests that `create` prints; pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from api.names import API_VERSION, INSTANCETYPE_API_VERSION
from api.problem import Problem
from cli.draft_volume import DraftVolume

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
DEFAULT_MEMORY: Final = "512Mi"
CLOUD_INITS: Final = {"nocloud": "cloudInitNoCloud", "configdrive": "cloudInitConfigDrive"}
_CLOUD_INIT_VOLUME: Final = "cloudinitdisk"
Family = Literal["Instancetype", "Preference"]


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a VM's instancetype or preference comes from; all empty: from nowhere that is told."""

    name: str = ""  # [KIND/]NAME
    volume: str = ""  # to infer from this one
    infer: bool | None = None  # from the volume that the VM boots from; None: if it can be


@dataclass(frozen=True, slots=True)
class CloudInit:
    """What cloud-init is told."""

    kind: str = "nocloud"
    user: str = ""
    password: str = ""
    ssh_keys: tuple[str, ...] = ()
    agent_manages_keys: bool = False
    user_data_base64: str = ""
    network_data_base64: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the flags say of a VM."""

    name: str
    namespace: str = ""
    run_strategy: str = "Always"
    grace_seconds: int = 180
    memory: str = ""
    instancetype: Wish = Wish()
    preference: Wish = Wish()
    volumes: Sequence[DraftVolume] = ()
    cloud_init: CloudInit = CloudInit()


def build_vm(draft: Draft) -> Json:
    """Return the VirtualMachine."""
    instancetype = build_matcher("Instancetype", draft.instancetype, draft.volumes)
    preference = build_matcher("Preference", draft.preference, draft.volumes)
    # an instancetype that may turn out not to be there leaves the size to the VM
    sized = instancetype is not None and "inferFromVolumeFailurePolicy" not in instancetype
    if sized and draft.memory:
        raise Problem("BadFlag", "--memory does not go with an instancetype, which says it")
    templates = [each.template for each in draft.volumes if each.template is not None]
    disks = [
        {"name": each.name, "bootOrder": each.boot_order, "disk": {}}
        for each in draft.volumes
        if each.boot_order is not None
    ]
    domain: Json = {"devices": {"disks": disks} if disks else {}}
    if not sized:
        domain["memory"] = {"guest": draft.memory or DEFAULT_MEMORY}
    volumes = [*(each.volume for each in draft.volumes), *_build_cloud_init(draft.cloud_init)]
    spec = {"domain": domain, "terminationGracePeriodSeconds": draft.grace_seconds}
    return _build(
        API_VERSION,
        "VirtualMachine",
        draft.name,
        draft.namespace,
        {
            **({"dataVolumeTemplates": templates} if templates else {}),
            **({"instancetype": instancetype} if instancetype else {}),
            **({"preference": preference} if preference else {}),
            "runStrategy": draft.run_strategy,
            "template": {"spec": {**spec, **({"volumes": volumes} if volumes else {})}},
        },
    )


def build_matcher(family: Family, wish: Wish, volumes: Sequence[DraftVolume]) -> Json | None:
    """Return spec.instancetype or spec.preference."""
    if wish.name:
        kind, slash, name = wish.name.rpartition("/")
        return {"name": name, **({"kind": _spell_kind(family, kind)} if slash else {})}
    if wish.infer is False:
        return None
    boot = _find_boot_volume(volumes)
    chosen = next((each for each in volumes if each.name == wish.volume), None)
    if wish.volume and chosen is None:
        raise Problem("BadFlag", f"there is no volume {wish.volume} to infer from")
    source = chosen or boot
    if source is not None and source.labelled:
        lenient = {} if wish.volume or wish.infer else {"inferFromVolumeFailurePolicy": "Ignore"}
        return {"inferFromVolume": source.name, **lenient}
    if wish.volume or wish.infer:
        raise Problem("BadFlag", "only a claim, or a volume made from one, can be inferred from")
    return None


def build_instancetype(name: str, namespace: str | None, cpus: int, memory: str) -> Json:
    """Return an instancetype; of the cluster when the namespace is None."""
    spec = {"cpu": {"guest": cpus}, "memory": {"guest": memory}}
    return _build_of_catalogue("Instancetype", name, namespace, spec)


def build_preference(
    name: str, namespace: str | None, topology: str, machine: str, storage_class: str
) -> Json:
    """Return a preference; of the cluster when the namespace is None."""
    spec = {
        **({"cpu": {"preferredCPUTopology": topology}} if topology else {}),
        **({"machine": {"preferredMachineType": machine}} if machine else {}),
        **({"volumes": {"preferredStorageClassName": storage_class}} if storage_class else {}),
    }
    return _build_of_catalogue("Preference", name, namespace, spec)


def _build_of_catalogue(family: Family, name: str, namespace: str | None, spec: Json) -> Json:
    scope = "Cluster" if namespace is None else ""
    kind = f"VirtualMachine{scope}{family}"
    return _build(INSTANCETYPE_API_VERSION, kind, name, namespace or "", spec)


def _build(api_version: str, kind: str, name: str, namespace: str, spec: Json) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def _spell_kind(family: Family, word: str) -> str:
    kinds = (f"VirtualMachine{family}", f"VirtualMachineCluster{family}")
    for kind in kinds:
        if word.lower() in {kind.lower(), f"{kind.lower()}s"}:
            return kind
    raise Problem("BadFlag", f"{word} is neither {kinds[0]} nor {kinds[1]}")


def _find_boot_volume(volumes: Sequence[DraftVolume]) -> DraftVolume | None:
    """Return the volume that comes first: by its boot order, else by its place."""
    ordered = [each for each in volumes if each.boot_order is not None]
    ordered.sort(key=lambda each: each.boot_order or 0)
    return next(iter([*ordered, *volumes]), None)


def _build_cloud_init(wanted: CloudInit) -> list[Json]:
    """Return the volume for cloud-init, if it is told anything."""
    config = _list_config(wanted)
    if config and wanted.user_data_base64:
        raise Problem("BadFlag", "whole user data do not go with --user, --ssh-key and their kin")
    source: Json = {}
    if config:
        source = {"userData": "\n".join(["#cloud-config", *config, ""])}
    if wanted.user_data_base64:
        source = {"userDataBase64": wanted.user_data_base64}
    if wanted.network_data_base64:
        source["networkDataBase64"] = wanted.network_data_base64
    if not source:
        return []
    if wanted.kind not in CLOUD_INITS:
        raise Problem("BadFlag", f"--cloud-init {wanted.kind} does not go with data for it")
    return [{"name": _CLOUD_INIT_VOLUME, CLOUD_INITS[wanted.kind]: source}]


def _list_config(wanted: CloudInit) -> list[str]:
    """Return the lines of a #cloud-config; JSON's strings are YAML's as well."""
    lines = []
    if wanted.user:
        lines.append(f"user: {json.dumps(wanted.user)}")
    if wanted.password:
        lines += [f"password: {json.dumps(wanted.password)}", "chpasswd: {expire: false}"]
    if wanted.ssh_keys:
        lines.append("ssh_authorized_keys:")
        lines += [f"  - {json.dumps(key)}" for key in wanted.ssh_keys]
    if wanted.agent_manages_keys:
        lines.append("runcmd:")
        lines.append("  - [setsebool, -P, virt_qemu_ga_manage_ssh, 'on']")
    return lines
