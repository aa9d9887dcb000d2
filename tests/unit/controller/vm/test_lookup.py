"""Finding a VM's instancetype and preference on a fake API server."""

import msgspec
import pytest

from api.problem import Problem
from api.vm import VirtualMachine
from controller.vm.lookup import Lookup
from controller.vm.memory import Wanted
from controller.vm.revision import build_owner
from controller.vm.seen import Catalogue
from kube.client import ApiError, Client
from kube.object import Key
from kube.resource import CLAIMS, CLUSTER_INSTANCETYPES, PREFERENCES
from tests.unit.controller.fake_api import FakeApi, Json, merge
from tests.unit.controller.world import REVISIONS, VMS, build_vm

CLUSTER = "virtualmachineclusterinstancetypes"
CLUSTER_KIND = "VirtualMachineClusterInstancetype"


def put_instancetype(api: FakeApi, name: str = "small", cpus: int = 2) -> Json:
    spec = {"cpu": {"guest": cpus}, "memory": {"guest": "64Mi"}}
    item: Json = {"kind": CLUSTER_KIND, "metadata": {"name": name}, "spec": spec}
    return api.put(CLUSTER, item, namespace="")


def put_preference(api: FakeApi) -> Json:
    item: Json = {
        "kind": "VirtualMachinePreference",
        "metadata": {"name": "linux"},
        "spec": {"devices": {"preferredDiskBus": "virtio"}},
    }
    return api.put("virtualmachinepreferences", item)


class Shop:
    """One VM, and what it finds."""

    def __init__(self, **spec: object) -> None:
        self.api = FakeApi()
        self.wanted: set[Wanted] = set()
        self.api.put(VMS, build_vm("vm", "Halted", **spec))

    async def find(self) -> Catalogue:
        self.wanted.clear()
        vm = msgspec.convert(self.api.find(VMS, "vm"), VirtualMachine)
        return await Lookup(Client(self.api), vm, self.wanted).find()

    def take(self, catalogue: Catalogue) -> None:
        """Store what was found in the VM's status."""
        assert not catalogue.trouble
        self.api.change(VMS, "vm", {"status": msgspec.to_builtins(catalogue.status)})

    def revisions(self) -> list[str]:
        return [name for plural, _, name in self.api.objects if plural == REVISIONS]


def count_cpus(catalogue: Catalogue) -> int:
    instancetype = catalogue.sizing.instancetype
    assert instancetype is not None
    return instancetype.cpu.guest


async def test_a_vm_without_both_needs_no_request() -> None:
    shop = Shop()
    found = await shop.find()
    assert (found.sizing.instancetype, found.sizing.preference) == (None, None)
    assert (found.status.instancetype_ref, found.trouble) == (None, "")
    assert shop.api.requests == 0


async def test_what_is_found_is_kept_and_later_edits_do_not_matter() -> None:
    shop = Shop(
        instancetype={"name": "small"},
        preference={"name": "linux", "kind": "virtualmachinepreference"},
    )
    put_instancetype(shop.api)
    put_preference(shop.api)
    found = await shop.find()
    assert count_cpus(found) == 2
    assert found.sizing.preference is not None
    ref = found.status.instancetype_ref
    assert ref is not None
    assert (ref.name, ref.kind) == ("small", CLUSTER_KIND)
    shop.take(found)
    assert len(shop.revisions()) == 2
    shop.api.change(CLUSTER, "small", {"spec": {"cpu": {"guest": 8}}}, namespace="")
    again = await shop.find()
    assert count_cpus(again) == 2
    assert again.status == found.status
    assert len(shop.revisions()) == 2


async def test_looking_twice_before_the_status_is_written_keeps_one_revision() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    assert await shop.find() == await shop.find()
    assert len(shop.revisions()) == 1


async def test_asking_for_another_makes_another_revision() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    put_instancetype(shop.api, "large", cpus=4)
    shop.take(await shop.find())
    shop.api.change(VMS, "vm", {"spec": {"instancetype": {"name": "large"}}})
    found = await shop.find()
    assert count_cpus(found) == 4
    assert len(shop.revisions()) == 2


async def test_a_named_revision_is_used_as_it_is() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    shop.take(await shop.find())
    (name,) = shop.revisions()
    other = Shop(instancetype={"name": "small", "revisionName": name})
    other.api.put(REVISIONS, shop.api.find(REVISIONS, name) or {})
    found = await other.find()
    assert count_cpus(found) == 2
    ref = found.status.instancetype_ref
    assert ref is not None
    assert ref.controller_revision_ref is not None
    assert ref.controller_revision_ref.name == name
    assert other.revisions() == [name]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"instancetype": {"name": "none"}}, "none does not exist; `kubectl get"),
        ({"instancetype": {"name": "a", "kind": "Flavor"}}, "kind Flavor is not known"),
        ({"instancetype": {"kind": CLUSTER_KIND}}, "spec.instancetype.name is not set"),
        ({"instancetype": {"name": "a", "revisionName": "r"}}, "ControllerRevision r, which"),
        ({"instancetype": {"inferFromVolume": "boot"}}, "no label instancetype.kubevirt.io/"),
        ({"instancetype": {"inferFromVolume": "other"}}, "names the volume other"),
    ],
)
async def test_what_cannot_be_had_is_told_in_a_sentence(spec: Json, words: str) -> None:
    found = await Shop(**spec).find()
    assert words in found.trouble
    assert found.sizing.instancetype is None


async def test_what_is_missing_is_wanted_before_it_is_looked_for() -> None:
    shop = Shop(
        instancetype={"name": "small"},
        preference={"name": "linux", "kind": "VirtualMachinePreference"},
    )
    await shop.find()
    assert shop.wanted == {(CLUSTER_INSTANCETYPES, Key("", "small"))}
    put_instancetype(shop.api)
    await shop.find()
    assert (PREFERENCES, Key("ns", "linux")) in shop.wanted


async def test_a_lost_revision_is_stored_again_while_the_object_is_the_same() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    first = await shop.find()
    shop.take(first)
    before = shop.revisions()
    shop.api.remove(REVISIONS, before[0])
    assert await shop.find() == first
    assert shop.revisions() == before


async def test_a_lost_revision_of_what_was_edited_is_told_with_the_way_on() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    shop.take(await shop.find())
    shop.api.remove(REVISIONS, shop.revisions()[0])
    shop.api.change(CLUSTER, "small", {"spec": {"cpu": {"guest": 8}}}, namespace="")
    found = await shop.find()
    assert "name another instancetype in spec.instancetype.name" in found.trouble
    assert found.status.instancetype_ref is not None
    assert (CLUSTER_INSTANCETYPES, Key("", "small")) in shop.wanted
    shop.api.remove(CLUSTER, "small", namespace="")
    assert (await shop.find()).trouble == found.trouble
    put_instancetype(shop.api, "large", cpus=4)
    shop.api.change(VMS, "vm", {"spec": {"instancetype": {"name": "large"}}})
    assert count_cpus(await shop.find()) == 4


def name_kept(found: Catalogue) -> str:
    ref = found.status.instancetype_ref
    assert ref is not None
    assert ref.controller_revision_ref is not None
    return ref.controller_revision_ref.name or ""


def spoil(shop: Shop, change: Json) -> str:
    """Change the revision that the VM would store; return its name."""
    (name,) = shop.revisions()
    merged = shop.api.objects[REVISIONS, "ns", name]
    merge(merged, change)
    return name


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"ownerReferences": [build_owner("vm", "uid-of-an-earlier-vm")]}},
        {"metadata": {"deletionTimestamp": "2026-11-22T12:00:00Z"}},
        {"data": {"spec": {"cpu": {"guest": 64}, "memory": {"guest": "64Mi"}}}},
        {"data": None},
    ],
)
async def test_a_revision_of_an_earlier_vm_is_not_taken_for_the_vms(change: Json) -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    await shop.find()
    old = spoil(shop, change)
    found = await shop.find()
    assert name_kept(found) != old
    assert name_kept(found).startswith(old)
    assert count_cpus(found) == 2
    shop.take(found)
    shop.api.remove(REVISIONS, old)  # as garbage collection does in the end
    assert count_cpus(await shop.find()) == 2
    assert await shop.find() == found


async def test_a_revision_without_an_owner_becomes_the_vms() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    await shop.find()
    name = spoil(shop, {"metadata": {"ownerReferences": []}})
    assert name_kept(await shop.find()) == name
    (owner,) = shop.api.objects[REVISIONS, "ns", name]["metadata"]["ownerReferences"]
    vm = shop.api.find(VMS, "vm")
    assert vm is not None
    assert owner["uid"] == vm["metadata"]["uid"]


async def test_two_revisions_that_are_taken_are_told() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    await shop.find()
    spoil(shop, {"data": None})
    second = name_kept(await shop.find())
    shop.api.objects[REVISIONS, "ns", second]["metadata"]["deletionTimestamp"] = "now"
    with pytest.raises(Problem, match=second):
        await shop.find()


async def test_a_revision_of_something_else_is_not_used() -> None:
    shop = Shop(preference={"name": "linux", "revisionName": "r"})
    data = {"kind": CLUSTER_KIND, "spec": {"cpu": {"guest": 1}, "memory": {"guest": "1Gi"}}}
    shop.api.put(REVISIONS, {"metadata": {"name": "r"}, "data": data})
    assert "holds no preference" in (await shop.find()).trouble


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot be used"),
        ({"kind": CLUSTER_KIND}, "cannot be used"),
        ({"kind": CLUSTER_KIND, "spec": {"cpu": {"guest": "many"}}}, "cannot be used"),
        (
            {"kind": CLUSTER_KIND, "spec": {"cpu": {"guest": -5}, "memory": {"guest": "1Gi"}}},
            "spec.cpu.guest",
        ),
    ],
)
async def test_nonsense_in_a_revision_is_told(data: Json | None, words: str) -> None:
    shop = Shop(instancetype={"name": "small", "revisionName": "r"})
    shop.api.put(REVISIONS, {"metadata": {"name": "r"}, "data": data})
    found = await shop.find()
    assert words in found.trouble
    assert "in spec.instancetype.revisionName" in found.trouble
    assert found.sizing.instancetype is None


@pytest.mark.parametrize("name", ["no/../such", "..", "a%2fb"])
async def test_a_name_that_would_leave_its_place_in_a_path_is_not_asked_for(name: str) -> None:
    for matcher in ({"name": name}, {"name": "small", "revisionName": name}):
        shop = Shop(instancetype=matcher)
        assert "does not exist" in (await shop.find()).trouble
        assert shop.api.requests == 0


async def test_an_object_that_is_none_is_told() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    shop.api.change(CLUSTER, "small", {"spec": {"cpu": {"guest": "many"}}}, namespace="")
    assert "instancetype small cannot be used" in (await shop.find()).trouble
    assert shop.revisions() == []


def build_inferring(policy: str | None = None) -> Shop:
    matcher = {"inferFromVolume": "boot"} | (
        {"inferFromVolumeFailurePolicy": policy} if policy else {}
    )
    shop = Shop(instancetype=matcher)
    volume = {"name": "boot", "persistentVolumeClaim": {"claimName": "disk"}}
    shop.api.change(VMS, "vm", {"spec": {"template": {"spec": {"volumes": [volume]}}}})
    return shop


async def test_a_claim_says_what_to_use() -> None:
    shop = build_inferring()
    put_instancetype(shop.api)
    assert "PersistentVolumeClaim disk not found" in (await shop.find()).trouble
    assert shop.wanted == {(CLAIMS, Key("ns", "disk"))}
    claim: Json = {"metadata": {"name": "disk", "labels": {}}, "spec": {}}
    shop.api.put("persistentvolumeclaims", claim)
    assert "claim disk has no label" in (await shop.find()).trouble
    labels = {"instancetype.kubevirt.io/default-instancetype": "small"}
    shop.api.change("persistentvolumeclaims", "disk", {"metadata": {"labels": labels}})
    found = await shop.find()
    ref = found.status.instancetype_ref
    assert ref is not None
    assert (ref.name, ref.infer_from_volume) == ("small", "boot")
    shop.take(found)
    shop.api.remove("persistentvolumeclaims", "disk")
    assert count_cpus(await shop.find()) == 2


async def test_a_claim_may_be_silent_when_that_is_allowed() -> None:
    shop = build_inferring("Ignore")
    shop.api.put("persistentvolumeclaims", {"metadata": {"name": "disk"}, "spec": {}})
    found = await shop.find()
    assert (found.trouble, found.sizing.instancetype) == ("", None)
    shop.take(found)
    requests = shop.api.requests
    assert await shop.find() == found
    assert shop.api.requests == requests


async def test_a_claim_that_is_missing_does_not_settle_what_may_be_inferred() -> None:
    shop = build_inferring("Ignore")
    found = await shop.find()
    assert (found.trouble, found.status.instancetype_ref) == ("", None)
    assert shop.wanted == {(CLAIMS, Key("ns", "disk"))}
    put_instancetype(shop.api)
    labels = {"instancetype.kubevirt.io/default-instancetype": "small"}
    claim: Json = {"metadata": {"name": "disk", "labels": labels}, "spec": {}}
    shop.api.put("persistentvolumeclaims", claim)
    assert count_cpus(await shop.find()) == 2


@pytest.mark.parametrize("kind", ["VirtualMachineInstancetype", "Flavor"])
async def test_labels_that_name_nothing_do_not_matter_when_that_is_allowed(kind: str) -> None:
    shop = build_inferring("Ignore")
    labels = {
        "instancetype.kubevirt.io/default-instancetype": "gone",
        "instancetype.kubevirt.io/default-instancetype-kind": kind,
    }
    claim: Json = {"metadata": {"name": "disk", "labels": labels}, "spec": {}}
    shop.api.put("persistentvolumeclaims", claim)
    found = await shop.find()
    assert (found.trouble, found.sizing.instancetype) == ("", None)
    shop.take(found)
    assert await shop.find() == found


async def test_a_refusal_is_not_swallowed() -> None:
    shop = Shop(instancetype={"name": "small"})
    put_instancetype(shop.api)
    shop.api.refuse[REVISIONS] = "exceeded quota: none"
    with pytest.raises(ApiError, match="exceeded quota"):
        await shop.find()
