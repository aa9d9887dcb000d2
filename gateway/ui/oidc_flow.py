"""OpenID Connect's code flow with PKCE: what is sent, and what of the answers must be so; pure.

The token is taken from the issuer itself over TLS (OpenID Connect Core 3.1.3.7, 6), and
kube-apiserver checks its signature before it believes a word of it.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from gateway.refusal import Refused
from gateway.ui.session import read_payload
from gateway.ui.setting import Issuer

DISCOVERY: Final = "/.well-known/openid-configuration"
CALLBACK: Final = "/ui/oidc/callback"
FLOW_SECONDS: Final = 600
_SLACK_SECONDS: Final = 60  # clocks differ


class Flow(msgspec.Struct, frozen=True, array_like=True):
    """A login that is under way; it waits in a sealed cookie of the browser that began it."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    issuer: str
    until: int


class Provider(msgspec.Struct, frozen=True):
    """What an issuer says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    revocation_endpoint: str | None = None


class TokenAnswer(msgspec.Struct, frozen=True):
    """The token endpoint's answer."""

    id_token: str = ""
    refresh_token: str | None = None
    error: str = ""


class IdClaims(msgspec.Struct, frozen=True):
    """What is checked of an id_token."""

    iss: str = ""
    sub: str = ""
    aud: str | tuple[str, ...] = ""
    nonce: str = ""
    exp: float = 0


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What the token endpoint is asked, or the one that revokes."""

    form: dict[str, str]
    basic: tuple[str, str] | None  # who asks, unless the form says it


def check_provider(issuer: Issuer, provider: Provider) -> None:
    """Raise Refused unless a discovery document is that issuer's, and asks for TLS."""
    if provider.issuer != issuer.url:
        raise Refused(502, "the OpenID Connect issuer calls itself by another name")
    for url in (provider.authorization_endpoint, provider.token_endpoint):
        if urlsplit(url).scheme != "https":
            raise Refused(502, "the OpenID Connect issuer has an endpoint without TLS")


def build_redirect(issuer: Issuer, provider: Provider, flow: Flow) -> str:
    """Return where the browser goes to log in."""
    digest = hashlib.sha256(flow.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": issuer.client_id,
        "redirect_uri": flow.redirect,
        "scope": issuer.scopes,
        "state": flow.state,
        "nonce": flow.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"prompt": issuer.prompt} if issuer.prompt else {}),
    }
    joint = "&" if urlsplit(provider.authorization_endpoint).query else "?"
    return f"{provider.authorization_endpoint}{joint}{urlencode(query)}"


def build_token_request(issuer: Issuer, provider: Provider, flow: Flow, code: str) -> TokenRequest:
    """Return what makes a token of a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": flow.redirect,
        "code_verifier": flow.verifier,
    }
    return _prove_client(issuer, provider, form)


def build_refresh_request(issuer: Issuer, provider: Provider, refresh: str) -> TokenRequest:
    """Return what makes the next token (RFC 6749, 6)."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    return _prove_client(issuer, provider, form)


def build_revocation(issuer: Issuer, provider: Provider, refresh: str) -> TokenRequest:
    """Return what has a refresh token taken back (RFC 7009, 2.1)."""
    form = {"token": refresh, "token_type_hint": "refresh_token"}
    return _prove_client(issuer, provider, form)


def _prove_client(issuer: Issuer, provider: Provider, form: dict[str, str]) -> TokenRequest:
    if not issuer.client_secret:
        return TokenRequest({**form, "client_id": issuer.client_id}, None)
    if "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
        return TokenRequest(form, (issuer.client_id, issuer.client_secret))
    own = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
    return TokenRequest(form | own, None)


def check_token(issuer: Issuer, flow: Flow, token: str, now: float) -> None:
    """Raise Refused unless an id_token is for us, for this login, and still good."""
    claims = _read_claims(issuer, token, now)
    if not flow.nonce or claims.nonce != flow.nonce:
        raise Refused(401, "the issuer's token belongs to another login")


def check_next(issuer: Issuer, before: str, token: str, now: float) -> None:
    """Raise Refused unless an id_token goes on from one before (OpenID Connect Core, 12.2)."""
    claims, former = _read_claims(issuer, token, now), _read_payload(before)
    if claims.sub != former.sub or former.iss != issuer.url:
        raise Refused(401, "the issuer's token is for another user")
    if claims.nonce not in {"", former.nonce}:
        raise Refused(401, "the issuer's token belongs to another login")


def _read_claims(issuer: Issuer, token: str, now: float) -> IdClaims:
    claims = _read_payload(token)
    audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    if claims.iss != issuer.url or issuer.client_id not in audiences:
        raise Refused(401, "the issuer's token is for somebody else")
    if claims.exp <= now - _SLACK_SECONDS:
        raise Refused(401, "the issuer's token has expired")
    return claims


def _read_payload(token: str) -> IdClaims:
    return read_payload(token, IdClaims, IdClaims())
