"""The front proxies that are believed, as the cluster's ConfigMap says now."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from api.problem import Problem
from gateway.identity import CONFIG_NAME, CONFIG_NAMESPACE, FrontProxy, read_front_proxy
from kube.client import Client
from kube.informer import open_single
from kube.object import Meta
from kube.resource import CONFIG_MAPS

log = logging.getLogger(__name__)


class ConfigMap(msgspec.Struct, frozen=True):
    """A ConfigMap."""

    metadata: Meta
    data: dict[str, str] | None = None


class FrontProxyWatch:
    """Follows the ConfigMap. One that is gone, or of no use, changes nothing."""

    def __init__(self, client: Client) -> None:
        self.current: FrontProxy | None = None
        self.ready = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._informer = open_single(client, CONFIG_MAPS, ConfigMap, CONFIG_NAME, CONFIG_NAMESPACE)
        self._informer.on_change(self._take)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` whenever ``current`` is another."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._informer.run()

    def _take(self, _old: ConfigMap | None, new: ConfigMap | None) -> None:
        try:
            found = read_front_proxy((new.data if new is not None else None) or {})
        except Problem as problem:
            log.warning("front proxy not known", extra={"error": problem.message})
            return
        if found == self.current:
            return
        if not found.allowed_names:
            log.warning("every certificate of the front proxies' authority is believed")
        self.current = found
        for listener in self._listeners:
            listener()
        self.ready.set()
