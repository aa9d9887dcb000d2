"""What the pages' door must know of the cluster: its keys for sessions, and its settings."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from api.names import CONFIG_UI, SECRET_UI, SECRET_UI_CERTIFICATE, SECRET_UI_KEYS
from api.problem import Problem
from api.ui_key import read_keys
from daemon.trust import Secret
from gateway.front_proxy import ConfigMap
from gateway.ui.setting import Settings, read_settings
from kube.client import Client
from kube.informer import open_single
from kube.resource import CONFIG_MAPS, SECRETS

log = logging.getLogger(__name__)

_NONE: Final[dict[str, bytes]] = {}


class KeyWatch:
    """Follows the Secret with the keys. One that is gone or empty changes nothing.

    ``ready`` is set when there are some for the first time.
    """

    def __init__(
        self, client: Client, namespace: str, take: Callable[[dict[int, bytes]], None]
    ) -> None:
        self.ready = asyncio.Event()
        self._take_keys = take
        self._informer = open_single(client, SECRETS, Secret, SECRET_UI_KEYS, namespace)
        self._informer.on_change(self._take)

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._informer.run()

    def _take(self, _old: Secret | None, new: Secret | None) -> None:
        keys = read_keys((new.data if new is not None else None) or _NONE)
        if not keys:
            log.warning("session keys not renewed", extra={"secret": SECRET_UI_KEYS})
            return
        self._take_keys(keys)
        self.ready.set()
        log.info("session keys taken", extra={"keys": len(keys)})


class CertificateWatch:
    """Follows the certificate that an administrator gave for the pages; mostly there is none."""

    def __init__(
        self, client: Client, namespace: str, take: Callable[[tuple[bytes, bytes] | None], None]
    ) -> None:
        """``take`` is called with certificate and key (PEM), or None when there are none."""
        self._take_pair = take
        self._informer = open_single(client, SECRETS, Secret, SECRET_UI_CERTIFICATE, namespace)
        self._informer.on_change(self._take)

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._informer.run()

    def _take(self, _old: Secret | None, new: Secret | None) -> None:
        data = (new.data if new is not None else None) or _NONE
        certificate, key = data.get("tls.crt", b""), data.get("tls.key", b"")
        self._take_pair((certificate, key) if certificate and key else None)


class SettingWatch:
    """Follows ConfigMap and Secret. What is wrong is logged, and the last that was right holds."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._current = Settings()
        self._config = open_single(client, CONFIG_MAPS, ConfigMap, CONFIG_UI, namespace)
        self._secret = open_single(client, SECRETS, Secret, SECRET_UI, namespace)
        self._config.on_change(lambda _old, _new: self._take())
        self._secret.on_change(lambda _old, _new: self._take())
        self.runs = (self._config.run, self._secret.run)

    def read(self) -> Settings:
        """Return what holds now."""
        return self._current

    def _take(self) -> None:
        config = next(iter(self._config), None)
        secret = next(iter(self._secret), None)
        try:
            self._current = read_settings(
                (config and config.data) or {}, (secret and secret.data) or {}
            )
        except Problem as problem:
            extra = {"config": CONFIG_UI, "error": problem.message}
            log.warning("settings of the pages not taken", extra=extra)
