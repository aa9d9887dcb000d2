"""Started by the pod's two containers with --web and --serve, and by the latter for each login."""

import os
import sys
from pathlib import Path
from typing import Final

from cockpit_login.account import Places
from cockpit_login.login import find_server, log_in
from cockpit_login.serve import serve
from cockpit_login.web import serve_web

RUN: Final = Path("/run/virtpod")
DOOR: Final = Path("/run/virtpod-door/login")
AUTHORITY: Final = Path("/etc/virtpod/kubernetes/ca.crt")
PORT: Final = 9090
WEB_UID: Final = 10_001  # of the web server's container


def main() -> int:
    """Do what the arguments say; return the exit status."""
    if sys.argv[1:] == ["--web"]:
        serve_web(PORT)
    places = Places(
        locks=RUN / "locks",
        homes=RUN / "sessions",
        passwd=Path("/var/lib/extrausers/passwd"),
        sessions=int(os.environ.get("VIRTPOD_SESSIONS", "16")),
    )
    if sys.argv[1:] == ["--serve"]:
        serve(places, DOOR, WEB_UID, [sys.argv[0]])
    return log_in(find_server(os.environ, AUTHORITY), places)


if __name__ == "__main__":
    sys.exit(main())
