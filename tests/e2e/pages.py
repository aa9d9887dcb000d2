"""The pages' door of the cluster, as a browser's page reaches it, without a browser."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from types import TracebackType
from typing import Any, Self

from tests.e2e.cluster import Cluster
from tests.e2e.observer import Json

INSTALLATION = "kubevirt"
SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    code: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))


@dataclass
class Page:
    """One browser's cookies and its connection."""

    host: str
    port: int
    context: ssl.SSLContext
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = HTTPSConnection(
            self.host, self.port, context=self.context, timeout=SECONDS
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request of the page's own."""
        sent = {"Accept": "application/json", **headers}
        if method != "GET":
            sent |= {"Origin": f"https://{self.host}:{self.port}", "X-Requested-With": "virtpod"}
            sent |= {"Content-Type": "application/json"}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, data, sent)
        got = self._connection.getresponse()
        answer = Answer(got.status, dict(got.getheaders()), got.read())
        name, _, value = answer.headers.get("Set-Cookie", "").partition(";")[0].partition("=")
        if name:
            self.cookies[name] = value
        return answer

    def log_in(self, token: str) -> Answer:
        return self.call("POST", "/ui/login", {"token": token})

    def log_in_with(self, kubeconfig: str) -> Answer:
        return self.call("POST", "/ui/login", {"kubeconfig": kubeconfig})


def open_page(cluster: Cluster) -> Page:
    """Return a page of the cluster, whose certificate is the installation's."""
    kubectl = cluster.kubectl.within(INSTALLATION)
    service = kubectl.get("service", "virt-ui")
    node = json.loads(kubectl("get", "nodes", "-o", "json"))["items"][0]
    addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    bundle = kubectl.get("configmap", "kubevirt-ca")["data"]["ca-bundle"]
    context = ssl.create_default_context(cadata=bundle)
    context.check_hostname = False  # it is for virt-api, whatever address leads there
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return Page(addresses["InternalIP"], service["spec"]["ports"][0]["nodePort"], context)
