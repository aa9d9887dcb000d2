"""The pod of a VM: all that Kubernetes is asked to do for it."""

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from api.config import KubeVirtConfiguration
from api.default import GRACE_SECONDS, derive_hostname
from api.launch import LAUNCH_VERSION, LaunchDocument, encode_launch
from api.meta import ObjectMeta
from api.names import (
    ANNOTATION_DEFAULT_CONTAINER,
    ANNOTATION_DOMAIN,
    ANNOTATION_LAUNCH_DOCUMENT,
    ANNOTATION_MEMORY_OVERHEAD,
    ANNOTATION_VM_GENERATION,
    API_VERSION,
    COMPONENT_LAUNCHER,
    CONTAINER_COMPUTE,
    CONTAINER_GUEST,
    GROUP,
    LABEL_COMPONENT,
    LABEL_CREATED_BY,
    LABEL_SCHEDULABLE,
    LABEL_VM_NAME,
    LABEL_VMI_ID,
    PATH_CONSOLE_DIR,
    PATH_SERIAL_SOCKET,
    PATH_TERMINATION_MESSAGE,
    QEMU_GID,
    QEMU_UID,
)
from api.revision import name_start_revision
from api.stop import OWN_GRACE_SECONDS
from api.vmi import VirtualMachineInstance, VirtualMachineInstanceSpec
from controller.vmi.resource import PodResources, plan_resources
from controller.vmi.volume import (
    CONSOLE,
    ClaimFacts,
    Json,
    PodVolumes,
    list_block_volumes,
    list_pull_secrets,
    map_claim_bytes,
    plan_volumes,
)

_VM_KIND: Final = "VirtualMachine"
# Annotations of the VMI that speak of the VMI alone.
_KEPT_BACK: Final = ("kubectl.kubernetes.io/", f"{GROUP}/")
# The pod's SIGTERM is for the launcher: the relay stays for the guest's last words, and ends
# when the launcher's socket does; only where there never was a socket it ends at once, or a pod
# whose image cannot be pulled would stay for its whole grace period. A shell gives what it
# starts with & an empty stdin: hence 3. A trapped signal ends `wait`: hence the loop.
_RELAY: Final = (
    f"trap '[ -S {PATH_SERIAL_SOCKET} ] || exit 0' TERM; exec 3<&0; "
    f"socat -,rawer UNIX-CONNECT:{PATH_SERIAL_SOCKET},retry=600,interval=0.05 <&3 & "
    "while wait $!; code=$?; kill -0 $! 2>/dev/null; do :; done; exit $code"
)


@dataclass(frozen=True, slots=True)
class Images:
    """Our own images."""

    launcher: str


def build_pod(
    vmi: VirtualMachineInstance,
    spec: VirtualMachineInstanceSpec,
    config: KubeVirtConfiguration,
    images: Images,
    claims: ClaimFacts,
) -> Json:
    """Return the pod; ``spec`` is the VMI's with defaults."""
    resources = plan_resources(spec, config)
    volumes = plan_volumes(spec, claims.block)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _build_metadata(vmi, spec, config, resources, claims),
        "spec": {
            "restartPolicy": "Never",
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": count_pod_grace(spec.termination_grace_period_seconds),
            "securityContext": {"fsGroup": QEMU_GID, "fsGroupChangePolicy": "OnRootMismatch"},
            "hostname": spec.hostname or derive_hostname(vmi.metadata.name),
            "containers": _build_containers(spec, config, images, resources, volumes),
            "volumes": volumes.volumes,
            **_build_placement(spec, config),
        },
    }


def count_pod_grace(grace_seconds: int | None) -> int:
    """Return the pod's grace period for the VMI's; never 0, which would not wait for qemu."""
    return (GRACE_SECONDS if grace_seconds is None else grace_seconds) + OWN_GRACE_SECONDS


def shorten_label(name: str) -> str:
    """Make a name fit a label's 63 characters; long ones end in a hash of the whole."""
    if len(name) <= 63:
        return name
    return f"{name[:54]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _find_start_revision(meta: ObjectMeta) -> str:
    """Return the name of the revision that a VirtualMachine started this VMI from; or nothing."""
    generation = meta.annotations.get(ANNOTATION_VM_GENERATION, "")
    owner = next((owner for owner in meta.owner_references if owner.controller), None)
    if owner is None or (owner.api_version, owner.kind) != (API_VERSION, _VM_KIND):
        return ""
    if not generation.isdecimal():
        return ""
    return name_start_revision(owner.uid, generation)


def _build_metadata(
    vmi: VirtualMachineInstance,
    spec: VirtualMachineInstanceSpec,
    config: KubeVirtConfiguration,
    resources: PodResources,
    claims: ClaimFacts,
) -> Json:
    meta = vmi.metadata
    passed_on = {k: v for k, v in meta.annotations.items() if not k.startswith(_KEPT_BACK)}
    hostname = spec.hostname or derive_hostname(meta.name)
    return {
        "name": meta.name,
        "namespace": meta.namespace,
        "labels": {
            **meta.labels,
            LABEL_COMPONENT: COMPONENT_LAUNCHER,
            LABEL_CREATED_BY: meta.uid,
            LABEL_VM_NAME: hostname,
            LABEL_VMI_ID: shorten_label(meta.name),
        },
        "annotations": {
            **passed_on,
            ANNOTATION_DOMAIN: meta.name,
            ANNOTATION_DEFAULT_CONTAINER: CONTAINER_GUEST,
            ANNOTATION_MEMORY_OVERHEAD: str(resources.overhead_bytes),
            ANNOTATION_LAUNCH_DOCUMENT: _build_launch(vmi, spec, config, claims),
        },
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": vmi.kind,
                "name": meta.name,
                "uid": meta.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }


def _build_launch(
    vmi: VirtualMachineInstance,
    spec: VirtualMachineInstanceSpec,
    config: KubeVirtConfiguration,
    claims: ClaimFacts,
) -> str:
    grace_seconds = spec.termination_grace_period_seconds
    return encode_launch(
        LaunchDocument(
            version=LAUNCH_VERSION,
            name=vmi.metadata.name,
            namespace=vmi.metadata.namespace,
            uid=vmi.metadata.uid,
            created=vmi.metadata.creation_timestamp or "",
            revision_name=_find_start_revision(vmi.metadata),
            spec=spec,
            allow_emulation=config.developer_configuration.use_emulation,
            grace_seconds=GRACE_SECONDS if grace_seconds is None else grace_seconds,
            block_volumes=list_block_volumes(spec, claims.block),
            claim_bytes=map_claim_bytes(spec, claims),
            smbios_manufacturer=config.smbios.manufacturer,
            smbios_product=config.smbios.product,
        )
    )


def _build_containers(
    spec: VirtualMachineInstanceSpec,
    config: KubeVirtConfiguration,
    images: Images,
    resources: PodResources,
    volumes: PodVolumes,
) -> list[Json]:
    image: Json = {"image": images.launcher, "imagePullPolicy": config.image_pull_policy}
    compute: Json = {
        "name": CONTAINER_COMPUTE,
        **image,
        "command": ["tini", "--", "python3", "-m", "launcher"],
        "env": [
            _build_env("POD_NAME", "metadata.name"),
            _build_env("POD_NAMESPACE", "metadata.namespace"),
            _build_env("POD_UID", "metadata.uid"),
            _build_env("NODE_NAME", "spec.nodeName"),
        ],
        "securityContext": {"privileged": True, "runAsUser": 0},
        "resources": resources.compute,
        "terminationMessagePath": PATH_TERMINATION_MESSAGE,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": volumes.mounts,
    }
    if volumes.devices:
        compute["volumeDevices"] = volumes.devices
    ports = _build_ports(spec)
    if ports:
        compute["ports"] = ports
    # `guest` is there even without a serial console: in a pod of one container, an exec that
    # names none would go into the privileged `compute` (manifests/base/policy.yaml).
    return [compute, _build_guest(image, resources)]


def _build_guest(image: Json, resources: PodResources) -> Json:
    """The serial console as a container: its log, and what `kubectl attach` attaches to."""
    return {
        "name": CONTAINER_GUEST,
        **image,
        "command": ["sh", "-c", _RELAY],
        "stdin": True,
        "tty": True,
        "securityContext": {
            "privileged": False,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": QEMU_UID,
            "runAsGroup": QEMU_GID,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "resources": resources.guest,
        # Whoever may exec is at home here, and `compute` uses this directory as root.
        "volumeMounts": [{"name": CONSOLE, "mountPath": PATH_CONSOLE_DIR, "readOnly": True}],
    }


def _build_env(name: str, field_path: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field_path}}}


def _build_ports(spec: VirtualMachineInstanceSpec) -> list[Json]:
    ports: list[Json] = []
    for port in (port for nic in spec.domain.devices.interfaces for port in nic.ports):
        built: Json = {"containerPort": port.port, "protocol": port.protocol or "TCP"}
        if port.name:
            built["name"] = port.name
        ports.append(built)
    return ports


def _build_placement(spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration) -> Json:
    """Pass on where and when the VM may run, as a pod says it."""
    architecture = {"kubernetes.io/arch": spec.architecture} if spec.architecture else {}
    fields: Json = {
        "nodeSelector": {
            **config.developer_configuration.node_selectors,
            **architecture,
            **spec.node_selector,
            LABEL_SCHEDULABLE: "true",
        },
        "affinity": spec.affinity,
        "tolerations": spec.tolerations,
        "topologySpreadConstraints": spec.topology_spread_constraints,
        "schedulerName": spec.scheduler_name,
        "priorityClassName": spec.priority_class_name,
        "serviceAccountName": spec.service_account_name,
        "subdomain": spec.subdomain,
        "dnsPolicy": spec.dns_policy,
        "dnsConfig": spec.dns_config,
        "runtimeClassName": config.default_runtime_class,
        "imagePullSecrets": [{"name": name} for name in list_pull_secrets(spec)],
    }
    built: Json = msgspec.to_builtins(fields)
    return {name: value for name, value in built.items() if value}
