"""What kubectl reads in a session; pure."""

import json
from dataclasses import dataclass

_SERVICE_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Server:
    """Where kube-apiserver is, and the file with the authority of its certificate."""

    host: str
    port: int
    authority: str

    @property
    def url(self) -> str:
        """Return the address as kubectl writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"


def find_namespace(user: str) -> str:
    """Return the namespace that a user begins in: a service account's own."""
    parts = user.split(":")
    if user.startswith(_SERVICE_ACCOUNT) and len(parts) == 4:
        return parts[2]
    return "default"


def render_kubeconfig(server: Server, token: str, user: str) -> str:
    """Return a kubeconfig; JSON is YAML, and quotes what has to be."""
    name = "cluster"
    cluster = {"server": server.url, "certificate-authority": server.authority}
    context = {"cluster": name, "user": user, "namespace": find_namespace(user)}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": name, "context": context}],
            "current-context": name,
        }
    )
