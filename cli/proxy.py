"""`kubectl proxy` as a child: websockets go through it, so that authentication stays kubectl's.

It serves just the paths that are asked for, on a unix socket in a directory that only the user
can enter. A shell of three lines
stands between: when we are gone, even by SIGKILL, its input ends, and it ends kubectl and removes
the directory.
"""

import html
import re
import secrets
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.problem import Problem
from cli.kubectl import Kubectl, explain_failure
from cli.page import serve_page

_GUARD: Final = """\
folder=$1; shift
"$@" </dev/null 2>"$folder/said" & child=$!
exec >/dev/null 2>&1
read -r _
kill "$child" 2>/dev/null; wait "$child"
rm -rf -- "$folder"
"""
_START_SECONDS: Final = 30.0
_LOCAL: Final = "127.0.0.1"
_SERVES: Final = re.compile(r"Starting to serve on (.*)")


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the file that leads a browser there: its name tells others nothing."""

    url: str
    file: str  # as a URL too


@contextmanager
def run_proxy(kubectl: Kubectl, paths: Sequence[str]) -> Iterator[str]:
    """Yield the unix socket through which these paths of the API can be reached."""
    folder = Path(tempfile.mkdtemp(prefix="kubectl-virt-"))
    where = str(folder / "s")
    with _guard(kubectl, folder, f"--unix-socket={where}", _accept(paths)):
        yield where


@contextmanager
def run_page(kubectl: Kubectl, page: str, paths: Sequence[str]) -> Iterator[Page]:
    """Yield a page for a browser on this machine; ``page`` may have a query.

    What lies below the page, and these paths, can be reached as well.
    """
    folder = Path(tempfile.mkdtemp(prefix="kubectl-virt-"))
    where, secret = str(folder / "s"), secrets.token_urlsafe(24)
    words = (f"--unix-socket={where}", _accept(paths, page.partition("?")[0]))
    with _guard(kubectl, folder, *words), socket.create_server((_LOCAL, 0)) as bound:
        url = f"http://{_LOCAL}:{bound.getsockname()[1]}/{secret}{page}"
        to = html.escape(url)
        file = folder / "page.html"
        file.write_text(f'<meta http-equiv="refresh" content="0; url={to}"><a href="{to}">{to}</a>')
        threading.Thread(target=serve_page, args=(bound, where, secret), daemon=True).start()
        yield Page(url, file.as_uri())


def _accept(paths: Sequence[str], *folders: str) -> str:
    """Return the flag that forbids all other paths; names have no character it would misread."""
    exact = [f"^{re.escape(path)}$" for path in paths]
    below = [f"^{re.escape(folder)}" for folder in folders]
    return f"--accept-paths={','.join(exact + below)}"


@contextmanager
def _guard(kubectl: Kubectl, folder: Path, *words: str) -> Iterator[str]:
    """Run `kubectl proxy`; yield where it says that it serves."""
    command = kubectl.build_command("proxy", "--reject-methods=^(POST|PUT|PATCH|DELETE)$", *words)
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "sh", str(folder), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C is for us, and we end it
    )
    assert guard.stdin is not None
    assert guard.stdout is not None
    overdue = threading.Timer(_START_SECONDS, guard.stdin.close)
    overdue.start()
    try:
        found = _SERVES.search(guard.stdout.readline())
        overdue.cancel()
        if found is None:
            raise explain_failure(1, _read_words(folder))
        yield found[1]
    finally:
        overdue.cancel()
        guard.stdin.close()
        guard.wait()
        guard.stdout.close()


def _read_words(folder: Path) -> str:
    try:
        return (folder / "said").read_text()
    except FileNotFoundError as error:
        raise Problem("NoProxy", "kubectl proxy did not start in time") from error
