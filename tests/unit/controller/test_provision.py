"""Which claims are not filled: one row for each thing that CDI can say."""

import pytest

from controller.claim_view import Claim, ClaimMeta
from controller.data_volume import (
    DataVolume,
    DataVolumeCondition,
    DataVolumeMeta,
    DataVolumeStatus,
    Provision,
)
from controller.provision import Storage, find_provision, list_missing
from kube.object import OwnerReference

DESCRIBE = "see: kubectl describe dv disk -n ns"
TOO_LARGE = "exceeded quota: small"


def build_volume(
    phase: str,
    *conditions: DataVolumeCondition,
    progress: str = "",
    name: str = "disk",
    deleted: str | None = None,
) -> DataVolume:
    meta = DataVolumeMeta(name, "ns", "uid-dv", "5", deletion_timestamp=deleted)
    return DataVolume(meta, DataVolumeStatus(phase, progress, conditions))


def build_claim(owner: str | None = None) -> Claim:
    owners = (OwnerReference("uid-owner", owner, "disk", controller=True),) if owner else ()
    return Claim(ClaimMeta("disk", "ns", "uid-claim", "6", owners))


def build_storage(*volumes: DataVolume, claim: Claim | None = None, **known: bool) -> Storage:
    return Storage(
        "ns",
        data_volumes={each.metadata.name: each for each in volumes},
        claims={"disk": claim} if claim is not None else {},
        **{"served": True, **known},
    )


def judge(volume: DataVolume) -> Provision | None:
    return find_provision(build_storage(volume, claim=build_claim("DataVolume")), ("disk",))


def tell(type_: str, reason: str, message: str = "") -> DataVolumeCondition:
    return DataVolumeCondition(type_, "False", reason, message)


@pytest.mark.parametrize("phase", ["Succeeded", "PendingPopulation"])
def test_what_is_full_or_held_back_by_kubernetes_itself_is_no_obstacle(phase: str) -> None:
    assert judge(build_volume(phase)) is None


@pytest.mark.parametrize(
    ("volume", "sentence"),
    [
        (
            build_volume(""),
            f"DataVolume disk is not filled yet: CDI has not begun; {DESCRIBE}",
        ),
        (
            build_volume("Pending", progress="N/A"),
            f"DataVolume disk is not filled yet: Pending; {DESCRIBE}",
        ),
        (
            build_volume("ImportInProgress", progress="45.21%"),
            f"DataVolume disk is not filled yet: ImportInProgress, 40 %; {DESCRIBE}",
        ),
        (
            build_volume("CloneInProgress", progress="100.0%"),
            f"DataVolume disk is not filled yet: CloneInProgress, 100 %; {DESCRIBE}",
        ),
        (
            build_volume("ImportInProgress", tell("Running", "TransferRunning"), progress="x"),
            f"DataVolume disk is not filled yet: ImportInProgress; {DESCRIBE}",
        ),
        (
            build_volume("UploadReady"),
            (
                "DataVolume disk waits for its upload: virtctl image-upload dv disk -n ns"
                " --no-create --image-path FILE"
            ),
        ),
        (
            build_volume("Succeeded", deleted="2026-11-22T12:00:00Z"),
            "DataVolume disk is being deleted",
        ),
    ],
)
def test_what_takes_its_time(volume: DataVolume, sentence: str) -> None:
    assert judge(volume) == Provision(sentence)


@pytest.mark.parametrize(
    ("volume", "sentence"),
    [
        (
            build_volume("Failed", tell("Running", "Error", "no such host")),
            (
                "DataVolume disk failed: no such host; it is made anew after:"
                " kubectl delete dv disk -n ns"
            ),
        ),
        (
            build_volume("Failed"),
            "DataVolume disk failed; it is made anew after: kubectl delete dv disk -n ns",
        ),
        (
            build_volume("ImportInProgress", tell("Running", "Error", "404 Not Found")),
            f"DataVolume disk is not filled: 404 Not Found; CDI goes on trying, {DESCRIBE}",
        ),
        (
            build_volume("ImportScheduled", tell("Running", "ImagePullFailed")),
            f"DataVolume disk is not filled: ImagePullFailed; CDI goes on trying, {DESCRIBE}",
        ),
        (
            build_volume("Pending", tell("Bound", "ErrExceededQuota", TOO_LARGE)),
            f"DataVolume disk is not filled: {TOO_LARGE}; CDI goes on trying, {DESCRIBE}",
        ),
    ],
)
def test_what_needs_help(volume: DataVolume, sentence: str) -> None:
    assert judge(volume) == Provision(sentence, "FailedDataVolumeImport")


def test_a_volume_without_a_place_is_not_bound_by_a_vm_that_would_find_it_empty() -> None:
    found = judge(build_volume("WaitForFirstConsumer"))
    assert found is not None
    assert found.unbound
    assert not found.failed
    assert found.message.endswith(
        "kubectl annotate pvc disk -n ns cdi.kubevirt.io/storage.bind.immediate.requested=true"
    )


def test_somebody_elses_volume_that_failed_is_not_made_anew() -> None:
    storage = build_storage(build_volume("Failed"))
    found = find_provision(storage, (), ("disk",))
    assert found is not None
    assert found.message == "DataVolume disk failed; remove it with: kubectl delete dv disk -n ns"


def test_a_missing_one_is_made_where_there_is_cdi() -> None:
    storage = build_storage()
    assert list_missing(storage, ("disk",)) == ("disk",)
    assert find_provision(storage, ("disk",)) == Provision("DataVolume disk is not made yet")


def test_without_cdi_the_vm_says_so() -> None:
    storage = build_storage(served=False)
    assert list_missing(storage, ("disk",)) == ()
    text = "DataVolume disk cannot be made: the cluster has no CDI (cdi.kubevirt.io)"
    advice = "install it, or use a persistentVolumeClaim volume instead"
    expected = Provision(f"{text}; {advice}", "FailedDataVolumeCreate")
    assert find_provision(storage, ("disk",)) == expected


def test_as_long_as_nothing_is_known_nothing_is_done() -> None:
    storage = build_storage(known=False, served=False)
    assert list_missing(storage, ("disk",)) == ()
    assert find_provision(storage, ("disk",)) == Provision("DataVolume disk is not made yet")


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("owner", [None, "VirtualMachine"])
def test_a_claim_whose_volume_is_gone_is_full(owner: str | None, known: bool) -> None:
    storage = build_storage(claim=build_claim(owner), known=known, served=known)
    assert list_missing(storage, ("disk",)) == ()
    assert find_provision(storage, ("disk",)) is None
    assert find_provision(storage, (), ("disk",)) is None


def test_a_claim_is_not_taken_for_full_while_its_volume_is_only_not_known() -> None:
    storage = build_storage(claim=build_claim("DataVolume"))
    found = find_provision(storage, (), ("disk",))
    assert found is not None
    assert "disk" in found.message
    assert not found.failed


def test_a_claim_that_is_missing_is_the_instances_affair() -> None:
    assert find_provision(build_storage(), (), ("disk",)) is None


def test_what_needs_help_is_told_first() -> None:
    failed = build_volume("Failed", name="second")
    storage = build_storage(build_volume("Pending"), failed)
    found = find_provision(storage, ("disk", "second"))
    assert found is not None
    assert "second failed" in found.message
