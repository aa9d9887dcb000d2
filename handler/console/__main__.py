"""`python -m handler.console`: the console server of a handler's pod."""

import logging
import os
import signal
import sys
from typing import Final

from prometheus_client import REGISTRY

from api.problem import Problem
from daemon.log import configure_logging
from daemon.tls import ServerTls
from handler.console.door import Door
from handler.console.health import HealthServer
from handler.console.patience import Patience
from handler.console.server import Server
from handler.console.settings import Settings, fit_caps, read_settings
from handler.console.trust_directory import TrustDirectory
from handler.descriptor import raise_descriptor_limit

# For how long one busy session may keep the others waiting: with Python's own 5 ms, the slowest
# key in a hundred took 10 ms beside a session that floods, with this 3.
SWITCH_SECONDS: Final = 0.0005
log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    sys.setswitchinterval(SWITCH_SECONDS)
    patience = Patience()
    tls = ServerTls(client_certificates="required")
    caps = fit_caps(settings.caps, raise_descriptor_limit())
    door = Door(settings.launchers, caps, patience)
    REGISTRY.register(door.tally)
    server = Server(tls, TrustDirectory(settings.trust, tls), door, patience)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    port = server.listen(settings.port)
    HealthServer(settings.metrics_port, lambda: server.is_ready).start()
    log.info("console server started", extra={"port": port, "sessions": caps.total})
    server.serve()
    log.info("console server stopped")


def main() -> int:
    """Run as the environment says."""
    configure_logging("virt-handler-console")
    try:
        settings = read_settings(os.environ)
        configure_logging("virt-handler-console", settings.log_level)
        run(settings)
    except (Problem, OSError, ValueError) as error:
        log.critical("cannot start", extra={"error": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
