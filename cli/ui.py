"""`kubectl virt ui`: the graphical interface in a browser."""

import argparse
import hashlib
import importlib
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from api.names import CONFIG_UI, INSTALL_NAMESPACE
from api.problem import Problem
from cli.flag import add_switch
from cli.kubectl import Kubectl, explain_failure
from cli.ui_address import find_address, spell_url

_SERVICE: Final = "virt-ui"
_LOCAL: Final = "127.0.0.1"
_FORWARDS: Final = re.compile(rf"Forwarding from {re.escape(_LOCAL)}:(\d+) ")
_SECONDS: Final = 10.0
# What the API says to who may not look, or where there is nothing to see.
_UNSEEN: Final = frozenset({"Forbidden", "NotFound"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_switch(parser, "--print-url", help="print where it is, and open nothing")
    add_switch(parser, "--port-forward", help="through the API server, even if it can be reached")
    text = "local port of --port-forward (default: one that is free)"
    parser.add_argument("--port", type=int, default=0, metavar="PORT", help=text)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Open it where it can be reached, else through a forwarded port until interrupted."""
    url = "" if arguments.port_forward else _find_url(kubectl)
    if url:
        _show(url, opens=not arguments.print_url)
        return 0
    with _forward(kubectl, arguments.port) as port:
        _show(spell_url(_LOCAL, port), opens=not arguments.print_url)
        print(f"the certificate's SHA-256 fingerprint: {_read_fingerprint(port)}", file=sys.stderr)
        print("Ctrl-C ends it", file=sys.stderr, flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()
    return 0


def _find_url(kubectl: Kubectl) -> str:
    """Return its URL as far as the user may know it."""
    try:
        config = kubectl.find("configmaps", CONFIG_UI, INSTALL_NAMESPACE)
        url = str((config or {}).get("data", {}).get("url", ""))
        if url:
            return url
        service = kubectl.get("services", _SERVICE, INSTALL_NAMESPACE)
        # one after the other, since the first that is ready will do
        nodes = (kubectl.get("nodes", name) for name in kubectl.list_names("nodes"))
        return find_address(service, nodes)
    except Problem as problem:
        if problem.slug not in _UNSEEN:
            raise
        return ""


def _show(url: str, *, opens: bool) -> None:
    print(url, flush=True)
    if opens and not importlib.import_module("webbrowser").open(url):
        print("open it in a browser", file=sys.stderr)
    print(
        "its certificate is the cluster's own unless somebody gave it another, so a browser warns",
        file=sys.stderr,
        flush=True,
    )


@contextmanager
def _forward(kubectl: Kubectl, port: int) -> Iterator[int]:
    """Yield the local port that `kubectl port-forward` listens at."""
    words = (f"--namespace={INSTALL_NAMESPACE}", f"service/{_SERVICE}", f"{port or ''}:443")
    child = subprocess.Popen(
        kubectl.build_command("port-forward", f"--address={_LOCAL}", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        found = _FORWARDS.match(child.stdout.readline())
        if found is None:
            child.terminate()
            raise explain_failure(1, child.stderr.read())
        yield int(found[1])
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()
        child.stderr.close()


def _read_fingerprint(port: int) -> str:
    """Return the fingerprint of what the port shows, as browsers spell it.

    It came through the API server, which kubectl has checked: what a browser shows can be
    compared with it.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((_LOCAL, port), _SECONDS) as plain,
            context.wrap_socket(plain) as secure,
        ):
            shown = secure.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise Problem("NoAnswer", "the graphical interface does not answer") from error
    return hashlib.sha256(shown).digest().hex(":").upper()
