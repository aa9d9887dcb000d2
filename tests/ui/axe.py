"""axe-core on a page: every rule of WCAG 2.2 A and AA, and its best practices."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from playwright.sync_api import Frame, Page

from images.web import ROOT

_SCRIPT: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS: Final = ("color-contrast", "link-in-text-block")  # of RULES, what a scheme may break
_RUN: Final = """\
chosen => axe.run(document, {runOnly: chosen, resultTypes: ["violations"]})"""


def find_violations(page: Page | Frame, chosen: Sequence[str] = RULES) -> list[str]:
    """Return a line for each violation of rules, or of tags of rules: what, why, and where."""
    # evaluated, because the page's policy lets no other script in
    if not page.evaluate("'axe' in window"):
        page.evaluate(_read_script())
    found = page.evaluate(_RUN, list(chosen))
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html'][:200]} at {node['target']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@cache
def _read_script() -> str:
    return _SCRIPT.read_text()
