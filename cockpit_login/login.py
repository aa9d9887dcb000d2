"""The conversation with cockpit-ws: ask for credentials, prove them, become a session."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

from cockpit_login.account import Places, claim_account
from cockpit_login.credential import parse_token
from cockpit_login.frame import parse_answer, parse_length, render_question, render_refusal
from cockpit_login.kubeconfig import Server, render_kubeconfig
from cockpit_login.refusal import Refusal
from cockpit_login.review import review_token
from cockpit_login.session import run_session

REFUSED: Final = 5  # what cockpit-session exits with, too
BRIDGE: Final = ("/usr/lib/virtpod/cockpit-bridge",)  # of images/cockpit
_DIGITS: Final = 9


def log_in(server: Server, places: Places) -> int:
    """Serve one login, with cockpit-ws at 0 and 1, to its end; return the exit status."""
    try:
        _write(render_question())
        token = parse_token(parse_answer(_read_frame()))
        user = review_token(server, token)
        account = claim_account(places, user)
    except Refusal as refusal:
        # never the token, nor anything of it
        print(f"login refused: {refusal.problem}: {refusal}", file=sys.stderr, flush=True)
        with contextlib.suppress(Refusal):  # who went away need not be told
            _write(render_refusal(refusal))
        return REFUSED
    print(f"session of {user!r} as uid {account.uid}", file=sys.stderr, flush=True)
    code = run_session(account, render_kubeconfig(server, token, user), BRIDGE)
    print(f"session of uid {account.uid} ended with {code}", file=sys.stderr, flush=True)
    return 0


def find_server(environment: "os._Environ[str]", authority: Path) -> Server:
    """Return the API server as the kubelet tells each container of it."""
    host = environment.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    return Server(host, int(environment.get("KUBERNETES_SERVICE_PORT", "443")), str(authority))


def _write(data: bytes) -> None:
    try:
        while data:
            data = data[os.write(1, data) :]
    except ConnectionError as error:
        raise _gone() from error


def _read_frame() -> bytes:
    digits = b""
    while not digits.endswith(b"\n"):
        digits += _read(1)
        if len(digits) > _DIGITS:
            break
    frame = b""
    length = parse_length(digits.removesuffix(b"\n"))
    while len(frame) < length:
        frame += _read(length - len(frame))
    return frame


def _read(count: int) -> bytes:
    try:
        data = os.read(0, count)
    except ConnectionError as error:
        raise _gone() from error
    if not data:
        raise _gone()
    return data


def _gone() -> Refusal:
    return Refusal("protocol-error", "the web server went away")
