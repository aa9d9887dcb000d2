"""The roles that users get: what each may do, and that the docs say so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from api.names import GROUP, INSTANCETYPE_GROUP, SUBRESOURCE_GROUP
from gateway.route import ROUTES, Route

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "admission.md"
BEGIN: Final = "<!-- rights: made by tests/unit/manifests/test_role.py --update-golden -->\n"
END: Final = "<!-- end of rights -->\n"
ROLES: Final = ("view", "edit", "admin", "migrate", "default")
READ: Final = frozenset({"get", "list", "watch"})
WRITE: Final = READ | {"create", "update", "patch", "delete"}
WORDS: Final[Mapping[frozenset[str], str]] = {
    frozenset(): "",
    READ: "read",
    WRITE: "write",
    WRITE | {"deletecollection"}: "write, delete all",
}
Rights = dict[tuple[str, str], frozenset[str]]  # of group and resource: verbs


def read_roles() -> dict[str, Rights]:
    """Return what each of our ClusterRoles allows."""
    path = ROOT / "manifests" / "base" / "role.yaml"
    found: dict[str, Rights] = {}
    for item in yaml.safe_load_all(path.read_text()):
        if item["kind"] == "ClusterRole":
            found[item["metadata"]["name"]] = read_rules(item["rules"])
    return found


def read_rules(rules: list[Any]) -> Rights:  # Any: as YAML comes
    rights: Rights = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                known = rights.get((group, resource), frozenset())
                rights[group, resource] = known | frozenset(rule["verbs"])
    return rights


ALL: Final = read_roles()
OURS: Final = {role: ALL[f"{GROUP}:{role}"] for role in ROLES}


def may(role: str, route: Route) -> bool:
    resource = f"{route.resource}/{route.subresource}".rstrip("/")
    return route.verb in OURS[role].get((SUBRESOURCE_GROUP, resource), ())


@pytest.mark.parametrize("role", ALL)
def test_no_role_is_open_ended(role: str) -> None:
    for (group, resource), verbs in ALL[role].items():
        assert "*" not in {group, resource, *verbs}
        assert not {"escalate", "bind", "impersonate"} & verbs


@pytest.mark.parametrize("role", [role for role in ALL if role != "virtpod.io:launcher"])
def test_the_way_into_compute_is_in_no_role(role: str) -> None:
    assert (GROUP, "virtualmachineinstances/launcher") not in ALL[role]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_the_whole_path_may_its_first_segment(role: str) -> None:
    """The API server in front of the gateway looks no further than that."""
    for (group, resource), verbs in OURS[role].items():
        kind, _, rest = resource.partition("/")
        if group == SUBRESOURCE_GROUP and "/" in rest:
            assert verbs <= OURS[role].get((group, f"{kind}/{rest.split('/')[0]}"), frozenset())


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.reviewed and not route.feature]
)
def test_what_is_built_is_somebody_s(route: Route) -> None:
    assert any(may(role, route) for role in ROLES), route.path
    assert may("edit", route) == may("admin", route)
    if may("view", route):
        assert may("edit", route)


def test_viewers_change_nothing() -> None:
    harmless = (SUBRESOURCE_GROUP, "expand-vm-spec")  # returns what it is sent
    changing = {key for key, verbs in OURS["view"].items() if verbs - READ}
    assert changing == {harmless}


@pytest.mark.parametrize("door", ["console", "vnc", "vnc/screenshot", "portforward"])
def test_viewers_do_not_get_into_guests(door: str) -> None:
    assert (SUBRESOURCE_GROUP, f"virtualmachineinstances/{door}") not in OURS["view"]


def build_table() -> str:
    """Return the table of rights in Markdown."""
    named = {key for rights in OURS.values() for key in rights}
    # the page's modules are one thing
    keys = sorted((key for key in named if not key[1].startswith("novnc/")), key=order)
    rows = [("what", *(f"`{GROUP}:{role}`" for role in ROLES)), ("---", *("---" for _ in ROLES))]
    rows += [
        (name(*key), *(spell(OURS[role].get(key, frozenset())) for role in ROLES)) for key in keys
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def order(key: tuple[str, str]) -> tuple[int, str]:
    return (GROUP, SUBRESOURCE_GROUP, INSTANCETYPE_GROUP).index(key[0]), key[1]


def name(group: str, resource: str) -> str:
    return f"`{resource}`" if group == GROUP else f"`{resource}` of {group.partition('.')[0]}"


def spell(verbs: frozenset[str]) -> str:
    return WORDS.get(verbs, ", ".join(sorted(verbs)))


def test_the_docs_have_the_table(update_golden: bool) -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    shown, _, after = rest.partition(END)
    if update_golden:
        PAGE.write_text(f"{before}{BEGIN}{build_table()}{END}{after}")
    else:
        assert shown == build_table(), "docs/admission.md is stale: pytest --update-golden"
