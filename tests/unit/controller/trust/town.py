"""An installation whose authority works on a fake API server, and signs in this process."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from cryptography import x509

from api.names import (
    CONFIG_AUTHORITIES,
    SECRET_API_CERTIFICATE,
    SECRET_AUTHORITY,
    SECRET_HANDLER_CERTIFICATE,
)
from controller.trust.contract import Answer, Issue, Question
from controller.trust.pem import split_bundle
from controller.trust.reconcile import Authority
from controller.trust.seen import Intervals
from controller.trust.sign import answer
from kube.client import Client
from kube.object import Key
from tests.unit.controller.fake_api import FakeApi
from tests.unit.controller.world import Clock, is_crash

NAMESPACE = "kubevirt"
CERTIFICATES = (SECRET_API_CERTIFICATE, SECRET_HANDLER_CERTIFICATE)
INTERVALS = Intervals(3600, 30 * 3600, 600)


class Town:
    """One API server and the authority's lives on it."""

    def __init__(self, intervals: Intervals) -> None:
        self.api = FakeApi()
        self.clock = Clock()
        self.intervals = intervals
        self.issued = 0
        self.crashes = 0
        self.authority = self._build()
        self._task: asyncio.Task[None] | None = None

    def _build(self) -> Authority:
        client = Client(self.api)
        return Authority(client, NAMESPACE, self.intervals, ask=self.ask, clock=self.clock)

    async def ask(self, question: Question) -> Answer:
        self.issued += isinstance(question, Issue)
        return answer(question)

    async def settle(self) -> None:
        """Wait until nothing has been asked of the API server for a while."""
        quiet, before = 0, -1
        while quiet < 40:
            quiet, before = (quiet + 1 if before == self.api.requests else 0), self.api.requests
            await asyncio.sleep(0)

    async def pass_seconds(self, seconds: float) -> None:
        """Let time pass, and the timer ring."""
        self.clock.pass_seconds(seconds)
        await self.look()

    async def look(self) -> None:
        self.authority.queue.add(Key(NAMESPACE, SECRET_AUTHORITY))
        await self.settle()

    async def start(self) -> None:
        """Let an authority work that knows nothing of those before."""
        self.authority = self._build()
        self._task = asyncio.create_task(self.authority.run())
        await self.settle()

    async def stop(self) -> None:
        """End it as kill -9 does."""
        assert self._task is not None
        self._task.cancel()
        (end,) = await asyncio.gather(self._task, return_exceptions=True)
        if not isinstance(end, asyncio.CancelledError):
            assert isinstance(end, BaseExceptionGroup)
            assert is_crash(end), end
            self.crashes += 1

    @asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """Let an authority work until the block ends."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    # What tests ask.

    def read(self, secret: str, key: str) -> str:
        item = self.api.find("secrets", secret, NAMESPACE)
        assert item is not None, secret
        return base64.b64decode(item["data"].get(key, "")).decode()

    def load(self, secret: str, key: str = "tls.crt") -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.read(secret, key).encode())

    def list_bundles(self) -> list[list[str]]:
        """Return the authorities' names in every bundle, that of the ConfigMap last."""
        texts = [self.read(name, "ca.crt") for name in (SECRET_AUTHORITY, *CERTIFICATES)]
        config = self.api.find("configmaps", CONFIG_AUTHORITIES, NAMESPACE)
        assert config is not None
        texts.append(config["data"]["ca-bundle"])
        return [
            [name_of(x509.load_pem_x509_certificate(each.encode())) for each in split_bundle(text)]
            for text in texts
        ]

    @property
    def bundle(self) -> list[str]:
        """The one bundle that everyone has."""
        first, *others = self.list_bundles()
        assert all(other == first for other in others)
        return first

    def signer(self, secret: str) -> str:
        return self.load(secret).issuer.rfc4514_string()

    def break_secret(self, name: str, key: str, text: str) -> None:
        content = base64.b64encode(text.encode()).decode()
        self.api.change("secrets", name, {"data": {key: content}}, NAMESPACE)


def name_of(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def end_of(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc


@asynccontextmanager
async def run_town(intervals: Intervals = INTERVALS) -> AsyncIterator[Town]:
    town = Town(intervals)
    async with town.life():
        yield town


def hours(number: float) -> float:
    return timedelta(hours=number) / timedelta(seconds=1)
