"""The KubeVirt object's status, the command line, and the metrics."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from api.kubevirt import KubeVirt, KubeVirtStatus
from api.meta import ObjectMeta
from controller.installation import Installation, build_status_patch
from controller.main import parse_options
from controller.metric import StateCollector
from kube.client import Client
from kube.informer import Informer
from kube.object import Key
from kube.resource import KUBEVIRTS
from tests.unit.controller.fake_api import FakeApi
from tests.unit.controller.world import VMIS, VMS, build_vm, build_vmi, run_world

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def test_the_installation_is_said_to_be_deployed_once() -> None:
    kubevirt = KubeVirt(metadata=ObjectMeta(name="kubevirt", generation=3))
    patch = build_status_patch(kubevirt, NOW)
    assert (patch["phase"], patch["observedGeneration"]) == ("Deployed", 3)
    status = msgspec.convert(patch, KubeVirtStatus)
    kinds = {condition.type: condition.status for condition in status.conditions}
    assert kinds == {
        "Created": "True",
        "Available": "True",
        "Progressing": "False",
        "Degraded": "False",
    }
    told = msgspec.structs.replace(kubevirt, status=status)
    assert build_status_patch(told, NOW.replace(hour=13)) == {}


async def test_an_answer_that_is_lost_is_waited_for_again() -> None:
    api = FakeApi(lose_after=1)
    api.put("kubevirts", {"metadata": {"name": "kubevirt"}}, "kubevirt")
    client = Client(api)
    kubevirts = Informer(client, KUBEVIRTS, KubeVirt, namespace="kubevirt")
    watch = asyncio.create_task(kubevirts.run())
    await kubevirts.synced.wait()
    installation = Installation(client, kubevirts)
    await installation.work(Key("kubevirt", "kubevirt"))
    assert api.lose_after is None
    async with asyncio.timeout(30):
        assert await installation.queue.get() == Key("kubevirt", "kubevirt")
    watch.cancel()


async def test_settings_of_the_installation_reach_pods_made_later() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        spec = {"configuration": {"developerConfiguration": {"useEmulation": True}}}
        kubevirt = {"metadata": {"name": "kubevirt"}, "spec": spec}
        world.api.put("kubevirts", kubevirt, "kubevirt")
        await world.settle()
        world.api.put(VMIS, build_vmi("later"))
        await world.settle()
        first, later = world.pod(), world.pod("later")
        assert first is not None
        assert later is not None
        limits = [pod["spec"]["containers"][0]["resources"]["limits"] for pod in (first, later)]
        assert ["devices.kubevirt.io/kvm" in each for each in limits] == [True, False]


async def test_metrics_count_vms_by_node_and_phase() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        world.api.put(VMIS, build_vmi("other"))
        await world.settle()
        world.bind()
        world.run_guest()
        await world.settle()
        live = world.controller
        families = {
            family.name: family
            for family in StateCollector(live.caches, live.assembly.workers, live.events).collect()
        }
        samples = {
            (sample.labels["node"], sample.labels["phase"]): sample.value
            for sample in families["kubevirt_vmi_phase_count"].samples
        }
        assert samples == {("", "pending"): 1, ("node1", "running"): 1}
        assert families["kubevirt_workqueue_depth"].samples[0].value == 0


async def test_metrics_count_vms_by_namespace_and_printable_status() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm("one", "Halted"))
        world.api.put(VMS, build_vm("two", "Halted"))
        world.api.put(VMS, build_vm("three", "Halted"), namespace="elsewhere")
        await world.settle()
        live = world.controller
        (family,) = (
            family
            for family in StateCollector(live.caches, live.assembly.workers, live.events).collect()
            if family.name == "kubevirt_number_of_vms"
        )
        samples = {tuple(sample.labels.values()): sample.value for sample in family.samples}
        assert samples == {("elsewhere", "Stopped"): 1, ("ns", "Stopped"): 2}


def test_options_come_from_arguments_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUNCHER_IMAGE", "launcher:1")
    monkeypatch.setenv("POD_NAME", "one")
    options = parse_options(["--port", "0"])
    assert (options.launcher_image, options.identity, options.port) == ("launcher:1", "one", 0)
    assert options.namespace == "kubevirt"


def test_without_a_launcher_image_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LAUNCHER_IMAGE", raising=False)
    with pytest.raises(SystemExit):
        parse_options([])
    assert "LAUNCHER_IMAGE" in capsys.readouterr().err
