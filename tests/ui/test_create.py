"""Making a VM by form and by YAML, in the world in memory."""

import re

from playwright.sync_api import Page, expect

from tests.ui.axe import find_violations
from tests.ui.view import Views

PATH = "/vms/create?namespace=shop"
ACCEPTED = "The API server would accept this."


def begin(page: Page, example: str, name: str) -> None:
    page.get_by_label("Begin with").select_option(label=example)
    page.locator("#create-name").fill(name)


def read_preview(page: Page) -> str:
    return page.get_by_label("YAML of what will be created").inner_text()


def type_at_end_of(page: Page, line: str, text: str, erased: int = 0) -> None:
    """Type at the end of a line of YAML, in the place of so many characters."""
    page.locator(".cm-line", has_text=line).first.click()
    page.keyboard.press("End")
    for _ in range(erased):
        page.keyboard.press("Backspace")
    page.keyboard.type(text)


def find_line(page: Page, text: str) -> int:
    """Return the number of the line with a text, from 1; the cursor is in it."""
    expect(page.locator(".cm-activeLine", has_text=text)).to_be_visible()
    return int(page.locator(".cm-lineNumbers .cm-activeLineGutter").inner_text())


def test_an_example_becomes_a_vm(views: Views) -> None:
    view = views.open(PATH)
    page = view.page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    expect(page.get_by_text(ACCEPTED)).to_be_visible()
    assert "image: localhost/virtpod/tiny:latest" in read_preview(page)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="fresh")).to_be_visible()
    assert "#/vms/shop/fresh" in page.url
    expect(page.get_by_text("Create fresh").first).to_be_visible()
    assert view.faults == []


def test_what_is_missing_is_shown_on_the_attempt_and_has_the_focus(views: Views) -> None:
    page = views.open(PATH).page
    name = page.locator("#create-name")
    expect(page.locator("#create-name-help")).not_to_contain_text("This is needed.")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(name).to_be_focused()
    expect(page.locator("#create-name-help")).to_contain_text("This is needed.")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#create-image-help")).to_contain_text("This is needed.")
    assert find_violations(page) == []


def test_what_the_api_server_refuses_stands_at_its_field_until_it_is_mended(views: Views) -> None:
    page = views.open(PATH).page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    page.locator("#create-cpus").fill("999")
    told = page.locator("#create-cpus-help")
    expect(told).to_contain_text("has to be 1 to 710")
    page.locator("#create-cpus").fill("2")
    expect(page.get_by_text(ACCEPTED)).to_be_visible()
    expect(told).not_to_contain_text("has to be")
    page.locator("#create-name").fill("database")
    expect(page.locator("#create-name-help")).to_contain_text("already exists")


def test_a_namespace_that_there_is_not_is_told_of_at_its_field(views: Views) -> None:
    page = views.open(PATH).page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    namespace = page.locator("#create-namespace")
    namespace.fill("nowhere")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#create-namespace-help")).to_contain_text("There is no such namespace.")
    expect(namespace).to_be_focused()
    expect(namespace).to_have_attribute("aria-invalid", "true")
    assert find_violations(page) == []
    namespace.fill("lab")
    expect(page.locator("#create-namespace-help")).to_have_text("")
    expect(page.get_by_text(ACCEPTED)).to_be_visible()


def test_a_namespace_of_others_is_told_of_at_its_field(views: Views) -> None:
    """Who may not list namespaces learns it from the API server."""
    page = views.open("/vms/create?namespace=lab", "user=tenant").page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    expect(page.get_by_text(ACCEPTED)).to_be_visible()
    page.locator("#create-namespace").fill("shop")
    told = page.locator("#create-namespace-help")
    expect(told).to_contain_text('cannot create resource "virtualmachines"')
    expect(page.get_by_text("what is wrong stands at the fields")).to_be_visible()
    expect(page.get_by_text("cannot create resource")).to_have_count(1)


def test_what_a_failed_attempt_complains_of_is_gone_with_the_next_change(views: Views) -> None:
    page = views.open(PATH).page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    expect(page.get_by_text(ACCEPTED)).to_be_visible()
    page.evaluate("world.door.setOnline(false)")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("It was not created.")).to_be_visible()
    page.evaluate("world.door.setOnline(true)")
    page.locator("#create-name").fill("fresher")
    expect(page.get_by_text("It was not created.")).to_be_hidden()
    expect(page.get_by_text(ACCEPTED)).to_be_visible()


def test_an_example_keeps_the_sizes_that_the_user_has_typed(views: Views) -> None:
    page = views.open(PATH).page
    page.locator("#create-cpus").fill("4")
    begin(page, "A tiny Linux, on a container disk", "fresh")
    expect(page.locator("#create-memory")).to_have_value("128Mi")
    page.get_by_label("Begin with").select_option(label="Debian, with cloud-init")
    expect(page.locator("#create-memory")).to_have_value("512Mi")
    expect(page.locator("#create-cpus")).to_have_value("4")
    page.reload()
    expect(page.get_by_label("Begin with")).to_have_value("debian")
    page.get_by_label("Begin with").select_option(label="No example")
    expect(page.locator("#create-image")).to_have_value("")
    expect(page.locator("#create-cpus")).to_have_value("4")


def test_a_reload_keeps_the_draft_but_no_password_and_no_key(views: Views) -> None:
    page = views.open(PATH).page
    begin(page, "Debian, with cloud-init", "kept")
    page.locator("#create-password").fill("very-secret")
    page.locator("#create-sshKeys").fill("ssh-ed25519 AAAAC3Nz me@host")
    assert "very-secret" not in read_preview(page)
    page.get_by_label("Show the password").check()
    assert "very-secret" in read_preview(page)
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "kept" in kept
    assert "very-secret" not in kept
    assert "AAAAC3Nz" not in kept
    assert "very-secret" not in page.url
    page.reload()
    expect(page.locator("#create-name")).to_have_value("kept")
    expect(page.locator("#create-user")).to_have_value("debian")
    expect(page.locator("#create-password")).to_have_value("")
    expect(page.locator("#create-sshKeys")).to_have_value("")


def test_a_private_key_is_told_from_a_public_one(views: Views) -> None:
    page = views.open(PATH).page
    page.locator("#create-sshKeys").fill("-----BEGIN OPENSSH PRIVATE KEY-----")
    page.locator("#create-user").focus()
    expect(page.locator("#create-sshKeys-help")).to_contain_text("This is a private key.")


def test_yaml_goes_back_into_the_form_as_far_as_it_can(views: Views) -> None:
    view = views.open(PATH)
    page = view.page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    page.get_by_role("button", name="YAML").click()
    type_at_end_of(page, "guest: 128Mi", "256Mi", erased=5)
    page.get_by_role("button", name="Form").click()
    expect(page.locator("#create-memory")).to_have_value("256Mi")
    page.get_by_role("button", name="YAML").click()
    type_at_end_of(page, "terminationGracePeriodSeconds", "\nhostname: other")
    page.get_by_role("button", name="Form").click()
    lost = page.get_by_role("alert")
    expect(lost).to_contain_text("spec.template.spec.hostname")
    page.get_by_role("button", name="Stay with YAML").click()
    expect(page.get_by_text(ACCEPTED)).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="fresh")).to_be_visible()
    assert view.faults == []


def test_an_error_in_yaml_stands_at_its_line(views: Views) -> None:
    page = views.open(PATH).page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    page.get_by_role("button", name="YAML").click()
    type_at_end_of(page, "cores: 1", "000")
    number = find_line(page, "cores: 1000")
    expect(page.get_by_role("button", name=f"Line {number}")).to_be_visible()
    expect(page.get_by_text(re.compile("has to be 1 to 710"))).to_be_visible()
    assert find_violations(page) == []


def test_what_was_written_is_not_left_unasked(views: Views) -> None:
    page = views.open(PATH).page
    begin(page, "A tiny Linux, on a container disk", "fresh")
    page.get_by_role("button", name="YAML").click()
    type_at_end_of(page, "cores: 1", "0")
    page.get_by_role("link", name="Nodes").click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    expect(page.locator(".cm-line", has_text="cores: 10")).to_be_visible()
    page.get_by_role("link", name="Nodes").click()
    question.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", level=1, name="Nodes")).to_be_visible()


def test_who_may_not_create_is_told_so(views: Views) -> None:
    page = views.open(PATH, "user=view").page
    expect(page.get_by_text("Your rights do not allow new VMs in the namespace")).to_be_visible()
    expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    assert find_violations(page) == []


def test_without_secrets_it_is_said_where_the_password_goes(views: Views) -> None:
    page = views.open(PATH, "user=edit").page
    begin(page, "Debian, with cloud-init", "fresh")
    expect(page.get_by_text("will stand in the VM itself")).to_be_visible()
    expect(page.get_by_text(ACCEPTED)).to_be_visible()
    assert "kind: Secret" not in read_preview(page)
    assert "userData: |" in read_preview(page)
    assert find_violations(page) == []


def test_an_upload_that_is_not_possible_says_why(views: Views) -> None:
    page = views.open(PATH).page
    expect(page.get_by_text("the cluster has no Containerized Data Importer")).to_be_visible()
    expect(page.get_by_role("radio", name="Upload")).to_be_disabled()
