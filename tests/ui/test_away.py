"""The API server goes away for half a minute and comes back: a page, and the same in Cockpit."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, expect

from cluster import process
from cluster.control_plane import ensure_control_plane
from cluster.paths import find_layout
from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_vm
from tests.ui.cockpit import build_inside, install_page, open_machine
from tests.ui.flow import LOAD, find_row
from tests.ui.standalone import enter, find_address, list_faults
from tests.ui.tenant import make_tenant
from tests.ui.view import View

AWAY_SECONDS = 30.0
RESIDENT = "away-resident"


@pytest.fixture
def frames(cluster: Cluster, browser: Browser, tmp_path: Path) -> Iterator[list[Frame]]:
    """Yield a page of its own and one in Cockpit, both at the list; neither had a fault."""
    editor = make_tenant(cluster, "away-editor", tmp_path, "edit")
    path = f"/vms?namespace={cluster.namespace}"
    with ExitStack() as stack:
        view = View(browser)
        stack.callback(view.close)
        enter(view, find_address(cluster), editor.token, path)
        data = install_page(tmp_path / "cockpit")
        address = stack.enter_context(open_machine(data, editor.kubeconfig, tmp_path))
        inside = build_inside(browser)
        stack.callback(inside.context.close)
        inside.page.goto(f"{address}/virtpod#{path}")
        yield [view.page.main_frame, inside.find_frame()]
        assert list_faults(view) == []
        assert inside.faults == []


@pytest.fixture
def resident(cluster: Cluster) -> Iterator[str]:
    cluster.kubectl.apply(build_vm(RESIDENT, "Halted"))
    yield RESIDENT
    cluster.kubectl("delete", "vm", RESIDENT)


def test_the_api_goes_away_and_comes_back(
    cluster: Cluster, frames: list[Frame], resident: str
) -> None:
    for frame in frames:
        expect(find_row(frame, resident)).to_be_visible(timeout=LOAD)
    layout = find_layout()
    process.stop(layout, "kube-apiserver", signal.SIGKILL)
    gone = time.monotonic()
    try:
        for frame in frames:
            expect(frame.get_by_text("The cluster does not answer.")).to_be_visible(timeout=LOAD)
            expect(find_row(frame, resident)).to_be_visible()  # what was there is still shown
        left = AWAY_SECONDS - (time.monotonic() - gone)
        frames[0].page.wait_for_timeout(max(0.0, left) * 1000)
    finally:
        ensure_control_plane(layout)
    for frame in frames:
        told = frame.get_by_text("The cluster does not answer.")
        expect(told).to_be_hidden(timeout=2 * LOAD)
    cluster.kubectl.apply(build_vm("away-after", "Halted"))
    for frame in frames:
        expect(find_row(frame, "away-after")).to_be_visible(timeout=LOAD)
    cluster.kubectl("delete", "vm", "away-after")
    for frame in frames:
        expect(find_row(frame, "away-after")).to_be_hidden(timeout=LOAD)
