"""`kubectl virt vnc`: the screen of a VM in a viewer, in a browser, or as a picture."""

import argparse
import importlib
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from api.problem import Problem
from cli.flag import add_switch
from cli.forward import Open, await_interrupt, listen, serve_tcp
from cli.kubectl import Kubectl
from cli.port import Port
from cli.proxy import run_page, run_proxy
from cli.session import await_guest
from cli.target import SUBRESOURCES, VMI, Target, build_subresource_path, parse_target
from cli.viewer import HOST, TYPES, choose_viewer
from cli.websocket import open_websocket

_SCREENSHOT: Final = "screenshot"
_PAGE: Final = f"{SUBRESOURCES}/novnc/"
_WAIT_SECONDS: Final = 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.usage = (
        "%(prog)s NAME [flags]\n       %(prog)s screenshot NAME --file FILE [--move-cursor]"
    )
    text = "a VMI; also vm/NAME and vmi/NAME; screenshot NAME takes a picture"
    parser.add_argument("words", metavar="[screenshot] NAME", nargs="+", help=text)
    add_switch(parser, "--browser", help="show it in a browser, not in a viewer")
    add_switch(parser, "--proxy-only", help="only listen; the port is printed as JSON")
    text = "local port (default: one that is free)"
    parser.add_argument("--port", type=int, default=0, metavar="PORT", help=text)
    text = f"local address (default {HOST}); nobody is asked for a password there"
    parser.add_argument("--address", default=HOST, metavar="ADDRESS", help=text)
    add_switch(parser, "--preserve-session", help="fail rather than join or end a session")
    text = "the viewer to start, with --vnc-type"
    parser.add_argument("--vnc-path", metavar="PROGRAM", help=text)
    text = f"how to call it: {', '.join(TYPES)}"
    parser.add_argument("--vnc-type", choices=TYPES, metavar="TYPE", help=text)
    text = "of screenshot: where the PNG goes; - is standard output"
    parser.add_argument("-f", "--file", metavar="FILE", help=text)
    add_switch(parser, "-m", "--move-cursor", help="of screenshot: wake a screen that went dark")


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Show the screen until the viewer is closed, or until interrupted."""
    words = arguments.words
    picture = len(words) == 2 and words[0] == _SCREENSHOT
    if len(words) != 1 and not picture:
        raise Problem(
            "BadTarget", f"vnc takes one name, or screenshot and a name: {' '.join(words)}"
        )
    if picture:
        return _take_picture(arguments, _locate(words[-1], kubectl), kubectl)
    # a port that is not known yet; this finds out whether there is anything to start
    starts = _find_viewer(arguments, 0) is not None
    try:
        return _show(arguments, _locate(words[-1], kubectl), kubectl, starts=starts)
    except KeyboardInterrupt:
        if starts:
            raise
        return 0  # the way to end, from the first moment on


def _locate(word: str, kubectl: Kubectl) -> Target:
    target = parse_target(word)
    return replace(target, namespace=target.namespace or kubectl.find_namespace())


def _find_viewer(arguments: argparse.Namespace, port: int) -> list[str] | None:
    """Return the command line of the viewer to start, if one is to be."""
    if arguments.browser or arguments.proxy_only:
        return None
    return choose_viewer(shutil.which, arguments.vnc_path, arguments.vnc_type, port)


def _show(arguments: argparse.Namespace, target: Target, kubectl: Kubectl, *, starts: bool) -> int:
    """Serve the screen to the viewer that it starts, to whoever connects, or to a browser."""
    _await(target, kubectl)
    path = build_subresource_path(VMI, target.namespace, target.name, "vnc")
    if not starts and (arguments.browser or not arguments.proxy_only):
        return _browse(target, path, kubectl)
    query = "?preserveSession=true" if arguments.preserve_session else ""
    with run_proxy(kubectl, [path]) as where:
        return _listen(arguments, partial(open_websocket, where, path + query))


def _await(target: Target, kubectl: Kubectl) -> None:
    """Wait for a VM that is starting; who may not look at it may still see its screen."""
    try:
        await_guest(target, kubectl, time.monotonic() + _WAIT_SECONDS)
    except Problem as problem:
        if problem.slug != "Forbidden":
            raise


def _listen(arguments: argparse.Namespace, open_: Open) -> int:
    """Serve viewers: one that is started here, or whoever connects until we are interrupted."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a viewer that goes ends its relay alone
    with listen(Port("tcp", arguments.port, 0), arguments.address) as bound:
        port = bound.getsockname()[1]
        threading.Thread(target=serve_tcp, args=(bound, open_), daemon=True).start()
        if arguments.proxy_only:
            print(json.dumps({"port": port}), flush=True)
            await_interrupt()
            return 0
        viewer = _find_viewer(arguments, port)
        assert viewer is not None
        return subprocess.run(viewer, check=False).returncode


def _browse(target: Target, path: str, kubectl: Kubectl) -> int:
    """Show the page that the server has for it."""
    query = urlencode({"namespace": target.namespace, "name": target.name})
    with run_page(kubectl, f"{_PAGE}?{query}", [path]) as page:
        # few ask for it, and it takes a while to import
        opened = importlib.import_module("webbrowser").open(page.file)
        print(page.url, flush=True)
        where = "" if opened else "open it in a browser on this machine; "
        print(f"{where}Ctrl-C ends it", file=sys.stderr, flush=True)
        await_interrupt()
    return 0


def _take_picture(arguments: argparse.Namespace, target: Target, kubectl: Kubectl) -> int:
    """Write what the screen shows."""
    if not arguments.file:
        raise Problem("BadFlag", "screenshot needs --file FILE; - is standard output")
    query = "?moveCursor=true" if arguments.move_cursor else ""
    path = build_subresource_path(VMI, target.namespace, target.name, "vnc", _SCREENSHOT)
    picture = kubectl.get_bytes(path + query)
    if arguments.file == "-":
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()
        return 0
    try:
        Path(arguments.file).write_bytes(picture)
    except OSError as error:
        raise Problem("NotWritten", f"cannot write {arguments.file}: {error.strerror}") from error
    return 0
