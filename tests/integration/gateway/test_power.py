"""start, stop, restart and migrate: what is written, and what is refused (B49, B50)."""

from itertools import cycle

import pytest

from tests.integration.gateway.machine import put_vm, put_vmi
from tests.integration.gateway.world import OF_VM, World
from tests.unit.controller.fake_api import Json


def _read(world: World, plural: str = "virtualmachines") -> Json:
    found = world.api.find(plural, "vm1")
    assert found is not None
    return found


async def test_a_start_changes_the_run_strategy(world: World) -> None:
    put_vm(world.api)
    answer = await world.put(f"{OF_VM}/start", {})
    assert (answer.code, answer.body) == (202, b"")
    assert _read(world)["spec"]["runStrategy"] == "Always"


async def test_a_start_without_a_vm_is_404(world: World) -> None:
    for verb in ("start", "stop", "restart", "migrate"):
        answer = await world.put(f"{OF_VM}/{verb}")
        message = 'virtualmachine.kubevirt.io "vm1" not found'
        assert answer.status == (404, "NotFound", message)
        details = {"name": "vm1", "group": "kubevirt.io", "kind": "virtualmachine"}
        assert answer.json["details"] == details


async def test_what_the_state_forbids_is_409(world: World) -> None:
    vm = put_vm(world.api)
    for verb in ("stop", "migrate"):
        code, reason, message = (await world.put(f"{OF_VM}/{verb}")).status
        assert (code, reason) == (409, "Conflict")
        assert message.endswith("VM is not running")
    put_vmi(world.api, owner=vm)
    code, reason, message = (await world.put(f"{OF_VM}/start")).status
    assert (code, reason) == (409, "Conflict")
    assert message.endswith("VM is already running")
    code, reason, message = (await world.put(f"{OF_VM}/migrate")).status
    assert (code, reason) == (409, "Conflict")
    assert "cannot migrate" in message


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("stop", {"gracePeriod": -1}),
        ("restart", {"gracePeriodSeconds": -1}),
        ("restart", {"gracePeriodSeconds": 5}),
    ],
)
async def test_graces_of_no_use_are_400(world: World, verb: str, body: Json) -> None:
    put_vmi(world.api, owner=put_vm(world.api, runStrategy="Always"))
    assert (await world.put(f"{OF_VM}/{verb}", body)).status[:2] == (400, "BadRequest")


async def test_a_forced_restart_writes_instance_and_requests(world: World) -> None:
    vmi = put_vmi(world.api, owner=put_vm(world.api, runStrategy="Always"))
    answer = await world.put(f"{OF_VM}/restart", {"gracePeriodSeconds": 0})
    assert answer.code == 202
    spec = _read(world, "virtualmachineinstances")["spec"]
    assert spec["terminationGracePeriodSeconds"] == 1
    stop, start = _read(world)["status"]["stateChangeRequests"]
    assert (stop["action"], stop["uid"]) == ("Stop", vmi["metadata"]["uid"])
    assert start["action"] == "Start"


async def test_a_dry_run_is_a_dry_run_of_each_write(world: World) -> None:
    put_vmi(world.api, owner=put_vm(world.api, runStrategy="Always"))
    before = world.api.version
    body = {"gracePeriodSeconds": 0, "dryRun": ["All"]}
    assert (await world.put(f"{OF_VM}/restart", body)).code == 202
    assert world.api.dry_runs == ["virtualmachineinstances/", "virtualmachines/status"]
    assert world.api.version == before


async def test_who_comes_second_is_judged_by_what_is_so_then(world: World) -> None:
    put_vm(world.api)

    def switch() -> None:
        world.api.before_patch = lambda: None
        world.api.change("virtualmachines", "vm1", {"spec": {"runStrategy": "Manual"}})

    world.api.before_patch = switch
    assert (await world.put(f"{OF_VM}/start")).code == 202
    vm = _read(world)
    assert vm["spec"]["runStrategy"] == "Manual"
    assert [each["action"] for each in vm["status"]["stateChangeRequests"]] == ["Start"]


async def test_who_always_comes_second_may_try_again(world: World) -> None:
    put_vm(world.api)
    spellings = cycle([(None, False), ("Halted", None)])

    def respell() -> None:
        strategy, running = next(spellings)
        spec = {"runStrategy": strategy, "running": running}
        world.api.change("virtualmachines", "vm1", {"spec": spec})

    world.api.before_patch = respell
    code, reason, message = (await world.put(f"{OF_VM}/start")).status
    assert (code, reason) == (409, "Conflict")
    assert message.endswith("try again")


async def test_an_instance_that_is_not_the_vms_is_left_alone(world: World) -> None:
    """Who may stop a VM must not so reach somebody else's instance of its name."""
    put_vm(world.api)
    put_vmi(world.api, owner={"metadata": {"uid": "another"}})
    code, _, message = (await world.put(f"{OF_VM}/stop", {"gracePeriod": 0})).status
    assert (code, message.endswith("VM is not running")) == (409, True)
    assert "terminationGracePeriodSeconds" not in _read(world, "virtualmachineinstances")["spec"]


async def test_an_api_server_that_is_away_is_503(world: World) -> None:
    put_vm(world.api)

    def go_away(_: Json) -> bool:
        world.api.down = True
        return True

    world.api.allow = go_away
    assert (await world.put(f"{OF_VM}/start")).status[:2] == (503, "ServiceUnavailable")
