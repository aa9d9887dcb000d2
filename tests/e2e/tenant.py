"""kubectl with the token of a tenant: one role in the tests' namespace, and nothing else."""

import base64
import json
import threading
import time
from pathlib import Path
from typing import Final

import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.kubectl import Kubectl
from tests.e2e.observer import Json

REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
SECONDS: Final = 60.0


def build_tenant(cluster: Cluster, name: str, folder: Path, *roles: str) -> Kubectl:
    """Make a service account with ClusterRoles in the namespace; return its kubectl."""
    cluster.kubectl("create", "serviceaccount", name)
    account = f"--serviceaccount={cluster.namespace}:{name}"
    for role in roles:
        binding = f"{name}-{role.replace(':', '.')}"
        cluster.kubectl("create", "rolebinding", binding, f"--clusterrole={role}", account)
        await_role(cluster, name_user(cluster, name), role)
    token = cluster.kubectl("create", "token", name, "--duration=2h").strip()
    path = folder / f"{name}.kubeconfig"
    path.write_text(json.dumps(_build_config(cluster, token)))
    return Kubectl(cluster.kubectl.program, path, cluster.namespace)


def name_user(cluster: Cluster, name: str) -> str:
    """Return what the API server calls a tenant."""
    return f"system:serviceaccount:{cluster.namespace}:{name}"


def await_role(cluster: Cluster, user: str, role: str) -> None:
    """Wait until a ClusterRole that was bound to a user counts."""
    rules = json.loads(cluster.kubectl("get", "clusterrole", role, "-o", "json"))["rules"]
    await_rule(cluster, user, next(rule for rule in rules if rule.get("resources")))


def await_rule(cluster: Cluster, user: str, rule: Json) -> None:
    """Wait until a user has a right; nothing tells when the API server has heard of a binding."""
    resource, _, subresource = rule["resources"][0].partition("/")
    attributes = {
        "namespace": cluster.namespace,
        "verb": rule["verbs"][0],
        "group": rule["apiGroups"][0],
        "resource": resource,
        "subresource": subresource,
        "name": next(iter(rule.get("resourceNames") or ()), ""),
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": attributes},
    }
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while not cluster.api.create(REVIEWS, review)["status"]["allowed"]:
        assert time.monotonic() < deadline, f"{user} never got {rule}"
        pause.wait(0.02)


def _build_config(cluster: Cluster, token: str) -> Json:
    """Return a kubeconfig without any certificate of a client's."""
    admin = yaml.safe_load(Path(cluster.kubectl.env["KUBECONFIG"]).read_text())
    server = next(iter(admin["clusters"]))["cluster"]
    if "certificate-authority" in server:
        authority = Path(server["certificate-authority"]).read_bytes()
        data = base64.b64encode(authority).decode()
    else:
        data = server["certificate-authority-data"]
    trusted = {"server": server["server"], "certificate-authority-data": data}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": trusted}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def grant(cluster: Cluster, name: str, *rights: str, only: tuple[str, ...] = ()) -> None:
    """Give a tenant rights such as "get virtualmachineinstances/vnc", perhaps to some VMs only."""
    words = [right.split() for right in rights]
    rules = [
        {
            "apiGroups": ["subresources.kubevirt.io"],
            "resources": [resource],
            "verbs": [verb],
            "resourceNames": list(only),
        }
        for verb, resource in words
    ]
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": cluster.namespace}
    cluster.kubectl.apply(
        {**head, "kind": "Role", "rules": rules},
        {**head, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]},
    )
    await_rule(cluster, name_user(cluster, name), rules[0])
