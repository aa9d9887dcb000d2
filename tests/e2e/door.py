"""Raw calls of one user through kube-apiserver, on one connection that is kept open."""

import http.client
import json
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import urlsplit

import yaml

from tests.e2e.observer import Json, pick_named, read_credential

GROUP = "/apis/subresources.kubevirt.io"
IDLE_SECONDS = 30.0  # the API server hangs up after 90
UPGRADE = MappingProxyType(
    {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "plain.kubevirt.io",
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; of an upgrade only the code."""

    code: int
    media_type: str
    body: bytes

    @property
    def status(self) -> Json:
        """The metav1.Status that a refusal is."""
        decoded = json.loads(self.body)
        assert decoded["kind"] == "Status", decoded
        return dict(decoded)

    @property
    def told(self) -> tuple[int, str, str]:
        """Code, reason and message of a refusal."""
        status = self.status
        assert status["code"] == self.code
        return self.code, str(status["reason"]), str(status["message"])


class Door:
    """One user of the cluster, as a kubeconfig with a token or a certificate has it."""

    def __init__(self, kubeconfig: Path, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        names = pick_named(config["contexts"], config["current-context"])["context"]
        cluster = pick_named(config["clusters"], names["cluster"])["cluster"]
        user = pick_named(config["users"], names["user"])["user"]
        folder = kubeconfig.parent
        address = urlsplit(cluster["server"])
        self._address = (str(address.hostname), address.port or 443)
        authority = read_credential(cluster, "certificate-authority", folder)
        self._tls = ssl.create_default_context(cadata=authority.decode())
        self._headers = dict(headers)
        if token := user.get("token"):
            self._headers["Authorization"] = f"Bearer {token}"
        else:
            self._present(user, folder)
        self._connection = self._connect()
        self._used_at = time.monotonic()

    def _present(self, user: Json, folder: Path) -> None:
        pair = read_credential(user, "client-certificate", folder)
        pair += b"\n" + read_credential(user, "client-key", folder)
        with tempfile.NamedTemporaryFile() as scratch:  # readable by its owner alone
            scratch.write(pair)
            scratch.flush()
            self._tls.load_cert_chain(scratch.name)

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(*self._address, timeout=60, context=self._tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        """Send a request and read the whole answer; an upgraded connection is hung up."""
        kind = {"Content-Type": "application/json"} if body is not None else {}
        sent = json.dumps(body) if body is not None else None
        return self.send(method, path, sent, {**kind, **headers})

    def send(
        self, method: str, path: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """Send a body as it is."""
        connection = self._connection
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            connection.close()  # the API server may have hung up; the next request connects anew
        connection.request(method, path, body, {**self._headers, **headers})
        with connection.getresponse() as response:
            media_type = response.headers.get_content_type()
            upgraded = response.status == http.client.SWITCHING_PROTOCOLS
            reply = Reply(response.status, media_type, b"" if upgraded else response.read())
        self._used_at = time.monotonic()
        if "Upgrade" in headers:  # the API server hangs up, whatever became of it
            connection.close()
        return reply
