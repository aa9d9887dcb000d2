"""The page of one VM: its parts, its log, its metrics, and what others wrote into them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.axe import find_violations
from tests.ui.view import PHONE, Scheme, Views, note, until_noted

TABS = ("overview", "log", "metrics", "disks", "networks", "events")
LOG = "Log of the serial console"
BEYOND = re.compile("Snapshots|Migrations")
SNAPSHOTS = "snapshot.kubevirt.io/virtualmachinesnapshots"
MIGRATIONS = "kubevirt.io/virtualmachineinstancemigrations"
CHANGE = """\
([kind, name, status]) => {
  const held = world.store.find(kind, "shop", name);
  world.store.put(kind, { ...held, status: { ...held.status, ...status } });
}"""


AT_END = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 24"


def is_at_end(page: Page) -> bool:
    return bool(page.get_by_role("region", name=LOG).evaluate(AT_END))


def until_at_end(page: Page) -> None:
    """Wait until the last line is in sight: what is far away is laid out when one comes to it."""
    box = page.get_by_role("region", name=LOG).element_handle()
    page.wait_for_function(AT_END, arg=box)


def until_ticks(page: Page, more: int) -> None:
    """Wait until the guest has written so many lines more, or as many as come at once."""
    ticks = page.get_by_role("region", name=LOG).get_by_text("cron: tick")
    expect(ticks.nth(ticks.count() + more - 1)).to_be_attached()


@pytest.mark.parametrize("tab", TABS)
def test_each_part_has_an_address(views: Views, tab: str) -> None:
    view = views.open(f"/vms/shop/database/{tab}")
    chosen = view.page.get_by_role("tab", selected=True)
    expect(chosen).to_have_text(tab.capitalize())
    expect(view.page.get_by_role("tabpanel", name=tab.capitalize())).not_to_be_empty()
    assert find_violations(view.page) == []
    assert view.faults == []


def test_a_chosen_tab_keeps_the_focus_and_is_the_address(views: Views) -> None:
    page = views.open("/vms/shop/database").page
    tab = page.get_by_role("tab", name="Disks")
    tab.click()
    expect(page.get_by_role("gridcell", name="Claim database-root")).to_be_visible()
    expect(tab).to_be_focused()
    assert page.url.endswith("#/vms/shop/database/disks")
    page.go_back()
    expect(page.get_by_role("heading", name="Facts")).to_be_visible()


def test_a_part_that_there_is_not_is_said(views: Views) -> None:
    page = views.open("/vms/shop/database/nonsense").page
    expect(page.get_by_text("A virtual machine has no such part")).to_be_visible()
    assert find_violations(page) == []


def test_a_vm_that_there_is_not_is_said(views: Views) -> None:
    page = views.open("/vms/shop/nobody").page
    expect(page.get_by_text("There is no virtual machine nobody in shop")).to_be_visible()
    assert find_violations(page) == []


def ask_for(page: Page, verb: str) -> None:
    page.locator(".vp-page-actions").get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=re.compile(f"^{verb}")).click()


def test_a_vm_that_is_deleted_here_is_left_for_the_list_once_it_is_gone(views: Views) -> None:
    view = views.open("/nodes")
    page = view.page
    page.evaluate("location.hash = '#/vms/shop/database'")
    note(page, "Deletion asked for, until it is gone", "main", "h1")
    ask_for(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert until_noted(page) == "database"
    expect(page.get_by_role("heading", level=1)).to_have_text("Virtual machines")
    told = page.get_by_text("database in shop was deleted.")
    expect(told).to_be_visible()
    expect(page.locator("tr[data-index]").filter(has_text="database")).to_have_count(0)
    assert find_violations(page) == []
    page.get_by_role("button", name="Dismiss").click()
    expect(told).to_be_hidden()
    expect(page.get_by_role("main")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nodes")
    assert view.faults == []


def test_what_is_said_of_a_deletion_goes_with_the_page(views: Views) -> None:
    page = views.open("/vms/lab/crasher").page
    ask_for(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    told = page.get_by_text("crasher in lab was deleted.")
    expect(told).to_be_visible()
    page.get_by_role("link", name="Nodes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nodes")
    expect(told).to_be_hidden()
    page.get_by_role("link", name="Virtual machines").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Virtual machines")
    expect(told).to_be_hidden()


def test_a_vm_that_somebody_else_deletes_stays_until_the_reader_goes(views: Views) -> None:
    page = views.open("/vms/lab/once").page
    expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    page.evaluate("world.store.remove('kubevirt.io/virtualmachines', 'lab', 'once')")
    expect(page.get_by_text("The virtual machine once in lab was deleted")).to_be_visible()
    assert "#/vms/lab/once" in page.url
    assert find_violations(page) == []


@pytest.mark.parametrize("verb", ["Force stop", "Reset", "Delete"])
def test_what_loses_data_is_asked_about(views: Views, verb: str) -> None:
    page = views.open("/vms/shop/database").page
    ask_for(page, verb)
    expect(page.get_by_role("dialog")).to_contain_text(re.compile("lost|deleted"))
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("main").get_by_text("Running", exact=True).first).to_be_visible()
    expect(page.get_by_role("region", name="Tasks")).to_contain_text("Nothing was started here yet")


@pytest.mark.parametrize("verb", ["Stop", "Restart", "Soft reboot", "Pause"])
def test_what_the_guest_can_answer_to_is_done_at_once(views: Views, verb: str) -> None:
    page = views.open("/vms/shop/database").page
    ask_for(page, rf"{verb}(?! stop)")
    expect(page.get_by_role("region", name="Tasks")).to_contain_text("database")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_snapshots_and_migrations_are_shown_where_the_api_has_them(views: Views) -> None:
    page = views.open("/vms/shop/database").page
    expect(page.get_by_role("tab", name="YAML")).to_be_visible()
    expect(page.get_by_role("tab", name=BEYOND)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_snapshots_tell_how_they_are(views: Views, scheme: Scheme) -> None:
    view = views.open("/vms/shop/database", "world=beyond", scheme)
    page = view.page
    page.get_by_role("tab", name="Snapshots").click()
    rows = page.get_by_role("grid", name="Snapshots").locator("tbody tr")
    expect(rows).to_have_text(  # the newest first
        [
            re.compile(r"just-asked-for.*not told yet.*no$"),
            re.compile(r"nightly.*In progress.*no$"),
            re.compile(r"too-slow.*Failed.*snapshot deadline exceeded: 5m0s.*no$"),
            re.compile(r"unsupported.*Failed.*no volume can be snapshotted.*no$"),
            re.compile(r"before-upgrade.*Succeeded.*yes$"),
            re.compile(r"old.*Deleting.*no$"),
        ]
    )
    assert find_violations(page) == []
    page.evaluate(CHANGE, [SNAPSHOTS, "nightly", {"phase": "Succeeded", "readyToUse": True}])
    expect(rows.nth(1)).to_have_text(re.compile(r"nightly.*Succeeded.*yes$"))
    page.evaluate(f"world.store.remove('{SNAPSHOTS}', 'shop', 'old')")
    expect(rows).to_have_count(5)
    assert view.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_migrations_tell_how_they_went(views: Views, scheme: Scheme) -> None:
    view = views.open("/vms/shop/database/migrations", "world=beyond", scheme)
    page = view.page
    rows = page.get_by_role("grid", name="Migrations").locator("tbody tr")
    expect(rows).to_have_text(
        [
            re.compile(r"target.*Preparing the target"),
            re.compile(r"balance.*Migrating.*node-a.*node-b.*ago.*\u2013$"),
            re.compile(r"quota.*Pending.*exceeded quota"),
            re.compile(r"drain-2.*Failed.*target pod shut down.*node-a.*node-b.*ago.*ago$"),
            re.compile(r"drain-1.*Succeeded.*node-a.*node-b.*ago.*ago$"),
        ]
    )
    assert find_violations(page) == []
    page.evaluate(CHANGE, [MIGRATIONS, "balance", {"phase": "Succeeded"}])
    expect(rows.nth(1)).to_contain_text("Succeeded")
    assert view.faults == []


def test_a_vm_without_any_says_so_where_they_are_served(views: Views) -> None:
    page = views.open("/vms/shop/web-2/snapshots", "world=beyond").page
    expect(page.get_by_text("There are no snapshots of this virtual machine")).to_be_visible()
    page.get_by_role("tab", name="Migrations").click()
    expect(page.get_by_text("This virtual machine has not moved yet")).to_be_visible()
    assert find_violations(page) == []


def test_who_may_not_see_snapshots_is_told_so_in_their_tab(views: Views) -> None:
    view = views.open("/vms/lab/crasher/snapshots", "world=beyond&user=tenant")
    expect(view.page.get_by_text("There are no snapshots of this virtual machine")).to_be_visible()
    page = views.open("/vms/shop/database/snapshots", "world=beyond&user=tenant").page
    expect(page.locator("main")).to_contain_text("Your rights do not allow to see this.")


def test_a_part_that_is_perhaps_served_is_waited_for(views: Views) -> None:
    """Also while the API is away: nobody is told that there is no such part."""
    page = views.open("/nodes", "world=beyond").page
    page.evaluate(
        """() => {
          const away = () => { throw new TypeError("away"); };
          Object.defineProperty(world.store, "kinds", { get: away, configurable: true });
          location.hash = "#/vms/shop/database/snapshots";
        }"""
    )
    expect(page.get_by_role("tabpanel").get_by_label("Loading")).to_be_visible()
    expect(page.get_by_role("tab", name=BEYOND)).to_have_count(0)
    page.evaluate("delete world.store.kinds")
    expect(page.get_by_role("grid", name="Snapshots")).to_be_visible()
    expect(page.get_by_role("tab", name=BEYOND)).to_have_count(2)


def test_conditions_are_sentences(views: Views) -> None:
    page = views.open("/vms/shop/database").page
    expect(page.get_by_text("The guest runs and can be reached.")).to_be_visible()
    expect(page.get_by_text("The guest agent is connected:")).to_be_visible()
    expect(page.get_by_text("Alpine Linux v3.22")).to_be_visible()  # as the agent told


def test_a_vm_that_fails_says_why_and_where_to_look(views: Views) -> None:
    page = views.open("/vms/lab/crasher").page
    expect(page.get_by_role("heading", name="failed 3 times in a row")).to_be_visible()
    page.get_by_role("link", name="See what the guest wrote last").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Log")


def test_the_log_follows_until_the_reader_scrolls_up(views: Views) -> None:
    page = views.open("/vms/shop/database/log").page
    box = page.get_by_role("region", name=LOG)
    expect(box).to_contain_text("Linux version 6.12.1-virt (guest of database)")
    until_ticks(page, 2)
    until_at_end(page)
    follow = page.get_by_role("switch", name="Follow")
    expect(follow).to_be_checked()
    box.focus()
    page.keyboard.press("Home")
    expect(follow).not_to_be_checked()
    until_ticks(page, 2)
    assert not is_at_end(page)
    page.get_by_text("Follow", exact=True).click()
    expect(follow).to_be_checked()
    until_at_end(page)


def test_the_log_is_searched_forth_and_back(views: Views) -> None:
    page = views.open("/vms/shop/database/log").page
    box = page.get_by_role("region", name=LOG)
    expect(box).to_contain_text("(399)")
    search = page.get_by_role("textbox", name="Search in the log")
    search.fill("UDEVD: OK (")
    expect(page.get_by_text("1 / 133")).to_be_visible()
    current = box.locator("mark[aria-current]")
    expect(current).to_have_text("udevd: ok (")
    expect(current).to_be_in_viewport()
    search.press("Enter")
    expect(page.get_by_text("2 / 133")).to_be_visible()
    search.press("Shift+Enter")
    search.press("Shift+Enter")
    expect(page.get_by_text("133 / 133")).to_be_visible()
    expect(current).to_be_in_viewport()
    page.get_by_role("button", name="Next hit").click()
    expect(page.get_by_text("1 / 133")).to_be_visible()
    assert find_violations(page) == []
    search.fill("nowhere at all")
    expect(page.get_by_text("0 / 0")).to_be_visible()
    page.get_by_role("button", name="Clear the search").click()
    expect(box.locator("mark")).to_have_count(0)


def test_the_log_has_times_and_can_be_kept(views: Views) -> None:
    view = views.open("/vms/shop/database/log")
    page = view.page
    box = page.get_by_role("region", name=LOG)
    expect(box).to_contain_text("(399)")
    expect(box.locator("time")).to_have_count(0)
    page.get_by_text("Show times").click()
    expect(box.locator("time").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d[.,]\d{3}$"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "database.log"
    text = download.value.path().read_text()
    assert text.startswith("[    0.000000] Linux version")
    assert "\x1b[32mok" in text  # as the guest wrote it
    assert view.faults == []


def test_what_a_guest_writes_is_text(views: Views) -> None:
    view = views.open("/vms/lab/evil/log")
    box = view.page.get_by_role("region", name=LOG)
    expect(box).to_contain_text("<script>alert('log')</script>")
    expect(box).to_contain_text("after a clear <U+202E>txt.exe")
    assert "\x1b" not in box.inner_text()
    for tab in TABS:
        view.page.goto(f"{view.page.url.partition('#')[0]}#/vms/lab/evil/{tab}")
        expect(view.page.get_by_role("tabpanel", name=tab.capitalize())).not_to_be_empty()
    assert view.page.locator("img[src=x]").count() == 0
    assert view.faults == []


def test_metrics_are_drawn_told_and_listed(views: Views) -> None:
    page = views.open("/vms/shop/database/metrics").page
    chart = page.get_by_role("img", name=re.compile(r"^CPU, of 4 vCPUs\. Used: now \d+%"))
    expect(chart).to_be_visible()
    expect(chart.locator("path")).to_have_attribute("d", re.compile("L"))
    page.get_by_role("button", name="Network as a table").click()
    table = page.get_by_role("grid", name="Network")
    expect(table.get_by_role("columnheader")).to_have_text(["Time", "Received", "Sent"])
    expect(table.get_by_role("row").nth(1)).to_contain_text("KiB/s")
    expect(page.get_by_text("1 viewer of the screen")).to_be_visible()
    assert find_violations(page) == []


def test_no_metrics_are_asked_for_while_nobody_looks(views: Views) -> None:
    """The page is hidden as a browser does it: by its state and an event."""
    page = views.open("/vms/shop/database/metrics").page
    page.clock.install()  # the page's seconds pass by request, too
    page.reload()
    expect(page.get_by_role("img", name=re.compile("Used: now"))).to_be_visible()
    before = page.evaluate(
        """() => {
          Object.defineProperty(document, "visibilityState", {get: () => window.look ?? "hidden"});
          return document.querySelectorAll(".vp-chart path")[0].getAttribute("d");
        }"""
    )
    page.clock.run_for(7_000)  # two samples would be taken
    drawn = "document.querySelectorAll('.vp-chart path')[0].getAttribute('d')"
    hidden = page.evaluate(drawn)
    assert hidden.count("L") <= before.count("L") + 1  # one was on its way
    page.evaluate("look = 'visible'; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(f"before => {drawn} !== before", arg=hidden)


def test_a_vm_that_is_off_has_neither_log_nor_metrics(views: Views) -> None:
    page = views.open("/vms/lab/once/log").page
    expect(page.get_by_text("There is no log now")).to_be_visible()
    page.get_by_role("tab", name="Metrics").click()
    expect(page.get_by_text("it does not run")).to_be_visible()
    assert find_violations(page) == []


@pytest.mark.parametrize("tab", ["console", "screen"])
@pytest.mark.parametrize("size", [PHONE, (740, 360)])
def test_on_a_phone_a_console_is_in_sight(views: Views, tab: str, size: tuple[int, int]) -> None:
    view = views.open("/vms/shop/web-1", size=size)
    page = view.page
    place = page.locator(".vp-console-place")
    page.get_by_role("tab", name=tab.capitalize()).click()
    view.until_told()
    expect(place).to_be_in_viewport(ratio=1 if size is PHONE else 0.4)
    page.reload()
    view.until_told()
    expect(place).to_be_in_viewport(ratio=1 if size is PHONE else 0.4)
    page.get_by_role("tab", name="Disks").click()
    expect(page.get_by_role("grid", name="Disks")).to_be_visible()
    assert view.faults == []


def test_a_console_stays_in_sight_until_the_user_acts(views: Views) -> None:
    view = views.open("/vms/shop/web-1/console", size=PHONE)
    view.until_told()
    page = view.page
    place = page.locator(".vp-console-place")
    _push(page)
    expect(place).to_be_in_viewport(ratio=1)
    page.mouse.move(180, 300)
    page.mouse.wheel(0, -5000)
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    _push(page)
    view.until_drawn()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    assert view.faults == []


def _push(page: Page) -> None:
    """Have what is above a part of the page grow, as a message does that comes late."""
    page.evaluate(
        """() => {
          const grown = document.createElement("div");
          grown.style.height = "60px";
          document.querySelector(".vp-vm-panel").before(grown);
        }"""
    )


def test_on_a_phone_the_chosen_tab_is_in_sight(views: Views) -> None:
    page = views.open("/vms/shop/database/events", size=PHONE).page
    expect(page.get_by_role("tab", selected=True)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert find_violations(page) == []
