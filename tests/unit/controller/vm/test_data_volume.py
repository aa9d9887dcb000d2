"""DataVolumes of VMs: what is made, waited for and told."""

import asyncio

import pytest

from kube import informer
from tests.unit.controller.fake_api import Change
from tests.unit.controller.vm.importer import (
    CLAIMS,
    DATA_VOLUMES,
    apply,
    build_stored,
    fill,
    make_claim,
    report,
    run_with_cdi,
    tell,
    use,
)
from tests.unit.controller.world import VMIS, VMS, World, build_vm, build_vmi

PREFERENCES = "virtualmachineclusterpreferences"
LOOK_SECONDS = 0.02  # between two looks for CDI


async def test_a_vm_starts_when_its_data_volumes_are_filled() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored("Always", "disk", "more"))
        assert world.vmi() is None
        assert tell(world)[0] == "Provisioning"
        assert world.events().count(("Normal", "SuccessfulDataVolumeCreate")) == 2
        make_claim(world)
        await report(world, "ImportInProgress", progress="45.21%")
        word, sentence = tell(world)
        assert word == "Provisioning"
        assert "DataVolume disk is not filled yet: ImportInProgress, 40 %" in sentence
        await fill(world)
        assert world.vmi() is None
        assert "DataVolume more" in tell(world)[1]
        await fill(world, "more")
        assert world.pod() is not None
        world.bind()
        world.run_guest()
        await world.settle()
        assert world.vm_status()["printableStatus"] == "Running"


async def test_a_data_volume_is_its_template_and_belongs_to_the_vm() -> None:
    async with run_with_cdi() as world:
        vm = build_stored("Halted")
        vm["spec"]["template"]["spec"]["priorityClassName"] = "urgent"
        await apply(world, vm)
        stored, volume = world.vm(), world.api.find(DATA_VOLUMES, "disk")
        assert stored is not None
        assert volume is not None
        uid = stored["metadata"]["uid"]
        assert (volume["apiVersion"], volume["kind"]) == ("cdi.kubevirt.io/v1beta1", "DataVolume")
        meta = volume["metadata"]
        assert meta["labels"] == {"kind": "root", "kubevirt.io/created-by": uid}
        assert meta["annotations"] == {"note": "x"}
        (owner,) = meta["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("VirtualMachine", uid, True)
        template = vm["spec"]["dataVolumeTemplates"][0]["spec"]
        assert volume["spec"] == {**template, "priorityClassName": "urgent"}


async def test_a_preference_says_which_storage_is_used() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored(preference={"name": "fast"}))
        assert world.api.find(DATA_VOLUMES, "disk") is None
        assert "fast does not exist" in tell(world)[1]
        spec = {"volumes": {"preferredStorageClassName": "nvme"}}
        kind = "VirtualMachineClusterPreference"
        world.api.put(
            PREFERENCES, {"kind": kind, "metadata": {"name": "fast"}, "spec": spec}, namespace=""
        )
        await world.settle()
        volume = world.api.find(DATA_VOLUMES, "disk")
        assert volume is not None
        assert volume["spec"]["storage"]["storageClassName"] == "nvme"


async def test_a_vm_infers_from_a_claim_that_is_still_to_be_made() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored(preference={"inferFromVolume": "disk"}))
        assert world.api.find(DATA_VOLUMES, "disk") is not None
        assert world.vmi() is None


async def test_a_vm_that_is_off_has_its_data_volumes_filled_too() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored("Halted"))
        word, sentence = tell(world)
        assert word == "Provisioning"
        assert "DataVolume disk" in sentence
        await fill(world)
        word, sentence = tell(world)
        assert word == "Stopped"
        assert "runStrategy is Halted" in sentence
        requests = world.api.requests
        await report(world, "Succeeded", progress="100.0%")
        assert world.api.requests == requests
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Always"}})
        await world.settle()
        assert world.pod() is not None


async def test_a_failed_import_is_told_once_and_gone_on_with() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored())
        make_claim(world)
        failed = {"type": "Running", "status": "False", "reason": "Error", "message": "404"}
        for progress in ("N/A", "0.00%"):
            await report(world, "ImportInProgress", progress=progress, conditions=[failed])
        word, sentence = tell(world)
        assert word == "DataVolumeError"
        assert "DataVolume disk is not filled: 404" in sentence
        assert world.vm_condition("Failure") is None
        assert world.events().count(("Warning", "FailedDataVolumeImport")) == 1
        await report(world, "Succeeded", conditions=[])
        assert world.pod() is not None


async def test_one_that_failed_for_good_is_made_anew_when_it_is_deleted() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored())
        old = world.api.find(DATA_VOLUMES, "disk")
        await report(world, "Failed")
        assert tell(world)[0] == "DataVolumeError"
        world.api.delete(DATA_VOLUMES, "disk")
        await world.settle()
        new = world.api.find(DATA_VOLUMES, "disk")
        assert old is not None
        assert new is not None
        assert new["metadata"]["uid"] != old["metadata"]["uid"]
        assert tell(world)[0] == "Provisioning"


async def test_a_vm_that_is_off_has_a_lost_data_volume_made_anew() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored("Halted"))
        await report(world, "Succeeded")
        assert tell(world)[0] == "Stopped"
        world.api.delete(DATA_VOLUMES, "disk")
        await world.settle()
        assert world.api.find(DATA_VOLUMES, "disk") is not None
        assert tell(world)[0] == "Provisioning"


@pytest.mark.parametrize("frozen", [False, True])
async def test_one_that_exists_is_used_whosever_it_is(frozen: bool) -> None:
    async with run_with_cdi() as world:
        world.api.frozen = {DATA_VOLUMES} if frozen else set()
        world.api.put(DATA_VOLUMES, {"metadata": {"name": "disk"}, "spec": {"source": "mine"}})
        await apply(world, build_stored())
        assert tell(world)[0] == "Provisioning"
        assert world.vmi() is None
        world.api.thaw()
        await fill(world)
        assert world.pod() is not None
        volume = world.api.find(DATA_VOLUMES, "disk")
        assert volume is not None
        assert volume["spec"] == {"source": "mine"}
        assert "ownerReferences" not in volume["metadata"]


async def test_one_that_cannot_be_read_is_told_and_looked_at_again() -> None:
    async with run_with_cdi() as world:
        item = {"metadata": {"name": "disk"}, "spec": {}, "status": {"phase": 7}}
        world.api.put(DATA_VOLUMES, item)
        await apply(world, build_stored())
        word, sentence = tell(world)
        assert word == "DataVolumeError"
        assert "DataVolume disk cannot be used: cannot read an object" in sentence
        requests = world.api.requests
        await world.look_again(seconds=1)
        assert world.api.requests == requests
        world.api.change(DATA_VOLUMES, "disk", {"status": {"phase": "Pending"}})
        await world.look_again(seconds=10)
        assert tell(world)[0] == "Provisioning"


@pytest.mark.parametrize("cdi", [True, False])
async def test_a_claim_that_exists_already_is_used(cdi: bool) -> None:
    async with run_with_cdi(cdi=cdi) as world:
        world.api.put(CLAIMS, {"metadata": {"name": "disk"}, "spec": {}})
        await apply(world, build_stored())
        assert world.pod() is not None
        assert world.api.find(DATA_VOLUMES, "disk") is None


async def test_a_data_volume_that_is_done_may_go_and_leave_its_claim() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored("Halted"))
        await fill(world)
        world.api.change(CLAIMS, "disk", {"metadata": {"ownerReferences": []}})
        world.api.delete(DATA_VOLUMES, "disk")
        await world.settle()
        assert world.api.find(DATA_VOLUMES, "disk") is None
        assert tell(world)[0] == "Stopped"


async def test_without_cdi_the_vm_says_so_and_goes_on_when_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(informer, "_UNSERVED_SECONDS", (LOOK_SECONDS, LOOK_SECONDS))
    async with run_with_cdi(cdi=False) as world:
        await apply(world, build_stored())
        word, sentence = tell(world)
        assert word == "DataVolumeError"
        assert "DataVolume disk cannot be made: the cluster has no CDI" in sentence
        assert world.events().count(("Warning", "FailedDataVolumeCreate")) == 1
        writes = len(world.api.writes)
        await asyncio.sleep(3 * LOOK_SECONDS)
        assert len(world.api.writes) == writes
        world.api.unserved.clear()
        async with asyncio.timeout(30):
            while tell(world)[0] != "Provisioning":
                await world.settle()
        await fill(world)
        assert world.pod() is not None


async def test_without_cdi_a_vm_can_be_deleted() -> None:
    async with run_with_cdi(cdi=False) as world:
        await apply(world, build_stored())
        world.api.delete(VMS, "vm")
        await world.settle()
        assert world.vm() is None


@pytest.mark.parametrize("strategy", ["Always", "Halted"])
@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("UnauthorizedDataVolumeCreate", "no permissions in clone source namespace"),
        ("FailedDataVolumeCreate", "exceeded quota: small"),
        ("FailedDataVolumeCreate", "failed calling webhook: no endpoints available"),
    ],
)
async def test_a_refusal_is_told_and_tried_again(strategy: str, reason: str, message: str) -> None:
    async with run_with_cdi() as world:
        world.api.refuse[DATA_VOLUMES] = message
        await apply(world, build_stored(strategy))
        word, sentence = tell(world)
        assert word == "DataVolumeError"
        assert sentence.startswith(f"DataVolume disk cannot be made: {message}")
        assert world.events().count(("Warning", reason)) == 1
        assert ("Warning", "FailedCreate") not in world.events()
        requests = world.api.requests
        await world.look_again(seconds=1)
        assert world.api.requests == requests
        del world.api.refuse[DATA_VOLUMES]
        await world.look_again(seconds=10)
        assert tell(world)[0] == "Provisioning"
        assert world.vm_condition("Failure") is None


async def test_a_refusal_that_nobody_minds_any_more_is_forgotten() -> None:
    async with run_with_cdi() as world:
        world.api.refuse[DATA_VOLUMES] = "exceeded quota: small"
        await apply(world, build_stored("Halted"))
        world.api.put(CLAIMS, {"metadata": {"name": "disk"}, "spec": {}})
        await world.look_again(seconds=30)
        assert tell(world)[0] == "Stopped"
        assert len(world.controller.assembly.vm.queue) == 0


async def test_an_empty_claim_waits_for_a_place_and_is_not_given_to_the_vm() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored())
        make_claim(world)
        await report(world, "WaitForFirstConsumer")
        word, sentence = tell(world)
        assert word == "WaitingForVolumeBinding"
        assert "kubectl annotate pvc disk -n ns" in sentence
        assert world.vmi() is None
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Halted"}})
        await world.settle()
        assert tell(world)[0] == "Stopped"


async def test_a_claim_that_is_bound_when_it_is_full_gets_its_pod_before() -> None:
    async with run_with_cdi() as world:
        await apply(world, build_stored())
        make_claim(world)
        await report(world, "PendingPopulation")
        assert world.pod() is not None
        await report(world, "ImportInProgress")
        assert tell(world)[0] == "Provisioning"
        await fill(world)
        world.bind()
        world.run_guest()
        await world.settle()
        assert tell(world)[0] == "Running"


@pytest.mark.parametrize("by_claim", [False, True])
async def test_a_data_volume_of_somebody_else_is_waited_for(by_claim: bool) -> None:
    async with run_with_cdi() as world:
        world.api.put(DATA_VOLUMES, {"metadata": {"name": "golden"}, "spec": {}})
        make_claim(world, "golden")
        vm = build_vm()
        use(vm["spec"]["template"]["spec"], "golden", claim=by_claim)
        await apply(world, vm)
        assert tell(world)[0] == "Provisioning"
        assert world.vmi() is None
        await fill(world, "golden")
        assert world.pod() is not None


@pytest.mark.parametrize("by_claim", [False, True])
async def test_a_vmi_waits_too(by_claim: bool) -> None:
    async with run_with_cdi() as world:
        world.api.put(DATA_VOLUMES, {"metadata": {"name": "golden"}, "spec": {}})
        make_claim(world, "golden")
        vmi = build_vmi()
        use(vmi["spec"], "golden", claim=by_claim)
        world.api.put(VMIS, vmi)
        await world.settle()
        assert world.status()["reason"] == "NotAllDVsReady"
        assert world.pod() is None
        await report(world, "Failed", "golden")
        assert world.status()["reason"] == "FailedDataVolumeImport"
        assert "golden failed" in world.condition("Ready")["message"]
        await fill(world, "golden")
        assert world.pod() is not None


async def test_a_vmi_does_not_trust_a_claim_whose_data_volume_is_not_seen_yet() -> None:
    async with run_with_cdi() as world:
        world.api.frozen = {DATA_VOLUMES}
        world.api.put(DATA_VOLUMES, {"metadata": {"name": "golden"}, "spec": {}})
        make_claim(world, "golden")
        vmi = build_vmi()
        use(vmi["spec"], "golden")
        world.api.put(VMIS, vmi)
        await world.settle()
        assert world.pod() is None
        world.api.change(CLAIMS, "golden", {"metadata": {"ownerReferences": []}})
        await world.settle()
        assert world.pod() is not None


async def test_dying_after_each_write_makes_every_data_volume_once() -> None:
    crashes = 0
    for number in range(1, 9):
        world = World()
        world.api.unserved.clear()
        made: list[str] = []

        def look(change: Change, made: list[str] = made) -> None:
            if change.type == "ADDED" and change.plural in {DATA_VOLUMES, VMIS}:
                made.append(change.object["metadata"]["name"])

        world.api.on_change = look
        world.api.crash_after = number
        await world.start()
        await apply(world, build_stored("Always", "disk", "more"))
        for name in ("disk", "more"):
            await fill(world, name)
        world.api.crash_after = None
        await world.look_again()
        assert world.pod() is not None
        assert made == ["disk", "more", "vm"]
        crashes += world.crashes
        await world.stop()
    assert crashes >= 6
