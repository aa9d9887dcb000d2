"""Tables are made smaller for who prefers that, and nothing else is touched."""

import asyncio
import gzip
import json
from typing import Any

import aiohttp
import pytest

from gateway.ui.upstream import SLIMMED
from tests.integration.gateway.ui.server import Spoken
from tests.integration.gateway.ui.world import Answer, Browser, World

Json = dict[str, Any]  # decoded JSON
VMS = "/apis/kubevirt.io/v1/virtualmachines"
ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io"
PREFERRED = "managed-fields=none"
SLIM: dict[str, str | None] = {"Accept": ACCEPT, "Prefer": PREFERRED}
PACKED = {**SLIM, "Accept-Encoding": "gzip, br"}


def build_row(number: int, **more: Json | list[Json]) -> Json:
    metadata = {"name": f"vm-{number}", "labels": {"a": '"managedFields":['}, **more}
    return {"cells": [f"vm-{number}"], "object": {"metadata": metadata}}


def spell(rows: list[Json]) -> bytes:
    table = {"kind": "Table", "metadata": {"resourceVersion": "7"}, "rows": rows}
    return json.dumps(table, separators=(",", ":")).encode()


FIELDS = [{"manager": "a", "fieldsV1": {"f:spec": {'k:{"a":"]"}': {}}}}]
WHOLE = spell([build_row(n, managedFields=FIELDS) for n in range(1000)])
BARE = spell([build_row(n) for n in range(1000)])


async def ask(
    world: World, spoken: Spoken, headers: dict[str, str | None], query: str = ""
) -> tuple[Answer, Browser]:
    browser = await world.log_in()
    world.server.spoken[VMS] = spoken
    return await browser.call("GET", f"/k8s{VMS}{query}", headers=headers), browser


async def test_a_list_comes_without_managed_fields_and_packed(world: World) -> None:
    cut = [WHOLE[at : at + 1000] for at in range(0, len(WHOLE), 1000)]
    answer, browser = await ask(world, Spoken(cut), PACKED, "?resourceVersion=0")
    assert (answer.code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert answer.headers["Preference-Applied"] == PREFERRED
    assert answer.headers["Cache-Control"] == "no-store"
    assert gzip.decompress(answer.body) == BARE
    assert len(answer.body) < len(BARE) / 5
    seen = world.server.requests[-1]
    assert seen.headers["Accept-Encoding"] == "identity"  # packing it twice would be for nothing
    assert seen.headers["Accept"] == ACCEPT
    assert seen.query == "resourceVersion=0"
    assert "Prefer" not in seen.headers
    plain = await browser.call("GET", f"/k8s{VMS}", headers=SLIM)
    assert "Content-Encoding" not in plain.headers
    assert plain.body == BARE


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Accept": ACCEPT, "Accept-Encoding": "gzip"}, ""),
        ({**PACKED, "Accept": "application/json"}, ""),
        (PACKED, "?watch=0"),
    ],
)
async def test_who_does_not_prefer_it_gets_all(
    world: World, headers: dict[str, str | None], query: str
) -> None:
    answer, _ = await ask(world, Spoken([WHOLE]), headers, query)
    assert answer.body == WHOLE
    assert "Preference-Applied" not in answer.headers
    assert world.server.requests[-1].headers["Accept-Encoding"] == "gzip"


STATUS = b'{"kind":"Status","code":403,"message":"no","metadata":{"managedFields":[1]}}'
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "spoken",
    [
        Spoken([STATUS], status=403, headers=JSON),
        Spoken([b"gateway timeout"], status=504, headers={"Content-Type": "text/plain"}),
        Spoken([gzip.compress(WHOLE)], headers={**JSON, "Content-Encoding": "gzip"}),
        Spoken([WHOLE], headers={"Content-Type": "text/plain"}),
        Spoken([b""], headers={**JSON, "Content-Length": "0"}, status=410),
    ],
    ids=["status", "text", "gzip", "type", "empty"],
)
async def test_what_is_no_table_passes_as_it_is(world: World, spoken: Spoken) -> None:
    answer, _ = await ask(world, spoken, PACKED)
    assert answer.code == spoken.status
    assert answer.body == b"".join(spoken.pieces)
    assert answer.headers.get("Content-Encoding") == spoken.headers.get("Content-Encoding")
    assert "Preference-Applied" not in answer.headers


async def test_what_says_json_and_is_none_passes_too(world: World) -> None:
    answer, _ = await ask(world, Spoken([b"<html>oops</html>"]), SLIM)
    assert answer.body == b"<html>oops</html>"


@pytest.mark.parametrize(
    "spoken",
    [
        Spoken([WHOLE[: WHOLE.index(b'"fieldsV1"')]]),
        Spoken([b'{"managedFields":["', *[b"x" * 65536] * 4]),
        Spoken([WHOLE[:5000]], breaks=True),
    ],
    ids=["truncated", "endless", "broken"],
)
@pytest.mark.parametrize("headers", [SLIM, PACKED], ids=["plain", "packed"])
async def test_half_a_table_is_no_answer(
    world: World, spoken: Spoken, headers: dict[str, str | None]
) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await ask(world, spoken, headers)


async def test_among_many_the_preference_is_passed_over(world: World) -> None:
    door = world.gateway.door
    assert door._upstream is not None
    seats = door._upstream.slimming
    async with asyncio.TaskGroup() as group:
        for _ in range(SLIMMED):
            group.create_task(seats.acquire())
    answer, browser = await ask(world, Spoken([WHOLE]), SLIM)
    assert answer.body == WHOLE
    assert "Preference-Applied" not in answer.headers
    seats.release()
    assert (await browser.call("GET", f"/k8s{VMS}", headers=SLIM)).body == BARE
    assert not seats.locked()  # given back
    with pytest.raises(aiohttp.ClientPayloadError):
        await ask(world, Spoken([WHOLE[:5000]], breaks=True), SLIM)
    assert not seats.locked()


async def test_a_long_list_passes_while_it_comes(world: World) -> None:
    answer, _ = await ask(world, Spoken([WHOLE] * 50), SLIM)
    assert answer.body == BARE * 50
