"""Replica sets, scaled by people and by Kubernetes, losing VMs and finding them again."""

from collections.abc import Callable, Iterator
from typing import Self

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_container_disk, build_vmi
from tests.e2e.observer import Json, Seen, Watch
from tests.e2e.vm import START_SECONDS, Vm, find_condition

SETS = "/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachineinstancereplicasets"


def build_set(vmi: Json, replicas: int = 1) -> Json:
    """Return the replica set whose template is this VMI."""
    labels = vmi["metadata"]["labels"]
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceReplicaSet",
        "metadata": {"name": vmi["metadata"]["name"]},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": vmi["spec"]},
        },
    }


class ReplicaSet:
    """One set under test, and its VMIs."""

    def __init__(self, cluster: Cluster, watch: Watch, manifest: Json) -> None:
        self.cluster = cluster
        self.kubectl = cluster.kubectl
        self.manifest = manifest
        self.name = str(manifest["metadata"]["name"])
        self._watch = watch
        self._mark = 0

    @property
    def target(self) -> str:
        return f"vmirs/{self.name}"

    def apply(self) -> Self:
        self._mark = len(self._watch.events)
        self.kubectl.apply(self.manifest)
        return self

    def scale(self, replicas: int) -> None:
        self._mark = len(self._watch.events)
        self.kubectl("scale", "vmirs", self.name, f"--replicas={replicas}")

    def patch(self, spec: Json) -> None:
        self._mark = len(self._watch.events)
        self.cluster.api.merge(self.cluster.path(SETS, self.name), {"spec": spec})

    def until(
        self, is_so: Callable[[Json], bool], wanted: str, seconds: float = START_SECONDS
    ) -> Json:
        """Wait until the set, since the last action, is as wanted."""

        def shows(seen: Seen) -> bool:
            return seen.name == self.name and is_so(seen.object)

        return self._watch.until(shows, seconds, wanted, after=self._mark).object

    def until_ready(self, number: int, seconds: float = START_SECONDS) -> Self:
        """Wait until just so many VMIs are there, and all of them Ready."""
        wanted = {"replicas": number, "readyReplicas": number}
        self.until(lambda item: wanted.items() <= item["status"].items(), f"{wanted}", seconds)
        return self

    def until_condition(self, kind: str, reason: str) -> str:
        """Wait for a condition and return its message."""

        def has(item: Json) -> bool:
            found = find_condition(item, kind)
            return found is not None and (found["status"], found["reason"]) == ("True", reason)

        condition = find_condition(self.until(has, f"{kind} {reason}"), kind)
        assert condition is not None
        return str(condition["message"])

    def until_event(self, reason: str) -> str:
        def tells(seen: Seen) -> bool:
            about = seen.object["involvedObject"]
            return bool(seen.object["reason"] == reason and about["name"] == self.name)

        return str(self.cluster.events.until(tells, START_SECONDS, reason).object["message"])

    def list_vmis(self) -> list[str]:
        """Return the names of the VMIs that exist."""
        selector = ",".join(
            f"{k}={v}" for k, v in self.manifest["spec"]["selector"]["matchLabels"].items()
        )
        listed = self.kubectl("get", "vmi", "-l", selector, "-o", "name")
        return [line.partition("/")[2] for line in listed.splitlines()]

    def one_vmi(self) -> Vm:
        """Return the set's only VMI."""
        (name,) = self.list_vmis()
        return Vm(self.cluster, {"metadata": {"name": name}})

    def until_other(self, *names: str) -> str:
        """Wait until a VMI that is none of these runs, and return its name."""

        def runs(seen: Seen) -> bool:
            ours = seen.name.startswith(f"{self.name}-") and seen.name not in names
            return ours and seen.phase == "Running"

        return self.cluster.vmis.until(runs, START_SECONDS, f"another VMI of {self.name}").name

    def until_failed(self) -> str:
        """Wait until the first of the set's VMIs has failed, and return its name."""

        def fails(seen: Seen) -> bool:
            return seen.name.startswith(f"{self.name}-") and seen.phase == "Failed"

        return self.cluster.vmis.until(fails, START_SECONDS, f"failed VMI of {self.name}").name

    def ever(self) -> set[str]:
        """Return the UIDs of all VMIs of the set that there ever were."""
        metas = (seen.object["metadata"] for seen in self.cluster.vmis.events)
        return {str(meta["uid"]) for meta in metas if meta["name"].startswith(f"{self.name}-")}

    def delete(self, *options: str) -> None:
        self.kubectl("delete", "vmirs", self.name, "--ignore-not-found", *options)


MakeSet = Callable[[Json], ReplicaSet]


@pytest.fixture
def replica_set(cluster: Cluster) -> Iterator[MakeSet]:
    """Return a function that makes sets of this test, applied; gone after it, VMs and all."""
    made: list[ReplicaSet] = []
    with cluster.api.watch(SETS.format(namespace=cluster.namespace)) as watch:

        def make(manifest: Json) -> ReplicaSet:
            made.append(ReplicaSet(cluster, watch, manifest))
            return made[-1].apply()

        yield make
        for each in made:
            each.delete("--cascade=foreground", "--timeout=170s")


def test_kubectl_scales_a_set_up_and_down(replica_set: MakeSet) -> None:
    made = replica_set(build_set(build_bare_vmi("scaled"))).until_ready(1)
    (first,) = made.list_vmis()
    made.scale(3)
    made.until_ready(3)
    header, row = made.kubectl("get", "vmirs", "scaled").splitlines()
    assert header.split() == ["NAME", "DESIRED", "CURRENT", "READY", "AGE"]
    assert row.split()[:4] == ["scaled", "3", "3", "3"]
    others = set(made.list_vmis()) - {first}
    made.scale(1)
    made.until_ready(1)
    for name in others:
        made.cluster.vmis.until_gone(name, START_SECONDS)
    assert made.list_vmis() == [first]
    assert len(made.ever()) == 3
    assert first in made.until_event("SuccessfulCreate")
    assert any(name in made.until_event("SuccessfulDelete") for name in others)


def test_an_autoscaler_scales_a_set(cluster: Cluster, replica_set: MakeSet) -> None:
    made = replica_set(build_set(build_bare_vmi("autoscaled"))).until_ready(1)
    target = {"apiVersion": "kubevirt.io/v1", "kind": made.manifest["kind"], "name": made.name}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": made.name},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3},
    }
    cluster.kubectl.apply(scaler)
    made.until_ready(2)  # the autoscaler looks every 15 seconds
    cluster.kubectl.wait(f"hpa/{made.name}", "condition=AbleToScale")
    cluster.kubectl("delete", "hpa", made.name)


def test_a_guest_that_powers_off_is_replaced(replica_set: MakeSet) -> None:
    template = build_vmi("replaced", terminationGracePeriodSeconds=0)
    made = replica_set(build_set(template)).until_ready(1)
    old = made.one_vmi()
    with old.log_in() as console:
        console.type("poweroff\r")
        old.until_phase("Succeeded")
    made.cluster.vmis.until_gone(old.name, START_SECONDS)
    made.until_other(old.name)  # a name is not free while a pod has it
    assert len(made.ever()) == 2


def test_a_vm_whose_pod_is_deleted_is_replaced_at_once(replica_set: MakeSet) -> None:
    made = replica_set(build_set(build_bare_vmi("podless"), 2)).until_ready(2)
    lost, kept = made.list_vmis()
    made.kubectl("delete", "pod", lost, "--wait=false")
    made.cluster.vmis.until_gone(lost, START_SECONDS)
    made.until_other(lost, kept)
    assert len(made.ever()) == 3


def test_a_paused_set_stays_as_it_is(replica_set: MakeSet) -> None:
    made = replica_set(build_set(build_bare_vmi("paused"))).until_ready(1)
    made.patch({"paused": True, "replicas": 2})
    made.until_condition("ReplicaPaused", "Paused")
    assert len(made.ever()) == 1
    made.until_event("SuccessfulPaused")
    made.patch({"paused": None})
    made.until_ready(2)
    made.until_event("SuccessfulResumed")
    assert find_condition(made.kubectl.get("vmirs", made.name), "ReplicaPaused") is None


def test_orphans_run_on_and_are_adopted_by_the_next_set(replica_set: MakeSet) -> None:
    made = replica_set(build_set(build_bare_vmi("orphaned"), 2)).until_ready(2)
    before = {name: made.kubectl.get("vmi", name) for name in made.list_vmis()}
    made.delete("--cascade=orphan")
    for name, vmi in before.items():
        left = made.kubectl.get("vmi", name)
        assert left["metadata"]["uid"] == vmi["metadata"]["uid"]
        assert "ownerReferences" not in left["metadata"]
        assert left["status"]["phase"] == "Running"
    made.apply().until_ready(2)
    owner = made.kubectl.get("vmirs", made.name)["metadata"]["uid"]
    for name in before:
        (reference,) = made.kubectl.get("vmi", name)["metadata"]["ownerReferences"]
        assert (reference["uid"], reference["controller"]) == (owner, True)
    assert len(made.ever()) == 2


@pytest.mark.parametrize("cascade", ["foreground", "background"])
def test_a_deleted_set_takes_its_vms_along(replica_set: MakeSet, cascade: str) -> None:
    made = replica_set(build_set(build_bare_vmi(cascade), 2)).until_ready(2)
    names = made.list_vmis()
    made.delete(f"--cascade={cascade}", "--timeout=170s")
    for name in names:
        made.cluster.vmis.until_gone(name, START_SECONDS)
    assert len(made.ever()) == 2


def test_a_bad_template_is_named_and_tried_again_when_it_is_mended(replica_set: MakeSet) -> None:
    manifest = build_set(build_bare_vmi("bad"))
    devices = manifest["spec"]["template"]["spec"]["domain"]["devices"]
    devices["sound"] = {"name": "loud", "model": "ich9"}
    made = replica_set(manifest)
    message = made.until_condition("ReplicaFailure", "FailedCreate")
    assert "spec.template.spec.domain.devices.sound" in message
    assert made.until_event("FailedCreate") == message
    assert not made.ever()
    made.patch({"template": {"spec": {"domain": {"devices": {"sound": None}}}}})
    made.until_ready(1)
    assert find_condition(made.kubectl.get("vmirs", made.name), "ReplicaFailure") is None


def test_vms_that_end_at_once_are_replaced_later_and_later(replica_set: MakeSet) -> None:
    volume = build_container_disk()
    volume["containerDisk"]["path"] = "/disk/there-is-none.img"
    made = replica_set(
        build_set(build_vmi("crashing", volumes=[volume], terminationGracePeriodSeconds=0))
    )
    failed = made.until(lambda item: count_failures(item) == 1, "first failure")
    first = made.until_failed()  # one can look at it
    made.kubectl.get("vmi", first)
    message = made.until_condition("ReplicaFailure", "CrashLoopBackOff")
    assert f"kubectl describe vmi {first}" in message
    assert failed["status"]["replicas"] == 0
    made.until(lambda item: count_failures(item) == 2, "second failure")
    assert len(made.ever()) == 2
    made.patch({"template": {"spec": {"volumes": [build_container_disk()]}}})
    made.until_ready(1)
    assert len(made.ever()) == 3


def count_failures(item: Json) -> int:
    return int(item["status"].get("startFailure", {}).get("consecutiveFailCount", 0))
