"""The pages as the cluster serves them, by users with tokens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_vm
from tests.ui import flow
from tests.ui.standalone import enter, find_address, list_faults
from tests.ui.tenant import make_tenant
from tests.ui.view import View


@pytest.fixture(scope="module")
def address(cluster: Cluster) -> str:
    return find_address(cluster)


@pytest.fixture(scope="module")
def editor(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_tenant(cluster, "flow-editor", tmp_path_factory.mktemp("editor"), "edit").token


@pytest.fixture(scope="module")
def viewer(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_tenant(cluster, "flow-viewer", tmp_path_factory.mktemp("viewer"), "view").token


@pytest.fixture
def view(browser: Browser) -> Iterator[View]:
    opened = View(browser)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def resident(cluster: Cluster) -> Iterator[str]:
    """Yield a VM that is switched off."""
    name = "flow-resident"
    cluster.kubectl.apply(build_vm(name, "Halted"))
    yield name
    cluster.kubectl("delete", "vm", name)


def test_the_way_of_a_vm(cluster: Cluster, address: str, editor: str, view: View) -> None:
    frame, vm = view.page.main_frame, f"{cluster.namespace}/flow"
    enter(view, address, editor, f"/vms/create?namespace={cluster.namespace}")
    flow.create_tiny(frame, "flow")
    flow.watch_boot(frame, vm)
    flow.type_at_console(frame, vm)
    flow.type_at_screen(frame, vm)
    flow.stop(frame)
    flow.delete(cluster, frame, "flow")
    assert list_faults(view) == []


def test_yaml_with_a_mistake_and_without(
    cluster: Cluster, address: str, editor: str, view: View, resident: str
) -> None:
    enter(view, address, editor, f"/vms/{cluster.namespace}/{resident}/yaml")
    flow.edit_yaml(cluster, view.page.main_frame, resident)


def test_who_may_only_look_is_told_why(
    cluster: Cluster, address: str, viewer: str, view: View, resident: str
) -> None:
    enter(view, address, viewer, f"/vms?namespace={cluster.namespace}")
    flow.be_refused(view.page.main_frame, resident)


def test_a_wrong_token_opens_nothing(address: str, view: View) -> None:
    page = view.page
    page.goto(address)
    page.get_by_label("Bearer token").fill("not-a-token")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert").or_(page.get_by_text("not accept")).first).to_be_visible()
    expect(page.get_by_label("Bearer token")).to_be_visible()
