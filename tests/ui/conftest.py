"""A browser, and pages in it: of a world in memory, or of the cluster."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import open_browser
from tests.e2e.cluster import Cluster, open_cluster
from tests.ui.site import open_world
from tests.ui.view import SECONDS, View, Views

expect.set_options(timeout=SECONDS * 1000)  # as for all else: a busy machine is no fault


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Yield the cluster with a namespace of this run; without a cluster, fail."""
    with open_cluster("ui") as opened:
        yield opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def world() -> Iterator[str]:
    """Yield the address of the page with a world in memory behind it."""
    with open_world() as address:
        yield address


@pytest.fixture
def views(browser: Browser, world: str) -> Iterator[Views]:
    """Yield what opens pages of the world in memory; they are closed after the test."""
    opened: list[View] = []
    yield Views(browser, world, opened)
    for view in opened:
        view.close()
