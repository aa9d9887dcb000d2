"""The pages' door, wired together."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.names import SECRET_UI_CERTIFICATE
from api.problem import Problem
from daemon.tls import Material, ServerTls
from gateway import metric
from gateway.listener import listen
from gateway.session import Sessions
from gateway.ui.bundle import WEB, Bundle
from gateway.ui.ended import Ended
from gateway.ui.header import DATA_HEADERS
from gateway.ui.limit import Seats
from gateway.ui.login import Desk
from gateway.ui.seal import Seal
from gateway.ui.server import UiServer
from gateway.ui.upstream import Upstream
from gateway.ui.watch import CertificateWatch, KeyWatch, SettingWatch
from kube.client import Client
from kube.config import Server

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the door is, and where its requests go; without a server it stays closed."""

    server: Server | None = None
    port: int = 0
    folder: Path = WEB


class Door:
    """Runs the second listener."""

    def __init__(self, client: Client, namespace: str, host: str, place: Place) -> None:
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._host = host
        self._place = place
        self._tls = ServerTls(client_certificates="never")
        self._seal = Seal()
        self._upstream = Upstream(place.server) if place.server is not None else None
        self._held = Sessions()
        self._seats = Seats()
        self._settings = SettingWatch(client, namespace)
        self._ended = Ended(client, namespace, self._seats.end)
        self._desk = Desk(self._seal, self._seats, self._ended, self._settings.read)
        self._keys = KeyWatch(client, namespace, self._seal.renew)
        self._certificate = CertificateWatch(client, namespace, self._take_certificate)
        self._material: Material | None = None  # the installation's
        self._pair: tuple[bytes, bytes] | None = None  # the administrator's
        self.ready = self._keys.ready
        self.runs: tuple[Callable[[], Coroutine[None, None, None]], ...] = (
            self._keys.run,
            self._certificate.run,
            *self._settings.runs,
            *self._ended.runs,
        )

    def renew(self, material: Material) -> None:
        """Prove itself with this from now on, unless an administrator gave something else."""
        self._material = material
        self._show()

    def _take_certificate(self, pair: tuple[bytes, bytes] | None) -> None:
        self._pair = pair
        self._show()

    def _show(self) -> None:
        material = self._material
        if material is None:
            return
        if self._pair is not None:
            try:
                self._tls.renew(Material(*self._pair, material.authorities))
            except Problem as problem:
                extra = {"secret": SECRET_UI_CERTIFICATE, "error": problem.message}
                log.warning("certificate of the pages not taken", extra=extra)
            else:
                return
        self._tls.renew(material)

    async def run(self, stop: asyncio.Event, drain_seconds: float) -> None:
        """Serve until ``stop`` and a while longer."""
        upstream = self._upstream
        if upstream is None:
            return
        try:
            await self._serve(upstream, stop, drain_seconds)
        finally:
            await upstream.close()

    async def _serve(self, upstream: Upstream, stop: asyncio.Event, drain_seconds: float) -> None:
        bundle = Bundle(self._place.folder)
        pages = UiServer(bundle, self._desk, self._held, upstream, self._settings.read)
        metric.UI_REQUESTS.set_function(lambda: len(self._seats))
        async with listen(
            pages,
            self._tls.context,
            host=self._host,
            port=self._place.port,
            pages=True,
            plain=DATA_HEADERS,
        ) as listener:
            self.listening.set_result(listener.port)
            await stop.wait()
            listener.end_connections()
            await asyncio.sleep(drain_seconds)
            await self._held.close(_CLOSE_SECONDS)
            self._seats.end()  # watches and logs have no end of their own
        await pages.close(_CLOSE_SECONDS)
