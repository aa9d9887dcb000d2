"""Names of ControllerRevisions, as KubeVirt's users know them."""

from api.revision import name_start_revision


def test_a_start_is_named_by_the_vms_uid_and_generation() -> None:
    assert name_start_revision("7f9c2ba4", 3) == "revision-start-vm-7f9c2ba4-3"
    assert name_start_revision("7f9c2ba4", "3") == name_start_revision("7f9c2ba4", 3)
