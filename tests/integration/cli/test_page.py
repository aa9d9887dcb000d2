"""The screen in a browser: it is the user's who asked for it, and of nobody else on the machine."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname, urlopen

import aiohttp
import pytest
from aiohttp import web

from tests.integration.cli.conftest import Virt
from tests.integration.cli.server import SUBRESOURCES, Server

PAGE: Final = f"{SUBRESOURCES}/novnc/"
VNC: Final = f"{SUBRESOURCES}/namespaces/default/virtualmachineinstances/myvm/vnc"
RUNNING: Final = {"phase": "Running"}


async def greet(request: web.Request) -> web.StreamResponse:
    return web.Response(text=f"page {request.query_string}")


async def show(request: web.Request) -> web.StreamResponse:
    websocket = web.WebSocketResponse()
    await websocket.prepare(request)
    async for message in websocket:
        await websocket.send_bytes(message.data)
    return websocket


@contextmanager
def browse(virt: Virt, server: Server) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """Yield the URL, the command, and the file that a browser was shown."""
    server.put("virtualmachineinstances", "myvm", status=RUNNING)
    server.handlers |= {PAGE: greet, VNC: show}
    shown = virt.folder / "shown"
    browser = virt.folder / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {shown}\n')
    browser.chmod(0o755)
    command = ["env", f"BROWSER={browser}", *virt.build_command("vnc", "--browser", "myvm")]
    process = subprocess.Popen(command, env=virt.env, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().strip(), process, shown
    finally:
        process.terminate()
        process.communicate()


def ask(url: str) -> tuple[int, bytes]:
    """Return code and body of a GET."""

    async def get() -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.read()

    return asyncio.run(get())


def test_the_page_and_its_screen_are_there(virt: Virt, server: Server) -> None:
    with browse(virt, server) as (url, _, shown):
        assert ask(url) == (200, b"page namespace=default&name=myvm")
        with urlopen(shown.read_text()) as file:
            assert url.replace("&", "&amp;") in file.read().decode()

        async def look() -> bytes:
            parts = urlsplit(url)
            where = urlunsplit(parts._replace(path=parts.path.replace(PAGE, VNC), query=""))
            async with aiohttp.ClientSession() as session, session.ws_connect(where) as websocket:
                await websocket.send_bytes(b"RFB")
                data: bytes = (await websocket.receive()).data
                return data

        assert asyncio.run(look()) == b"RFB"


def test_no_program_has_the_secret_among_its_arguments(virt: Virt, server: Server) -> None:
    """Every user of a machine can read these."""
    with browse(virt, server) as (url, _, shown):
        secret = urlsplit(url).path.split("/")[1]
        assert len(secret) == 32
        arguments = list(list_arguments())
        assert not [each for each in arguments if secret.encode() in each]
        assert secret not in shown.read_text()
        file = Path(url2pathname(urlsplit(shown.read_text()).path))
        assert file.parent.stat().st_mode & 0o077 == 0


def list_arguments() -> Iterator[bytes]:
    """Yield the command lines of all programs that run."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            yield (folder / "cmdline").read_bytes()


@pytest.mark.parametrize("said", ["", "wrong/", "x" * 32 + "/", "{secret}", "{secret}x/"])
def test_who_does_not_know_it_gets_nothing(virt: Virt, server: Server, said: str) -> None:
    with browse(virt, server) as (url, _, _):
        parts = urlsplit(url)
        said = said.format(secret=parts.path.split("/")[1])
        path = f"/{said}{PAGE.removeprefix('/')}"
        assert ask(urlunsplit(parts._replace(path=path, query="")))[0] == 404
        assert not [call for call in server.calls if "novnc" in call.path]


def test_other_paths_stay_closed(virt: Virt, server: Server) -> None:
    with browse(virt, server) as (url, _, _):
        parts = urlsplit(url)
        for path in (VNC.replace("myvm", "other"), "/api/v1/secrets", "/"):
            there = parts.path.replace(PAGE, path)
            assert ask(urlunsplit(parts._replace(path=there, query="")))[0] in {403, 404}
