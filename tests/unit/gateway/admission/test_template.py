"""Replica sets, instancetypes and preferences at admission; and what every webhook does."""

import pytest

from gateway.refusal import Refused
from tests.integration.bad_catalogue import BAD_INSTANCETYPES, BAD_PREFERENCES
from tests.integration.bad_vmi import BadVmi, change
from tests.integration.bad_vms import BAD_REPLICA_SETS, GOOD_REPLICA_SET, T
from tests.unit.gateway.admission.scene import Scene, list_fields
from tests.unit.gateway.admission.test_lookup import PREFERENCE, SMALL


@pytest.mark.parametrize(
    "bad", [*BAD_REPLICA_SETS, *BAD_INSTANCETYPES, *BAD_PREFERENCES], ids=lambda bad: bad.name
)
async def test_every_row_of_the_table_is_refused(bad: BadVmi) -> None:
    response = await Scene().judge(bad.manifest)
    assert response["allowed"] is False
    assert response["status"]["code"] == 422


async def test_good_ones_pass() -> None:
    scene = Scene()
    for good in (GOOD_REPLICA_SET, SMALL, PREFERENCE):
        assert (await scene.judge(good))["allowed"]
        assert (await scene.judge(good, good))["allowed"]


async def test_a_bad_replica_set_can_be_scaled_and_paused() -> None:
    scene = Scene()
    bad = change(GOOD_REPLICA_SET, {f"{T}.hostname": "A_b"})
    assert (await scene.judge(change(bad, {"spec.replicas": 0, "spec.paused": True}), bad))[
        "allowed"
    ]
    edited = change(bad, {f"{T}.subdomain": "web"})
    assert list_fields(await scene.judge(edited, bad)) == [f"{T}.hostname"]


async def test_what_is_being_deleted_is_left_alone() -> None:
    scene = Scene()
    for good, path in ((GOOD_REPLICA_SET, f"{T}.hostname"), (SMALL, "spec.memory.guest")):
        dying = change(good, {"metadata.deletionTimestamp": "2026-11-22T12:00:00Z", path: "A_b"})
        assert (await scene.judge(dying, dying))["allowed"]


@pytest.mark.parametrize("path", sorted(Scene().webhooks))
async def test_what_is_no_review_is_a_bad_request(path: str) -> None:
    with pytest.raises(Refused) as caught:
        await Scene().webhooks[path](b'{"kind": "Pod"}')
    assert caught.value.code == 400
