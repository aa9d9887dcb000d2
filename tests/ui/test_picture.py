"""The main pages look as their references: light, dark, on a phone, and from right to left.

The world is one in memory, whose clock stands still: on a cluster no two pictures are the same.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.cockpit import build_inside, install_world, open_machine
from tests.ui.flow import go
from tests.ui.pixel import check_picture
from tests.ui.places import PLACES
from tests.ui.view import DESKTOP, NOON, PHONE, Scheme, Views, take_picture, until_drawn

LOOKS: dict[str, tuple[Scheme, tuple[int, int], str]] = {
    "light": ("light", DESKTOP, ""),
    "dark": ("dark", DESKTOP, ""),
    "phone": ("light", PHONE, ""),
    "rtl": ("light", DESKTOP, "dir=rtl"),
}
DARK = re.compile("pf-v6-theme-dark")
# A label less, whose place stays.
_HIDE = "(words) => { words.closest('.pf-v6-c-label').style.visibility = 'hidden'; }"


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["overview", "vms", "tiles", "create", "vm", "console", "nodes"])
def test_a_page_looks_as_it_did(
    views: Views, name: str, look: str, tmp_path: Path, update_golden: bool
) -> None:
    scheme, size, query = LOOKS[look]
    view = views.open(PLACES[name], query, scheme, size, noon=True)
    check_picture(f"{name}-{look}", view.take_picture(), tmp_path, update=update_golden)
    assert view.faults == []


def test_a_page_in_cockpits_frame_looks_as_it_did(
    browser: Browser, tmp_path: Path, update_golden: bool
) -> None:
    inside = build_inside(browser)
    inside.page.clock.set_fixed_time(NOON)
    data = install_world(tmp_path / "world")
    with open_machine(data, tmp_path / "no-kubeconfig", tmp_path) as address:
        inside.page.goto(f"{address}/virtpod")
        expect(inside.frame.get_by_role("heading", level=1)).to_be_visible()
        inside.resize_frame(1000, 700)
        frame = inside.find_frame()
        for name in ("vms", "vm"):
            go(frame, PLACES[name])
            expect(frame.locator("main .vp-loading")).to_have_count(0)
            for scheme in ("light", "dark"):
                inside.choose_style(scheme)
                html = expect(frame.locator("html"))
                (html.to_have_class if scheme == "dark" else html.not_to_have_class)(DARK)
                until_drawn(frame)
                png = take_picture(frame, inside.page.locator("iframe:visible"))
                check_picture(f"{name}-cockpit-{scheme}", png, tmp_path, update=update_golden)
    assert inside.faults == []
    inside.context.close()


def test_a_label_that_is_gone_is_noticed(views: Views, tmp_path: Path, update_golden: bool) -> None:
    if update_golden:
        return  # it is no reference that is missing here
    view = views.open(PLACES["nodes"], noon=True)
    view.page.get_by_text("Takes no new pods").evaluate(_HIDE)
    with pytest.raises(AssertionError, match="look different"):
        check_picture("nodes-light", view.take_picture(), tmp_path, update=False)
