"""What an administrator sets for the pages: ConfigMap and Secret `virt-ui`; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from api.problem import Problem

_LABEL: Final = "Log in with OpenID Connect"
_SCOPES: Final = "openid"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer whose tokens the API server accepts."""

    url: str
    client_id: str
    client_secret: str = ""
    scopes: str = _SCOPES
    label: str = _LABEL
    authorities: str = ""  # PEM; empty: those of the image
    prompt: str = ""  # what the issuer is to ask its user for, whatever it knows of them

    def __repr__(self) -> str:
        """Tell no secrets."""
        return f"Issuer({self.url!r}, {self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    cluster: str = ""  # its name, as the login page shows it
    url: str = ""  # where browsers find the pages, when that is not what their Host header says
    issuer: Issuer | None = None


def read_settings(config: Mapping[str, str], secret: Mapping[str, bytes]) -> Settings:
    """Return the settings; a Problem says which one is wrong."""
    url = config.get("url", "").strip().rstrip("/")
    if url:
        _check_url("url", url)
    return Settings(config.get("cluster", "").strip(), url, _read_issuer(config, secret))


def _read_issuer(config: Mapping[str, str], secret: Mapping[str, bytes]) -> Issuer | None:
    # an issuer's name is compared character by character, so it stays as it is
    issuer = config.get("oidc-issuer", "").strip()
    if not issuer:
        return None
    _check_url("oidc-issuer", issuer)
    client_id = config.get("oidc-client-id", "").strip()
    if not client_id:
        raise Problem("SettingMissing", "oidc-issuer needs oidc-client-id beside it")
    scopes = config.get("oidc-scopes", "").split() or [_SCOPES]
    return Issuer(
        issuer,
        client_id,
        secret.get("oidc-client-secret", b"").decode(errors="replace").strip(),
        " ".join(dict.fromkeys([_SCOPES, *scopes])),
        config.get("oidc-label", "").strip() or _LABEL,
        config.get("oidc-ca", ""),
        " ".join(config.get("oidc-prompt", "").split()),
    )


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise Problem("SettingInvalid", f"{name} is no plain https URL: {url!r}")
