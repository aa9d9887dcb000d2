"""`kubectl virt console`: the serial console, on a terminal or between pipes."""

import argparse
import signal
import sys
from dataclasses import replace
from typing import Final

from cli.flag import add_switch
from cli.kubectl import Kubectl
from cli.proxy import run_proxy
from cli.relay import Ending, Local, Relay
from cli.session import open_session
from cli.target import VMI, build_subresource_path, parse_target
from cli.terminal import make_escape, raw_terminal
from cli.websocket import WebSocket

_ESCAPE: Final = b"\x1d"  # Ctrl-]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("target", metavar="NAME", help="a VMI; also vm/NAME and vmi/NAME")
    text = "how long to wait for the VM to run (default 5)"
    parser.add_argument("--timeout", type=int, default=5, metavar="MINUTES", help=text)
    add_switch(parser, "--exclusive", help="throw out whoever else is at this console")


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Be the VM's terminal until Ctrl-], or until the guest is gone."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a relay ends in order
    target = parse_target(arguments.target)
    target = replace(target, namespace=target.namespace or kubectl.find_namespace())
    path = build_subresource_path(VMI, target.namespace, target.name, "console")
    query = "?exclusive=true" if arguments.exclusive else ""
    with run_proxy(kubectl, [path]) as where:
        websocket = open_session(where, path + query, target, kubectl, arguments.timeout * 60)
        with raw_terminal():
            ending = _talk(websocket, target.name)
    return report(ending, f"kubectl virt console {arguments.target}")


def _talk(websocket: WebSocket, name: str) -> Ending:
    """Relay; at a terminal, which is raw by now, with a key to leave."""
    local = Local(sys.stdin.fileno(), sys.stdout.fileno(), shared=True)
    if sys.stdin.isatty():
        print(f"connected to {name}; Ctrl-] leaves", end="\r\n", file=sys.stderr, flush=True)
        local = replace(local, take=make_escape(_ESCAPE))
    return Relay(websocket, local).run()


def report(ending: Ending, again: str) -> int:
    """Say how it ended, unless that is what the user wanted; return the exit code."""
    why = ending.explain()
    if why:
        print(f"{why}; connect again with: {again}", file=sys.stderr)
    return int(bool(why))
