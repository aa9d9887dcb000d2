"""What stands around all pages: search, namespaces, keys, tasks, theme, and the session."""

import re
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from tests.ui.axe import find_violations
from tests.ui.view import PHONE, View, Views


def heading(page: Page, text: str) -> None:
    """Wait for a page by its heading, which has the focus, and gives the window its title."""
    found = page.get_by_role("heading", level=1, name=text)
    expect(found).to_be_focused()
    expect(page).to_have_title(f"{text} · virtpod")


def test_search_jumps_to_a_vm(views: Views) -> None:
    page = views.open("/nodes").page
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Go to a virtual machine")
    expect(box).to_be_focused()
    box.press_sequentially("hug")
    expect(page.get_by_role("option")).to_have_text(["huge lab"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading(page, "huge")
    assert "#/vms/lab/huge" in page.url


def test_search_of_several_leads_to_the_list(views: Views) -> None:
    page = views.open("/").page
    page.get_by_role("combobox", name="Go to a virtual machine").fill("web")
    expect(page.get_by_role("option").nth(1)).to_be_visible()
    page.keyboard.press("Enter")
    heading(page, "Virtual machines")
    assert page.url.endswith("#/vms?q=web")


def test_a_namespace_goes_with_the_links(views: Views) -> None:
    page = views.open("/").page
    picker = page.get_by_role("combobox", name="Namespace")
    picker.click()
    picker.press_sequentially("la")
    page.get_by_role("option", name="lab").click()
    expect(page).to_have_url(re.compile("#/[?]namespace=lab$"))
    page.get_by_role("navigation").get_by_role("link", name="Storage").click()
    heading(page, "Storage")
    assert page.url.endswith("#/storage?namespace=lab")
    picker.click()
    picker.fill("")
    page.get_by_role("option", name="All namespaces").click()
    expect(page).to_have_url(re.compile("#/storage$"))


def test_keys_lead_to_pages_until_they_are_turned_off(views: Views) -> None:
    page = views.open("/").page
    page.keyboard.press("g")
    page.keyboard.press("n")
    heading(page, "Nodes")
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog", name="Keys")
    expect(help_box).to_be_visible()
    assert find_violations(page) == []
    help_box.get_by_role("switch").press("Space")
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("v")
    page.keyboard.press("?")
    expect(help_box).to_be_hidden()
    assert page.url.endswith("#/nodes")


def test_keys_are_letters_in_a_field(views: Views) -> None:
    page = views.open("/").page
    box = page.get_by_role("combobox", name="Go to a virtual machine")
    box.press_sequentially("gv?/")
    expect(box).to_have_value("gv?/")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_first_tab_skips_to_the_content(views: Views) -> None:
    page = views.open("/").page
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert page.url.endswith("#/")


def test_navigation_opens_and_closes_on_a_phone(views: Views) -> None:
    page = views.open("/", size=PHONE).page
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages).to_be_hidden()
    page.get_by_role("button", name="Pages").click()
    expect(pages).to_be_visible()
    assert find_violations(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(pages).to_be_hidden()
    expect(page.get_by_role("button", name="Pages")).to_be_focused()
    page.keyboard.press("Enter")
    pages.get_by_role("link", name="Nodes").click()
    heading(page, "Nodes")
    expect(pages).to_be_hidden()


def test_theme_and_language_are_chosen_and_remembered(views: Views) -> None:
    page = views.open("/").page
    root = page.locator("html")
    page.get_by_role("button", name="User and settings").click()
    page.get_by_role("radio", name="Dark").check()
    expect(root).to_have_class("pf-v6-theme-dark")
    page.get_by_role("radio", name="Deutsch").check()
    expect(page.get_by_role("heading", level=1)).to_have_text("Übersicht")
    expect(root).to_have_attribute("lang", "de")
    page.get_by_role("radio", name="Von rechts nach links").check()
    expect(root).to_have_attribute("dir", "rtl")
    assert find_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Benutzer")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Übersicht")
    expect(root).to_have_class("pf-v6-theme-dark")
    expect(root).to_have_attribute("dir", "rtl")


def test_what_the_user_starts_is_in_the_task_log(views: Views) -> None:
    page = views.open("/vms/shop/web-1").page
    tasks = page.get_by_role("region", name="Tasks")
    expect(tasks).to_contain_text("Nothing was started here yet")
    page.get_by_role("button", name="Actions").first.click()
    page.get_by_role("menuitem", name=re.compile("Pause")).click()
    expect(tasks.get_by_role("status")).to_contain_text("web-1")
    tasks.get_by_role("button", name="Tasks").click()
    row = tasks.get_by_role("row").nth(1)
    expect(row.get_by_role("img", name="Done")).to_be_visible()
    expect(row.get_by_role("link", name="shop/web-1")).to_be_visible()
    assert find_violations(page) == []


def cut_off(view: View, online: bool) -> None:
    view.page.evaluate("online => world.door.setOnline(online)", online)


def test_an_api_that_is_away_is_told_of_until_it_is_back(views: Views) -> None:
    view = views.open("/")
    page = view.page
    count = page.get_by_role("link", name="in all").inner_text()
    cut_off(view, online=False)
    expect(page.get_by_text("The cluster does not answer.")).to_be_visible()
    expect(page.get_by_role("link", name="in all")).to_have_text(count)
    assert find_violations(page) == []
    cut_off(view, online=True)
    expect(page.get_by_text("The cluster answers again.")).to_be_visible()
    expect(page.get_by_text("The cluster does not answer.")).to_be_hidden()
    expect(page.get_by_text("The cluster answers again.")).to_be_hidden()


def test_who_logs_in_again_is_where_they_were(views: Views) -> None:
    page = views.open("/nodes?namespace=lab").page
    # in one step: a request of the first page that is late would be refused before the second
    page.evaluate("world.door.expire(); location.hash = '#/storage?namespace=lab'")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Log in")
    expect(page.get_by_role("status")).to_contain_text("The session has ended")
    assert find_violations(page) == []
    page.get_by_label("Bearer token").fill("view")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Storage")
    assert page.url.endswith("#/storage?namespace=lab")


@pytest.mark.parametrize(
    ("token", "words"),
    [("", "Paste a token first."), ("nonsense", "The cluster does not accept this.")],
)
def test_a_refused_login_says_why(views: Views, token: str, words: str) -> None:
    page = views.open("/", "login").page
    page.get_by_label("Bearer token").fill(token)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert find_violations(page) == []


def test_a_kubeconfig_is_taken_from_a_file(views: Views) -> None:
    page = views.open("/", "login").page
    page.get_by_role("tab", name="Kubeconfig").click()
    assert find_violations(page) == []
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file…").click()
    body = b"kind: Config\nusers: []\n"
    chooser.value.set_files({"name": "config", "mimeType": "text/plain", "buffer": body})
    expect(page.get_by_label("Kubeconfig", exact=True).last).to_have_value(body.decode())
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_a_login_leaves_nothing_in_the_browser(views: Views) -> None:
    page = views.open("/", "login").page
    page.get_by_label("Bearer token").fill("admin")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert "admin" not in kept
    assert "admin" not in page.url
    page.get_by_role("button", name="User and settings").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Log in")
    expect(page.get_by_label("Bearer token")).to_have_value("")


def test_create_is_for_those_who_may(views: Views) -> None:
    page = views.open("/", "user=view").page
    expect(page.get_by_role("button", name="Create")).to_have_attribute("aria-disabled", "true")
    allowed = views.open("/", "user=admin").page
    expect(allowed.get_by_role("link", name="Create")).to_have_attribute("href", "#/vms/create")


def test_an_address_that_no_page_has_says_so(views: Views) -> None:
    page = views.open("/no/such/page/at/all").page
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")


def take_away(page: Page, version: str) -> None:
    """Lose the page's code until it is loaded anew; its HTML names a version to who asks for it."""
    loads = 0

    def answer(route: Route) -> None:
        nonlocal loads
        kind = route.request.resource_type
        loads += kind == "document"
        if loads == 0 and kind == "fetch" and version != "":
            route.fulfill(content_type="text/html", body=f'<script src="{version}.js"></script>')
        elif loads == 0 and kind == "script":
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    page.route("**/*", answer)


def test_a_new_version_is_loaded_by_itself_where_the_old_one_is_gone(views: Views) -> None:
    page = views.open("/").page
    page.evaluate("document.body.append('the old page')")
    take_away(page, "newer")
    page.get_by_role("link", name="Storage", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Storage")
    expect(page.get_by_text("the old page")).to_have_count(0)
    assert page.url.endswith("#/storage")


def test_a_new_version_is_offered_where_it_was_loaded_just_now(views: Views) -> None:
    page = views.open("/vms/shop/web-1").page
    page.evaluate("sessionStorage.setItem('virtpod.renewed', Date.now())")
    take_away(page, "newer")
    page.get_by_role("tab", name="Metrics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "There is a new version of these pages"
    )
    assert find_violations(page) == []
    page.get_by_role("button", name="Load it").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Metrics")


def test_code_that_cannot_be_loaded_is_told_of_where_no_new_version_is(views: Views) -> None:
    page = views.open("/").page
    take_away(page, "")
    page.get_by_role("link", name="Storage", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be loaded")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Storage")


KEEP: Final = """\
(names) => names.forEach((name) => {
  const kind = "kubevirt.io/virtualmachines";
  const held = world.store.find(kind, "ci", name);
  const metadata = { ...held.metadata, finalizers: ["example.com/backup"] };
  world.store.put(kind, { ...held, metadata });
})"""


def test_a_deletion_is_open_in_the_log_until_the_vm_is_gone(views: Views) -> None:
    """Finalizers keep three of four; what they wait for holds up nothing else."""
    stuck = ["runner-1", "runner-2", "runner-3"]
    view = views.open("/vms?q=name:runner-1,runner-2,runner-3,runner-6")
    page = view.page
    page.evaluate(KEEP, [*stuck])
    for name in (*stuck, "runner-6"):
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        row.get_by_role("button", name="Actions for").click()
        page.get_by_role("menuitem", name=re.compile("^Delete")).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    tasks = page.get_by_role("region", name="Tasks")
    tasks.get_by_role("button", name="Tasks").click()
    lines = tasks.locator("tbody tr")
    expect(lines.first.get_by_role("img", name="Done")).to_be_visible()
    expect(lines).to_contain_text(
        ["Delete runner-6", *(f"Delete {n} (deleting)" for n in stuck[::-1])]
    )
    expect(tasks).to_contain_text("3 running")
    assert find_violations(page) == []
    # a page that looks after no wishes
    page.evaluate("location.hash = '#/instancetypes'")
    heading(page, "Instance types")
    for name in stuck[1:]:
        page.evaluate("n => world.store.remove('kubevirt.io/virtualmachines', 'ci', n)", name)
    expect(tasks).to_contain_text("1 running")
    expect(lines.nth(3)).to_contain_text("Delete runner-1 (deleting)")
    page.evaluate("world.store.remove('kubevirt.io/virtualmachines', 'ci', 'runner-1')")
    expect(lines.get_by_role("img", name="Done")).to_have_count(4)
    expect(tasks).not_to_contain_text("running")
    assert view.faults == []


def test_code_that_one_replica_lacks_is_asked_for_again(views: Views) -> None:
    """While replicas are replaced: two answers come from one that has other files, then one not."""
    page = views.open("/").page
    page.evaluate("document.body.append('the old page')")
    lacking = iter((True, True))
    code = re.compile(r"\.js$")

    def answer(route: Route) -> None:
        if next(lacking, False):
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    page.route(code, answer)
    page.get_by_role("link", name="Storage", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Storage")
    expect(page.get_by_text("the old page")).to_have_count(1)


def test_a_new_version_that_is_not_all_there_yet_is_not_loaded(views: Views) -> None:
    """Its document came from one replica, its files are asked of another: a blank page."""
    page = views.open("/").page
    page.evaluate("document.body.append('the old page')")
    take_away(page, "newer")
    page.route("**/newer.js", lambda route: route.fulfill(status=404, body=""))
    page.get_by_role("link", name="Storage", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be loaded")
    expect(page.get_by_text("the old page")).to_have_count(1)


def test_counts_lead_to_the_list_of_those_vms(views: Views) -> None:
    page = views.open("/").page
    page.get_by_role("link", name=re.compile("Stopped")).click()
    heading(page, "Virtual machines")
    assert page.url.endswith("#/vms?q=status%3AStopped")


def test_rights_to_vms_alone_are_no_failure(views: Views) -> None:
    view = views.open("/", "user=vms")
    page = view.page
    expect(page.get_by_role("region", name="Needs attention")).to_contain_text("crasher")
    for part, resource in (("Recent events", "events"), ("Nodes", "nodes")):
        region = page.get_by_role("region", name=part)
        expect(region).to_contain_text("Your rights do not allow to see this.")
        expect(region).to_contain_text(f'cannot list resource "{resource}"')
    expect(page.get_by_role("alert")).to_have_count(0)
    assert find_violations(page) == []
    page.get_by_role("navigation").get_by_role("link", name="Storage").click()
    heading(page, "Storage")
    expect(page.get_by_text("Your rights do not allow to see this.").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.goto(page.url.split("#")[0] + "#/vms/shop/database/events")
    expect(page.get_by_text('cannot list resource "events"')).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert find_violations(page) == []
    assert view.faults == []


def test_what_needs_attention_says_why_and_where_to_look(views: Views) -> None:
    page = views.open("/").page
    needs = page.get_by_role("region", name="Needs attention")
    item = needs.get_by_role("listitem").filter(has_text="no-claim")
    expect(item).to_contain_text("create it, and the VM starts")
    expect(item.get_by_role("link", name="See the storage")).to_be_visible()
    expect(needs).not_to_contain_text("web-1")


def test_a_tenant_begins_in_the_own_namespace_and_types_others(views: Views) -> None:
    page = views.open("/", "user=tenant").page
    expect(page).to_have_url(re.compile("#/[?]namespace=lab$"))
    needs = page.get_by_role("region", name="Needs attention")
    expect(needs.get_by_role("link", name="crasher", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Nodes")).to_contain_text("Your rights do not allow")
    expect(page.get_by_role("link", name="Create")).to_be_visible()
    box = page.get_by_role("combobox", name="Go to a virtual machine")
    box.press_sequentially("web")
    expect(page.get_by_text("0 VMs found")).to_be_visible()  # they are in another namespace
    picker = page.get_by_role("combobox", name="Namespace")
    picker.click()
    expect(page.get_by_text("Type a namespace and press Enter")).to_be_visible()
    picker.fill("shop")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#/[?]namespace=shop$"))
    expect(page.get_by_text("cannot list resource").first).to_contain_text('"virtualmachines"')
    assert find_violations(page) == []
