"""Editing the YAML of a VM, in the world in memory."""

import json

from playwright.sync_api import Page, expect

from tests.ui.axe import find_violations
from tests.ui.test_create import find_line, type_at_end_of
from tests.ui.view import Views

PATH = "/vms/shop/database/yaml"
KIND = "kubevirt.io/virtualmachines"
FIND = f"world.store.find('{KIND}', 'shop', 'database')"


def compare(page: Page) -> None:
    page.get_by_role("button", name="Check and compare").click()


def read_cores(page: Page) -> object:
    return page.evaluate(f"{FIND}.spec.template.spec.domain.cpu.cores")


def change_elsewhere(page: Page, labels: dict[str, str]) -> None:
    """Somebody else writes labels; whatever else the VM is stays."""
    page.evaluate(
        f"""labels => {{
          const vm = structuredClone({FIND});
          Object.assign(vm.metadata.labels, labels);
          world.store.put('{KIND}', vm);
        }}""",
        labels,
    )


def test_a_change_is_compared_and_applied(views: Views) -> None:
    view = views.open(PATH)
    page = view.page
    type_at_end_of(page, "cores: 4", "8", erased=1)
    compare(page)
    changes = page.get_by_role("table", name="What will change")
    expect(changes.get_by_role("row").filter(has_text="removed")).to_contain_text("cores: 4")
    expect(changes.get_by_role("row").filter(has_text="added")).to_contain_text("cores: 8")
    assert read_cores(page) == 4
    expect(page.get_by_role("button", name="Apply")).to_be_focused()
    assert find_violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Applied.")).to_be_visible()
    assert read_cores(page) == 8
    assert view.faults == []


def test_a_comparison_that_cannot_be_loaded_loses_no_text(views: Views) -> None:
    """As after an upgrade: the page's code is not served any more."""
    page = views.open(PATH).page
    type_at_end_of(page, "cores: 4", "8", erased=1)
    page.route("**/*.js", lambda route: route.fulfill(status=404, body=""))
    compare(page)
    expect(page.get_by_text("The comparison could not be loaded.")).to_be_visible()
    page.get_by_role("button", name="Back to the text").click()
    expect(page.locator(".cm-line", has_text="cores: 8")).to_be_visible()
    compare(page)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied.")).to_be_visible()
    assert read_cores(page) == 8


def test_errors_stand_at_their_lines_and_have_the_cursor(views: Views) -> None:
    view = views.open(PATH)
    page = view.page
    type_at_end_of(page, "cores: 4", "444")
    compare(page)
    number = find_line(page, "cores: 4444")
    expect(page.get_by_role("button", name=f"Line {number}")).to_be_visible()
    expect(page.locator(".cm-lintRange-error")).to_have_text("cores: 4444")
    type_at_end_of(page, "cores: 4444", "[", erased=4)
    compare(page)
    expect(page.get_by_text("place to look at")).to_be_visible()
    assert read_cores(page) == 4
    assert find_violations(page) == []
    assert view.faults == []


def test_the_schema_offers_and_explains_fields(views: Views) -> None:
    page = views.open(PATH).page
    type_at_end_of(page, "runStrategy", "")
    page.keyboard.press("F1")
    expect(page.get_by_text("spec.runStrategy: string")).to_be_visible()
    page.keyboard.type("\nupda")
    offer = page.get_by_role("option", name="updateVolumesStrategy")
    offer.click()  # for some milliseconds Enter is taken for what was being typed
    expect(page.locator(".cm-activeLine")).to_contain_text("updateVolumesStrategy: ")
    page.keyboard.press("Control+Space")
    expect(page.get_by_role("option", name="Replacement")).to_be_visible()
    page.keyboard.press("Escape")
    # the tab key is nobody's trap
    page.keyboard.press("Tab")
    expect(page.locator(".cm-content")).not_to_be_focused()


def test_what_changed_elsewhere_is_shown_and_gone_along_with(views: Views) -> None:
    view = views.open(PATH)
    page = view.page
    type_at_end_of(page, "cores: 4", "8", erased=1)
    change_elsewhere(page, {"told": "elsewhere"})
    theirs = page.get_by_role("table", name="What was changed elsewhere")
    expect(theirs).to_contain_text("told: elsewhere")
    expect(page.get_by_role("button", name="Check and compare")).to_be_disabled()
    assert find_violations(page) == []
    page.get_by_role("button", name="Put my changes on top of it").click()
    compare(page)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied.")).to_be_visible()
    assert read_cores(page) == 8
    labels = page.evaluate(f"JSON.stringify({FIND}.metadata.labels)")
    assert json.loads(labels)["told"] == "elsewhere"
    assert view.faults == []


def test_a_text_that_nobody_edits_follows_the_cluster(views: Views) -> None:
    page = views.open(PATH).page
    expect(page.locator(".cm-line", has_text="runStrategy")).to_be_visible()
    change_elsewhere(page, {"told": "elsewhere"})
    expect(page.locator(".cm-line", has_text="told: elsewhere").first).to_be_visible()


def test_who_may_only_read_cannot_write(views: Views) -> None:
    page = views.open(PATH, "user=view").page
    expect(page.get_by_text("Your rights let you read this, not change it.")).to_be_visible()
    expect(page.get_by_role("button", name="Check and compare")).to_have_count(0)
    type_at_end_of(page, "cores: 4", "8")
    expect(page.locator(".cm-line", has_text="cores:").first).to_have_text("cores: 4")


def test_back_asks_before_changes_are_lost(views: Views) -> None:
    page = views.open("/vms/shop/database").page
    page.get_by_role("tab", name="YAML").click()
    type_at_end_of(page, "cores: 4", "8")
    page.go_back()
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    expect(page.locator(".cm-line", has_text="cores: 48")).to_be_visible()
    assert page.url.endswith("/yaml")
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_role("tab", name="Events").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Events")


def test_what_others_wrote_is_text(views: Views) -> None:
    view = views.open("/vms/lab/evil/yaml")
    expect(view.page.locator(".cm-line", has_text="name: evil").first).to_be_visible()
    assert view.page.locator("img[src=x]").count() == 0
    assert view.faults == []
