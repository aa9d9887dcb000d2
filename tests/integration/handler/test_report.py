"""Launchers on real sockets, an API server in memory: what the handler writes, and how often."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from handler.pod import Pod, Vmi
from handler.report import BURST_WRITES, WRITES_PER_SECOND, Record, Reporter
from handler.socket_watch import SocketWatch
from handler.supervise import Supervisor
from handler.verb import Guest
from kube.client import Client
from kube.event import EventRecorder
from kube.informer import Informer
from kube.resource import PODS as POD_RESOURCE
from kube.resource import VMIS as VMI_RESOURCE
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.handler.fake_api import PODS, VMIS, FakeApi
from tests.integration.handler.fake_launcher import POD_UID, FakeLauncher, serve_launcher

VMI_UID = "7f9c2ba4-e88f-4a2d-9d1e-6b5a4c3d2e1f"
VMI, POD = f"{VMIS}vm1", f"{PODS}vm1"
STARTED = "2026-11-22T10:00:00Z"
DELETED = {"deletionTimestamp": "2026-11-22T10:00:00Z"}


def make_pod(**status: Any) -> dict[str, Any]:
    owner = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "name": "vm1",
        "uid": VMI_UID,
        "controller": True,
    }
    metadata = {"name": "vm1", "namespace": "ns", "uid": POD_UID, "ownerReferences": [owner]}
    return {"metadata": metadata, "spec": {"nodeName": "node1"}, "status": status}


def make_vmi(uid: str = VMI_UID, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "vm1", "namespace": "ns", "uid": uid}, "status": status}


@pytest.fixture
async def api() -> FakeApi:
    api = FakeApi()
    api.put(VMI, make_vmi(phase="Scheduling"))
    api.put(POD, make_pod())
    return api


@asynccontextmanager
async def run_handler(api: FakeApi, root: Path) -> AsyncIterator[Reporter]:
    client = Client(api)
    pods = Informer(client, POD_RESOURCE, Pod)
    vmis = Informer(client, VMI_RESOURCE, Vmi)
    events = EventRecorder(client, "virt-handler", "node1")
    sockets = SocketWatch(root)

    def supervise(uid: str, record: Record) -> Supervisor:
        return Supervisor(root, uid, sockets, record)

    reporter = Reporter(client, pods, vmis, events, supervise=supervise)
    parts = (sockets, pods, vmis, events, reporter)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in parts]
        yield reporter
        for task in tasks:
            task.cancel()


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - the one wait helper here
            await asyncio.sleep(0.01)


async def settle() -> None:
    """Give a write that should not happen the time to happen."""
    await asyncio.sleep(0.3)


def knows_of_deletion(reporter: Reporter) -> bool:
    vmi, pod = reporter._vmis.get("ns", "vm1"), reporter._pods.get("ns", "vm1")
    return vmi is not None and vmi.deleted and pod is not None and pod.deleted


def phase(api: FakeApi) -> tuple[str, str | None]:
    status = api.objects[VMI]["status"]
    return status["phase"], status.get("reason")


async def test_a_whole_life_is_two_patches_and_one_event(tmp_path: Path, api: FakeApi) -> None:
    async with (
        run_handler(api, tmp_path) as reporter,
        serve_launcher(tmp_path, FakeLauncher()) as fake,
    ):
        await until(lambda: len(api.own_requests) == 2)
        await fake.say(pb.DOMAIN_PHASE_RUNNING)
        await settle()
        vmi, pod = api.objects[VMI], api.objects[POD]
        api.put(VMI, {**vmi, "metadata": vmi["metadata"] | DELETED})
        api.put(POD, {**pod, "metadata": pod["metadata"] | DELETED})
        await until(lambda: knows_of_deletion(reporter))  # or it would look for itself
        await fake.say(pb.DOMAIN_PHASE_SHUTTING_DOWN, stop_requested=True)
        await settle()
        await fake.say(
            pb.DOMAIN_PHASE_STOPPED,
            stop_cause=pb.STOP_CAUSE_GUEST_SHUTDOWN,
            stop_requested=True,
        )
        await until(lambda: phase(api) == ("Succeeded", "GuestShutdown"))
        await settle()
    assert api.own_requests == [
        ("PATCH", f"{VMI}/status"),
        ("POST", "/api/v1/namespaces/ns/events"),
        ("PATCH", f"{VMI}/status"),
    ]


@pytest.mark.parametrize("told", [{}, {"phase": "Pending"}], ids=["nothing", "pending"])
async def test_a_quick_start_is_told_in_one_patch(
    tmp_path: Path, api: FakeApi, told: dict[str, Any]
) -> None:
    api.put(VMI, make_vmi(**told))
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()):
        await until(lambda: api.objects[VMI]["status"].get("phase") == "Running")
    status = api.objects[VMI]["status"]
    assert (status["nodeName"], status["activePods"]) == ("node1", {POD_UID: "node1"})
    assert [verb for verb, _ in api.own_requests].count("PATCH") == 1


async def test_a_pod_that_its_node_turned_away_is_left_to_the_controller(
    tmp_path: Path, api: FakeApi
) -> None:
    api.put(POD, make_pod(phase="Failed", reason="UnexpectedAdmissionError"))
    async with run_handler(api, tmp_path):
        await settle()
    assert phase(api)[0] == "Scheduling"
    assert api.own_requests == []


async def test_a_restarted_handler_writes_nothing_that_is_written(
    tmp_path: Path, api: FakeApi
) -> None:
    async with serve_launcher(tmp_path, FakeLauncher()) as fake:
        async with run_handler(api, tmp_path):
            await until(lambda: len(api.own_requests) == 2)
        async with run_handler(api, tmp_path):
            await until(lambda: fake.watchers >= 2)
            await settle()
        assert len(api.own_requests) == 2


async def test_a_deleted_pod_fails_its_vmi_after_a_second_look(
    tmp_path: Path, api: FakeApi
) -> None:
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: phase(api)[0] == "Running")
        pod = api.objects[POD]
        # The cache is not told: only the look at the server finds the deletion.
        api.objects[POD] = {**pod, "metadata": pod["metadata"] | DELETED}
        await fake.say(
            pb.DOMAIN_PHASE_STOPPED, stop_cause=pb.STOP_CAUSE_KILLED, stop_requested=True
        )
        await until(lambda: phase(api) == ("Failed", "PodDeleted"))


async def test_a_vmi_deleted_behind_the_caches_back_succeeds(tmp_path: Path, api: FakeApi) -> None:
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: phase(api)[0] == "Running")
        vmi = api.objects[VMI]
        api.objects[VMI] = {**vmi, "metadata": vmi["metadata"] | DELETED}
        await fake.say(
            pb.DOMAIN_PHASE_STOPPED,
            stop_cause=pb.STOP_CAUSE_GUEST_SHUTDOWN,
            stop_requested=True,
        )
        await until(lambda: phase(api) == ("Succeeded", "GuestShutdown"))


async def test_a_launcher_that_vanishes_is_judged_by_its_pod(tmp_path: Path, api: FakeApi) -> None:
    async with run_handler(api, tmp_path):
        async with serve_launcher(tmp_path, FakeLauncher()):
            await until(lambda: phase(api)[0] == "Running")
        await settle()
        assert phase(api)[0] == "Running", "a lost connection alone ends nothing"
        ended = {"terminated": {"exitCode": 137, "reason": "Error", "startedAt": STARTED}}
        api.put(POD, make_pod(containerStatuses=[{"name": "compute", "state": ended}]))
        await until(lambda: phase(api) == ("Failed", "LauncherCrashed"))


async def test_a_handler_that_comes_too_late_reads_the_termination_message(
    tmp_path: Path, api: FakeApi
) -> None:
    message = '{"cause":"StartFailed","reason":"ImageNotFound","message":"no disk"}'
    ended = {
        "terminated": {
            "exitCode": 10,
            "reason": "Error",
            "message": message,
            "startedAt": STARTED,
        }
    }
    api.put(POD, make_pod(containerStatuses=[{"name": "compute", "state": ended}]))
    async with run_handler(api, tmp_path):
        await until(lambda: phase(api) == ("Failed", "ImageNotFound"))


async def test_a_failing_api_server_is_asked_again(tmp_path: Path, api: FakeApi) -> None:
    api.failures = [500, 429, 403]
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()):
        await until(lambda: phase(api)[0] == "Running")


async def test_a_final_state_outlives_the_pods_object(tmp_path: Path, api: FakeApi) -> None:
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: len(api.own_requests) == 2)
        api.failures = [500, 500]
        await fake.say(pb.DOMAIN_PHASE_STOPPED, stop_cause=pb.STOP_CAUSE_GUEST_CRASHED)
        await until(lambda: len(api.failures) < 2)
        api.remove(POD)
        await until(lambda: phase(api) == ("Failed", "GuestCrashed"))


async def test_another_vmi_of_the_same_name_is_left_alone(tmp_path: Path, api: FakeApi) -> None:
    api.put(VMI, make_vmi(uid="another", phase="Pending"))
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: len(api.own_requests) == 2)  # a refused patch, a look
        await fake.say(pb.DOMAIN_PHASE_PAUSED)
        await settle()
    assert phase(api) == ("Pending", None)
    assert len(api.own_requests) == 2


async def test_a_vmi_that_is_gone_ends_the_matter(tmp_path: Path, api: FakeApi) -> None:
    api.remove(VMI)
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: len(api.own_requests) == 1)
        await fake.say(pb.DOMAIN_PHASE_PAUSED)
        await settle()
    assert len(api.own_requests) == 1


async def test_a_strangers_pod_is_not_followed(tmp_path: Path, api: FakeApi) -> None:
    stranger = make_pod()
    stranger["metadata"]["ownerReferences"][0]["name"] = "vm2"
    api.put(POD, stranger)
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await settle()
        assert fake.watchers == 0
    assert api.own_requests == []


async def test_a_new_pod_of_the_same_name_is_followed_in_place_of_the_old(
    tmp_path: Path, api: FakeApi
) -> None:
    uid = POD_UID.replace("0", "1")
    async with run_handler(api, tmp_path) as reporter, serve_launcher(tmp_path, FakeLauncher()):
        await until(lambda: phase(api)[0] == "Running")
        fresh = make_pod()
        fresh["metadata"]["uid"] = uid
        fresh["metadata"]["ownerReferences"][0]["uid"] = "vmi-2"
        api.put(VMI, make_vmi(uid="vmi-2", phase="Scheduling"))
        api.put(POD, fresh)
        async with serve_launcher(tmp_path, FakeLauncher(), uid):
            await until(lambda: phase(api)[0] == "Running")
        assert [line.phase for line in reporter.list_lines()] == ["Running"]
    assert api.objects[VMI]["status"]["activePods"] == {uid: "node1"}


async def test_two_handlers_that_differ_do_not_correct_each_other(
    tmp_path: Path, api: FakeApi
) -> None:
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: phase(api)[0] == "Running" and fake.watchers >= 1)
        await settle()
        vmi = api.objects[VMI]
        api.put(VMI, {**vmi, "status": vmi["status"] | {"runtimeUser": 1}})
        await settle()
        assert api.objects[VMI]["status"]["runtimeUser"] == 1
        api.put(VMI, {**vmi, "status": {"phase": "Scheduled"}})
        await until(lambda: phase(api)[0] == "Running")


async def test_a_launcher_that_flaps_cannot_make_us_write_on_and_on(
    tmp_path: Path, api: FakeApi
) -> None:
    async with run_handler(api, tmp_path), serve_launcher(tmp_path, FakeLauncher()) as fake:
        await until(lambda: phase(api)[0] == "Running")
        began = time.monotonic()
        for _ in range(20):
            await fake.say(pb.DOMAIN_PHASE_PAUSED)
            await asyncio.sleep(0.02)
            await fake.say(pb.DOMAIN_PHASE_RUNNING)
            await asyncio.sleep(0.02)
        writes = [path for verb, path in api.own_requests if verb == "PATCH"]
        statuses = [path for path in writes if path.endswith("/status")]
        most = BURST_WRITES + 1 + (time.monotonic() - began) * WRITES_PER_SECOND
        assert len(statuses) <= most
        assert len(writes) <= 2 * len(statuses)  # no event without a status
        await fake.say(pb.DOMAIN_PHASE_STOPPED, stop_cause=pb.STOP_CAUSE_GUEST_CRASHED)
        await until(lambda: phase(api) == ("Failed", "GuestCrashed"))


async def test_a_guest_is_found_while_it_runs(tmp_path: Path, api: FakeApi) -> None:
    async with run_handler(api, tmp_path) as reporter:
        await until(lambda: reporter.find_guest("ns", "vm1", VMI_UID) is not None)
        assert reporter.find_guest("ns", "vm1", VMI_UID) == Guest(POD_UID, running=False)
        async with serve_launcher(tmp_path, FakeLauncher()) as fake:
            await until(lambda: phase(api)[0] == "Running")
            assert reporter.find_guest("ns", "vm1", VMI_UID) == Guest(POD_UID, running=True)
            await fake.say(pb.DOMAIN_PHASE_STOPPED, stop_cause=pb.STOP_CAUSE_GUEST_CRASHED)
            await until(lambda: phase(api)[0] == "Failed")
            assert reporter.find_guest("ns", "vm1", VMI_UID) == Guest(POD_UID, running=False)


async def test_a_guest_that_ran_before_the_handler_is_to_be_asked(
    tmp_path: Path, api: FakeApi
) -> None:
    api.put(VMI, make_vmi(phase="Running"))
    async with run_handler(api, tmp_path) as reporter:
        await until(lambda: reporter.find_guest("ns", "vm1", VMI_UID) is not None)
        assert reporter.find_guest("ns", "vm1", VMI_UID) == Guest(POD_UID, running=True)


@pytest.mark.parametrize(
    ("namespace", "name", "uid"),
    [("ns", "vm1", "another"), ("ns", "vm2", VMI_UID), ("other", "vm1", VMI_UID)],
)
async def test_another_guest_is_not_found(
    tmp_path: Path, api: FakeApi, namespace: str, name: str, uid: str
) -> None:
    async with run_handler(api, tmp_path) as reporter:
        await until(lambda: reporter.find_guest("ns", "vm1", VMI_UID) is not None)
        assert reporter.find_guest(namespace, name, uid) is None


async def test_a_guest_whose_pod_is_gone_is_not_found(tmp_path: Path, api: FakeApi) -> None:
    async with run_handler(api, tmp_path) as reporter:
        await until(lambda: reporter.find_guest("ns", "vm1", VMI_UID) is not None)
        api.remove(POD)
        await until(lambda: reporter.find_guest("ns", "vm1", VMI_UID) is None)
