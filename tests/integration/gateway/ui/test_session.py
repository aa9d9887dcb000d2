"""Who is let in, with whose rights, and what is never told (A11, A14)."""

import asyncio
import json
import logging
import secrets
import time
from pathlib import Path

import aiohttp
import pytest

from api.names import SECRET_UI_KEYS
from gateway.ui.cookie import SESSION
from tests.integration.gateway.ui.server import PODS, REVIEW
from tests.integration.gateway.ui.world import (
    TOKEN,
    Browser,
    Json,
    World,
    put_keys,
    run_world,
    spell_kubeconfig,
    spell_pair,
    spell_token,
)


async def test_a_token_opens_a_session_whose_requests_carry_it(world: World) -> None:
    browser = world.open_browser()
    answer = await browser.log_in()
    assert (answer.code, answer.json["user"], answer.json["namespace"]) == (200, "alice", "default")
    pods = await browser.call("GET", f"/k8s{PODS}")
    assert (pods.code, pods.json["kind"]) == (200, "PodList")
    assert world.server.requests[-1].user == "alice"
    assert world.server.requests[-1].headers["Authorization"] == f"Bearer {TOKEN}"
    assert pods.headers["Server"] == "virt-api"


async def test_the_cookie_is_for_nobody_but_the_server(world: World) -> None:
    answer = await world.open_browser().log_in()
    name, _, rest = answer.cookie.partition("=")
    value, *attributes = rest.split("; ")
    assert name.startswith("__Host-")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(attributes)
    assert "Domain" not in rest
    assert TOKEN not in value
    assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize(
    "token",
    [
        "not-known-to-the-cluster",
        spell_token({"sub": "alice", "exp": time.time() - 10}),  # expired
        spell_token({"sub": "alice", "aud": ["elsewhere"]}),
        spell_token({"sub": "system:admin"}),  # alg none
    ],
)
async def test_a_token_that_the_cluster_refuses_opens_nothing(world: World, token: str) -> None:
    browser = world.open_browser()
    answer = await browser.log_in(token)
    assert (answer.code, answer.json["kind"]) == (401, "Status")
    assert not answer.cookie
    assert token.encode() not in answer.body


async def test_a_token_whose_end_has_come_is_refused_whatever_the_cluster_says(
    world: World,
) -> None:
    token = spell_token({"exp": time.time() - 10})
    world.server.tokens[token] = "alice"
    assert (await world.open_browser().log_in(token)).code == 401


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "x" * 20000, "ünicode"])
async def test_what_is_no_token_is_not_even_asked_about(world: World, token: str) -> None:
    answer = await world.open_browser().log_in(token)
    assert answer.code == 400
    assert not world.server.requests


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"token": 1}', b'{"token":"a","kubeconfig":"b"}']
)
async def test_what_is_no_login_is_400(world: World, body: bytes) -> None:
    assert (await world.open_browser().call("POST", "/ui/login", body)).code == 400


async def test_without_a_session_nothing_reaches_the_cluster(world: World) -> None:
    browser = world.open_browser()
    for path in (PODS, "/version", "/openapi/v3"):
        answer = await browser.call("GET", f"/k8s{path}")
        assert (answer.code, answer.json["reason"]) == (401, "Unauthorized")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser.open("/k8s/api/v1/echo"):
            pass
    assert refused.value.status == 401
    assert not world.server.requests


@pytest.mark.parametrize("how", ["query", "header", "protocol"])
async def test_a_token_counts_only_when_it_was_logged_in_with(world: World, how: str) -> None:
    browser = world.open_browser()
    path, headers = f"/k8s{PODS}", {"Authorization": f"Bearer {TOKEN}"}
    if how == "query":
        path, headers = f"{path}?token={TOKEN}&access_token={TOKEN}", {}
    if how == "protocol":
        headers = {"Sec-WebSocket-Protocol": f"base64url.bearer.authorization.k8s.io.{TOKEN}"}
    assert (await browser.call("GET", path, headers=headers)).code == 401
    assert not world.server.requests


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "empty"])
async def test_a_cookie_that_we_did_not_make_is_none(world: World, damage: str) -> None:
    browser = await world.log_in()
    value = browser.cookies[SESSION]
    middle = len(value) // 2
    flipped = "A" if value[middle] != "A" else "B"
    changed = {
        "cut": value[:-4],
        "flipped": value[:middle] + flipped + value[middle + 1 :],
        "other": "AQAAAAAA",
        "empty": "-",
    }
    browser.cookies[SESSION] = changed[damage]
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401


async def test_a_cookie_of_another_purpose_is_no_session(world: World) -> None:
    browser = await world.log_in()
    seal = world.gateway.door._seal
    content = seal.open("session", browser.cookies[SESSION])
    assert content is not None
    browser.cookies[SESSION] = seal.seal("oidc", content, time.time())
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401


async def test_the_page_is_told_who_it_is_and_how_to_log_in(world: World) -> None:
    browser = world.open_browser()
    before = await browser.call("GET", "/ui/session")
    assert (before.code, before.json) == (401, {"cluster": "", "oidc": None, "renews": False})
    await browser.log_in()
    within = await browser.call("GET", "/ui/session")
    assert (within.code, within.json["user"]) == (200, "alice")


async def test_a_session_is_over_when_the_cluster_no_longer_knows_the_token(world: World) -> None:
    browser = await world.log_in()
    del world.server.tokens[TOKEN]
    answer = await browser.call("GET", f"/k8s{PODS}")
    assert (answer.code, answer.json["message"]) == (401, "Unauthorized")
    assert (await browser.call("GET", "/ui/session")).code == 401
    assert not browser.cookies[SESSION]


async def test_logging_out_ends_the_session_and_what_runs_in_it(world: World) -> None:
    browser = await world.log_in()
    kept = dict(browser.cookies)
    async with browser.open("/k8s/api/v1/echo") as websocket:
        assert (await browser.call("POST", "/ui/logout")).code == 204
        assert (await websocket.receive()).type in {
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        }
    browser.cookies = kept
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401


async def test_a_403_comes_as_it_was(world: World) -> None:
    browser = await world.log_in()
    answer = await browser.call("GET", "/k8s/api/v1/namespaces/closed/pods")
    assert answer.code == 403
    assert answer.json["message"] == "pods is forbidden: no rule says so"


async def test_a_right_that_lacks_at_virt_api_is_403_and_not_the_end_of_the_session(
    world: World,
) -> None:
    browser = await world.log_in()
    path = "/k8s/apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachines/a/start"
    answer = await browser.call("PUT", path)
    assert (answer.code, answer.json["message"]) == (403, "user cannot start")


async def test_nothing_is_ever_asked_with_the_gateways_own_rights(world: World) -> None:
    browser = await world.log_in()
    for path in (PODS, "/api/v1/namespaces/closed/pods", "/version"):
        await browser.call("GET", f"/k8s{path}")
    await browser.call("GET", "/ui/session")
    assert {each.user for each in world.server.requests} == {"alice"}
    assert {each.headers["Authorization"] for each in world.server.requests} == {f"Bearer {TOKEN}"}
    # and its own client has asked for nothing on their behalf
    assert not world.api.reviews


# Kubeconfigs.


async def test_a_kubeconfig_with_a_certificate_speaks_with_it_alone(world: World) -> None:
    browser = world.open_browser()
    pair = spell_pair(world.users.issue("carol"))
    answer = await browser.log_in_with(spell_kubeconfig(pair))
    assert answer.code == 200, answer.body
    assert (answer.json["user"], answer.json["namespace"]) == ("carol", "vms")
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
    assert world.server.requests[-1].user == "carol"
    assert "Authorization" not in world.server.requests[-1].headers


async def test_users_with_certificates_never_share_a_connection(world: World) -> None:
    browsers: dict[str, Browser] = {}
    for name in ("carol", "dave"):
        browsers[name] = world.open_browser()
        pair = spell_pair(world.users.issue(name))
        assert (await browsers[name].log_in_with(spell_kubeconfig(pair))).code == 200
    browsers["alice"] = await world.log_in()
    for name in ("carol", "dave", "alice", "carol", "alice", "dave"):
        await browsers[name].call("GET", f"/k8s{PODS}")
        assert world.server.requests[-1].user == name


async def test_a_kubeconfig_with_a_token_is_a_token(world: World) -> None:
    answer = await world.open_browser().log_in_with(spell_kubeconfig({"token": TOKEN}))
    assert (answer.code, answer.json["namespace"]) == (200, "vms")


async def test_a_kubeconfigs_server_is_never_contacted(world: World) -> None:
    text = spell_kubeconfig({"token": TOKEN}, server="https://169.254.169.254/")
    browser = world.open_browser()
    assert (await browser.log_in_with(text)).code == 200
    assert [each.path for each in world.server.requests] == [REVIEW]


@pytest.mark.parametrize(
    ("user", "word"),
    [
        ({"exec": {"command": "aws", "args": ["eks", "get-token"]}}, "aws eks get-token"),
        ({"auth-provider": {"name": "oidc"}}, "kubectl config view"),
        ({"tokenFile": "/home/me/my token"}, "cat '/home/me/my token'"),
        ({"client-certificate": "/a", "client-key": "/b"}, "--flatten"),
        ({"username": "me", "password": "x"}, "password"),
        ({"token": TOKEN, "as": "admin"}, "impersonate"),
        ({}, "no credentials"),
        ({"client-certificate-data": "%%%"}, "base64"),
        ({"client-certificate-data": "AAAA", "client-key-data": "AAAA"}, "cannot be read"),
    ],
)
async def test_what_a_page_cannot_use_is_refused_with_the_way_round_it(
    world: World, user: Json, word: str
) -> None:
    answer = await world.open_browser().log_in_with(spell_kubeconfig(user))
    assert answer.code == 400
    assert word in answer.json["message"]
    assert not world.server.requests


@pytest.mark.parametrize(
    "text",
    [
        "- no\n- kubeconfig\n",
        "just words",
        "a: [",
        "[" * 100_000,
        "a: &a [x]\nb: &b [*a,*a]\ncurrent-context: *b\n",
        "!!python/object/apply:os.system ['true']",
        # what the loader breaks on
        "a: !!int ''",
        "a: !!bool x",
        "a: !!timestamp x",
        f"a: 1{':1' * 400}.0",
        json.dumps({"contexts": []}),
        json.dumps({"current-context": "x", "contexts": []}),
        json.dumps({"current-context": 5}),
    ],
)
async def test_what_is_no_kubeconfig_is_400(world: World, text: str) -> None:
    answer = await world.open_browser().log_in_with(text)
    assert answer.code == 400
    assert not world.server.requests


def spell_merges(levels: int) -> str:
    """Return YAML each line of which stands for ten of the line before."""
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, levels):
        tenfold = ",".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} {{<<: [{tenfold}]}}")
    return "\n".join(lines)


def spell_crowd(size: int) -> str:
    """Return YAML with as many users as there are arguments to each of them."""
    arguments, users = ",".join(["*a"] * size), ",".join(["*u"] * size)
    return (
        "current-context: x\ncontexts: [{name: x, context: {user: u}}]\n"
        f"z: [&a x, &g [{arguments}], &u {{name: y, user: {{exec: {{args: *g}}}}}}]\n"
        f"users: [{users}]"
    )


@pytest.mark.parametrize("text", [spell_merges(14), spell_crowd(20_000), "- a\n" * 40_000])
async def test_yaml_that_stands_for_far_more_is_refused_at_once(world: World, text: str) -> None:
    async with asyncio.timeout(60):
        answer = await world.open_browser().log_in_with(text)
    assert answer.code == 400


async def test_json_that_is_nested_deeply_is_no_login(world: World) -> None:
    nested = b'{"x": %b%b}' % (b"[" * 60_000, b"]" * 60_000)
    answer = await world.open_browser().call("POST", "/ui/login", nested)
    assert answer.code == 400


async def test_a_certificate_that_expired_or_has_another_key_is_refused(world: World) -> None:
    browser = world.open_browser()
    expired = spell_pair(world.users.issue("carol", valid=False))
    assert (await browser.log_in_with(spell_kubeconfig(expired))).code == 401
    mixed = spell_pair(world.users.issue("carol"))
    mixed["client-key-data"] = spell_pair(world.users.issue("dave"))["client-key-data"]
    assert (await browser.log_in_with(spell_kubeconfig(mixed))).code == 400


async def test_credentials_that_no_cookie_holds_are_refused_in_words(world: World) -> None:
    token = spell_token({"groups": secrets.token_hex(2500)})
    world.server.tokens[token] = "alice"
    answer = await world.open_browser().log_in(token)
    assert answer.code == 400
    assert "too large for a cookie" in answer.json["message"]


# Keys.


async def test_a_session_lives_through_a_new_key_and_ends_with_the_last_that_knew_it(
    world: World,
) -> None:
    browser = await world.log_in()
    keys = world.gateway.door._seal._keys
    (old,) = keys
    now = int(time.time())
    put_keys(world.api, {old: b"k" * 32, now: b"n" * 32})
    await _wait_for(world, now)
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
    assert keys is not world.gateway.door._seal._keys
    put_keys(world.api, {now: b"n" * 32})
    await _wait_for(world, now, gone=old)
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401
    world.api.remove("secrets", SECRET_UI_KEYS, "kubevirt")
    assert (await browser.log_in()).code == 200  # a Secret that is gone changes nothing


async def _wait_for(world: World, made: int, gone: int = 0) -> None:
    """Wait until the gateway knows one key, and another no more."""
    seal = world.gateway.door._seal
    async with asyncio.timeout(60):
        while made not in seal._keys or gone in seal._keys:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)


async def test_no_secret_is_ever_logged(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    pair = world.users.issue("carol")
    browser = await world.log_in()
    await browser.call("GET", f"/k8s{PODS}?token={TOKEN}")
    await browser.call("GET", f"/k8s{PODS}/../{TOKEN}")
    await browser.call("GET", f"/?token={TOKEN}", headers={"Authorization": TOKEN})
    await browser.call("GET", f"/{TOKEN}")
    await browser.call("GET", "/", headers={"Authorization": f"{TOKEN}{'x' * 10_000}"})
    async with browser.open(f"/k8s/api/v1/echo?token={TOKEN}"):
        pass
    await world.open_browser().log_in_with(spell_kubeconfig(spell_pair(pair)))
    await world.open_browser().log_in_with(f"token: [{TOKEN}")
    await world.open_browser().log_in(f"{TOKEN}-wrong")
    await browser.call("POST", "/ui/logout")
    said = capfd.readouterr()
    told = [caplog.text, said.out, said.err, *(str(vars(each)) for each in caplog.records)]
    assert any("login refused" in each for each in told)
    hidden = [TOKEN, pair.key.decode().splitlines()[1], *browser.cookies.values()]
    assert not [each for each in hidden if each and any(each in text for text in told)]


async def test_without_pages_the_rest_lives(tmp_path: Path) -> None:
    async with run_world(tmp_path, pages=False) as world:
        browser = world.open_browser()
        page = await browser.call("GET", "/")
        assert page.code == 503
        assert b"built without the graphical interface" in page.body
        assert (await browser.log_in()).code == 200
        assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
