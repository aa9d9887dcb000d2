"""The table of docs/subresources.md: `python -m gateway.manual` writes it anew."""

import sys
from pathlib import Path
from typing import Final

from gateway.route import ROUTES, Route

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "subresources.md"
BEGIN: Final = "<!-- Written by `python -m gateway.manual`; change gateway/route.py instead. -->\n"
END: Final = "<!-- The end of what is written. -->\n"


def render_table() -> str:
    """Return one line for each route."""
    head = "| path | method | what it does | body | answer | right |\n|---|---|---|---|---|---|\n"
    return head + "".join(_render_line(route) for route in ROUTES)


def replace_table(page: str) -> str:
    """Return the page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{render_table()}\n{END}{after}"


def _render_line(route: Route) -> str:
    name = f"{route.resource}/{route.subresource}" if route.subresource else route.resource
    path = route.path.removeprefix("/namespaces/{namespace}/")
    cells = (
        f"`{path}`",
        route.method,
        route.summary,
        route.body and f"`{route.body}`",
        f"501: no {route.feature} yet" if route.feature else _describe_answer(route),
        f"{route.verb} `{name}`" if route.reviewed else "none",
    )
    return f"| {' | '.join(cells)} |\n"


def _describe_answer(route: Route) -> str:
    if route.websocket:
        return "websocket"
    return f"{route.good} `{route.answer}`" if route.answer else str(route.good)


def main() -> int:
    """Write the page."""
    PAGE.write_text(replace_table(PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
