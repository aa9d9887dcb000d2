"""Every route, for nobody, for who may not and for who may (A04, A05, A10)."""

import pytest

from gateway.route import ROUTES, Route
from tests.integration.gateway.world import ROOT, World

_REVIEWED = [route for route in ROUTES if route.reviewed]
_OPEN = [route for route in ROUTES if not route.reviewed]


def _spell(route: Route) -> str:
    values = {"namespace": "ns", "name": "vm1", "port": "22", "protocol": "tcp"}
    return ROOT + route.path.format(**values)


def _name(route: Route) -> str:
    return f"{route.method} {route.resource}/{route.subresource}"


@pytest.mark.parametrize("route", _REVIEWED, ids=_name)
async def test_nobody_gets_nothing_and_nobody_is_asked(world: World, route: Route) -> None:
    for user, anonymous in ((None, False), ("alice", True)):
        path = _spell(route)
        answer = await world.call(route.method, path, user=user, anonymous=anonymous)
        assert answer.code == 401
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert world.api.reviews == []


@pytest.mark.parametrize("route", _REVIEWED, ids=_name)
async def test_who_may_not_is_told_so_in_plain_text(world: World, route: Route) -> None:
    world.api.allow = lambda _: False
    answer = await world.call(route.method, _spell(route))
    assert answer.code == 401
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "'alice' cannot" in answer.body.decode()
    assert world.api.writes == []
    assert world.node.asked == []


@pytest.mark.parametrize("route", _REVIEWED, ids=_name)
async def test_the_right_asked_for_is_the_routes_own(world: World, route: Route) -> None:
    answer = await world.call(route.method, _spell(route))
    assert answer.code != 401
    spec = world.api.reviews[0]
    expected = {
        "group": "subresources.kubevirt.io",
        "version": "v1",
        "verb": {"GET": "get", "PUT": "update"}[route.method],
        "resource": route.resource,
        "subresource": route.subresource,
        "namespace": "ns",
        "name": "vm1" if route.scope == "object" else "",
    }
    assert spec["resourceAttributes"] == {key: each for key, each in expected.items() if each}
    assert spec["user"] == "alice"
    if route.feature:
        code, reason, message = answer.status
        assert (code, reason) == (501, "NotImplemented")
        assert route.feature in message


@pytest.mark.parametrize("route", _OPEN, ids=_name)
async def test_what_is_open_needs_no_user(world: World, route: Route) -> None:
    answer = await world.call(route.method, _spell(route), anonymous=True)
    assert answer.code == (501 if route.resource == "guestfs" else 200)
    assert world.api.reviews == []


def test_what_is_open_is_a_short_list() -> None:
    assert {route.resource for route in _OPEN} == {"version", "healthz", "guestfs"}


@pytest.mark.parametrize("path", ["metrics", "start-cluster-profiler", "debug/pprof", "readyz"])
async def test_nothing_else_is_open(world: World, path: str) -> None:
    for prefix in ("", ROOT):
        assert (await world.get(f"{prefix}/{path}", anonymous=True)).code == 404


async def test_a_right_to_the_prefix_is_no_right_to_what_follows(world: World) -> None:
    world.api.allow = lambda spec: spec["resourceAttributes"]["subresource"] == "vnc"
    path = f"{ROOT}/namespaces/ns/virtualmachineinstances/vm1/vnc"
    assert (await world.get(f"{path}/screenshot")).code == 401
    assert (await world.get(path)).code != 401


async def test_a_right_to_what_follows_is_no_right_to_the_prefix(world: World) -> None:
    world.api.allow = lambda spec: spec["resourceAttributes"]["subresource"] == "vnc/screenshot"
    path = f"{ROOT}/namespaces/ns/virtualmachineinstances/vm1/vnc"
    assert (await world.get(path)).code == 401
    assert (await world.get(f"{path}/screenshot")).code == 404  # there is no such VMI


async def test_a_right_to_one_vm_is_none_to_another(world: World) -> None:
    world.api.allow = lambda spec: spec["resourceAttributes"]["name"] == "vm1"
    path = f"{ROOT}/namespaces/ns/virtualmachines"
    assert (await world.put(f"{path}/vm2/start")).code == 401
    assert (await world.put(f"{path}/vm1/start")).code == 404


async def test_no_verdict_is_500_with_an_empty_body(world: World) -> None:
    world.api.down = True
    answer = await world.put(f"{ROOT}/namespaces/ns/virtualmachines/vm1/start")
    assert (answer.code, answer.body) == (500, b"")


async def test_a_denial_beats_a_permission(world: World) -> None:
    world.api.deny = True
    answer = await world.put(f"{ROOT}/namespaces/ns/virtualmachines/vm1/start")
    assert answer.code == 401
