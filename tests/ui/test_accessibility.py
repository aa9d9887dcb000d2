"""axe-core finds nothing on any page, in either scheme, on either width, in either direction.

The world is one in memory: a page has to hold what it can hold, at a time that is always the same.
"""

import pytest
from playwright.sync_api import expect

from tests.ui.axe import COLOURS, find_violations
from tests.ui.places import PLACES
from tests.ui.view import Views

NARROW = (320, 640)
# How many pixels the page, or what it is about, can be scrolled to the side. What scrolls within
# itself, as a table or a terminal, is no page that does.
_MEASURE = """\
Math.max(...[document.documentElement, document.querySelector("main")].map(
  (each) => each.scrollWidth - each.clientWidth))"""


@pytest.mark.parametrize("name", PLACES)
def test_no_page_violates_a_rule(views: Views, name: str) -> None:
    view = views.open(PLACES[name])
    view.until_told()
    assert find_violations(view.page) == []
    # the same page again, because opening one takes longest; only its colours are others
    view.page.emulate_media(color_scheme="dark")
    view.page.wait_for_selector("html.pf-v6-theme-dark")
    view.until_drawn()
    assert find_violations(view.page, COLOURS) == [], "in the dark"
    view.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    view.until_drawn()
    assert view.page.evaluate(_MEASURE) <= 0, "pixels too wide"
    assert view.faults == []


@pytest.mark.parametrize("name", PLACES)
def test_nor_on_a_narrow_screen_from_right_to_left(views: Views, name: str) -> None:
    view = views.open(PLACES[name], "dir=rtl", size=NARROW)
    view.until_told()
    assert find_violations(view.page) == []
    assert view.page.evaluate(_MEASURE) <= 0, "pixels too wide"
    assert view.faults == []


def test_a_login_page_is_held_to_the_same(views: Views) -> None:
    view = views.open("/", "login")
    expect(view.page.get_by_role("textbox", name="Bearer token")).to_be_visible()
    assert find_violations(view.page) == []
