"""The webhooks before an API server in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from api.config import KubeVirtConfiguration
from gateway.admission.webhook import build_webhooks
from gateway.catalogue import Catalogue
from kube.client import Client
from tests.integration.bad_vmi import Manifest
from tests.unit.controller.fake_api import FakeApi
from tests.unit.gateway.admission.review import (
    apply_additions,
    build_review,
    read_answer,
    read_patch,
)

VALIDATE = {
    "VirtualMachine": "/virtualmachines-validate",
    "VirtualMachineInstanceReplicaSet": "/virtualmachinereplicaset-validate",
    "VirtualMachineInstancetype": "/virtualmachineinstancetypes-validate",
    "VirtualMachineClusterInstancetype": "/virtualmachineclusterinstancetypes-validate",
    "VirtualMachinePreference": "/virtualmachinepreferences-validate",
    "VirtualMachineClusterPreference": "/virtualmachineclusterpreferences-validate",
}


@dataclass
class Scene:
    """One gateway, with settings that a test may change."""

    api: FakeApi = field(default_factory=FakeApi)
    config: KubeVirtConfiguration = field(default_factory=KubeVirtConfiguration)

    def __post_init__(self) -> None:
        client = Client(self.api)
        self.catalogue = Catalogue(client)
        self.webhooks = build_webhooks(client, self.catalogue, lambda: self.config)

    def set_config(self, settings: object) -> None:
        self.config = msgspec.convert(settings, KubeVirtConfiguration)

    async def call(self, path: str, body: bytes) -> Manifest:
        return read_answer(await self.webhooks[path](body))

    async def judge(self, new: Manifest, old: Manifest | None = None) -> Manifest:
        """Return the response to a creation, or to an update."""
        path = VALIDATE.get(new["kind"])
        if path is None:
            end = "create" if old is None else "update"
            path = f"/virtualmachineinstances-validate-{end}"
        return await self.call(path, build_review(new, old))

    async def default(self, new: Manifest, old: Manifest | None = None) -> Manifest:
        """Return the object as it is after the patch."""
        path = f"/{new['kind'].lower()}s-mutate"
        response = await self.call(path, build_review(new, old))
        return apply_additions(new, read_patch(response))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fill the caches, and follow what changes."""
        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            tasks = [group.create_task(each.run()) for each in self.catalogue.informers]
            for each in self.catalogue.informers:
                await each.synced.wait()
            yield
            for task in tasks:
                task.cancel()


def list_fields(response: Manifest) -> list[str]:
    """Return the fields that are blamed."""
    if response["allowed"]:
        return []
    return [cause["field"] for cause in response["status"]["details"]["causes"]]
