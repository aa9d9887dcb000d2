"""Who may do what: every route of the subresource API, by every method, for every kind of user.

The API server looks first, at a subresource's first segment: 403. virt-api looks at the whole of
it: 401. No VM of the name is there, so whoever is let in reads 404 and nothing is done.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from api.names import SUBRESOURCE_VERSIONS
from gateway.route import ROUTES, Route
from tests.e2e.cluster import Cluster
from tests.e2e.door import GROUP, UPGRADE, Door
from tests.e2e.kubectl import Kubectl
from tests.e2e.observer import Json
from tests.e2e.tenant import build_tenant, grant

METHODS: Final = ("GET", "PUT", "POST", "PATCH", "DELETE")
NOBODY, VIEWERS, EDITORS = frozenset[str](), frozenset({"view"}), frozenset({"edit", "admin"})
READERS = VIEWERS | EDITORS
EVERYBODY = frozenset(
    {"none", "view", "edit", "admin", "console-only", "migrate", "node", "elsewhere"}
)

# Who may, of those who are not administrators of the cluster; a route that is not here fails.
MAY: Final = {
    "PUT virtualmachines/start": EDITORS,
    "PUT virtualmachines/stop": EDITORS,
    "PUT virtualmachines/restart": EDITORS,
    "PUT virtualmachines/migrate": {"migrate"},
    "GET virtualmachines/expand-spec": READERS,
    "GET virtualmachines/portforward": EDITORS,
    "PUT virtualmachines/addvolume": EDITORS,
    "PUT virtualmachines/removevolume": EDITORS,
    "PUT virtualmachines/memorydump": EDITORS,
    "PUT virtualmachines/removememorydump": NOBODY,
    "PUT virtualmachines/evacuate/cancel": NOBODY,
    "GET virtualmachines/objectgraph": NOBODY,
    "PUT virtualmachineinstances/pause": EDITORS,
    "PUT virtualmachineinstances/unpause": EDITORS,
    "PUT virtualmachineinstances/freeze": EDITORS,
    "PUT virtualmachineinstances/unfreeze": EDITORS,
    "PUT virtualmachineinstances/reset": EDITORS,
    "PUT virtualmachineinstances/softreboot": EDITORS,
    "GET virtualmachineinstances/guestosinfo": READERS,
    "GET virtualmachineinstances/userlist": READERS,
    "GET virtualmachineinstances/filesystemlist": READERS,
    "GET virtualmachineinstances/metrics": READERS,
    "GET virtualmachineinstances/console": EDITORS | {"console-only"},
    "GET virtualmachineinstances/vnc": EDITORS,
    "GET virtualmachineinstances/vnc/screenshot": EDITORS,
    "GET virtualmachineinstances/portforward": EDITORS,
    "PUT virtualmachineinstances/addvolume": EDITORS,
    "PUT virtualmachineinstances/removevolume": EDITORS,
    "GET virtualmachineinstances/usbredir": EDITORS,
    "GET virtualmachineinstances/vsock": NOBODY,
    "GET virtualmachineinstances/objectgraph": NOBODY,
    "PUT virtualmachineinstances/evacuate/cancel": NOBODY,
    "PUT virtualmachineinstances/backup": NOBODY,
    "PUT virtualmachineinstances/redefine-checkpoint": NOBODY,
    "GET virtualmachineinstances/sev/fetchcertchain": READERS,
    "GET virtualmachineinstances/sev/querylaunchmeasurement": READERS,
    "PUT virtualmachineinstances/sev/setupsession": EDITORS,
    "PUT virtualmachineinstances/sev/injectlaunchsecret": EDITORS,
    "PUT expand-vm-spec": READERS,
    "GET version": EVERYBODY,
    "GET healthz": NOBODY,  # for whoever looks after virt-api
    "GET guestfs": EVERYBODY,
}
# Calls by another method that the API server lets through, for the sake of a subresource beside
# them: of sev/… it sees sev. What they read then is 405.
BESIDE: Final = {
    "PUT virtualmachineinstances/sev/fetchcertchain": EDITORS,
    "PUT virtualmachineinstances/sev/querylaunchmeasurement": EDITORS,
    "GET virtualmachineinstances/sev/setupsession": READERS,
    "GET virtualmachineinstances/sev/injectlaunchsecret": READERS,
}


class Cell(NamedTuple):
    """One call of the matrix."""

    version: str
    method: str
    route: Route

    def path(self, namespace: str) -> str:
        below = self.route.path.replace("{namespace}", namespace).replace("{name}", "no-such-vm")
        below = below.replace("{port}", "22").replace("{protocol}", "tcp")
        return f"{GROUP}/{self.version}{below}"


def name_route(route: Route, method: str = "") -> str:
    what = f"{route.resource}/{route.subresource}".rstrip("/")
    return f"{method or route.method} {what}"


CELLS: Final = [Cell(*each) for each in product(SUBRESOURCE_VERSIONS, METHODS, ROUTES)]


class Users:
    """The kinds of users, each with its own connection."""

    def __init__(self, doors: dict[str, Door], namespace: str) -> None:
        self.doors = doors
        self.namespace = namespace


def open_tenant(cluster: Cluster, stack: ExitStack, folder: Path, name: str, *roles: str) -> Door:
    kubectl = build_tenant(cluster, name, folder, *roles)
    return stack.enter_context(Door(Path(kubectl.env["KUBECONFIG"])))


def bind_elsewhere(kubectl: Kubectl, cluster: Cluster, name: str) -> None:
    """Make a service account of the tests' namespace admin of another one."""
    account = f"--serviceaccount={cluster.namespace}:{name}"
    kubectl("create", "rolebinding", name, "--clusterrole=admin", account)


@pytest.fixture(scope="module")
def users(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Users]:
    folder, kubectl = tmp_path_factory.mktemp("users"), cluster.kubectl
    admin = Path(kubectl.env["KUBECONFIG"])
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    as_node = {"Impersonate-User": f"system:node:{node}", "Impersonate-Group": "system:nodes"}
    other = f"{cluster.namespace}-other"
    with ExitStack() as stack:
        kubectl("create", "namespace", other)
        stack.callback(kubectl, "delete", "namespace", other, "--timeout=300s", seconds=330)
        doors = {
            "none": open_tenant(cluster, stack, folder, "none"),
            "view": open_tenant(cluster, stack, folder, "view", "view"),
            "edit": open_tenant(cluster, stack, folder, "edit", "edit"),
            "admin": open_tenant(cluster, stack, folder, "admin", "admin"),
            "migrate": open_tenant(cluster, stack, folder, "migrate", "kubevirt.io:migrate"),
            "console-only": open_tenant(cluster, stack, folder, "console-only"),
            "elsewhere": open_tenant(cluster, stack, folder, "elsewhere"),
            "node": stack.enter_context(Door(admin, as_node)),
            "cluster-admin": stack.enter_context(Door(admin)),
        }
        bind_elsewhere(kubectl.within(other), cluster, "elsewhere")
        # It waits until it counts: so does what was bound before it.
        grant(cluster, "console-only", "get virtualmachineinstances/console")
        yield Users(doors, cluster.namespace)


def is_allowed(user: str, cell: Cell) -> bool:
    """Say whether the tables let a user through."""
    name = name_route(cell.route, cell.method)
    may = MAY[name] if cell.method == cell.route.method else {**BESIDE, **MAY}.get(name, NOBODY)
    return user == "cluster-admin" or user in may


def test_the_table_has_each_route_and_no_other() -> None:
    assert set(MAY) == {name_route(route) for route in ROUTES}


@pytest.mark.parametrize("user", [*sorted(EVERYBODY), "cluster-admin"])
def test_every_call_is_let_in_or_refused_as_the_table_says(users: Users, user: str) -> None:
    wrong = []
    for cell in CELLS:
        headers = UPGRADE if cell.route.websocket and cell.method == "GET" else {}
        body: Json | None = {} if cell.method in {"PUT", "POST", "PATCH"} else None
        reply = users.doors[user].ask(
            cell.method, cell.path(users.namespace), body, headers=headers
        )
        if (reply.code not in {401, 403}) is not is_allowed(user, cell):
            wrong.append(f"{cell.version} {name_route(cell.route, cell.method)}: {reply.code}")
    assert wrong == []


def test_an_admin_is_admin_of_one_namespace(users: Users) -> None:
    """The same calls are let in where the user has the role."""
    cell = Cell("v1", "PUT", next(route for route in ROUTES if route.subresource == "start"))
    path = cell.path(f"{users.namespace}-other")
    assert users.doors["elsewhere"].ask("PUT", path).code == 404
    assert users.doors["admin"].ask("PUT", path).code == 403


def test_who_is_let_in_reads_what_is_missing(users: Users) -> None:
    path = Cell("v1", "PUT", ROUTES[0]).path(users.namespace)
    code, reason, message = users.doors["edit"].ask("PUT", path).told
    assert (code, reason) == (404, "NotFound")
    assert message == 'virtualmachine.kubevirt.io "no-such-vm" not found'
