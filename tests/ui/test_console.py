"""The consoles of a guest in memory: what it shows, what it may not do, and how one gets out."""

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.ui.axe import find_violations
from tests.ui.view import View, Views

SERIAL: Final = "/console/serial/shop/web-1"
SCREEN: Final = "/console/vnc/shop/web-1"
INSTANCES: Final = "kubevirt.io/virtualmachineinstances"
WORST_LAG_MS: Final = 2500.0  # 150 on an idle machine; without a bound it is the whole flood
# The longest time, in ms, that the page's one thread was busy within four seconds.
_LAG: Final = """\
async () => {
  let [worst, last] = [0, performance.now()];
  for (const end = last + 4000; last < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    worst = Math.max(worst, performance.now() - last);
    last = performance.now();
  }
  return worst;
}"""
_PIXEL: Final = """\
() => {
  const canvas = document.querySelector("canvas");
  const {data} = canvas.getContext("2d").getImageData(20, canvas.height - 10, 1, 1);
  return [...data];
}"""


def _state(page: Page, word: str) -> None:
    expect(page.locator(".vp-console-state")).to_have_text(word)


def _draws(page: Page, colour: list[int]) -> None:
    """Wait for a colour in the lower left corner: pictures come after the connection."""
    page.wait_for_function(f"colour => String(({_PIXEL})()) === String(colour)", arg=colour)


def _log_in(view: View) -> Locator:
    """Log in at the serial console; return its lines."""
    rows = view.page.locator(".xterm-rows")
    expect(rows).to_contain_text("guest login:")
    view.page.get_by_label("Serial console of web-1").get_by_role("textbox").first.focus()
    view.page.keyboard.type("root\n")
    expect(rows).to_contain_text("Password:")
    view.page.keyboard.type("secret\n")
    expect(rows).to_contain_text("Welcome, root!")
    return rows


def test_a_terminal_has_its_colours_without_inline_styles(views: Views) -> None:
    view = views.open(SERIAL)
    rows = _log_in(view)
    view.page.keyboard.type("colors\n")
    expect(rows).to_contain_text("and behind")
    expect(rows.get_by_text("and behind")).to_have_css("background-color", "rgb(0, 90, 200)")
    expect(rows.get_by_text(" 32 ")).to_have_css("color", "rgb(61, 115, 23)")
    expect(rows.get_by_text("bold", exact=True)).to_have_css("font-weight", "700")
    assert view.page.locator("style").count() == 0
    assert view.faults == []


def test_a_terminal_is_dark_where_the_page_is(views: Views) -> None:
    view = views.open(SERIAL, scheme="dark")
    expect(view.page.locator(".xterm-scrollable-element")).to_have_css(
        "background-color", "rgb(21, 21, 21)"
    )
    expect(view.page.locator(".vp-console-lines")).to_be_visible()


def test_a_hostile_guest_shows_text_and_nothing_else(views: Views) -> None:
    view = views.open(SERIAL)
    page = view.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('mine')")
    rows = _log_in(view)
    title = page.title()
    page.keyboard.type("hostile\n")
    expect(rows).to_contain_text("<img src=x onerror=alert(1)>")
    expect(rows).to_contain_text("a link x")
    # an answer to one of its questions would stand after the prompt, as if it had been typed
    expect(rows).to_have_text(re.compile(r"guest:~#\s*$"))
    page.get_by_text("a link").first.click(force=True)
    assert page.title() == title
    assert page.evaluate("navigator.clipboard.readText()") == "mine"
    assert len(page.context.pages) == 1
    assert view.faults == []


def test_a_flood_leaves_the_page_alive(views: Views) -> None:
    view = views.open(SERIAL)
    rows = _log_in(view)
    view.page.keyboard.type("flood\n")
    assert view.page.evaluate(_LAG) < WORST_LAG_MS
    view.page.keyboard.type("enough\n")
    expect(rows).to_contain_text("enough: not found")
    heard = view.page.get_by_role("log", name="New output")
    expect(heard).to_contain_text("enough: not found")
    assert len(heard.inner_text().splitlines()) < 100


def test_a_screen_reader_hears_lines_and_prompts(views: Views) -> None:
    view = views.open(SERIAL)
    heard = view.page.get_by_role("log", name="New output")
    expect(heard).to_contain_text("guest login:")
    _log_in(view)
    expect(heard).to_contain_text("Welcome, root!")
    assert "secret" not in heard.inner_text()


def test_one_key_leads_out_of_each_console(views: Views) -> None:
    for place in (SERIAL, SCREEN):
        page = views.open(place).page
        _state(page, "Connected")
        page.locator(".xterm-helper-textarea, canvas").first.focus()
        for key in ("Tab", "F5", "F6", "PageDown"):
            page.keyboard.press(key)
        expect(page.locator(".vp-console-place *:focus")).to_have_count(1)
        page.keyboard.press("Control+Shift+F6")
        expect(page.locator(".vp-console-state")).to_be_focused()


def test_a_lost_connection_is_made_anew(views: Views) -> None:
    view = views.open(SERIAL)
    rows = _log_in(view)
    view.page.evaluate("world.door.setOnline(false)")
    _state(view.page, "Connection lost")
    expect(rows).to_contain_text("Welcome, root!")
    assert find_violations(view.page) == []
    view.page.evaluate("world.door.setOnline(true)")
    view.page.get_by_role("button", name="Reconnect now").click()
    _state(view.page, "Connected")
    expect(rows).to_contain_text("guest login:")


def test_lines_are_looked_at_before_they_are_pasted(views: Views) -> None:
    view = views.open(SERIAL)
    page = view.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rows = _log_in(view)
    page.evaluate("navigator.clipboard.writeText('one\\x1b[201~word')")
    page.get_by_role("button", name="Paste").click()
    expect(rows).to_contain_text("one[201~word")
    page.keyboard.press("Enter")
    page.evaluate("navigator.clipboard.writeText('first\\nsecond\\n')")
    page.keyboard.press("Control+Shift+V")
    dialog = page.get_by_role("dialog", name="Paste into the guest")
    expect(dialog.get_by_label("Text")).to_have_value("first\nsecond\n")
    dialog.get_by_role("button", name="Paste").click()
    expect(rows).to_contain_text("second: not found")


def test_a_screen_shows_and_takes_keys(views: Views) -> None:
    view = views.open(SCREEN)
    page = view.page
    _state(page, "Connected")
    _draws(page, [255, 0, 0, 255])
    page.get_by_role("button", name="Clipboard").click()
    page.get_by_label("To the guest").fill("Ab\nc")
    page.get_by_role("button", name="Put into its clipboard").click()
    expect(page.get_by_label("From the guest")).to_have_value("AB\nC")
    assert find_violations(page) == []
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="More tools").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Save a screenshot").click()
    assert download.value.suggested_filename.startswith("shop-web-1-")
    assert view.faults == []


def test_the_states_have_words(views: Views) -> None:
    page = views.open(SCREEN).page
    _state(page, "Connected")
    find = f"world.store.find('{INSTANCES}', 'shop', 'web-1')"
    put = f"world.store.put('{INSTANCES}', {{...{find}, status: {{...{find}.status, CHANGE}}}})"
    page.evaluate(put.replace("CHANGE", "conditions: [{type: 'Paused', status: 'True'}]"))
    _state(page, "Paused")
    page.evaluate(put.replace("CHANGE", "phase: 'Succeeded'"))
    _state(page, "Not running")
    assert find_violations(page) == []
    refused = views.open(SCREEN, "user=view").page
    _state(refused, "Refused")
    assert find_violations(refused) == []
