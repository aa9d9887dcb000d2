"""Other sites' pages reach nothing (A12): CSRF, cross-site websockets, frames."""

import aiohttp
import pytest

from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import World

FOREIGN: list[dict[str, str | None]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": None},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "https://127.0.0.1"},  # another port
    {"Origin": "https://127.0.0.1.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", [*FOREIGN, {"X-Requested-With": None}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/ui/login"),
        ("POST", "/ui/logout"),
        ("POST", f"/k8s{PODS}"),
        ("PUT", f"/k8s{PODS}/a"),
        ("PATCH", f"/k8s{PODS}/a"),
        ("DELETE", f"/k8s{PODS}/a"),
    ],
)
async def test_a_write_of_another_site_is_refused(
    world: World, method: str, path: str, headers: dict[str, str | None]
) -> None:
    browser = await world.log_in()
    asked = len(world.server.requests)
    answer = await browser.call(method, path, {"token": "x"}, headers=headers)
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    assert len(world.server.requests) == asked
    assert not answer.cookie


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("protocols", [(), ("watch.virtpod.io",)])
async def test_a_websocket_of_another_site_is_refused(
    world: World, headers: dict[str, str | None], protocols: tuple[str, ...]
) -> None:
    browser = await world.log_in()
    asked = len(world.server.requests)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser.open("/k8s/api/v1/echo?watch=1", protocols=protocols, **headers):
            pass
    assert refused.value.status == 403
    assert len(world.server.requests) == asked


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_reads_nothing(world: World, site: str) -> None:
    browser = await world.log_in()
    for path in (f"/k8s{PODS}", "/ui/session", "/ui/oidc/login"):
        answer = await browser.call("GET", path, headers={"Sec-Fetch-Site": site})
        assert answer.code == 403


async def test_a_page_that_is_typed_or_linked_opens(world: World) -> None:
    browser = world.open_browser()
    for site in ("none", "cross-site", "same-origin"):
        assert (await browser.call("GET", "/", headers={"Sec-Fetch-Site": site})).code == 200


async def test_an_address_that_is_set_counts_as_our_own(world: World) -> None:
    browser = world.open_browser()
    headers = {"Origin": "https://vms.example"}
    assert (await browser.call("POST", "/ui/logout", headers=headers)).code == 403
    data = {"url": "https://vms.example", "cluster": "lab"}
    config = {"metadata": {"name": "virt-ui"}, "data": data}
    world.api.put("configmaps", config, "kubevirt")
    answer = await browser.call("GET", "/ui/session")
    while answer.json["cluster"] != "lab":
        answer = await browser.call("GET", "/ui/session")
    assert (await browser.call("POST", "/ui/logout", headers=headers)).code == 204


async def test_every_answer_has_its_locks(world: World) -> None:
    browser = await world.log_in()
    for path in ("/", "/app-ABCDEFGH.js", "/nothing", "/ui/session", f"/k8s{PODS}", "/k8s/logs"):
        headers = (await browser.call("GET", path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        policy = dict(
            each.strip().partition(" ")[::2]
            for each in headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy.get("script-src", "'self'") == "'self'"
        assert policy.get("style-src", "'self'") == "'self'"
        assert policy.get("connect-src", "'self'") == "'self'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers  # the certificate is our own
        assert "Access-Control-Allow-Origin" not in headers


async def test_only_get_and_head_fetch_files(world: World) -> None:
    browser = world.open_browser()
    assert (await browser.call("OPTIONS", "/")).code == 405
    assert (await browser.call("TRACE", "/k8s/api")).code in {401, 403, 405}
    assert (await browser.call("GET", "/ui/login")).code == 405
