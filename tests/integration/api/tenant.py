"""A tenant of the cluster: a token with a role of Kubernetes' in one namespace, and no more."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from tests.integration.bad_vmi import Manifest

ACCOUNT = "tenant"
SECONDS = 60.0


@dataclass(frozen=True)
class Tenant:
    """Acts with a token in a namespace."""

    client: client.ApiClient
    namespace: str

    def attempt(
        self, method: str, path: str, body: object = None, media: str = "application/json"
    ) -> tuple[int, str]:
        """Return code and message of a request whose path is below the namespace's; dry run."""
        return attempt(self.client, method, self.locate(path), body, media)

    def locate(self, path: str) -> str:
        """Return the whole of a path such as apps_v1/deployments."""
        group, _, rest = path.partition("/")
        api = "/api/v1" if group == "core" else f"/apis/{group.replace('_', '/')}"
        return f"{api}/namespaces/{self.namespace}/{rest}"

    def create(self, plural: str, body: Manifest) -> tuple[int, str]:
        """Return what comes of creating something; ``plural`` as in apps_v1/deployments."""
        return self.attempt("POST", plural, body)


def attempt(
    acting: client.ApiClient,
    method: str,
    url: str,
    body: object = None,
    media: str = "application/json",
    **headers: str,
) -> tuple[int, str]:
    """Return code and message of a request that changes nothing."""
    asked = acting.param_serialize(
        method,
        url,
        query_params=[("dryRun", "All")],
        header_params={"Content-Type": media, "Accept": "application/json", **headers},
        body=body,
        auth_settings=["BearerToken"],
    )
    answer = acting.call_api(*asked)
    answer.read()
    if answer.status < 300:
        return 200, ""
    told: dict[str, Any] = json.loads(answer.data)
    return int(answer.status), str(told.get("message"))


@contextmanager
def settle(
    admin: client.ApiClient, prefix: str, role: str, labels: dict[str, str] | None = None
) -> Iterator[Tenant]:
    """Make a namespace with a tenant in it; both are gone afterwards."""
    core = client.CoreV1Api(admin)
    meta = {"generateName": f"{prefix}-", "labels": labels or {}}
    namespace = core.create_namespace({"metadata": meta}).metadata.name
    try:
        core.create_namespaced_service_account(namespace, {"metadata": {"name": ACCOUNT}})
        await_default_account(core, namespace)
        allow_debugging(admin, namespace)
        grant(admin, namespace, role)
        yield Tenant(log_in(admin, namespace), namespace)
    finally:
        core.delete_namespace(namespace)


def await_default_account(core: client.CoreV1Api, namespace: str) -> None:
    """Wait for the account that pods have who name none; a controller makes it, in its time."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while "default" not in {
        each.metadata.name for each in core.list_namespaced_service_account(namespace).items
    }:
        assert time.monotonic() < deadline, f"no default account in {namespace}"
        pause.wait(0.02)


def allow_debugging(admin: client.ApiClient, namespace: str) -> None:
    """Give the tenant what Kubernetes' own roles lack, and many clusters add."""
    rules = [
        {"apiGroups": [""], "resources": ["podtemplates"], "verbs": ["create", "get", "patch"]},
        {"apiGroups": [""], "resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]},
    ]
    body = {"metadata": {"name": "debugging"}, "rules": rules}
    client.RbacAuthorizationV1Api(admin).create_namespaced_role(namespace, body)
    grant(admin, namespace, "debugging", kind="Role")


def grant(admin: client.ApiClient, namespace: str, role: str, *, kind: str = "ClusterRole") -> None:
    """Bind a role to the tenant, in the namespace."""
    client.RbacAuthorizationV1Api(admin).create_namespaced_role_binding(
        namespace,
        {
            "metadata": {"name": f"tenant-{role.replace(':', '.')}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
        },
    )
    await_role(admin, namespace, role, kind)


def await_role(admin: client.ApiClient, namespace: str, role: str, kind: str) -> None:
    """Wait until a role counts; nothing tells when the API server has heard of its binding."""
    rights = client.RbacAuthorizationV1Api(admin)
    found = (
        rights.read_cluster_role(role)
        if kind == "ClusterRole"
        else rights.read_namespaced_role(role, namespace)
    )
    rule = next(rule for rule in found.rules if rule.resources)
    resource, _, subresource = rule.resources[0].partition("/")
    attributes = {"namespace": namespace, "verb": rule.verbs[0], "group": rule.api_groups[0]}
    attributes |= {"resource": resource, "subresource": subresource}
    user = f"system:serviceaccount:{namespace}:{ACCOUNT}"
    review = {"spec": {"user": user, "resourceAttributes": attributes}}
    reviews = client.AuthorizationV1Api(admin)
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while not reviews.create_subject_access_review(review).status.allowed:
        assert time.monotonic() < deadline, f"{user} never got {role}"
        pause.wait(0.02)


def log_in(admin: client.ApiClient, namespace: str) -> client.ApiClient:
    """Return a client with the tenant's token alone."""
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    answer = client.CoreV1Api(admin).create_namespaced_service_account_token(
        ACCOUNT, namespace, request
    )
    settings = client.Configuration(host=admin.configuration.host)
    settings.ssl_ca_cert = admin.configuration.ssl_ca_cert
    settings.api_key["BearerToken"] = f"Bearer {answer.status.token}"
    return client.ApiClient(settings)
