"""Debian's Chromium, without a window, driven by playwright."""

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.e2e.keyboard import SHIFTED
from tests.e2e.kubectl import Kubectl
from tests.e2e.screen import Picture, read_png

Scheme = Literal["light", "dark"]

# No sandbox, because tests run as root; the rest keeps it from asking the internet.
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_MILLISECONDS: Final = 120_000  # for whatever a starved browser is to do
# Resolves to the canvas as a PNG, once it is another one than before.
_WATCH_CANVAS: Final = """\
([before, milliseconds]) => new Promise((resolve) => {
  const end = performance.now() + milliseconds;
  const look = () => {
    const now = document.querySelector("canvas")?.toDataURL("image/png") ?? "";
    if (now !== before || performance.now() > end) resolve(now);
    else requestAnimationFrame(look);
  };
  look();
})"""


def find_chromium() -> str:
    """Return the browser's program; without one, fail."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert found, "no chromium: make setup installs it, or name it in $CHROMIUM"
    return found


@contextmanager
def open_browser(*flags: str) -> Iterator[Browser]:
    """Run a browser with a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*_FLAGS, *flags], timeout=_MILLISECONDS
        )
        try:
            yield browser
        finally:
            browser.close()


class ConsolePage:
    """The gateway's page of a graphical console."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []  # what went wrong in scripts, or was forbidden to them
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.faults.append(said.text)

    def until_state(self, state: str, seconds: float = 120) -> str:
        """Wait until the page is in a state; return the sentence that explains it."""
        self.page.wait_for_selector(f"body[data-state={state}]", timeout=seconds * 1000)
        return self.page.inner_text("#reason")

    def until(self, shows: Callable[[Picture], bool], tell: Callable[[Picture], str]) -> Picture:
        """Wait until the screen is as wanted; a failure tells what it was last."""
        before, milliseconds = "", _MILLISECONDS
        while now := self.page.evaluate(_WATCH_CANVAS, [before, milliseconds]):
            picture = read_png(base64.b64decode(now.partition(",")[2]))
            if shows(picture):
                return picture
            assert now != before, f"the screen stays: {tell(picture)}"
            before = now
        raise AssertionError(f"no screen in the page: {self.page.inner_text('body')}")

    def type(self, text: str) -> None:
        """Press keys; a line's end is Return."""
        keyboard = self.page.keyboard
        for character in text:
            if character in SHIFTED:
                keyboard.down("Shift")
                keyboard.press(character)
                keyboard.up("Shift")
            else:
                keyboard.press("Enter" if character == "\n" else character)


@contextmanager
def open_console_page(
    browser: Browser, url: str, scheme: Scheme = "light"
) -> Iterator[ConsolePage]:
    """Show the page in a tab without a history."""
    with browser.new_context(
        color_scheme=scheme, viewport={"width": 1000, "height": 640}
    ) as context:
        context.set_default_timeout(_MILLISECONDS)
        shown = ConsolePage(context.new_page())
        shown.page.goto(url)
        yield shown


@contextmanager
def serve_api(kubectl: Kubectl) -> Iterator[str]:
    """kubectl proxy; yield the URL of the API, for pages that may wait for VMs."""
    command = [kubectl.program, "proxy", "--port=0"]
    with subprocess.Popen(command, env=kubectl.env, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout is not None
            said = proxy.stdout.readline()
            yield f"http://{said.split()[-1]}"
        finally:
            proxy.terminate()
            proxy.wait(60)
