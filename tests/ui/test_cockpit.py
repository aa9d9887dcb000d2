"""The pages inside of Debian's real Cockpit: on a machine with a kubeconfig, and in the cluster."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Frame, expect

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_vm
from tests.ui import flow
from tests.ui.axe import COLOURS, find_violations
from tests.ui.cockpit import (
    LOAD,
    ROOT,
    Inside,
    build_inside,
    install_page,
    list_proxies,
    log_in,
    open_machine,
    until_listening,
    until_no_proxy,
)
from tests.ui.tenant import Tenant, make_tenant
from tests.ui.view import DESKTOP, PHONE, until_drawn

NODE_PORT = 30444
DARK = re.compile("pf-v6-theme-dark")
# How many pixels a document can be scrolled, to the side and down: of two in each other none can.
MEASURE = """\
() => {
  const {scrollWidth, clientWidth, scrollHeight, clientHeight} = document.documentElement;
  return [scrollWidth - clientWidth, scrollHeight - clientHeight];
}"""
# Colours that are not yet what they will be, for a user who wants no motion.
TRANSITIONS = "document.getAnimations().filter((each) => each instanceof CSSTransition).length"
# What a session finds that looks into the others; its own is there, or it would find nothing.
SPY = """\
for uid in $(seq 20001 20016); do cat /run/virtpod/sessions/$uid/kubeconfig; done
for file in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $file; done
cat /run/virtpod/locks/*
for process in /proc/[0-9]*; do ( : < $process/mem ) && stat -c 'reads %u' $process; done
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
touch /usr/written /etc/written && echo written
id -u
"""


@pytest.fixture
def inside(browser: Browser) -> Iterator[Inside]:
    """Yield an empty page of a browser."""
    made = build_inside(browser)
    yield made
    made.context.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the pages for one user; return where that user's Cockpit looks for them."""
    return install_page(tmp_path_factory.mktemp("cockpit"))


@pytest.fixture(scope="module")
def editor(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    folder = tmp_path_factory.mktemp("editor")
    return make_tenant(cluster, "cockpit-editor", folder, "edit")


@pytest.fixture(scope="module")
def viewer(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    folder = tmp_path_factory.mktemp("viewer")
    return make_tenant(cluster, "cockpit-viewer", folder, "view")


@pytest.fixture(scope="module")
def resident(cluster: Cluster) -> Iterator[str]:
    """Yield a VM that is switched off."""
    name = "cockpit-resident"
    cluster.kubectl.apply(build_vm(name, "Halted"))
    yield name
    cluster.kubectl("delete", "vm", name)


def check_rules(frame: Frame) -> None:
    """Fail at what violates a rule of accessibility on our page, in light or in dark."""
    assert find_violations(frame) == []
    frame.page.emulate_media(color_scheme="dark")
    expect(frame.locator("html")).to_have_class(DARK)
    until_drawn(frame)
    assert frame.evaluate(TRANSITIONS) == 0
    assert find_violations(frame, COLOURS) == [], "in the dark"
    frame.page.emulate_media(color_scheme="light")
    expect(frame.locator("html")).not_to_have_class(DARK)
    until_drawn(frame)


def check_style(inside: Inside) -> None:
    """Fail unless our page looks as is chosen in Cockpit's menu, at once and when it is loaded."""
    ours = inside.frame.locator("html")
    inside.choose_style("dark")
    expect(ours).to_have_class(DARK)
    inside.page.reload()
    expect(inside.frame.get_by_role("heading", level=1)).to_be_visible(timeout=LOAD)
    expect(ours).to_have_class(DARK)
    inside.choose_style("light")
    expect(ours).not_to_have_class(DARK)
    inside.page.emulate_media(color_scheme="dark")
    expect(ours).not_to_have_class(DARK)
    inside.choose_style("auto")
    expect(ours).to_have_class(DARK)
    inside.page.emulate_media(color_scheme="light")
    expect(ours).not_to_have_class(DARK)


def test_the_way_of_a_vm(
    cluster: Cluster, inside: Inside, editor: Tenant, data: Path, tmp_path: Path
) -> None:
    where, vm = f"namespace={cluster.namespace}", f"{cluster.namespace}/cockpit"
    with open_machine(data, editor.kubeconfig, tmp_path) as address:
        inside.page.goto(f"{address}/virtpod#/vms/create?{where}")
        frame = inside.find_frame()
        menu = inside.page.get_by_role("link", name="Virtual machines (Kubernetes)")
        expect(menu).to_be_visible(timeout=LOAD)
        expect(frame.locator("#create-name")).to_be_visible(timeout=LOAD)
        check_rules(frame)
        flow.create_tiny(frame, "cockpit")
        flow.watch_boot(frame, vm)
        flow.type_at_console(frame, vm)
        check_rules(frame)
        flow.type_at_screen(frame, vm)
        flow.go(frame, f"/vms/{vm}/screen")
        flow.until_connected(frame)
        check_rules(frame)
        flow.stop(frame)
        flow.go(frame, f"/vms?{where}")
        expect(flow.find_row(frame, "cockpit")).to_contain_text("Stopped")
        (proxy,) = list_proxies(tmp_path)
        assert proxy.stat().st_mode & 0o777 == 0o700
        flow.go(frame, f"/vms/{vm}")
        flow.delete(cluster, frame, "cockpit")
        assert inside.faults == []
        inside.page.goto("about:blank")
    until_no_proxy(tmp_path)


def test_yaml_with_a_mistake_and_without(
    cluster: Cluster, inside: Inside, editor: Tenant, resident: str, data: Path, tmp_path: Path
) -> None:
    with open_machine(data, editor.kubeconfig, tmp_path) as address:
        inside.page.goto(f"{address}/virtpod#/vms/{cluster.namespace}/{resident}/yaml")
        flow.edit_yaml(cluster, inside.find_frame(), resident)
    assert inside.faults == []


def test_its_pages_fit_into_cockpits(
    cluster: Cluster, inside: Inside, viewer: Tenant, resident: str, data: Path, tmp_path: Path
) -> None:
    """They follow its look, hold to the same rules as elsewhere, and scroll within themselves."""
    page, where = inside.page, f"namespace={cluster.namespace}"
    titles = {
        "/": "Overview",
        f"/vms?{where}": "Virtual machines",
        f"/vms/{cluster.namespace}/{resident}": resident,
    }
    with open_machine(data, viewer.kubeconfig, tmp_path) as address:
        page.goto(f"{address}/virtpod#/")
        expect(inside.frame.get_by_role("heading", level=1)).to_be_visible(timeout=LOAD)
        check_style(inside)
        frame = inside.find_frame()
        for path, title in titles.items():
            flow.go(frame, path)
            expect(frame.get_by_role("heading", level=1)).to_have_text(title)
            expect(frame.locator("main .vp-loading")).to_have_count(0)
            check_rules(frame)
            for width, height in (PHONE, DESKTOP):
                page.set_viewport_size({"width": width, "height": height})
                frame.wait_for_function("width => innerWidth <= width", arg=width)
                until_drawn(frame)
                assert page.evaluate(MEASURE) == [0, 0], f"Cockpit's page scrolls, {width} wide"
                assert frame.evaluate(MEASURE) == [0, 0], f"ours scrolls, {width} wide"
    assert inside.faults == []


def test_what_is_missing_is_told_in_a_language_that_it_has(
    browser: Browser, data: Path, tmp_path: Path
) -> None:
    """Cockpit speaks Hebrew, which our texts do not: they are English, and say so."""
    inside = build_inside(browser, "he-IL")
    with open_machine(data, tmp_path / "nothing", tmp_path) as address:
        inside.page.goto(f"{address}/virtpod")
        told = inside.frame.get_by_text("You have no kubeconfig on this machine")
        expect(told).to_be_visible(timeout=LOAD)
        expect(inside.frame.get_by_role("button", name="Try again")).to_be_visible()
        expect(inside.page.locator("html")).to_have_attribute("dir", "rtl")
        expect(inside.frame.locator("html")).to_have_attribute("lang", "en")
        expect(inside.frame.locator("html")).to_have_attribute("dir", "ltr")
    assert inside.faults == []
    inside.context.close()


def test_another_context_can_be_chosen_and_is_remembered(
    inside: Inside, viewer: Tenant, data: Path, tmp_path: Path
) -> None:
    config = yaml.safe_load(viewer.kubeconfig.read_text())
    away = {"name": "away", "cluster": {"server": "https://127.0.0.1:1"}}
    config["clusters"].append(away)
    own = config["contexts"][0]["context"]
    config["contexts"].append({"name": "away", "context": {**own, "cluster": "away"}})
    config["current-context"] = "away"
    kubeconfig = tmp_path / "two.kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    with open_machine(data, kubeconfig, tmp_path) as address:
        inside.page.goto(f"{address}/virtpod")
        picker = inside.frame.get_by_label("Context of your kubeconfig")
        expect(picker).to_have_value("away", timeout=LOAD)
        picker.select_option("x")
        user = inside.frame.get_by_role("button", name="cockpit-viewer")
        expect(user).to_be_visible(timeout=LOAD)
        inside.page.reload()
        expect(user).to_be_visible(timeout=LOAD)
        user.click()
        expect(picker).to_have_value("x")
    assert not any("Content Security Policy" in fault for fault in inside.faults)


def test_an_end_of_the_proxy_is_told_and_repaired(
    inside: Inside, viewer: Tenant, data: Path, tmp_path: Path
) -> None:
    frame = inside.frame
    with open_machine(data, viewer.kubeconfig, tmp_path) as address:
        inside.page.goto(f"{address}/virtpod#/vms")
        expect(frame.get_by_role("heading", level=1)).to_have_text("Virtual machines", timeout=LOAD)
        (proxy,) = list_proxies(tmp_path)
        subprocess.run(["pkill", "--full", f"unix-socket={proxy}/api"], check=True)
        frame.get_by_role("button", name="Connect again").click()
        expect(frame.get_by_role("heading", level=1)).to_have_text("Virtual machines", timeout=LOAD)
        (other,) = list_proxies(tmp_path)
        assert other != proxy


@pytest.fixture(scope="module")
def deployment(cluster: Cluster) -> str:
    """Return the address of the cluster's Cockpit, installed as a user does."""
    subprocess.run(["make", "cockpit"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    words = ["get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}"]
    host = cluster.kubectl(*words).strip()
    until_listening(host, NODE_PORT)  # kube-proxy hears of a pod that is ready a moment later
    return f"https://{host}:{NODE_PORT}"


def test_a_wrong_token_lets_nobody_in(inside: Inside, deployment: str) -> None:
    page = inside.page
    page.goto(f"{deployment}/virtpod")
    expect(page.get_by_role("heading", level=1)).to_have_text("virtpod")
    page.get_by_label("Name (any will do)").fill("anybody")
    page.get_by_label("Kubernetes token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    told = page.locator("#error-group")
    expect(told).to_contain_text("Authentication failed", timeout=LOAD)
    expect(page.locator("#banner")).to_contain_text("kubectl create token")
    expect(page.get_by_label("Kubernetes token")).to_be_editable()


def test_its_login_speaks_german(browser: Browser, deployment: str) -> None:
    inside = build_inside(browser, "de-DE")
    inside.page.goto(f"{deployment}/virtpod")
    expect(inside.page.get_by_label("Kubernetes-Token")).to_be_visible(timeout=LOAD)
    expect(inside.page.get_by_role("button", name="Anmelden")).to_be_visible()
    inside.context.close()


def enter(inside: Inside, address: str, tenant: Tenant) -> Frame:
    """Log in with a token; return our frame."""
    log_in(inside, address, tenant.token)
    expect(inside.frame.get_by_role("heading", level=1)).to_be_visible(timeout=LOAD)
    return inside.find_frame()


def test_a_token_that_may_only_look(
    cluster: Cluster, inside: Inside, deployment: str, resident: str, viewer: Tenant
) -> None:
    frame = enter(inside, deployment, viewer)
    account = f"system:serviceaccount:{cluster.namespace}:cockpit-viewer"
    expect(frame.get_by_text(account).first).to_be_attached()
    # nothing of Cockpit's about a host, which this is not
    menu = inside.page.get_by_role("link", name="Virtual machines (Kubernetes)")
    expect(menu).to_be_visible()
    for name in ("Terminal", "Services", "Accounts", "Logs"):
        expect(inside.page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    flow.go(frame, f"/vms?namespace={cluster.namespace}")
    flow.be_refused(frame, resident)
    check_style(inside)
    assert inside.faults == []


def test_a_token_that_may_more_and_a_session_that_sees_no_other(
    browser: Browser,
    cluster: Cluster,
    inside: Inside,
    deployment: str,
    resident: str,
    viewer: Tenant,
    editor: Tenant,
) -> None:
    other = build_inside(browser)
    enter(other, deployment, viewer)
    frame = enter(inside, deployment, editor)
    flow.go(frame, f"/vms?namespace={cluster.namespace}")
    frame.get_by_role("button", name=f"Actions for {resident}").click()
    start = frame.get_by_role("menuitem", name=re.compile("^Start")).first
    expect(start).not_to_have_attribute("aria-disabled", "true")

    found = inside.spawn(SPY)
    *_, uid = found.splitlines()
    assert editor.token in found, "a spy that sees nothing proves nothing"
    assert viewer.token not in found
    assert set(re.findall(r"^reads (\d+)$", found, re.MULTILINE)) == {uid}
    assert int(uid) > 20_000
    assert "written" not in found.replace("/written", "")
    assert re.search(r"^CapEff:\s+0+$", found, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", found, re.MULTILINE)
    assert re.search(r"^Seccomp:\s+2$", found, re.MULTILINE)
    other.context.close()
    assert inside.faults == []


def test_a_program_logs_in_by_bearer(browser: Browser, deployment: str, viewer: Tenant) -> None:
    context = browser.new_context(ignore_https_errors=True)
    login = f"{deployment}/cockpit/login"
    good = context.request.get(login, headers={"Authorization": f"Bearer {viewer.token}"})
    assert good.status == 200
    (cookie,) = context.cookies()
    assert cookie["httpOnly"]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"
    context.close()
    for header in ("Bearer wrong", f"Bearer {viewer.token}x", f"Bearer {'a' * 6000}", "Basic ="):
        stranger = browser.new_context(ignore_https_errors=True)
        assert stranger.request.get(login, headers={"Authorization": header}).status == 401
        assert stranger.cookies() == []
        stranger.close()
