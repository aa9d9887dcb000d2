"""A viewer of graphical consoles: asyncvnc, with calls that wait."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import asyncvnc

from tests.e2e.keyboard import SHIFTED
from tests.e2e.screen import Picture

_CONNECT_SECONDS: Final = 60.0


class Viewer:
    """A connection to a VNC server; what it has not asked for, it does not read."""

    def __init__(self, runner: asyncio.Runner, client: asyncvnc.Client) -> None:
        self._runner = runner
        self._client = client

    @property
    def size(self) -> tuple[int, int]:
        return self._client.video.width, self._client.video.height

    def type(self, text: str) -> None:
        """Press keys as on a US keyboard; a line's end is Return."""
        keyboard = self._client.keyboard
        for character in text:
            if character in SHIFTED:
                with keyboard.hold("Shift"):
                    keyboard.press(character)
            else:
                keyboard.press("Return" if character == "\n" else character)
        self._runner.run(self._client.drain())

    def until(self, shows: Callable[[Picture], bool], seconds: float) -> Picture:
        """Wait until the screen shows what is wanted; return it."""
        return self._runner.run(self._until(shows, seconds))

    def look(self) -> Picture:
        """Return what the screen shows now."""
        self._client.video.data = None  # so that all of it is sent, not what changed
        return self.until(lambda _: True, 60)

    async def _until(self, shows: Callable[[Picture], bool], seconds: float) -> Picture:
        async with asyncio.timeout(seconds):
            while True:
                self._client.video.refresh()
                while await self._client.read() is not asyncvnc.UpdateType.VIDEO:
                    pass  # a bell, a clipboard
                if self._client.video.is_complete():
                    picture: Picture = self._client.video.as_rgba()[:, :, :3].copy()
                    if shows(picture):
                        return picture


@contextmanager
def open_viewer(port: int) -> Iterator[Viewer]:
    """Connect to a port of this machine."""
    with asyncio.Runner() as runner:
        reader, writer = runner.run(asyncio.open_connection("127.0.0.1", port))
        try:
            yield Viewer(runner, runner.run(_shake_hands(reader, writer)))
        finally:
            writer.close()
            with suppress(OSError):  # reset by the other end
                runner.run(writer.wait_closed())


async def _shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> asyncvnc.Client:
    async with asyncio.timeout(_CONNECT_SECONDS):
        return await asyncvnc.Client.create(reader, writer)
