"""The pages as virtpod's own gateway serves them in the cluster."""

import re
from typing import Final

from playwright.sync_api import expect

from tests.e2e.cluster import Cluster
from tests.e2e.pages import open_page
from tests.ui.flow import LOAD
from tests.ui.view import View

# What a browser itself says of requests that fail: of kinds that are not there, or not this user's.
_NETWORK: Final = re.compile(r"Failed to load resource|WebSocket connection")


def find_address(cluster: Cluster) -> str:
    """Return where the cluster serves the pages, without a slash."""
    with open_page(cluster) as page:
        return f"https://{page.host}:{page.port}"


def enter(view: View, address: str, token: str, path: str) -> None:
    """Log in with a token at a deep link, which leads there."""
    page = view.page
    page.goto(f"{address}/#{path}")
    page.get_by_label("Bearer token").fill(token)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("navigation").first).to_be_visible(timeout=LOAD)


def list_faults(view: View) -> list[str]:
    """Return what went wrong in the page, or was forbidden to it."""
    return [each for each in view.faults if not _NETWORK.search(each)]
