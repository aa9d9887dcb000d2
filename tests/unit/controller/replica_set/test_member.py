"""The index of VMIs by their sets."""

from collections.abc import Iterator
from contextlib import contextmanager

from controller.replica_set.instance import build_owner
from controller.replica_set.member import Members
from controller.replica_set.seen import ReplicaSet, SetMeta
from controller.vmi.seen import Vmi, VmiMeta
from kube.client import Client
from kube.informer import Informer
from kube.object import Key, KubeT, key_of
from kube.resource import REPLICA_SETS, VMIS
from tests.unit.controller.fake_api import FakeApi


@contextmanager
def open_caches() -> Iterator[tuple[Informer[Vmi], Informer[ReplicaSet], Members]]:
    client = Client(FakeApi())
    vmis, sets = Informer(client, VMIS, Vmi), Informer(client, REPLICA_SETS, ReplicaSet)
    yield vmis, sets, Members(vmis, sets)


def build_vmi(name: str, owner: str = "", version: int = 1) -> Vmi:
    owners = (build_owner("web", owner),) if owner else ()
    return Vmi(VmiMeta(name, "ns", f"uid-{name}", str(version), owner_references=owners))


def show(cache: Informer[KubeT], *items: KubeT) -> None:
    """Have a list tell that there are just these."""
    cache._version = 1
    cache._replace({key_of(item): item for item in items})


def test_vmis_are_found_by_their_owner_and_in_order() -> None:
    with open_caches() as (vmis, _, members):
        one, two, other = build_vmi("b", "mine"), build_vmi("a", "mine"), build_vmi("c", "other")
        show(vmis, one, two, other)
        assert members.list("mine") == (two, one)
        show(vmis, other)
        assert members.list("mine") == ()
        assert members.list("other") == (other,)


def test_a_stray_that_is_adopted_is_none_any_more() -> None:
    with open_caches() as (vmis, _, members):
        show(vmis, build_vmi("a"))
        assert members.has_strays("ns")
        adopted = build_vmi("a", "mine", version=2)
        members.learn(adopted)
        assert members.list("mine") == (adopted,)
        assert not members.has_strays("ns")
        assert members.count_arrivals("ns") == 1


def test_what_the_watch_has_passed_is_not_learned() -> None:
    with open_caches() as (vmis, _, members):
        vmis._version = 5
        members.learn(build_vmi("a", "mine", version=4))
        assert members.list("mine") == ()


def test_a_change_concerns_the_owners_and_a_new_stray_all_sets_of_its_namespace() -> None:
    with open_caches() as (_, sets, members):
        first = ReplicaSet(SetMeta("first", "ns", "uid-first", "1"))
        elsewhere = ReplicaSet(SetMeta("web", "other", "uid-other", "1"))
        show(sets, first, elsewhere)
        owned, stray = build_vmi("a", "mine"), build_vmi("a")
        assert list(members.concerned(None, owned)) == [Key("ns", "web")]
        assert list(members.concerned(owned, None)) == [Key("ns", "web")]
        assert list(members.concerned(None, stray)) == [Key("ns", "first")]
        assert list(members.concerned(stray, stray)) == []
        assert list(members.concerned(owned, stray)) == [Key("ns", "web"), Key("ns", "first")]
        show(sets)
        assert list(members.concerned(None, stray)) == []
