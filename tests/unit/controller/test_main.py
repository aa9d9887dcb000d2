"""The end of a leader: what it leaves to the next one, and what it still tells."""

import pytest

from api.problem import Problem
from controller.main import hold
from kube.client import Client
from kube.event import EventRecorder, Reference
from kube.lease import Election, LeaseLostError
from kube.resource import PODS
from tests.unit.controller.fake_api import FakeApi

ABOUT = Reference("kubevirt.io/v1", "VirtualMachineInstance", "ns", "vm", "uid")


async def test_a_leader_that_lost_its_lease_frees_it_and_tells_what_it_did() -> None:
    api = FakeApi()
    now = [0.0]
    client = Client(api)
    anyway = client.unfenced()
    election = Election(anyway, "kubevirt", "virt-controller", "one", clock=lambda: now[0])
    events = EventRecorder(anyway, "virtualmachine-controller")
    client.fence = election.check
    await election.acquire()

    async def work() -> None:
        events.emit(ABOUT, "Normal", "SuccessfulCreate", "made a pod")
        now[0] += 60.0  # as if this process had not been given a CPU
        await client.delete(PODS, "ns", "vm")

    with pytest.RaisesGroup(LeaseLostError):
        await hold(election, events, work())
    lease = api.find("leases", "virt-controller", "kubevirt")
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == ""
    told = [item["message"] for (plural, _, _), item in api.objects.items() if plural == "events"]
    assert told == ["made a pod"]


async def test_work_that_ends_in_trouble_ends_the_process() -> None:
    api = FakeApi()
    election = Election(Client(api), "kubevirt", "virt-controller", "one")
    await election.acquire()

    async def work() -> None:
        raise Problem("Broken", "cannot go on")

    with pytest.RaisesGroup(pytest.RaisesExc(Problem, match="cannot go on")):
        await hold(election, EventRecorder(Client(api), "virtualmachine-controller"), work())
