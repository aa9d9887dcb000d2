"""A launcher hears of a shorter grace, which the kubelet keeps to itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from handler import hurry
from handler.hurry import Hurry
from handler.pod import Pod
from kube.client import Client
from kube.informer import Informer
from kube.resource import PODS as POD_RESOURCE
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.handler.fake_api import PODS, FakeApi
from tests.integration.handler.fake_launcher import POD_UID, FakeLauncher, serve_launcher

POD = f"{PODS}vm1"
DEADLINE_SECONDS = 60.0


class EndingLauncher(FakeLauncher):
    """Writes down how soon it is to end."""

    def __init__(self) -> None:
        super().__init__()
        self.told: asyncio.Queue[int] = asyncio.Queue()

    async def ShutdownDomain(  # noqa: N802
        self, request: pb.ShutdownDomainRequest, context: object
    ) -> pb.ShutdownDomainResponse:
        assert request.HasField("grace_seconds")
        self.told.put_nowait(request.grace_seconds)
        return pb.ShutdownDomainResponse()

    async def next(self) -> int:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.told.get()


def make_pod(deletion_seconds: int | None, **status: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "vm1", "namespace": "ns", "uid": POD_UID}
    if deletion_seconds is not None:
        metadata["deletionTimestamp"] = "2026-11-22T10:00:00Z"
        metadata["deletionGracePeriodSeconds"] = deletion_seconds
    spec = {"nodeName": "node1", "terminationGracePeriodSeconds": 95}
    return {"metadata": metadata, "spec": spec, "status": status}


@pytest.fixture(autouse=True)
def no_call_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that was slow is made twice, and these tests count."""
    monkeypatch.setattr(hurry, "CALL_SECONDS", DEADLINE_SECONDS)


@pytest.fixture
async def api() -> FakeApi:
    api = FakeApi()
    api.put(POD, make_pod(None))
    return api


@asynccontextmanager
async def run_hurry(api: FakeApi, root: Path) -> AsyncIterator[None]:
    pods = Informer(Client(api), POD_RESOURCE, Pod)
    teller = Hurry(root, pods)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in (pods, teller)]
        await pods.synced.wait()
        yield
        for task in tasks:
            task.cancel()


async def test_each_shorter_grace_is_passed_on_once(api: FakeApi, tmp_path: Path) -> None:
    launcher = EndingLauncher()
    async with serve_launcher(tmp_path, launcher), run_hurry(api, tmp_path):
        api.put(POD, make_pod(95))  # its own: the kubelet has said so
        api.put(POD, make_pod(35))
        assert await launcher.next() == 30
        api.put(POD, make_pod(35, phase="Running"))
        api.put(POD, make_pod(5))
        assert await launcher.next() == 0
        assert launcher.told.empty()


async def test_a_launcher_that_cannot_be_reached_at_first_is_told_later(
    api: FakeApi, tmp_path: Path
) -> None:
    launcher = EndingLauncher()
    async with run_hurry(api, tmp_path):
        api.put(POD, make_pod(1))
        async with serve_launcher(tmp_path, launcher):
            assert await launcher.next() == 0


async def test_a_handler_that_comes_later_tells_as_well(api: FakeApi, tmp_path: Path) -> None:
    launcher = EndingLauncher()
    api.put(POD, make_pod(15))
    async with serve_launcher(tmp_path, launcher), run_hurry(api, tmp_path):
        assert await launcher.next() == 10
