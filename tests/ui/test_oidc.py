"""Logging in at a company's OpenID provider, with the rights that kube-apiserver knows of there."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import APIResponse, Browser, Page, expect

from gateway.ui.cookie import SESSION
from gateway.ui.cookie import read_session as open_session
from gateway.ui.seal import Seal
from tests.ui.company import NAMESPACE, Company, open_company
from tests.ui.view import View

OURS = f"/#/vms?namespace={NAMESPACE}"
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1|localhost)")

# Takes the lock under which pages of one origin renew, until its page is left. Replicas have one
# origin elsewhere; here the pages of one might renew a session while those of the other do.
HOLD = """\
new Promise((held) => void navigator.locks.request("virtpod-session", () => {
  held();
  return new Promise(() => {});
}))"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with open_company(tmp_path_factory.mktemp("company")) as opened:
        yield opened


@pytest.fixture
def view(browser: Browser) -> Iterator[View]:
    opened = View(browser)
    # the provider's pages want a font of the internet
    opened.page.context.route(ELSEWHERE, lambda route: route.abort())
    yield opened
    opened.close()


def go_off(company: Company, page: Page, label: str, path: str = OURS) -> None:
    """Open a page of ours, and press the button that leads to the provider."""
    page.goto(f"{company.gateways[0]}{path}")
    page.get_by_role("button", name=label).click()
    page.wait_for_url(f"{company.provider.url}/**")


def log_in(page: Page, user: str) -> None:
    """Be a person at the provider's pages."""
    page.get_by_placeholder("Enter any login").fill(user)
    page.get_by_placeholder("and password").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_the_providers_user_sees_what_their_groups_may(company: Company, view: View) -> None:
    page = view.page
    go_off(company, page, company.put_settings("virt-ui"))
    log_in(page, "erin")
    # on the page where they were
    expect(page.get_by_role("row", name="books")).to_be_visible()
    page.get_by_role("button", name="User and settings").click()
    expect(page.get_by_text("Logged in as")).to_contain_text("company:erin")
    page.goto(f"{company.gateways[0]}/#/vms?namespace=kubevirt")
    expect(page.locator("main")).to_contain_text('"company:erin" cannot list')


def test_who_has_no_rights_comes_in_and_sees_nothing(company: Company, view: View) -> None:
    page = view.page
    go_off(company, page, company.put_settings("virt-ui"))
    log_in(page, "mallory")
    expect(page.locator("main")).to_contain_text('"company:mallory" cannot list')
    expect(page.get_by_role("row", name="books")).to_have_count(0)


def test_who_changes_their_mind_at_the_provider_is_told_so(company: Company, view: View) -> None:
    page = view.page
    go_off(company, page, company.put_settings("virt-ui"))
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading")).to_have_text("Logging in failed")
    expect(page.locator("main")).to_contain_text("End-User aborted interaction")
    page.get_by_role("link", name="virtpod").click()
    expect(page.get_by_role("button", name="Company virt-ui")).to_be_visible()


def test_a_token_for_another_client_than_the_api_server_knows_is_no_login(
    company: Company, view: View
) -> None:
    page = view.page
    go_off(company, page, company.put_settings("elsewhere"))
    log_in(page, "erin")
    expect(page.locator("main")).to_contain_text("this cluster does not accept these credentials")
    assert not [each for each in page.context.cookies() if each["name"] == SESSION]


def test_a_session_that_nobody_renews_says_when_it_ends_and_leads_to_the_next(
    company: Company, view: View
) -> None:
    page = view.page
    go_off(company, page, company.put_settings("short"))
    log_in(page, "erin")
    expect(page.get_by_text("Your session ends in 2 minutes.")).to_be_visible()
    before = read_session(page)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Log in again").click()
    # the provider knows its user still
    expect(
        opened.value.get_by_role("button", name="User and settings: company:erin")
    ).to_be_visible()
    assert read_session(page) != before
    expect(page.get_by_role("row", name="books")).to_be_visible()


def renew(company: Company, page: Page, replica: int = 0, cookie: str = "") -> APIResponse:
    """Ask a replica as a page does."""
    origin = company.gateways[replica]
    headers = {"Origin": origin, "X-Requested-With": "virtpod"}
    if cookie:
        headers["Cookie"] = f"{SESSION}={cookie}"
    return page.request.post(f"{origin}/ui/session/renew", headers=headers)


def read_session(page: Page) -> str:
    found = [each["value"] for each in page.context.cookies() if each["name"] == SESSION]
    return str(found[0])


def test_a_session_outlives_its_tokens_in_two_tabs_and_at_two_replicas(
    company: Company, view: View
) -> None:
    page, provider = view.page, company.provider
    provider.take_grants()
    label = company.put_settings("brief", scopes="groups offline_access", prompt="consent")
    go_off(company, page, label)
    log_in(page, "erin")
    expect(page.get_by_role("row", name="books")).to_be_visible()
    first = read_session(page)
    other = page.context.new_page()
    # twice: then the first token is about to end, and has ended when the pages are there again
    for gateway in company.gateways:
        with page.expect_response("**/ui/session/renew") as answer:
            for each in (page, other):
                each.goto(f"{gateway}{OURS}")
        assert answer.value.status == 200
        assert provider.until_said("refresh_token") == "refresh_token: given"
        if gateway == company.gateways[0]:
            other.evaluate(HOLD)
    for each in (page, other):
        each.reload()
        expect(each.get_by_role("row", name="books")).to_be_visible()
    assert not [line for line in provider.take_grants() if "given" not in line]
    # of the first one this replica knows nothing, and the provider takes its second use for theft
    stolen = renew(company, page, 1, first)
    assert (stolen.status, "invalid_grant" in stolen.text()) == (403, True)
    ends = re.compile(r"Your session ends in 1 minute|The session has ended")
    expect(page.get_by_text(ends)).to_be_visible()
    other.close()


def test_who_logs_out_leaves_nothing_at_the_provider_that_renews(
    company: Company, view: View
) -> None:
    page, provider = view.page, company.provider
    label = company.put_settings("virt-ui", scopes="groups offline_access", prompt="consent")
    go_off(company, page, label)
    log_in(page, "erin")
    expect(page.get_by_role("row", name="books")).to_be_visible()
    seal = Seal()
    seal.renew(company.keys)
    held = open_session(seal, read_session(page), time.time())
    assert held is not None
    provider.take_grants()
    page.get_by_role("button", name="User and settings").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name=label)).to_be_visible()
    provider.until_said("revoked")
    form = {"grant_type": "refresh_token", "refresh_token": held.refresh}
    answer = page.request.post(f"{provider.url}/token", form={**form, "client_id": "virt-ui"})
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")


def test_a_provider_that_is_away_is_said_plainly(company: Company, view: View) -> None:
    page = view.page
    label = company.put_settings("virt-ui")
    page.goto(company.gateways[0])
    button = page.get_by_role("button", name=label)
    expect(button).to_be_visible()
    company.provider.stop()
    with page.expect_response(re.compile("/ui/oidc/login$")) as answer:
        button.click()
    assert answer.value.status == 503
    expect(page.locator("main")).to_contain_text("the OpenID Connect issuer cannot be reached")
