"""Kinds that virtpod does not bring: their tabs are there when a real API server serves them.

The API server is these tests' own, because what it serves is seen by all who use it.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.bench.scale import NAMESPACE
from tests.bench.web_world import WebWorld, run_web_world, spell
from tests.e2e.observer import ApiServer, Json
from tests.ui.axe import find_violations
from tests.ui.standalone import enter, list_faults
from tests.ui.view import SECONDS, View

CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SNAPSHOT: Final = ("snapshot.kubevirt.io", "v1beta1", "VirtualMachineSnapshot")
MIGRATION: Final = ("kubevirt.io", "v1", "VirtualMachineInstanceMigration")
Kind = tuple[str, str, str]
VM: Final = spell(0)
PAGE: Final = f"/vms/{NAMESPACE}/{VM}"
BEYOND: Final = re.compile("Snapshots|Migrations")


@pytest.fixture(scope="module")
def world() -> Iterator[WebWorld]:
    """Yield an API server with one VM, and a gateway in front of it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBECONFIG", "")  # what is set there instead is undone
        with run_web_world(1) as opened:
            environment.undo()
            yield opened


@pytest.fixture
def api(world: WebWorld) -> ApiServer:
    return ApiServer(world.kubeconfig)


@pytest.fixture
def view(browser: Browser) -> Iterator[View]:
    opened = View(browser)
    yield opened
    opened.close()


def locate(kind: Kind, name: str = "") -> str:
    group, version, word = kind
    objects = f"/apis/{group}/{version}/namespaces/{NAMESPACE}/{word.lower()}s"
    return f"{objects}/{name}" if name else objects


def build_crd(kind: Kind) -> Json:
    """Return a type that is open to every field."""
    group, version, word = kind
    names = {"kind": word, "singular": word.lower(), "plural": f"{word.lower()}s"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{group}"},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced",
            "versions": [{**served, "schema": {"openAPIV3Schema": schema}}],
        },
    }


@contextmanager
def serve(api: ApiServer, *kinds: Kind) -> Iterator[None]:
    """Have the API server serve the kinds until the block ends."""
    crds = [build_crd(kind) for kind in kinds]
    for crd in crds:
        api.create(CRDS, crd)
    until_discovered(api, kinds, True)
    yield
    for crd in crds:
        api.delete(f"{CRDS}/{crd['metadata']['name']}")
    until_discovered(api, kinds, False)


def until_discovered(api: ApiServer, kinds: tuple[Kind, ...], wanted: bool) -> None:
    """Wait until discovery tells of the kinds, or not any more: nothing says when it does."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while any(is_discovered(api, kind) != wanted for kind in kinds):
        assert time.monotonic() < deadline, f"discovery does not say {wanted} of {kinds}"
        pause.wait(0.05)


def is_discovered(api: ApiServer, kind: Kind) -> bool:
    group, version, word = kind
    groups = {each["name"] for each in api.get("/apis")["groups"]}
    with api.open("GET", f"/apis/{group}/{version}") as answer:
        # a group may be named before it is there, and after
        there = group in groups and answer.response.status == HTTPStatus.OK
        resources = json.loads(answer.response.read())["resources"] if there else []
    return word in {each["kind"] for each in resources}


def create(api: ApiServer, kind: Kind, name: str, spec: Json, status: Json) -> None:
    group, version, word = kind
    head = {"apiVersion": f"{group}/{version}", "kind": word, "metadata": {"name": name}}
    api.create(locate(kind), {**head, "spec": spec, "status": status})


def is_discovery(response: Response) -> bool:
    """Tell the answer that says whether there are migrations; that of snapshots comes before."""
    return response.url.endswith("/apis/kubevirt.io/v1")


def test_tabs_are_there_while_the_api_serves_their_kinds(
    world: WebWorld, api: ApiServer, view: View
) -> None:
    page = view.page
    with page.expect_response(is_discovery):
        enter(view, world.address, world.token, PAGE)
    expect_none(view)
    with serve(api, SNAPSHOT, MIGRATION):
        page.reload()
        expect(page.get_by_role("tab", name=BEYOND)).to_have_count(2)
        see_snapshots(api, page)
        see_migrations(api, page)
    assert list_faults(view) == []
    with page.expect_response(is_discovery):
        page.reload()
    expect_none(view)
    expect(page.get_by_text("A virtual machine has no such part")).to_be_visible()


def expect_none(view: View) -> None:
    expect(view.page.get_by_role("tab", name="YAML")).to_be_visible()
    view.until_drawn()
    expect(view.page.get_by_role("tab", name=BEYOND)).to_have_count(0)


def see_snapshots(api: ApiServer, page: Page) -> None:
    """See a snapshot become what it is in the end, and go."""
    page.get_by_role("tab", name="Snapshots").click()
    expect(page.get_by_text("There are no snapshots of this virtual machine")).to_be_visible()
    source = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": VM}
    create(api, SNAPSHOT, "nightly", {"source": source}, {"phase": "InProgress"})
    create(api, SNAPSHOT, "others", {"source": {**source, "name": "x"}}, {"phase": "Failed"})
    rows = page.get_by_role("grid", name="Snapshots").locator("tbody tr")
    expect(rows).to_have_text([re.compile("nightly.*In progress.*no$")])
    failed = {"phase": "Failed", "error": {"message": "deadline exceeded"}}
    api.merge(locate(SNAPSHOT, "nightly"), {"status": failed})
    expect(rows).to_have_text([re.compile("nightly.*Failed.*deadline exceeded.*no$")])
    done = {"phase": "Succeeded", "readyToUse": True, "error": None}
    api.merge(locate(SNAPSHOT, "nightly"), {"status": done})
    expect(rows).to_have_text([re.compile("nightly.*Succeeded.*yes$")])
    assert find_violations(page) == []
    api.delete(locate(SNAPSHOT, "nightly"))
    expect(rows).to_have_count(0)


def see_migrations(api: ApiServer, page: Page) -> None:
    """See a move begin and fail."""
    page.get_by_role("tab", name="Migrations").click()
    expect(page.get_by_text("This virtual machine has not moved yet")).to_be_visible()
    way: Json = {"sourceNode": "fake-0", "targetNode": "fake-1"}
    status = {"phase": "Running", "migrationState": way}
    create(api, MIGRATION, "drain", {"vmiName": VM}, status)
    rows = page.get_by_role("grid", name="Migrations").locator("tbody tr")
    expect(rows).to_have_text([re.compile("drain.*Migrating.*fake-0.*fake-1")])
    way |= {"failed": True, "failureReason": "the target is full"}
    api.merge(locate(MIGRATION, "drain"), {"status": {"phase": "Failed", "migrationState": way}})
    expect(rows).to_have_text([re.compile("drain.*Failed.*the target is full.*fake-0")])
    assert find_violations(page) == []
