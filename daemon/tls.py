"""TLS between our processes: contexts that take new certificates while connections live on."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from api.problem import Problem

# Without resumption (see _build_server_context) each connection proves anew who the peer is. Only
# TLS 1.3 lets Python switch it off wholly; whoever calls on us speaks it, Kubernetes included.
_MINIMUM: Final = ssl.TLSVersion.TLSv1_3
_VERIFY: Final[Mapping[str, ssl.VerifyMode]] = {
    "required": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    "never": ssl.CERT_NONE,
}


@dataclass(frozen=True, slots=True)
class Material:
    """What a process proves itself with, and whom it believes; all PEM."""

    certificate: bytes
    key: bytes
    authorities: bytes  # one or more, all trusted


class ServerTls:
    """A server's side. ``context`` goes to the server once and refuses all until ``renew``.

    Each handshake is moved to the newest material by the callback for server names, which OpenSSL
    calls whether or not the client names one. Connections that are open keep theirs.
    """

    def __init__(self, *, client_certificates: Literal["required", "optional", "never"]) -> None:
        self._verify = _VERIFY[client_certificates]
        self._current: ssl.SSLContext | None = None
        self.context = _build_server_context(self._verify)
        self.context.sni_callback = self._switch

    def renew(self, material: Material, client_authorities: bytes | None = None) -> None:
        """Serve later handshakes with this; clients of ``client_authorities`` (PEM) are believed.

        Without them those of the material are. Raises TlsMaterialInvalid and keeps what there was.
        """
        context = _build_server_context(self._verify)
        believed = material.authorities if client_authorities is None else client_authorities
        _load(context, material, believed)
        self._current = context

    def _switch(
        self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _base: ssl.SSLContext
    ) -> int | None:
        """Let the newest context answer: its certificate, and its authorities for the client's."""
        if self._current is None:
            return int(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)
        connection.context = self._current
        return None


class ClientTls:
    """A client's side: shows its certificate, believes servers of its authorities alone."""

    def __init__(self) -> None:
        self._current: ssl.SSLContext | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """Return what the next connection is to be made with, or raise TlsNotReady."""
        if self._current is None:
            raise Problem("TlsNotReady", "no certificate has come yet", retryable=True)
        return self._current

    def renew(self, material: Material) -> None:
        """Make later connections with this; raises TlsMaterialInvalid and keeps what there was."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _restrict(context)
        _load(context, material, material.authorities)
        self._current = context


def read_role(peer_certificate: Mapping[str, Any] | None) -> str:  # Any: as ssl gives it
    """Return the common name of a verified certificate, as getpeercert() tells it.

    Empty when there is no certificate, or when it has none or several such names.
    """
    subject = (peer_certificate or {}).get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    return str(names[0]) if len(names) == 1 else ""


def _build_server_context(verify: ssl.VerifyMode) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context)
    context.verify_mode = verify
    context.num_tickets = 0  # a resumed session would outlive its certificate and its authority
    return context


def _restrict(context: ssl.SSLContext) -> None:
    context.minimum_version = _MINIMUM
    # Authorities of clusters often lack what the strict check of newer Pythons asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT


def _load(context: ssl.SSLContext, material: Material, authorities: bytes) -> None:
    """Put material into a context. OpenSSL reads keys from files: here from one in memory."""
    descriptor = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(material.certificate + b"\n" + material.key + b"\n")
        # A password that is wrong for sure: OpenSSL would ask the terminal for one.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="\0")  # noqa: S106
        context.load_verify_locations(cadata=authorities.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise Problem("TlsMaterialInvalid", f"cannot use the TLS material: {error}") from error
    finally:
        os.close(descriptor)
