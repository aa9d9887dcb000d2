"""The pages' files: small, kept where they may be, and nothing besides them."""

import pytest

from tests.integration.gateway.ui.world import FILES, World

SCRIPT = "/app-ABCDEFGH.js"


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("", None),
        ("identity", None),
    ],
)
async def test_a_file_comes_as_small_as_the_browser_takes_it(
    world: World, accept: str, coding: str | None
) -> None:
    browser = world.open_browser()
    answer = await browser.call("GET", SCRIPT, headers={"Accept-Encoding": accept})
    assert answer.headers.get("Content-Encoding") == coding
    suffix = {"br": ".br", "gzip": ".gz", None: ""}[coding]
    assert answer.body.decode() == FILES[f"{SCRIPT[1:]}{suffix}"]
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Vary"] == "Accept-Encoding"


async def test_what_never_changes_is_kept_for_good_and_the_rest_is_asked_for(world: World) -> None:
    browser = world.open_browser()
    script = await browser.call("GET", SCRIPT)
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/index.html"):
        page = await browser.call("GET", path)
        assert page.headers["Cache-Control"] == "no-cache"
        again = await browser.call("GET", path, headers={"If-None-Match": page.headers["ETag"]})
        assert (again.code, again.body) == (304, b"")
        assert "Content-Security-Policy" in again.headers


async def test_each_form_of_a_file_has_a_tag_of_its_own(world: World) -> None:
    browser = world.open_browser()
    plain = await browser.call("GET", "/")
    packed = await browser.call("GET", "/", headers={"Accept-Encoding": "gzip"})
    assert plain.headers["ETag"] != packed.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.js",
        "/notes.exe",
        f"{SCRIPT}.br",
        "/../apiserver.pem",
        "/%2e%2e/apiserver.pem",
        "/..%2fapiserver.pem",
        "/web/index.html",
        "//index.html",
        "/index.html%00.js",
    ],
)
async def test_there_is_nothing_but_the_pages(world: World, path: str) -> None:
    answer = await world.open_browser().call("GET", path)
    assert answer.code == 404
    assert answer.headers["Connection"] == "close"


async def test_a_head_is_a_get_without_a_body(world: World) -> None:
    answer = await world.open_browser().call("HEAD", SCRIPT)
    assert (answer.code, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(FILES[SCRIPT[1:]])
