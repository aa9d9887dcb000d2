"""The pod of a VM, compared whole with tests/golden/pods/<case>/pod.yaml."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.launch import decode_launch
from api.names import ANNOTATION_LAUNCH_DOCUMENT, LABEL_VMI_ID
from api.support import find_unsupported
from api.validate import validate_spec
from api.vmi import VirtualMachineInstance
from controller.vmi.pod import Images, build_pod, count_pod_grace, shorten_label
from controller.vmi.volume import ClaimFacts

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "pods"
CASES = sorted(path.name for path in GOLDEN.iterdir())


def read(path: Path) -> Any:  # YAML
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def build(case: str) -> dict[str, Any]:  # JSON
    folder = GOLDEN / case
    vmi = msgspec.convert(read(folder / "vmi.yaml"), VirtualMachineInstance)
    config = msgspec.convert(read(folder / "config.yaml"), KubeVirtConfiguration)
    assert not validate_spec(vmi.spec, config)
    assert not find_unsupported(vmi.spec)
    spec = apply_defaults(vmi.spec, config, vmi.metadata.uid, vmi.metadata.name)
    known = read(folder / "claims.yaml")
    claims = ClaimFacts(frozenset(known.get("block", ())), known.get("sizes", {}))
    built = build_pod(vmi, spec, config, Images("example.test/launcher:1"), claims)
    pod: dict[str, Any] = json.loads(msgspec.json.encode(built))
    return pod


def unfold(pod: dict[str, Any]) -> dict[str, Any]:
    """Show the launch document as an object, for people to read."""
    annotations = pod["metadata"]["annotations"]
    annotations[ANNOTATION_LAUNCH_DOCUMENT] = json.loads(annotations[ANNOTATION_LAUNCH_DOCUMENT])
    return pod


@pytest.mark.parametrize("case", CASES)
def test_the_pod_is_as_it_was_approved(case: str, update_golden: bool) -> None:
    pod = unfold(build(case))
    path = GOLDEN / case / "pod.yaml"
    if update_golden:
        path.write_text(yaml.safe_dump(pod, sort_keys=False, width=100))
    assert pod == read(path)


@pytest.mark.parametrize("case", CASES)
def test_no_label_or_name_is_longer_than_kubernetes_takes(case: str) -> None:
    pod = build(case)
    assert all(len(value) <= 63 for value in pod["metadata"]["labels"].values())
    assert len(pod["spec"]["hostname"]) <= 63
    names = [volume["name"] for volume in pod["spec"]["volumes"]]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for name in names)


@pytest.mark.parametrize("case", CASES)
def test_every_mount_has_its_volume(case: str) -> None:
    spec = build(case)["spec"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in spec["containers"]:
        uses = [*container["volumeMounts"], *container.get("volumeDevices", ())]
        assert {use["name"] for use in uses} <= volumes
    compute = spec["containers"][0]
    used = [*compute["volumeMounts"], *compute.get("volumeDevices", ())]
    assert {use["name"] for use in used} == volumes


def test_only_compute_is_privileged() -> None:
    containers = build("kitchen-sink")["spec"]["containers"]
    assert [c["name"] for c in containers] == ["compute", "guest"]
    assert [c["securityContext"]["privileged"] for c in containers] == [True, False]


def test_a_cloud_init_volume_of_a_long_name_gives_short_names() -> None:
    folder = GOLDEN / "kitchen-sink"
    vmi = msgspec.convert(read(folder / "vmi.yaml"), VirtualMachineInstance)
    long = msgspec.structs.replace(vmi.spec.volumes[-1], name="x" * 63)
    spec = msgspec.structs.replace(vmi.spec, volumes=(long,))
    pod = build_pod(vmi, spec, KubeVirtConfiguration(), Images("l"), ClaimFacts())
    names = [volume["name"] for volume in msgspec.to_builtins(pod)["spec"]["volumes"]]
    assert all(len(name) <= 63 for name in names)
    assert len(set(names)) == len(names)


def test_a_users_labels_never_hide_the_systems() -> None:
    ours = build("bare")["metadata"]["labels"]
    vmi = read(GOLDEN / "bare" / "vmi.yaml")
    vmi["metadata"]["labels"] = dict.fromkeys(ours, "forged") | {"kubevirt.io/vm": "mine"}
    whole = msgspec.convert(vmi, VirtualMachineInstance)
    pod = build_pod(whole, whole.spec, KubeVirtConfiguration(), Images("l"), ClaimFacts())
    labels = msgspec.to_builtins(pod)["metadata"]["labels"]
    assert labels == ours | {"kubevirt.io/vm": "mine"}


def test_a_vm_s_start_is_named_by_its_revision() -> None:
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "vm", "uid": "u-1"}
    note = {"kubevirt.io/vm-generation": "4"}
    assert read_revision([owner | {"controller": True}], note) == "revision-start-vm-u-1-4"
    assert read_revision([owner | {"controller": True}], {}) == ""
    assert read_revision([owner], note) == ""
    assert read_revision([owner | {"controller": True, "kind": "Other"}], note) == ""


def read_revision(owners: list[dict[str, Any]], annotations: dict[str, str]) -> str:
    """Return what the launch document of such a VMI says of its VM."""
    manifest = read(GOLDEN / "bare" / "vmi.yaml")
    manifest["metadata"] |= {"ownerReferences": owners, "annotations": annotations}
    vmi = msgspec.convert(manifest, VirtualMachineInstance)
    pod = build_pod(vmi, vmi.spec, KubeVirtConfiguration(), Images("l"), ClaimFacts())
    built = msgspec.to_builtins(pod)
    launch = decode_launch(built["metadata"]["annotations"][ANNOTATION_LAUNCH_DOCUMENT])
    return launch.revision_name


def test_names_that_a_label_cannot_hold_stay_apart() -> None:
    long = "a" * 100
    assert shorten_label("vm") == "vm"
    assert len(shorten_label(long)) == 63
    assert shorten_label(long) != shorten_label(long + "b")
    assert len(build("long-name")["metadata"]["labels"][LABEL_VMI_ID]) == 63


def test_a_pods_grace_is_never_zero() -> None:
    assert count_pod_grace(0) == 5
    assert count_pod_grace(None) == 35
