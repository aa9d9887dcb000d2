"""Where each kind of Kubernetes object lives in the API."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from api.names import (
    CDI_GROUP,
    CDI_VERSION,
    GROUP,
    INSTANCETYPE_GROUP,
    INSTANCETYPE_VERSION,
    VERSION,
)
from api.problem import Problem


def is_segment(name: str) -> bool:
    """True for what stays one segment of a URL's path: the API server unquotes before it splits."""
    return name not in {"", ".", ".."} and "/" not in name and "%" not in name


@dataclass(frozen=True, slots=True)
class Resource:
    """A group, version and plural: enough to spell every URL of a kind."""

    group: str  # empty for the core group
    version: str
    plural: str

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """Spell the URL's path; no namespace means all of them, or a kind without namespaces."""
        for part in (namespace or None, name):
            if part is not None and not is_segment(part):
                raise Problem("InvalidName", f"{part!r} cannot be a name")
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        path = f"{root}{scope}/{self.plural}"
        if name is not None:
            path += f"/{quote(name, safe='')}"
        return f"{path}/{subresource}" if subresource else path

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


PODS: Final = Resource("", "v1", "pods")
NODES: Final = Resource("", "v1", "nodes")
CLAIMS: Final = Resource("", "v1", "persistentvolumeclaims")
EVENTS: Final = Resource("", "v1", "events")
SECRETS: Final = Resource("", "v1", "secrets")
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases")
VMIS: Final = Resource(GROUP, VERSION, "virtualmachineinstances")
KUBEVIRTS: Final = Resource(GROUP, VERSION, "kubevirts")
VMS: Final = Resource(GROUP, VERSION, "virtualmachines")
REPLICA_SETS: Final = Resource(GROUP, VERSION, "virtualmachineinstancereplicasets")
DATA_VOLUMES: Final = Resource(CDI_GROUP, CDI_VERSION, "datavolumes")
CONFIG_MAPS: Final = Resource("", "v1", "configmaps")
NAMESPACES: Final = Resource("", "v1", "namespaces")
API_SERVICES: Final = Resource("apiregistration.k8s.io", "v1", "apiservices")
MUTATING_WEBHOOKS: Final = Resource(
    "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"
)
VALIDATING_WEBHOOKS: Final = Resource(
    "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"
)
CONTROLLER_REVISIONS: Final = Resource("apps", "v1", "controllerrevisions")


def _instancetype(plural: str) -> Resource:
    return Resource(INSTANCETYPE_GROUP, INSTANCETYPE_VERSION, plural)


INSTANCETYPES: Final = _instancetype("virtualmachineinstancetypes")
CLUSTER_INSTANCETYPES: Final = _instancetype("virtualmachineclusterinstancetypes")
PREFERENCES: Final = _instancetype("virtualmachinepreferences")
CLUSTER_PREFERENCES: Final = _instancetype("virtualmachineclusterpreferences")
