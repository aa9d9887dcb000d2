"""Keeps the DHCP server running as long as the VM."""

import asyncio
import logging
from typing import Final

from launcher.process import WatchedProcess
from launcher.spawn import reap, start_program

_LOG: Final = logging.getLogger(__name__)
_RESTART_SECONDS: Final = 1.0


class DhcpServer:
    """dnsmasq as a child of ours; when it dies it is started again."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._arguments = arguments
        self._process: WatchedProcess | None = None

    def start(self) -> None:
        """Start it."""
        try:
            pid = start_program(self._arguments)
        except OSError as error:
            _LOG.error("the DHCP server did not start", extra={"error": error.strerror})
            return
        self._process = WatchedProcess(pid, lambda: self._restart(pid))

    def _restart(self, pid: int) -> None:
        _LOG.error("the DHCP server ended", extra={"exit_code": reap(pid)})
        asyncio.get_running_loop().call_later(_RESTART_SECONDS, self.start)
