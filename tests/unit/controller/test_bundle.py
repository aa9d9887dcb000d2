"""The bundle: it comes, stays as it is, and goes when it is not wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.names import LABEL_MANAGED_BY
from controller.bundle import Bundle, Plan, plan_bundle
from controller.cache import AnyInformer, Caches
from kube.client import Client
from kube.object import Key
from tests.unit.controller.fake_api import FakeApi, Json

INSTANCETYPES = "virtualmachineclusterinstancetypes"
PREFERENCES = "virtualmachineclusterpreferences"
OURS = {LABEL_MANAGED_BY: "virt-controller"}


def build(name: str, labels: Json | None = None, **spec: object) -> Json:
    return {"metadata": {"name": name, "labels": labels or OURS}, "spec": spec}


def test_what_is_missing_is_created_and_what_was_changed_is_mended() -> None:
    wanted = {name: build(name, cpu={"guest": 1}) for name in ("gone", "same", "changed", "more")}
    there = {
        "same": build("same", cpu={"guest": 1}),
        "changed": build("changed", cpu={"guest": 2}),
        "more": build("more", cpu={"guest": 1, "model": "host-passthrough"}),
    }
    assert plan_bundle(there, wanted, enabled=True) == Plan(
        create={"gone": wanted["gone"]}, mend={"changed": wanted["changed"]}
    )


def test_what_somebody_else_made_is_left_alone() -> None:
    theirs = build("u1.small", {"owner": "them"}, cpu={"guest": 9})
    bare: Json = {"metadata": {"name": "bare"}, "spec": {}}
    there = {"u1.small": theirs, "bare": bare}
    wanted = {"u1.small": build("u1.small", cpu={"guest": 1}), "bare": build("bare")}
    assert plan_bundle(there, wanted, enabled=True) == Plan()
    assert plan_bundle(there, wanted, enabled=False) == Plan()


def test_what_is_not_wanted_is_deleted() -> None:
    there = {"old": build("old"), "new": build("new")}
    assert plan_bundle(there, {}, enabled=False) == Plan(delete=("new", "old"))


async def settle(api: FakeApi) -> None:
    """Wait until nothing has been asked of the API server for a while."""
    quiet, before = 0, -1
    while quiet < 40:
        quiet, before = (quiet + 1 if before == api.requests else 0), api.requests
        await asyncio.sleep(0)


@asynccontextmanager
async def installed(api: FakeApi) -> AsyncIterator[Bundle]:
    client = Client(api)
    caches = Caches(client)
    bundle = Bundle(client, caches)
    async with asyncio.TaskGroup() as group:
        informers: tuple[AnyInformer, ...] = (caches.kubevirts, *caches.catalogue)
        tasks = [group.create_task(informer.run()) for informer in informers]
        await caches.kubevirts.synced.wait()
        bundle.connect()
        tasks.append(group.create_task(bundle.queue.run(bundle.work, workers=1)))
        await settle(api)
        yield bundle
        for task in tasks:
            task.cancel()


def count(api: FakeApi, plural: str) -> int:
    return sum(kind == plural for kind, _, _ in api.objects)


async def test_the_bundle_comes_at_once_and_again_when_it_is_touched() -> None:
    api = FakeApi()
    async with installed(api):
        assert count(api, INSTANCETYPES) >= 30
        assert count(api, PREFERENCES) >= 20
        settled = len(api.writes)
        api.put(INSTANCETYPES, build("mine", {"a": "b"}), "")
        await settle(api)
        assert len(api.writes) == settled
        api.remove(INSTANCETYPES, "u1.small", "")
        api.change(PREFERENCES, "debian", {"spec": {"devices": None}}, "")
        await settle(api)
        assert len(api.writes) == settled + 2
        small = api.find(INSTANCETYPES, "u1.small", "")
        debian = api.find(PREFERENCES, "debian", "")
        assert small is not None
        assert debian is not None
        assert small["spec"] == {"cpu": {"guest": 1}, "memory": {"guest": "2Gi"}}
        assert debian["spec"]["devices"]["preferredDiskBus"] == "virtio"


async def test_a_second_controller_finds_nothing_to_do() -> None:
    api = FakeApi()
    async with installed(api):
        pass
    written = len(api.writes)
    async with installed(api):
        assert len(api.writes) == written


async def test_an_installation_can_do_without() -> None:
    api = FakeApi()
    spec = {"configuration": {"commonInstancetypesDeployment": {"enabled": False}}}
    async with installed(api):
        api.put(INSTANCETYPES, build("mine", {"a": "b"}), "")
        api.put("kubevirts", {"metadata": {"name": "kubevirt"}, "spec": spec}, "kubevirt")
        await settle(api)
        assert (count(api, INSTANCETYPES), count(api, PREFERENCES)) == (1, 0)


async def test_a_refusal_is_tried_again() -> None:
    api = FakeApi()
    api.refuse[PREFERENCES] = "not now"
    async with installed(api) as bundle:
        assert count(api, PREFERENCES) == 0
        assert count(api, INSTANCETYPES) >= 30
        del api.refuse[PREFERENCES]
        bundle.queue.add(Key("", f"{PREFERENCES}.instancetype.kubevirt.io"))
        await settle(api)
        assert count(api, PREFERENCES) >= 20


async def test_an_answer_that_is_lost_ends_nothing() -> None:
    api = FakeApi(lose_after=1)
    async with installed(api) as bundle:
        assert api.lose_after is None
        for plural in (INSTANCETYPES, PREFERENCES):
            bundle.queue.add(Key("", f"{plural}.instancetype.kubevirt.io"))
        await settle(api)
        assert count(api, INSTANCETYPES) >= 30
        assert count(api, PREFERENCES) >= 20
