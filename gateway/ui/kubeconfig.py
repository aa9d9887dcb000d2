"""What of a kubeconfig is of use here: who its current context's user is; pure.

Nothing in it is fetched, opened or run. Its server and authorities are ignored: these pages talk
to their own cluster alone.
"""

import base64
import binascii
import shlex
from dataclasses import dataclass
from typing import Final

import msgspec

from gateway.refusal import Refused

FLATTEN: Final = "kubectl config view --minify --flatten --raw"
_INSTEAD: Final = "log in with a token instead"


class ExecConfig(msgspec.Struct, frozen=True):
    """A program that gets credentials."""

    command: str = ""
    args: tuple[str, ...] | None = ()


class AuthProvider(msgspec.Struct, frozen=True):
    """How credentials were got before there was ``exec``."""

    name: str = ""


class User(msgspec.Struct, frozen=True, rename="kebab"):
    """Credentials, as clientcmd's AuthInfo has them."""

    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    username: str = ""
    exec: ExecConfig | None = None
    auth_provider: AuthProvider | None = None
    act_as: str = msgspec.field(name="as", default="")


class NamedUser(msgspec.Struct, frozen=True):
    """A user by name."""

    name: str
    user: User | None = None


class Context(msgspec.Struct, frozen=True):
    """Who in which namespace."""

    user: str = ""
    namespace: str = ""


class NamedContext(msgspec.Struct, frozen=True):
    """A context by name."""

    name: str
    context: Context | None = None


class Kubeconfig(msgspec.Struct, frozen=True, rename="kebab"):
    """What is read of a kubeconfig."""

    current_context: str = ""
    contexts: tuple[NamedContext, ...] | None = ()
    users: tuple[NamedUser, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Pasted:
    """What somebody logs in with: a token, or a certificate and its key (both PEM)."""

    namespace: str
    token: str = ""
    certificate: bytes = b""
    key: bytes = b""

    def __repr__(self) -> str:
        """Tell no secrets."""
        return f"Pasted({self.namespace!r})"


def read_kubeconfig(content: object) -> Pasted:
    """Return the credentials in a kubeconfig, or raise Refused with what to do instead."""
    try:
        config = msgspec.convert(content, Kubeconfig)
    except msgspec.ValidationError as error:
        raise Refused(400, f"this is no kubeconfig: {error}") from error
    context = _find_context(config)
    named = [each.user for each in config.users or () if each.name == context.user]
    user = named[0] if named else None
    if user is None:
        raise Refused(400, f"the kubeconfig has no user {context.user!r}")
    _refuse_others(user)
    if user.client_certificate_data or user.client_key_data:
        certificate = _decode("client-certificate-data", user.client_certificate_data)
        key = _decode("client-key-data", user.client_key_data)
        return Pasted(context.namespace, certificate=certificate, key=key)
    if user.token:
        return Pasted(context.namespace, token=user.token)
    raise Refused(400, f"the kubeconfig's user {context.user!r} has no credentials in it")


def _find_context(config: Kubeconfig) -> Context:
    if not config.current_context:
        raise Refused(400, f"the kubeconfig has no current-context; paste the output of: {FLATTEN}")
    wanted = config.current_context
    found = [each.context for each in config.contexts or () if each.name == wanted]
    if not found or found[0] is None:
        raise Refused(400, f"the kubeconfig has no context {wanted!r}, which is its current one")
    return found[0]


def _refuse_others(user: User) -> None:
    """Refuse what a page cannot do, each with the way round it."""
    if user.act_as:
        raise Refused(
            400, f"the kubeconfig acts as {user.act_as!r}; these pages impersonate nobody"
        )
    if user.exec is not None:
        program = shlex.join([user.exec.command, *(user.exec.args or ())])
        raise Refused(
            400,
            f"the kubeconfig gets its credentials from a program, which runs on your computer only;"
            f" {_INSTEAD}, status.token of what this prints: {program}",
        )
    if user.auth_provider is not None:
        path = "{.users[0].user.auth-provider.config.id-token}"
        raise Refused(
            400,
            f"the kubeconfig has an auth-provider ({user.auth_provider.name}), which runs on your"
            f" computer only; {_INSTEAD}: kubectl config view --minify --raw -o jsonpath='{path}'",
        )
    if user.token_file:
        file = shlex.quote(user.token_file)
        raise Refused(
            400, f"the kubeconfig's token is in a file on your computer; {_INSTEAD}: cat {file}"
        )
    if user.client_certificate or user.client_key:
        raise Refused(
            400,
            "the kubeconfig's certificate is in files on your computer; "
            f"paste the output of: {FLATTEN}",
        )
    if user.username:
        raise Refused(400, "the kubeconfig has a password, which Kubernetes no longer takes")


def _decode(field: str, text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise Refused(400, f"the kubeconfig's {field} is no base64") from error
