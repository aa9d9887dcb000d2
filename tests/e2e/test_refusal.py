"""What cannot run says why, in a condition, and runs once the cause is gone."""

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_claim, build_container_disk, build_pod, build_vmi
from tests.e2e.vm import MakeVm


def test_a_field_not_built_yet_is_named_in_a_condition(vm: MakeVm) -> None:
    manifest = build_bare_vmi("unsupported")
    manifest["spec"]["domain"]["devices"]["tpm"] = {}
    made = vm(manifest)
    condition = made.until_condition("Unsupported", "True", "FieldNotSupported")
    assert "spec.domain.devices.tpm" in condition["message"]
    assert not made.pod_uids()


def test_a_missing_claim_is_named_and_waited_for(cluster: Cluster, vm: MakeVm) -> None:
    volumes = [{"name": "boot", "persistentVolumeClaim": {"claimName": "not-yet"}}]
    # The fresh disk is empty: nothing in the guest hears the power button.
    made = vm(build_vmi("claimless", volumes=volumes, terminationGracePeriodSeconds=0))
    condition = made.until_condition("Synchronized", "False", "FailedPvcNotFound")
    assert "not-yet" in condition["message"]
    assert made.read()["status"]["phase"] == "Pending"
    cluster.kubectl.apply(build_claim("not-yet", "64Mi"))
    made.until_running()


def test_an_image_that_cannot_be_pulled_is_named(vm: MakeVm) -> None:
    image = "localhost:1/nobody/nothing:0"
    made = vm(build_vmi("unpulled", volumes=[build_container_disk(image)]))
    condition = made.until_condition("Synchronized", "False", "ErrImagePull")
    assert image in condition["message"]


def test_a_strangers_pod_is_left_alone_and_waited_for(cluster: Cluster, vm: MakeVm) -> None:
    cluster.kubectl.apply(build_pod("occupied", ["sleep", "infinity"]))
    stranger = cluster.kubectl.get("pod", "occupied")["metadata"]["uid"]
    made = vm(build_bare_vmi("occupied"))
    condition = made.until_condition("Synchronized", "False", "PodNameTaken")
    assert "occupied" in condition["message"]
    assert cluster.kubectl.get("pod", "occupied")["metadata"]["uid"] == stranger
    cluster.kubectl("delete", "pod", "occupied", "--now")
    made.until_running()
    assert made.pod_uid != stranger
