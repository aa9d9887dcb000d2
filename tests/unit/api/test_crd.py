"""The CRDs: what kubectl and clients see of the API."""

import json
from pathlib import Path

import pytest
import yaml

from api import crd
from api.bound import Schema
from api.crd import build_crds, find_stale, main, render_files
from api.kind import KINDS

CRDS = build_crds()
VMI = CRDS["virtualmachineinstances.yaml"]
VM = CRDS["virtualmachines.yaml"]
REPLICA_SET = CRDS["virtualmachineinstancereplicasets.yaml"]
KUBEVIRT = CRDS["kubevirts.yaml"]
# Kinds of the group kubevirt.io, which an older version serves too.
OLD = {kind.file: CRDS[kind.file] for kind in KINDS if kind.old_version}


def test_the_committed_files_are_what_would_be_written() -> None:
    assert find_stale(crd.ROOT) == []
    assert main(["--check"]) == 0


def test_stale_missing_and_foreign_files_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crd, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    folder = tmp_path / crd.CRDS
    folder.mkdir(parents=True)
    assert main([]) == 0
    assert main(["--check"]) == 0
    (folder / "kubevirts.yaml").write_text("")
    (folder / "kustomization.yaml").unlink()
    (folder / "old.yaml").write_text("")
    (tmp_path / "docs" / "fields.md").write_text("")
    assert main(["--check"]) == 1
    complaint = capsys.readouterr().err
    names = ("kubevirts.yaml", "kustomization.yaml", "old.yaml")
    paths = ", ".join(f"manifests/crds/{name}" for name in names)
    assert complaint.startswith(f"docs/fields.md, {paths}: stale")


def test_files_are_plain_yaml_of_the_crds() -> None:
    files = render_files()
    for name, manifest in CRDS.items():
        assert yaml.load(files[f"{crd.CRDS}/{name}"], yaml.CSafeLoader) == manifest
    resources = yaml.safe_load(files[f"{crd.CRDS}/kustomization.yaml"])["resources"]
    assert resources == sorted(CRDS)


def test_kubectl_apply_has_room_for_each_crd() -> None:
    # it copies the manifest into an annotation, of which there may be 256 KiB
    assert all(len(json.dumps(manifest)) < 250_000 for manifest in CRDS.values())


def test_names_are_kubevirts() -> None:
    assert VMI["metadata"]["labels"] == {"kubevirt.io": ""}
    assert KUBEVIRT["metadata"]["labels"] == {"operator.kubevirt.io": ""}
    assert VMI["spec"]["names"]["shortNames"] == ["vmi", "vmis"]
    assert VM["spec"]["names"]["shortNames"] == ["vm", "vms"]
    assert REPLICA_SET["spec"]["names"]["shortNames"] == ["vmirs", "vmirss"]
    assert KUBEVIRT["spec"]["names"]["shortNames"] == ["kv", "kvs"]
    assert all(manifest["spec"]["names"]["categories"] == ["all"] for manifest in OLD.values())


@pytest.mark.parametrize("manifest", OLD.values(), ids=OLD.keys())
def test_v1_is_stored_and_v1alpha3_deprecated(manifest: Schema) -> None:
    new, old = manifest["spec"]["versions"]
    assert (new["name"], new["storage"], new["served"]) == ("v1", True, True)
    assert (old["name"], old["storage"], old["served"]) == ("v1alpha3", False, True)
    assert old["deprecated"]
    assert new["subresources"] == old["subresources"]
    assert new["subresources"]["status"] == {}


def test_replica_sets_can_be_scaled() -> None:
    assert REPLICA_SET["spec"]["versions"][0]["subresources"]["scale"] == {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.labelSelector",
    }


def test_a_new_vm_has_a_status_before_anybody_looked_at_it() -> None:
    def read_status(manifest: Schema) -> Schema:
        schema = manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        status: Schema = schema["properties"]["status"]
        return status

    assert all(read_status(manifest)["default"] == {} for manifest in (VM, VMI, REPLICA_SET))
    assert read_status(VM)["properties"]["printableStatus"]["default"] == "Stopped"
    phase = read_status(VMI)["properties"]["phase"]
    assert phase["default"] == "Pending"
    assert "" in phase["enum"]


def test_vms_can_be_selected_by_node() -> None:
    fields = VMI["spec"]["versions"][0]["selectableFields"]
    assert {"jsonPath": ".status.nodeName"} in fields


def test_the_page_of_fields_says_what_is_built() -> None:
    page = render_files()["docs/fields.md"]
    assert "| `domain.memory.guest` | What the guest sees;" in page
    assert "| `domain.devices.disks[].disk.bus` |" in page
    assert "the cluster's default when absent. | only None, LiveMigrateIfPossible |" in page
    assert "| `livenessProbe` | The VM ends when this fails. | no |" in page
    assert "| `domain.devices.tpm` | An emulated TPM. | no |" in page
    assert "| `startStrategy` | Paused: the VM starts with its vCPUs stopped. | yes |" in page
    assert "only Always, Halted, Manual, RerunOnFailure, Once |" in page
    assert "| `template.spec` | What the VM should be, when it runs. | partly |" in page
    assert "template.spec.domain" not in page
