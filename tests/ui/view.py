"""One page in a browser, with everything that went wrong in it."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from playwright.sync_api import Browser, ConsoleMessage, Frame, Locator, Page, expect

from tests.e2e.screen import read_png
from tests.ui.pixel import measure_difference

Scheme = Literal["light", "dark"]

DESKTOP: Final = (1280, 800)
PHONE: Final = (360, 740)
SECONDS: Final = 60.0
LOOKS: Final = 50
# When the clock of pictures stands still.
NOON: Final = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
_TWO_FRAMES: Final = (
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)
# Words may be gone before a test looks again: the page itself tells by whose name they stood.
_NOTE: Final = """\
([words, place, name]) => {
  window.noted = "";
  const look = () => {
    for (const each of document.querySelectorAll(place))
      if (each.innerText.includes(words)) noted ||= each.querySelector(name).innerText;
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, characterData: true,
  });
}"""
_AWAITED: Final = "main :is(.vp-loading, .vp-console-state .pf-v6-c-spinner)"
_FIND_LOADING: Final = """\
[...document.querySelectorAll("[aria-label=Loading]")].some((each) => {
  const {top, bottom} = each.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
})"""


def until_drawn(page: Page | Frame) -> None:
    """Wait until a page has answered to a change of its surroundings."""
    page.evaluate(_TWO_FRAMES)


def note(page: Page, words: str, place: str, name: str) -> None:
    """Have a page note when a place (selector) says words, with the name (selector) in there."""
    page.evaluate(_NOTE, [words, place, name])


def until_noted(page: Page) -> str:
    """Wait for what ``note`` asked for, also if it is gone by now; return the name."""
    return str(page.wait_for_function("noted").json_value())


def is_same(one: bytes, other: bytes) -> bool:
    """Tell whether two PNGs show the same: one browser writes the same pixels in several ways."""
    if one == other or not other:
        return one == other
    return measure_difference(read_png(one), read_png(other), tolerance=0) == 0


def take_picture(frame: Frame, seen: Page | Locator) -> bytes:
    """Return a PNG of what shows a frame, as soon as that is loaded and two looks are the same."""
    frame.evaluate("document.fonts.ready")
    before = b""
    for _ in range(LOOKS):
        loading = frame.evaluate(_FIND_LOADING)
        now = seen.screenshot(animations="disabled", caret="hide")
        if not loading and is_same(now, before):
            return now
        before = now
    raise AssertionError(f"the page still changed at the {LOOKS}th look")


class View:
    """A page, in a profile of its own."""

    def __init__(
        self, browser: Browser, scheme: Scheme = "light", size: tuple[int, int] = DESKTOP
    ) -> None:
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            ignore_https_errors=True,  # the installation's authority is nobody's browser's
        )
        self._context.set_default_timeout(SECONDS * 1000)
        self.page: Page = self._context.new_page()
        self.faults: list[str] = []  # what went wrong in scripts, or was forbidden to them
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.faults.append(said.text)

    def until_told(self) -> None:
        """Wait until the page has got what it is about, and its console is connected."""
        expect(self.page.locator(_AWAITED)).to_have_count(0, timeout=SECONDS * 1000)
        self.until_drawn()

    def until_drawn(self) -> None:
        """Wait until the page has answered to a change of its surroundings."""
        until_drawn(self.page)

    def take_picture(self) -> bytes:
        """Return a PNG as soon as all is loaded that is seen, and two looks are the same."""
        self.until_told()
        self.page.wait_for_load_state("networkidle")
        return take_picture(self.page.main_frame, self.page)

    def close(self) -> None:
        self._context.close()


@dataclass(frozen=True, slots=True)
class Views:
    """Opens pages of one address."""

    browser: Browser
    address: str
    opened: list[View]

    def open(
        self,
        path: str = "/",
        query: str = "",
        scheme: Scheme = "light",
        size: tuple[int, int] = DESKTOP,
        noon: bool = False,
    ) -> View:
        """Open a page by its path below the hash; ``query`` is the world's, as world=empty.

        At ``noon`` its clock stands still, though its timers run.
        """
        view = View(self.browser, scheme, size)
        self.opened.append(view)
        if noon:
            view.page.clock.set_fixed_time(NOON)
        view.page.goto(f"{self.address}/?{query}#{path}")
        view.page.wait_for_selector("main h1")
        return view
