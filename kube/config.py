"""How to reach the API server: as a pod's service account, or by a kubeconfig file."""

import os
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.problem import Problem

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# The kubelet renews a bound token long before its end; a minute late is early enough.
_TOKEN_SECONDS = 60.0


@dataclass(slots=True)
class Token:
    """The value of the Authorization header; read anew from its file each minute."""

    value: str = ""
    path: Path | None = None
    _read_at: float = float("-inf")

    def read(self) -> str:
        """Return the header's value, empty when a client certificate speaks for us."""
        now = time.monotonic()
        if self.path is not None and now - self._read_at >= _TOKEN_SECONDS:
            self.value = f"Bearer {self.path.read_text(encoding='ascii').strip()}"
            self._read_at = now
        return self.value

    def forget(self) -> None:
        """Read the file again at the next request: the server no longer takes this token."""
        self._read_at = float("-inf")


@dataclass(frozen=True, slots=True)
class Connection:
    """An API server's address and how we prove to each other who we are."""

    host: str
    ssl_context: ssl.SSLContext | None = None
    token: Token = field(default_factory=Token)
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """An API server's address and whom it proves itself with; nothing of who we are."""

    host: str
    ca_file: str | None = None
    server_name: str | None = None
    verify: bool = True

    def build_context(self) -> ssl.SSLContext:
        """Return a context that believes this server and shows no certificate."""
        context = _trust(self.ca_file)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


async def load_server() -> Server:
    """Return where the API server is that ``load_connection`` would connect to."""
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        return Server(_find_host(), str(_ACCOUNT / "ca.crt"))
    configuration = await _read_kubeconfig(kubeconfig)
    return Server(
        configuration.host,
        configuration.ssl_ca_cert or None,
        configuration.tls_server_name or None,
        configuration.verify_ssl,
    )


async def load_connection() -> Connection:
    """Use $KUBECONFIG when it is set, else the pod's service account."""
    kubeconfig = os.environ.get("KUBECONFIG")
    return await _load_kubeconfig(kubeconfig) if kubeconfig else _load_service_account()


def _load_service_account() -> Connection:
    # kubernetes.aio could read these two files as well, for 20 MiB and half a second more.
    return Connection(
        host=_find_host(),
        ssl_context=_trust(str(_ACCOUNT / "ca.crt")),
        token=Token(path=_ACCOUNT / "token"),
    )


def _find_host() -> str:
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not _ACCOUNT.is_dir():
        raise Problem(
            "NoCluster", "neither $KUBECONFIG is set nor is this a pod with a service account"
        )
    address = f"[{host}]" if ":" in host else host
    return f"https://{address}:{port}"


def _trust(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    # Python 3.13 refuses certificates without key identifiers; many clusters' are such.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


async def _read_kubeconfig(path: str) -> Any:  # Any: a type without types
    # Outside a cluster only, and heavy: so it is imported here.
    from kubernetes.aio.client import Configuration  # noqa: PLC0415
    from kubernetes.aio.config import ConfigException, load_kube_config  # noqa: PLC0415

    configuration = Configuration()
    try:
        await load_kube_config(
            config_file=path, client_configuration=configuration, persist_config=False
        )
    except (ConfigException, OSError) as error:
        raise Problem("BadKubeconfig", f"cannot use kubeconfig {path}: {error}") from error
    return configuration


async def _load_kubeconfig(path: str) -> Connection:
    configuration = await _read_kubeconfig(path)
    context = _trust(configuration.ssl_ca_cert or None)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return Connection(
        host=configuration.host,
        ssl_context=context if configuration.host.startswith("https") else None,
        token=Token(value=configuration.api_key.get("BearerToken", "")),
        server_name=configuration.tls_server_name or None,
    )
