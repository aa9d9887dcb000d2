"""The graphical console in Chromium: the gateway's page, and websockets from any page."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from playwright.sync_api import Browser

from tests.e2e.browser import ConsolePage, open_browser, open_console_page, serve_api
from tests.e2e.cluster import Cluster
from tests.e2e.console import Console
from tests.e2e.guests import build_vm
from tests.e2e.plugin import Virt
from tests.e2e.screen import SIZE, Font, Picture
from tests.e2e.tenant import build_tenant
from tests.e2e.virtual_machine import MakeVirtualMachine
from tests.e2e.virtual_terminal import end_session, shows
from tests.e2e.vm import Vm

SUBRESOURCES: Final = "/apis/subresources.kubevirt.io/v1"
PAGE: Final = f"{SUBRESOURCES}/novnc/"
# Types something into a serial console; resolves to the chosen subprotocol and what was shown.
TALK: Final = """\
([url, protocols, typed, wanted]) => new Promise((resolve) => {
  const socket = new WebSocket(url, protocols);
  const decoder = new TextDecoder();
  let shown = "";
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(new TextEncoder().encode(typed));
  socket.onmessage = ({ data }) => {
    shown += decoder.decode(data, { stream: true });
    const found = new RegExp(wanted).exec(shown);
    if (found !== null) {
      resolve([socket.protocol, found[0]]);
      socket.close();
    }
  };
  socket.onclose = ({ code }) => resolve([socket.protocol, `closed: ${code}`]);
  setTimeout(() => resolve([socket.protocol, `never came: ${shown.slice(-500)}`]), 120_000);
})"""

# Of a canvas whose picture has this size; the window is wider than that.
IS_NATURAL: Final = """\
([width, height]) => {
  const shown = document.querySelector("canvas").getBoundingClientRect();
  return shown.width === width && shown.height === height;
}"""
IS_FITTED: Final = """\
([width, height]) => {
  const canvas = document.querySelector("canvas");
  const { width: shown, right, bottom } = canvas.getBoundingClientRect();
  return shown > width && right <= innerWidth && bottom <= innerHeight;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(virt: Virt, shared: Vm) -> Iterator[str]:
    with virt.browse(shared.name) as url:
        yield url


def see(page: ConsolePage, font: Font, text: str) -> Picture:
    """Wait until the text is the last on the screen."""
    return page.until(shows(font, text), font.read)


def test_a_user_sees_the_login_prompt_and_types_at_it(
    browser: Browser, url: str, font: Font, vm_login: Console
) -> None:
    end_session(vm_login)
    with open_console_page(browser, url) as page:
        page.until_state("connected")
        see(page, font, "shared login:")
        page.type("root\n")
        see(page, font, "shared:~#")
        page.type('clear; echo "Typed, on $(tty)" | tee /tmp/browsed\n')
        see(page, font, "Typed, on /dev/tty1\nshared:~#")
        assert vm_login.run("cat /tmp/browsed").strip() == "Typed, on /dev/tty1"
        assert page.faults == []


def test_two_tabs_see_the_same_and_both_type(
    browser: Browser, url: str, font: Font, vm_login: Console
) -> None:
    end_session(vm_login)
    with (
        open_console_page(browser, url, "light") as light,
        open_console_page(browser, url, "dark") as dark,
    ):
        for page in (light, dark):
            page.until_state("connected")
        see(light, font, "login:")
        light.type("root\n")
        see(dark, font, "shared:~#")
        dark.type("clear; echo $((6 * 7))\n")
        pictures = [see(page, font, "42\nshared:~#") for page in (light, dark)]
        assert (pictures[0] == pictures[1]).all()
        assert light.faults == dark.faults == []


def test_a_screen_is_fitted_to_the_window_or_as_large_as_it_is(browser: Browser, url: str) -> None:
    with open_console_page(browser, url) as page:
        page.until_state("connected")
        button = page.page.get_by_text("Fit to window")
        page.page.wait_for_function(IS_FITTED, arg=[*SIZE])
        button.click()
        page.page.wait_for_function(IS_NATURAL, arg=[*SIZE])
        button.click()
        page.page.wait_for_function(IS_FITTED, arg=[*SIZE])


def test_a_page_waits_for_its_vm_through_all_its_lives(
    cluster: Cluster, browser: Browser, virtual_machine: MakeVirtualMachine
) -> None:
    made = virtual_machine(build_vm("door-later", "Halted", terminationGracePeriodSeconds=0))
    query = f"?namespace={cluster.namespace}&name={made.name}"
    with (
        serve_api(cluster.kubectl) as api,
        open_console_page(browser, f"{api}{PAGE}{query}") as page,
    ):
        assert "No VM of this name is running" in page.until_state("waiting")
        made.set_strategy("Always")
        page.until_state("connected", 240)
        made.set_strategy("Halted")
        page.until_state("waiting", 240)


def test_a_page_says_what_is_wrong_with_its_address(cluster: Cluster, browser: Browser) -> None:
    with (
        serve_api(cluster.kubectl) as api,
        open_console_page(browser, f"{api}{PAGE}?namespace=../..&name=x") as page,
    ):
        assert "?namespace=…&name=…" in page.until_state("refused")


def test_any_page_gets_a_console_with_a_token_as_subprotocol(
    cluster: Cluster, browser: Browser, shared: Vm, vm_login: Console, tmp_path: Path
) -> None:
    config = yaml.safe_load(
        Path(build_tenant(cluster, "door-page", tmp_path, "edit").env["KUBECONFIG"]).read_text()
    )
    server, token = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]
    vmi = f"{SUBRESOURCES}/namespaces/{cluster.namespace}/virtualmachineinstances/{shared.name}"
    encoded = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    # The browser does not know the authority that signed the API server's certificate.
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto(f"{server}/version")  # so that it is no page of elsewhere that looks in
        url = f"{server.replace('https', 'wss')}{vmi}/console"
        protocols = [f"base64url.bearer.authorization.k8s.io.{encoded}", "plain.kubevirt.io"]
        typed, wanted = "echo by the pa''ge\r", "Linux version[^]*by the page"
        protocol, shown = page.evaluate(TALK, [url, protocols, typed, wanted])
        assert (protocol, shown[-11:]) == ("plain.kubevirt.io", "by the page")
        vm_login.expect("by the page", 60)
        refused = [protocols[0] + "x", protocols[1]]
        assert page.evaluate(TALK, [url, refused, "\r", "never"]) == ["", "closed: 1006"]
