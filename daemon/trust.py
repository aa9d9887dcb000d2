"""Our own certificate and the authorities we trust: one Secret, watched, told when it changes."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from api.problem import Problem
from daemon.tls import Material
from kube.client import Client
from kube.informer import open_single
from kube.object import Meta
from kube.resource import SECRETS

log = logging.getLogger(__name__)

KEYS = ("tls.crt", "tls.key", "ca.crt")  # of Material's fields, in their order


class Secret(msgspec.Struct, frozen=True):
    """A Secret; msgspec undoes the base64."""

    metadata: Meta
    data: dict[str, bytes] | None = None


class Trust:
    """The newest material, which outlives its Secret: who deletes that breaks no connection.

    ``ready`` is set when there is some for the first time.
    """

    def __init__(self, client: Client, secret: str, namespace: str) -> None:
        self.material: Material | None = None
        self.ready = asyncio.Event()
        self._listeners: list[Callable[[Material], None]] = []
        self._informer = open_single(client, SECRETS, Secret, secret, namespace)
        self._informer.on_change(self._take)
        self._extra = {"secret": f"{namespace}/{secret}"}

    def on_change(self, listener: Callable[[Material], None]) -> None:
        """Call ``listener(material)`` now, when there is some, and whenever it changes.

        A Problem that the listener raises is logged: it has then kept what it had.
        """
        self._listeners.append(listener)
        if self.material is not None:
            self._tell(listener, self.material)

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._informer.run()

    def _take(self, _old: Secret | None, new: Secret | None) -> None:
        material = read_material(new)
        if material is None:
            what = "is gone" if new is None else f"lacks one of {', '.join(KEYS)}"
            log.warning("certificate not renewed", extra=self._extra | {"error": f"secret {what}"})
        elif material != self.material:
            self.material = material
            for listener in self._listeners:
                self._tell(listener, material)
            self.ready.set()

    def _tell(self, listener: Callable[[Material], None], material: Material) -> None:
        try:
            listener(material)
        except Problem as problem:
            log.warning("certificate not taken", extra=self._extra | {"error": problem.message})
        else:
            log.info("certificate taken", extra=self._extra)


def read_material(secret: Secret | None) -> Material | None:
    """Return what a Secret holds; nothing unless it is all there."""
    data = (secret and secret.data) or {}
    certificate, key, authorities = (data.get(name, b"") for name in KEYS)
    whole = certificate and key and authorities
    return Material(certificate, key, authorities) if whole else None
