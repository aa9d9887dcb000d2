"""The list of VMs in chromium, measured from within and by the browser's own books."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.bench.web_world import WebWorld
from tests.ui.view import DESKTOP

PROBE: Final = (Path(__file__).parent / "web_probe.js").read_text()
SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Loading:
    """One load of the list; milliseconds since the navigation began."""

    load: float  # the load event's end
    paint: float
    largest: float
    shift: float
    shown: float
    usable: float
    blocked: float  # what long tasks took beyond 50 ms each, from first paint until usable
    answer: float  # the last byte of the list


@dataclass(slots=True)
class Traffic:
    """Bytes that came over the network, with headers, by where they came from."""

    pages: int = 0  # scripts, styles, the document
    fonts: int = 0
    data: int = 0  # the session, the lists and what else was asked of the API
    lists: dict[str, int] = field(default_factory=dict)  # each answer of the API


class Visit:
    """A tab of somebody who is logged in, with a cache of its own."""

    def __init__(self, browser: Browser, world: WebWorld) -> None:
        self.world = world
        self.context: BrowserContext = browser.new_context(
            viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, locale="en-GB", timezone_id="UTC"
        )
        self.context.set_default_timeout(SECONDS * 1000)
        self.faults: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.books: CDPSession = self.context.new_cdp_session(self.page)
        self.page.add_init_script(f"{PROBE}; probe.expect('{world.number:,} in all');")
        self._log_in()

    def _log_in(self) -> None:
        # The cache is to know nothing of the pages, so the form is not what logs in.
        api = self.context.request
        headers = {"Origin": self.world.address, "X-Requested-With": "virtpod"}
        token = {"token": self.world.token}
        with_token = api.post(
            f"{self.world.address}/ui/login",
            data=token,
            headers=headers,
            ignore_https_errors=True,
        )
        assert with_token.status == 200, with_token.text()

    def throttle(self, rate: int) -> Self:
        """Make the page's CPU so many times slower."""
        self.books.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        return self

    def load(self) -> Loading:
        """Open the list, or open it again, and wait until it can be used."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.world.address}/#/vms", wait_until="commit")
        self.page.evaluate("probe.whenUsable")
        # the observer of long tasks hears of one when it has ended
        self.page.wait_for_timeout(500)
        assert not self.faults, self.faults
        return Loading(**self.page.evaluate(_READ_LOADING))

    def count_traffic(self) -> Traffic:
        """Open the list with an empty cache; return what came until all was quiet."""
        kinds: dict[str, tuple[str, str]] = {}
        traffic = Traffic()

        def hear(event: dict[str, Any]) -> None:  # decoded JSON
            kinds[event["requestId"]] = (event["type"], event["response"]["url"])

        def count(event: dict[str, Any]) -> None:
            kind, url = kinds.get(event["requestId"], ("", ""))
            size = int(event["encodedDataLength"])
            path = url.removeprefix(self.world.address)
            if path.startswith(("/k8s/", "/ui/")):
                traffic.data += size
                traffic.lists[path] = size
            elif kind == "Font":
                traffic.fonts += size
            else:
                traffic.pages += size

        self.books.send("Network.enable")
        self.books.on("Network.responseReceived", hear)
        self.books.on("Network.loadingFinished", count)
        self.load()
        self.page.wait_for_timeout(2000)
        self.books.send("Network.disable")
        return traffic

    def read_heap_mib(self) -> float:
        """Return what JavaScript holds after its garbage was collected."""
        self.books.send("HeapProfiler.collectGarbage")
        self.books.send("HeapProfiler.collectGarbage")  # what finalizers let go
        return float(self.books.send("Runtime.getHeapUsage")["usedSize"]) / 2**20

    def list_shown(self) -> Sequence[str]:
        names: list[str] = self.page.evaluate("probe.listShown()")
        assert len(names) >= 3, f"only {names} are on the screen"
        return names

    def take_seen(self) -> dict[int, float]:
        """Return when changes came to the screen (milliseconds since 1970), and forget them."""
        seen = self.page.evaluate("probe.seen.splice(0)")
        return {int(number): float(moment) for number, moment in seen}

    def scroll(self, seconds: float) -> list[float]:
        """Scroll through the list with the wheel; return the times between frames."""
        box = self.page.locator("table[role=grid]").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 200, box["y"] + 200)
        # what it is to become is asked for below
        self.page.evaluate(f"void (globalThis.frames_ = probe.countFrames({seconds * 1000}))")
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.page.mouse.wheel(0, 400)
            self.page.wait_for_timeout(30)
        frames: list[float] = self.page.evaluate("frames_")
        return frames

    def filter(self, text: str) -> list[float]:
        """Type into the search box; return what each key took up to its frame."""
        box = self.page.get_by_role("combobox", name="Filter, such as")
        box.click()
        self.page.evaluate("probe.inputs.length = 0")
        for key in text:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(300)
        self.page.wait_for_timeout(500)
        inputs: list[float] = self.page.evaluate("probe.inputs.splice(0)")
        # faster ones than 16 ms are not told
        return inputs + [16.0] * (len(text) - len(inputs))

    def count_blocked(self) -> float:
        """Return what long tasks took beyond 50 ms each (ms) since this was asked last."""
        tasks = self.page.evaluate("probe.longTasks.splice(0)")
        return float(sum(duration - 50 for _, duration in tasks))

    def close(self) -> None:
        self.context.close()


@contextmanager
def visit(browser: Browser, world: WebWorld) -> Iterator[Visit]:
    """Open a tab with an empty cache, logged in, until the block ends."""
    opened = Visit(browser, world)
    try:
        yield opened
    finally:
        opened.close()


_READ_LOADING: Final = """\
(() => {
  const { paint, largest, shift, shown, usable, longTasks } = probe;
  const during = longTasks.filter(([start]) => start >= paint && start < usable);
  const blocked = during.reduce((sum, [, duration]) => sum + duration - 50, 0);
  const [navigation] = performance.getEntriesByType("navigation");
  const lists = performance.getEntriesByType("resource")
    .filter(({ name, responseEnd }) => /virtualmachines(\\?|$)/.test(name) && responseEnd > 0);
  const answer = lists[0]?.responseEnd ?? 0;
  return { load: navigation.loadEventEnd, paint, largest, shift, shown, usable, blocked, answer };
})()"""
