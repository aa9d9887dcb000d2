"""Who is believed, and about whom (A01, A02, A03)."""

import asyncio
import ssl

import aiohttp
import pytest

from api.door import ROLE_GATEWAY
from daemon.tls import Material
from tests.authority import CLIENT, SERVER, Authority, sign_self
from tests.integration.gateway.world import OF_VM, PROXY, World, put_certificate, put_front_proxy

EXPAND = f"{OF_VM}/expand-spec"
ADMIN = (("X-Remote-User", "admin"), ("X-Remote-Group", "system:masters"))


async def test_headers_without_a_certificate_are_no_identity(world: World) -> None:
    answer = await world.get(EXPAND, headers=ADMIN, user=None, anonymous=True)
    assert answer.code == 401
    assert world.api.reviews == []


async def test_another_name_of_the_right_authority_is_refused(world: World) -> None:
    for name in ("admin", "front-proxy-client2", "FRONT-PROXY-CLIENT", " front-proxy-client", "*"):
        answer = await world.get(EXPAND, headers=ADMIN, certificate=world.front.issue(name))
        assert answer.code == 401
    assert world.api.reviews == []


def _strangers(world: World) -> list[Material]:
    return [
        Authority("cluster ca").issue(PROXY),  # as a kubelet's
        Authority("front-proxy-ca").issue(PROXY),  # of the authority's name alone
        world.own.issue(PROXY),  # of virtpod's components
        world.own.issue(ROLE_GATEWAY),
        world.front.issue(PROXY, valid=False),
        world.front.issue(PROXY, usages=(SERVER,)),
        sign_self(PROXY),
    ]


async def test_certificates_of_others_are_refused_at_the_handshake(world: World) -> None:
    for material in _strangers(world):
        with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
            await world.get(EXPAND, headers=ADMIN, certificate=material)
    assert world.api.reviews == []


async def test_a_client_certificate_suffices(world: World) -> None:
    answer = await world.get(EXPAND, certificate=world.front.issue(PROXY, usages=(CLIENT,)))
    assert answer.code == 404


async def test_the_review_has_all_that_the_proxy_says(world: World) -> None:
    headers = [
        ("X-Remote-Group", "dev"),
        ("X-Remote-Group", "system:authenticated"),
        ("X-Remote-Uid", "42"),
        ("X-Remote-Extra-Scopes", "a"),
        ("X-Remote-Extra-Scopes", "b"),
        ("X-Remote-Extra-Example.org%2fdetail", "c d"),
    ]
    await world.get(EXPAND, headers=headers)
    spec = world.api.reviews[0]
    assert spec["user"] == "alice"
    assert spec["uid"] == "42"
    assert spec["groups"] == ["dev", "system:authenticated"]
    assert spec["extra"] == {"scopes": ["a", "b"], "example.org/detail": ["c d"]}


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Remote-User", "admin")],  # a second one
        [("X-Remote-Uid", "1"), ("X-Remote-Uid", "2")],
    ],
)
async def test_two_users_are_none(world: World, headers: list[tuple[str, str]]) -> None:
    assert (await world.get(EXPAND, headers=headers)).code == 401


async def test_an_empty_name_is_none(world: World) -> None:
    assert (await world.get(EXPAND, user="")).code == 401


async def test_headers_that_look_alike_say_nothing(world: World) -> None:
    headers = [
        ("X_Remote_User", "admin"),
        ("X-Remote-User-", "admin"),
        ("X_Remote_Group", "system:masters"),
        ("Impersonate-User", "admin"),
        ("Impersonate-Group", "system:masters"),
        ("Authorization", "Bearer of-admin"),
    ]
    assert (await world.get(EXPAND, headers=headers, user=None)).code == 401
    await world.get(EXPAND, headers=headers)
    assert world.api.reviews == [
        {"user": "alice", "resourceAttributes": world.api.reviews[0]["resourceAttributes"]}
    ]


async def settle() -> None:
    """Let the watch, which has been told, pass it on."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_new_authority_counts_at_once_and_the_old_no_more(world: World) -> None:
    new = Authority("front-proxy-ca-2")
    put_front_proxy(world.api, new.certificate, names=("another",))
    await settle()
    assert (await world.get(EXPAND, certificate=new.issue("another"))).code == 404
    assert (await world.get(EXPAND, certificate=new.issue(PROXY))).code == 401
    with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
        await world.get(EXPAND)


async def test_a_config_of_no_use_changes_nothing(world: World) -> None:
    for data in ({"requestheader-allowed-names": "no list"}, {"requestheader-client-ca-file": ""}):
        name = "extension-apiserver-authentication"
        world.api.change("configmaps", name, {"data": data}, "kube-system")
        await settle()
        assert (await world.get(EXPAND)).code == 404


async def test_no_connection_is_lost_when_certificates_change(world: World) -> None:
    made: list[object] = []

    async def count(*about: object) -> None:
        made.append(about)

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(count)
    connector = aiohttp.TCPConnector(ssl=world.build_context(world.front.issue(PROXY)))
    async with aiohttp.ClientSession(
        f"https://127.0.0.1:{world.port}",
        connector=connector,
        headers={"X-Remote-User": "alice"},
        trace_configs=[trace],
    ) as session:
        newer = Authority("kubevirt.io@2")
        async with session.get(EXPAND, server_hostname=ROLE_GATEWAY) as answer:
            assert answer.status == 404
        put_certificate(world.api, newer.issue(ROLE_GATEWAY))
        await settle()
        async with session.get(EXPAND, server_hostname=ROLE_GATEWAY) as answer:
            assert answer.status == 404
        assert len(made) == 1
    with pytest.raises(aiohttp.ClientError):
        await world.get(EXPAND)  # a new connection meets the new certificate
    world.own = newer
    assert (await world.get(EXPAND)).code == 404
