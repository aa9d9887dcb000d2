"""Debian's real Cockpit, and the pages inside of it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    FrameLocator,
    Page,
    ViewportSize,
)

from images.web import ensure_bundle
from tests.bench.control_plane import find_free_ports
from tests.e2e.cluster import find_kubectl
from tests.ui.view import DESKTOP

WEB_SERVER: Final = Path("/usr/lib/cockpit/cockpit-ws")
PACKAGE: Final = "virtpod"
SECONDS: Final = 60.0
LOAD: Final = 60_000  # ms; Cockpit's frame, a bridge, kubectl, then ours
ROOT: Final = Path(__file__).parents[2]
Style = Literal["auto", "light", "dark"]
_FRAME: Final = f"iframe[name*='{PACKAGE}']"
_SPAWN: Final = """\
argv => new Promise((resolve, reject) =>
  window.cockpit.spawn(argv, {err: "out"}).then(resolve, reject))"""


def install_page(prefix: Path) -> Path:
    """Install the pages as a user does; return the folder that holds the share of data."""
    ensure_bundle("cockpit")
    subprocess.run(["make", "-s", "install-cockpit", f"PREFIX={prefix}"], cwd=ROOT, check=True)
    return prefix / "share"


def install_world(prefix: Path) -> Path:
    """Install, in place of the pages, the same with a world in memory behind them."""
    share = install_page(prefix)
    package = share / "cockpit" / PACKAGE
    manifest = (package / "manifest.json").read_bytes()
    shutil.rmtree(package)
    shutil.copytree(ensure_bundle("dev"), package)
    (package / "manifest.json").write_bytes(manifest)
    return share


@contextmanager
def open_machine(data: Path, kubeconfig: Path, folder: Path, path: str = "") -> Iterator[str]:
    """Run cockpit-ws with a session on this machine; yield its address, good for one browser."""
    assert WEB_SERVER.exists(), "no cockpit-ws: make setup installs it"
    address, (port,) = "127.0.0.1", find_free_ports(1)
    own = f"{Path(find_kubectl()).parent}:{os.environ['PATH']}"
    argv = [str(WEB_SERVER), "--local-session=cockpit-bridge", "--no-tls"]
    with (folder / "cockpit-ws.log").open("wb") as log:
        server = subprocess.Popen(
            [*argv, "--address", address, "--port", str(port)],
            env={
                **os.environ,
                "PATH": path or own,
                "XDG_DATA_HOME": str(data),
                "XDG_RUNTIME_DIR": str(folder),
                "KUBECONFIG": str(kubeconfig),
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            until_listening(address, port)
            yield f"http://{address}:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(SECONDS)


def until_listening(address: str, port: int) -> None:
    """Wait until somebody listens; a port tells it to who asks alone."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection((address, port), 1).close()
        except (ConnectionRefusedError, TimeoutError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nobody listens at port {port}")


@dataclass(frozen=True, slots=True)
class Inside:
    """The pages in Cockpit's frame."""

    context: BrowserContext
    page: Page  # Cockpit's
    frame: FrameLocator  # ours
    faults: list[str]  # what went wrong in our scripts, or was forbidden to them

    def find_frame(self) -> Frame:
        """Return our frame as soon as Cockpit has made it; after a reload it is another."""
        element = self.page.wait_for_selector(_FRAME, state="attached", timeout=LOAD)
        frame = element.content_frame() if element else None
        assert frame is not None
        return frame

    def resize_frame(self, width: int, height: int) -> None:
        """Make our frame so large, in pixels; what Cockpit itself takes differs by its version."""
        frame = self.find_frame()
        window: ViewportSize = {"width": width + 400, "height": height + 200}
        self.page.set_viewport_size(window)
        frame.wait_for_function("least => innerWidth >= least", arg=width)
        got = frame.evaluate("[innerWidth, innerHeight]")
        window["width"] -= got[0] - width
        window["height"] -= got[1] - height
        self.page.set_viewport_size(window)
        frame.wait_for_function("width => innerWidth === width", arg=width)

    def choose_style(self, style: Style) -> None:
        """Choose in Cockpit's own menu how pages look."""
        toggle = self.page.locator("#toggle-menu")
        toggle.click()
        self.page.locator(f"#{style}").click()
        if toggle.get_attribute("aria-expanded") == "true":  # some versions leave it open
            toggle.click()

    def spawn(self, script: str) -> str:
        """Run a shell in the session, as a page in Cockpit can; return what it printed."""
        return str(self.find_frame().evaluate(_SPAWN, ["sh", "-c", script]))


def build_inside(browser: Browser, locale: str = "en-GB") -> Inside:
    """Open an empty page with a profile of its own."""
    context = browser.new_context(
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
        color_scheme="light",
        reduced_motion="reduce",
        locale=locale,
        ignore_https_errors=True,
    )
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    faults: list[str] = []

    def hear(said: object) -> None:
        where = getattr(said, "location", {}).get("url", "")
        if getattr(said, "type", "") == "error" and f"/{PACKAGE}/" in where:
            faults.append(getattr(said, "text", ""))

    page.on("console", hear)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return Inside(context, page, page.frame_locator(_FRAME), faults)


def log_in(inside: Inside, address: str, token: str) -> None:
    """Type a token into Cockpit's own login page."""
    inside.page.goto(f"{address}/{PACKAGE}")
    inside.page.fill("#login-user-input", "anybody")
    inside.page.fill("#login-password-input", token)
    inside.page.click("#login-button")


def until_no_proxy(folder: Path) -> None:
    """Wait until none is there: a page that leaves does not wait for the shell that clears up."""
    end = time.monotonic() + SECONDS
    while left := list_proxies(folder):
        assert time.monotonic() < end, f"{left} outlive their page"
        time.sleep(0.05)


def list_proxies(folder: Path) -> list[Path]:
    """Return the folders of proxies that are there."""
    return sorted(folder.glob("virtpod.*"))
