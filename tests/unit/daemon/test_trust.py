"""The material of one Secret: taken when it comes, kept when it goes."""

import asyncio
import base64
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping

import pytest

from api.problem import Problem
from daemon.tls import Material
from daemon.trust import Secret, Trust, read_material
from kube.client import Client
from kube.object import Meta
from tests.unit.controller.fake_api import FakeApi, Json

NAME, NAMESPACE = "our-certs", "kubevirt"
ONE = {"tls.crt": b"certificate", "tls.key": b"key", "ca.crt": b"authorities"}
TWO = ONE | {"tls.crt": b"newer"}


def build_secret(data: Mapping[str, bytes], name: str = NAME) -> Json:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {"metadata": {"name": name, "namespace": NAMESPACE}, "data": encoded}


class Fixture:
    """A Trust on a fake API server, and what it told."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.trust = Trust(Client(self.api), NAME, NAMESPACE)
        self.told: list[bytes] = []
        self.trust.on_change(lambda material: self.told.append(material.certificate))

    def put(self, data: Mapping[str, bytes], name: str = NAME) -> None:
        self.api.put("secrets", build_secret(data, name), NAMESPACE)

    def change(self, data: Mapping[str, bytes]) -> None:
        self.api.change("secrets", NAME, {"data": build_secret(data)["data"]}, NAMESPACE)

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.trust.run())
        await self.settle()
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


async def test_what_is_there_is_taken(fixture: Fixture) -> None:
    fixture.put(ONE)
    async with fixture.running():
        assert fixture.trust.material == Material(b"certificate", b"key", b"authorities")
        assert fixture.trust.ready.is_set()
        assert fixture.told == [b"certificate"]


async def test_a_secret_that_comes_late_is_taken_then(fixture: Fixture) -> None:
    async with fixture.running():
        assert fixture.trust.material is None
        assert not fixture.trust.ready.is_set()
        fixture.put(ONE)
        await asyncio.wait_for(fixture.trust.ready.wait(), 30)
        assert fixture.told == [b"certificate"]


async def test_a_renewal_is_told_and_a_rewrite_of_the_same_is_not(fixture: Fixture) -> None:
    fixture.put(ONE)
    async with fixture.running():
        fixture.change(TWO)
        await fixture.settle()
        fixture.api.change("secrets", NAME, {"metadata": {"labels": {"a": "b"}}}, NAMESPACE)
        await fixture.settle()
        assert fixture.told == [b"certificate", b"newer"]


async def test_a_secret_that_goes_leaves_its_material(fixture: Fixture) -> None:
    fixture.put(ONE)
    async with fixture.running():
        fixture.api.remove("secrets", NAME, NAMESPACE)
        await fixture.settle()
        assert fixture.trust.material is not None
        fixture.put(TWO)
        await fixture.settle()
        assert fixture.told == [b"certificate", b"newer"]


async def test_only_the_one_secret_is_asked_for(fixture: Fixture) -> None:
    fixture.put(TWO, "other")
    async with fixture.running():
        assert fixture.trust.material is None


@pytest.mark.parametrize("lacking", ["tls.crt", "tls.key", "ca.crt"])
async def test_half_a_secret_renews_nothing(
    fixture: Fixture, lacking: str, caplog: pytest.LogCaptureFixture
) -> None:
    fixture.put(ONE)
    async with fixture.running():
        fixture.change(TWO | {lacking: b""})
        await fixture.settle()
        assert fixture.told == [b"certificate"]
    assert "certificate not renewed" in caplog.messages


async def test_a_secret_that_is_no_base64_renews_nothing(fixture: Fixture) -> None:
    fixture.put(ONE)
    async with fixture.running():
        fixture.api.change("secrets", NAME, {"data": {"tls.crt": "%"}}, NAMESPACE)
        await fixture.settle()
        assert fixture.told == [b"certificate"]
        fixture.change(TWO)
        await fixture.settle()
        assert fixture.told == [b"certificate", b"newer"]


async def test_a_listener_that_comes_late_is_told_at_once(fixture: Fixture) -> None:
    fixture.put(ONE)
    late: list[Material] = []
    async with fixture.running():
        fixture.trust.on_change(late.append)
        assert late == [fixture.trust.material]


async def test_a_listener_that_refuses_keeps_nothing_from_the_others(
    fixture: Fixture, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_material: Material) -> None:
        raise Problem("TlsMaterialInvalid", "no key")

    later: list[Material] = []
    fixture.trust.on_change(refuse)
    fixture.trust.on_change(later.append)
    fixture.put(ONE)
    with caplog.at_level(logging.WARNING):
        async with fixture.running():
            fixture.change(TWO)
            await fixture.settle()
    assert len(later) == 2
    assert caplog.messages.count("certificate not taken") == 2


@pytest.mark.parametrize("data", [None, {}, {"tls.crt": b"a"}])
def test_a_secret_without_all_parts_is_no_material(data: dict[str, bytes] | None) -> None:
    assert read_material(Secret(Meta(name="a"), data)) is None
