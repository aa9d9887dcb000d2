"""The list of VMs with a world in memory: its keyboard, its address, and what is asked of VMs."""

import re
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.view import PHONE, Views, note, until_noted

SEARCH: Final = ".vms-search input"
TIME_PICTURES: Final = """\
window.pictures = [];
const make = window.createImageBitmap;
window.createImageBitmap = (...args) => { pictures.push(performance.now()); return make(...args); };
0
"""
MANY: Final = "world=many&count=10000&churn=20"


def find_row(page: Page, name: str) -> Locator:
    link = page.get_by_role("link", name=name, exact=True)
    return page.locator("tr[data-index]").filter(has=link)


def choose(page: Page, row: Locator, verb: str) -> None:
    row.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name=re.compile(f"^{verb}")).click()


def expect_focus(page: Page, index: int) -> None:
    expect(page.locator(f'tr[data-index="{index}"]')).to_be_focused()


def test_the_keyboard_leads_through_rows_and_what_is_in_them(views: Views) -> None:
    view = views.open("/vms")
    page = view.page
    page.locator('tr[data-index="0"]').focus()
    for key, index in (("ArrowDown", 1), ("End", 28), ("Home", 0), ("ArrowDown", 1)):
        page.keyboard.press(key)
        expect_focus(page, index)
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Select batch")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Start", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Actions for batch")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("batch")
    assert view.faults == []


def test_one_row_can_be_reached_by_tab(views: Views) -> None:
    page = views.open("/vms").page
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "30")
    rows = page.locator("tr[data-index]")
    expect(rows.first).to_be_visible()
    reached = "all => all.filter((each) => each.tabIndex >= 0).length"
    assert rows.evaluate_all(reached) == 1
    assert rows.locator("a, button, input").evaluate_all(reached) == 0


def test_filter_and_order_stand_in_the_address(views: Views) -> None:
    page = views.open("/vms", noon=True).page  # ages are the same however long it takes
    page.locator(SEARCH).click()
    page.keyboard.type("status:sto")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(SEARCH)).to_have_value("status:Stopped ")
    page.get_by_role("columnheader", name="Created").get_by_role("button").click()
    expect(page.locator("[role=status]", has_text="7 of 29")).to_be_visible()
    assert "q=status%3AStopped" in page.url
    assert "sort=age" in page.url
    first = page.locator("tr[data-index]").first
    text = first.inner_text()
    page.reload()
    expect(page.locator("[role=status]", has_text="7 of 29")).to_be_visible()
    expect(first).to_have_text(text, use_inner_text=True)


def test_a_term_that_is_wrong_is_explained_at_the_box(views: Views) -> None:
    page = views.open("/vms?q=web%20stats:x%20cpu:many").page
    box = page.locator(SEARCH)
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_accessible_description(
        re.compile(
            "There is no field “stats”; is “status” meant.*“cpu:many” is no number", re.DOTALL
        )
    )
    expect(find_row(page, "web-1")).to_be_visible()


def test_a_verb_is_pending_until_the_status_is_there(views: Views) -> None:
    page = views.open("/vms").page
    row = find_row(page, "by-hand")
    note(page, "Start asked for, until it runs", "tr[data-index]", "a")
    choose(page, row, "Start")
    assert until_noted(page) == "by-hand"
    expect(row.get_by_text("Running", exact=True)).to_be_visible()
    expect(row).not_to_contain_text("asked for")
    expect(row.get_by_role("button", name="Actions for")).to_be_focused()
    choose(page, row, "Force stop")
    page.get_by_role("dialog").get_by_role("button", name="Force stop").click()
    expect(row.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(row).not_to_contain_text("asked for")


def test_a_refusal_stays_until_it_is_dismissed(views: Views) -> None:
    page = views.open("/vms").page
    row = find_row(page, "mail")
    page.evaluate("world.door.setOnline(false)")
    choose(page, row, "Resume")
    expect(row).to_contain_text("Resume failed:")
    page.evaluate("world.door.setOnline(true)")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).not_to_contain_text("failed")
    expect(row).to_be_focused()


def test_a_row_that_is_gone_leaves_the_focus_to_the_next(views: Views) -> None:
    page = views.open("/vms").page
    row = find_row(page, "crasher")
    index = row.get_attribute("data-index")
    choose(page, row, "Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("deleted with it")
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    expect_focus(page, int(index or -1))


def test_what_loses_data_of_several_wants_their_number(views: Views) -> None:
    page = views.open("/vms?q=status:stopped").page
    page.get_by_label("Select all").check()
    page.locator(".vms-toolbar").get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Delete")).click()
    dialog = page.get_by_role("dialog")
    delete = dialog.get_by_role("button", name="Delete")
    expect(delete).to_be_disabled()
    dialog.get_by_role("textbox").fill("7")
    delete.click()
    expect(page.get_by_role("heading", name="No VM fits the filter")).to_be_visible()


def test_several_are_asked_about_where_one_is_not(views: Views) -> None:
    page = views.open("/vms?q=name:web").page
    tools = page.locator(".vms-toolbar")
    page.get_by_label("Select web-1").check()
    tools.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Pause")).click()
    expect(find_row(page, "web-1").get_by_text("Paused", exact=True)).to_be_visible()
    page.get_by_label("Select web-2").check()
    tools.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Stop")).click()
    expect(page.get_by_role("dialog")).to_contain_text("The guests' work is interrupted.")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    choose(page, find_row(page, "web-2"), "Force stop")
    expect(page.get_by_role("dialog")).to_contain_text("is lost")


def test_a_status_is_offered_by_the_word_that_the_list_has(views: Views) -> None:
    page = views.open("/vms").page
    page.locator(SEARCH).click()
    page.keyboard.type("status:crash l")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    offer = page.get_by_role("option")
    expect(offer).to_contain_text(["Crash loop status:CrashLoopBackOff"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(SEARCH)).to_have_value("status:CrashLoopBackOff ")
    expect(find_row(page, "crasher")).to_be_visible()


def test_a_status_of_several_words_is_typed_in_quotation_marks(views: Views) -> None:
    page = views.open("/vms").page
    box = page.locator(SEARCH)
    box.click()
    page.keyboard.type('status:"Crash l')
    expect(page.get_by_role("option")).to_contain_text(["Crash loop status:CrashLoopBackOff"])
    expect(box).to_have_attribute("aria-invalid", "false")
    page.keyboard.type('oop" name:cr')
    expect(page.locator("[role=status]", has_text="1 of 29")).to_be_visible()
    expect(find_row(page, "crasher")).to_be_visible()
    expect(box).to_have_value('status:"Crash loop" name:cr')


def test_numbers_in_sentences_are_grouped(views: Views) -> None:
    page = views.open("/vms", "world=many&count=1200").page
    page.get_by_label("Select all").check()
    page.locator(".vms-toolbar").get_by_role("button", name="Actions", exact=True).click()
    item = page.get_by_role("menuitem", name=re.compile("^Delete"))
    expect(item).to_contain_text("possible for 1,200 of 1,200")
    item.click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete 1,200 VMs")
    expect(page.get_by_role("dialog")).to_contain_text("and 1,190 more")


ORPHAN: Final = """\
(name) => {
  const [kind, { store }] = ["kubevirt.io/virtualmachineinstances", world];
  const held = store.find(kind, "shop", name);
  store.remove("kubevirt.io/virtualmachines", "shop", name);
  store.put(kind, { ...held, metadata: { ...held.metadata, ownerReferences: [] } });
}"""


def test_an_instance_that_lost_its_vm_is_in_the_list(views: Views) -> None:
    """As kubectl delete vm --cascade=orphan leaves it: its label still names the VM."""
    page = views.open("/vms?q=name:web-2").page
    row = find_row(page, "web-2")
    expect(row).to_be_visible()
    page.evaluate(ORPHAN, "web-2")
    expect(page.locator("[role=status]", has_text="1 of 29")).to_be_visible()
    row.get_by_role("button", name="Actions for").click()
    expect(page.get_by_role("menuitem", name=re.compile("^Delete"))).to_be_visible()
    expect(page.get_by_role("menuitem", name=re.compile("^Stop"))).to_have_count(0)
    page.get_by_role("menuitem", name=re.compile("^Delete")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    expect(page.locator("[role=status]", has_text="0 of 28")).to_be_visible()


def test_of_many_vms_it_is_in_the_list_of_its_namespace(views: Views) -> None:
    """More than 500: all their instances are not read to find one."""
    page = views.open("/vms?q=name:vm-00001", "world=many&count=600").page
    expect(page.locator("[role=status]", has_text="1 of 600")).to_be_visible()
    page.evaluate(ORPHAN, "vm-00001")
    expect(page.locator("[role=status]", has_text="0 of 599")).to_be_visible()
    page.evaluate("location.hash = '#/vms?namespace=shop&q=name:vm-00001'")
    expect(page.locator("[role=status]", has_text="1 of 150")).to_be_visible()


def test_who_may_only_look_is_told_why(views: Views) -> None:
    page = views.open("/vms", "user=view").page
    find_row(page, "database").get_by_role("button", name="Actions for").click()
    stop = page.get_by_role("menuitem", name=re.compile("^Stop"))
    expect(stop).to_have_attribute("aria-disabled", "true")
    expect(stop).to_contain_text("Your rights do not allow this.")


def test_columns_are_remembered(views: Views) -> None:
    page = views.open("/vms").page
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitem", name="Ready").get_by_role("checkbox").check()
    expect(page.get_by_role("columnheader", name="Ready")).to_be_visible()
    page.reload()
    expect(page.get_by_role("columnheader", name="Ready")).to_be_visible()


def test_a_small_window_has_fewer_columns_until_somebody_chooses(views: Views) -> None:
    page = views.open("/vms", size=(1000, 700)).page
    created, cpus = (page.get_by_role("columnheader", name=name) for name in ("Created", "CPUs"))
    expect(page.get_by_role("columnheader", name="Node")).to_be_visible()
    assert (created.count(), cpus.count()) == (0, 0)
    assert page.locator(".vms-box").evaluate("box => box.scrollWidth - box.clientWidth") <= 1
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(created).to_be_visible()
    page.set_viewport_size({"width": 1000, "height": 700})
    expect(created).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitem", name="CPUs").get_by_role("checkbox").check()
    expect(cpus).to_have_count(1)
    expect(created).to_have_count(0)


def test_a_phone_has_one_column(views: Views) -> None:
    page = views.open("/vms", size=PHONE).page
    expect(page.get_by_role("columnheader")).to_have_count(3)
    expect(find_row(page, "database")).to_contain_text("shop · node-b")


def test_tiles_show_screens_or_why_there_is_none(views: Views) -> None:
    view = views.open("/vms?view=tiles&q=name:database,batch")
    page = view.page
    tiles = page.get_by_role("listitem")
    expect(tiles.filter(has_text="batch")).to_contain_text("no screen: Stopped")
    canvas = tiles.filter(has_text="database").locator("canvas")
    expect(canvas).to_be_visible()
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(b => b > 0)"
    page.wait_for_function(drawn, arg=canvas.element_handle())  # which is after it is there
    assert view.faults == []


def test_a_screen_is_looked_at_again_ten_seconds_later(views: Views) -> None:
    page = views.open("/nodes").page
    page.clock.install()
    page.evaluate(TIME_PICTURES)
    page.evaluate("location.hash = '#/vms?view=tiles&q=name:database,evil'")
    page.wait_for_function("() => pictures.length >= 2")
    page.clock.run_for(11_000)  # more pass meanwhile on a machine that is slow
    page.wait_for_function("() => pictures.length >= 4")
    first, _, third, *_ = page.evaluate("pictures")
    assert third - first >= 10_000


@pytest.mark.parametrize("key", ["End", "Home"])
def test_ten_thousand_rows_are_a_list_as_any_other(views: Views, key: str) -> None:
    view = views.open("/vms", MANY)
    page = view.page
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "10001")
    assert page.locator("tr[data-index]").count() < 60
    page.locator("tr[data-index]").first.focus()
    page.keyboard.press("End")
    expect_focus(page, 9999)
    page.keyboard.press(key)
    expect_focus(page, 9999 if key == "End" else 0)
    assert page.locator("tr[data-index]").count() < 60
    assert view.faults == []
