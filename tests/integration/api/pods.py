"""Pods that are as good as root on their node, pods that are not, and templates of both."""

from collections.abc import Mapping
from typing import Final

from tests.integration.bad_vmi import Manifest

CONTAINER: Final[Manifest] = {"name": "main", "image": "localhost/nothing:1"}
LABELS: Final = {"app": "web"}


def pod(**fields: object) -> Manifest:
    """Return a pod's spec."""
    return {"containers": [CONTAINER], **fields}


def within(**context: object) -> Manifest:
    """Return the spec of a pod whose container has a security context."""
    return pod(containers=[{**CONTAINER, "securityContext": context}])


def host_path(path: str = "/") -> Manifest:
    return {"name": "host", "hostPath": {"path": path}}


PRIVILEGED: Final[Mapping[str, Manifest]] = {
    "privileged": within(privileged=True),
    "privileged, beside one that is not": pod(
        containers=[CONTAINER, {"name": "b", "image": "x", "securityContext": {"privileged": True}}]
    ),
    "a privileged init container": pod(
        initContainers=[{"name": "i", "image": "x", "securityContext": {"privileged": True}}]
    ),
    "hostPath": pod(volumes=[host_path()]),
    "hostPath among others": pod(volumes=[{"name": "a", "emptyDir": {}}, host_path("/run")]),
    "hostNetwork": pod(hostNetwork=True),
    "hostPID": pod(hostPID=True),
    "hostIPC": pod(hostIPC=True),
    "SYS_ADMIN": within(capabilities={"add": ["SYS_ADMIN"]}),
    "a capability among good ones": within(capabilities={"add": ["CHOWN", "NET_ADMIN"]}),
    "all capabilities": within(capabilities={"add": ["ALL"]}),
    "all capabilities, in an init container": pod(
        initContainers=[
            {"name": "i", "image": "x", "securityContext": {"capabilities": {"add": ["ALL"]}}}
        ]
    ),
    "procMount": {**within(procMount="Unmasked"), "hostUsers": False},
    "SELinux of the host": within(seLinuxOptions={"type": "spc_t"}),
    "SELinux of the host, for the pod": pod(securityContext={"seLinuxOptions": {"type": "spc_t"}}),
    "Windows' host process": pod(
        hostNetwork=True,
        os={"name": "windows"},
        securityContext={"windowsOptions": {"hostProcess": True, "runAsUserName": "SYSTEM"}},
    ),
}
HARMLESS: Final[Mapping[str, Manifest]] = {
    "nothing special": pod(),
    "root in its container": within(runAsUser=0, allowPrivilegeEscalation=True),
    "capabilities of the baseline": within(capabilities={"add": ["CHOWN", "NET_BIND_SERVICE"]}),
    "capabilities dropped": within(capabilities={"drop": ["ALL"]}, privileged=False),
    "an init container": pod(initContainers=[{"name": "i", "image": "x"}]),
    "volumes": pod(
        volumes=[{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "c"}}]
    ),
    "a port of the host": pod(
        containers=[{**CONTAINER, "ports": [{"containerPort": 80, "hostPort": 30080}]}]
    ),
    "contexts that say what is so anyway": {
        **within(procMount="Default", seLinuxOptions={"type": "container_t", "level": "s0:c1"}),
        "hostNetwork": False,
        "securityContext": {"fsGroup": 107, "seccompProfile": {"type": "Unconfined"}},
    },
    "a container named compute": pod(containers=[{**CONTAINER, "name": "compute"}]),
}


def _template(spec: Manifest, policy: str = "Always") -> Manifest:
    return {"metadata": {"labels": LABELS}, "spec": {**spec, "restartPolicy": policy}}


def build(plural: str, spec: Manifest, name: str = "made") -> Manifest:
    """Return an object of the kind, with a pod of this spec in it."""
    meta = {"name": name, "labels": LABELS}
    job = {"template": _template(spec, "Never")}
    selector = {"matchLabels": LABELS}
    body: Mapping[str, Manifest] = {
        "core/pods": {"spec": spec},
        "core/podtemplates": {"template": _template(spec)},
        "core/replicationcontrollers": {"spec": {"selector": LABELS, "template": _template(spec)}},
        "apps_v1/deployments": {"spec": {"selector": selector, "template": _template(spec)}},
        "apps_v1/replicasets": {"spec": {"selector": selector, "template": _template(spec)}},
        "apps_v1/daemonsets": {"spec": {"selector": selector, "template": _template(spec)}},
        "apps_v1/statefulsets": {
            "spec": {"selector": selector, "serviceName": "", "template": _template(spec)}
        },
        "batch_v1/jobs": {"spec": job},
        "batch_v1/cronjobs": {"spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}},
    }
    return {"metadata": meta, **body[plural]}


PLURALS: Final = (
    "core/pods",
    "core/podtemplates",
    "core/replicationcontrollers",
    "apps_v1/deployments",
    "apps_v1/replicasets",
    "apps_v1/daemonsets",
    "apps_v1/statefulsets",
    "batch_v1/jobs",
    "batch_v1/cronjobs",
)
