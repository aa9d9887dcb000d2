"""`kubectl virt port-forward`: local ports, or the standard streams, that lead into a VM."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from api.problem import Problem
from cli.flag import add_switch
from cli.forward import LINGER_SECONDS, await_interrupt, listen, serve, tell
from cli.kubectl import NOT_FOUND, Kubectl
from cli.port import Port, parse_port
from cli.proxy import run_proxy
from cli.relay import Local, Relay
from cli.target import VMI, Target, build_subresource_path, parse_target
from cli.websocket import open_websocket

_ANSWERS: Final = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    text = "a VMI; also vm/NAME, vmi/NAME and TYPE/NAME/NAMESPACE"
    parser.add_argument("target", metavar="TARGET", help=text)
    text = "udp/53:5353 is the guest's UDP port 5353 on local port 53; tcp/ may be left out"
    parser.add_argument("ports", metavar="[PROTOCOL/]LOCAL[:REMOTE]", nargs="+", help=text)
    add_switch(parser, "--stdio", help="be the connection: for one port, as ssh's ProxyCommand")
    text = f"where to listen (default {_ANSWERS})"
    parser.add_argument("--address", default=_ANSWERS, metavar="ADDRESS", help=text)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Forward until interrupted; with --stdio, until one side ends."""
    try:
        return _run(arguments, kubectl)
    except KeyboardInterrupt:
        if arguments.stdio:
            raise
        return 0  # the way to end, from the first moment on


def _run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a client that goes ends its relay alone
    ports = [parse_port(word) for word in arguments.ports]
    target = parse_target(arguments.target)
    target = replace(target, namespace=target.namespace or kubectl.find_namespace())
    paths = [build_path(target, port) for port in ports]
    if arguments.stdio:
        if len(ports) != 1 or ports[0].protocol != "tcp":
            raise Problem("BadFlag", "--stdio goes with one TCP port")
        with run_proxy(kubectl, paths) as where:
            return _relay_streams(where, paths[0])
    _require(target, kubectl)
    with run_proxy(kubectl, paths) as where:
        _forward(ports, paths, where, arguments.address)
        await_interrupt()
    return 0


def build_path(target: Target, port: Port) -> str:
    """Return the path of the websocket that is a port of the guest."""
    parts = ("portforward", str(port.remote), port.protocol)
    return build_subresource_path(target.kind or VMI, target.namespace, target.name, *parts)


def _require(target: Target, kubectl: Kubectl) -> None:
    """Tell at once that there is no such VM; who may not look may still forward."""
    try:
        kubectl.get((target.kind or VMI).resource, target.name, target.namespace)
    except Problem as problem:
        if problem.slug == NOT_FOUND:
            raise


def _relay_streams(where: str, path: str) -> int:
    local = Local(
        sys.stdin.fileno(), sys.stdout.fileno(), shared=True, linger_seconds=LINGER_SECONDS
    )
    return tell(Relay(open_websocket(where, path), local).run())


def _forward(ports: Sequence[Port], paths: Sequence[str], where: str, address: str) -> None:
    """Listen on all ports before any is served, so that a port that is taken stops it all."""
    bound = [listen(port, address) for port in ports]
    for port, path, listener in zip(ports, paths, bound, strict=True):
        shown = listener.getsockname()
        print(f"Forwarding from {shown[0]}:{shown[1]} -> {port.remote}/{port.protocol}", flush=True)
        args = (port, listener, partial(open_websocket, where, path))
        threading.Thread(target=serve, args=args, daemon=True).start()
