"""`kubectl virt plan`: offline, through the programs of controller and launcher."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from tests.unit.cli.conftest import FakeKubectl

Json = dict[str, Any]  # Any: any object
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "domains"
VMI = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {name: a}
spec:
  domain:
    memory: {guest: 64Mi}
    devices: {interfaces: [{name: default, masquerade: {}, ports: [{port: 22}]}]}
  networks: [{name: default, pod: {}}]
  volumes:
  - {name: root, containerDisk: {image: registry.example/a}}
  - {name: data, persistentVolumeClaim: {claimName: data}}
"""
VM = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: a}
spec:
  runStrategy: Halted
  instancetype: {name: small, kind: VirtualMachineInstancetype}
  template: {spec: {domain: {devices: {}}}}
"""
SIZE = """\
apiVersion: instancetype.kubevirt.io/v1beta1
kind: VirtualMachineInstancetype
metadata: {name: small}
spec: {cpu: {guest: 3}, memory: {guest: 96Mi}}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "manifest.yaml"


def test_all_parts_are_shown(kubectl: FakeKubectl, manifest: Path) -> None:
    manifest.write_text(VMI)
    done = kubectl.virt("plan", "-f", str(manifest))
    assert (done.code, done.err) == (0, "")
    domain, _, rest = done.out.removeprefix("# domain\n").partition("\n# pod\n")
    pod, _, rules = rest.partition("\n# nft\n")
    disks = etree.fromstring(domain).findall(".//disk/source")
    assert [disk.get("file") for disk in disks] == [
        "/var/lib/virtpod/root.qcow2",
        "/run/virtpod/images/data",
    ]
    assert yaml.safe_load(pod)["metadata"]["name"] == "a"
    assert '"dport"' in rules
    assert json.loads(rules)["nftables"]


@pytest.mark.parametrize("part", ["domain", "pod", "nft"])
def test_one_part_can_be_chosen(kubectl: FakeKubectl, manifest: Path, part: str) -> None:
    manifest.write_text(VMI)
    said = kubectl.virt("plan", "-f", str(manifest), "-o", part).out
    assert {"domain": "<domain", "pod": "apiVersion: v1\nkind: Pod", "nft": "{"}[part] in said
    assert "# " not in said.splitlines()[0]


def test_emulation_is_planned_when_asked_for(kubectl: FakeKubectl, manifest: Path) -> None:
    manifest.write_text(VMI)
    words = ("plan", "-f", str(manifest), "-o", "domain")
    assert "<domain type='kvm'" in kubectl.virt(*words).out
    assert "<domain type='qemu'" in kubectl.virt(*words, "--emulation").out


def test_a_vm_has_the_size_of_an_instancetype_in_its_file(
    kubectl: FakeKubectl, manifest: Path
) -> None:
    manifest.write_text(f"{VM}---\n{SIZE}")
    said = kubectl.virt("plan", "-f", str(manifest), "-o", "domain").out
    assert etree.fromstring(said).findtext("vcpu") == "3"


def test_a_list_is_read_as_its_items(kubectl: FakeKubectl, manifest: Path) -> None:
    items = [yaml.safe_load(text) for text in (VM, SIZE)]
    manifest.write_text(yaml.safe_dump({"kind": "List", "apiVersion": "v1", "items": items}))
    assert kubectl.virt("plan", "-f", str(manifest)).code == 0


def build_claims(vmi: Json) -> list[Json]:
    """Return the claims of a golden VMI, whose label says which volumes are block devices."""
    blocks = vmi["metadata"].get("labels", {}).get("blocks", "").split(".")
    sources = (
        (each["name"], each.get("persistentVolumeClaim")) for each in vmi["spec"].get("volumes", ())
    )
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": source["claimName"]},
            "spec": {"volumeMode": "Block" if name in blocks else "Filesystem"},
        }
        for name, source in sources
        if source is not None
    ]


@pytest.mark.parametrize(
    "case", sorted(GOLDEN.glob("*/vmi.yaml")), ids=lambda path: path.parent.name
)
def test_every_golden_vmi_can_be_planned(kubectl: FakeKubectl, manifest: Path, case: Path) -> None:
    vmi = yaml.safe_load(case.read_text())
    manifest.write_text(yaml.safe_dump_all([vmi, *build_claims(vmi)]))
    done = kubectl.virt("plan", "-f", str(manifest), "-o", "domain")
    assert (done.code, done.err) == (0, "")
    golden = etree.fromstring((case.parent / "domain.xml").read_bytes())
    planned = etree.fromstring(done.out)
    targets = [[disk.get("dev") for disk in each.iter("target")] for each in (golden, planned)]
    assert targets[0] == targets[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds nothing"),
        (SIZE, "it holds VirtualMachineInstancetype"),
        (f"{VMI}---\n{VMI}", "it holds VirtualMachineInstance, VirtualMachineInstance"),
        (VM, "virtualmachineinstancetypes small of the VM is not in"),
        (VMI.replace("name: a}", "labels: {}}", 1), "has no name"),
        (VMI.replace("64Mi", "much"), "is not a quantity"),
        (VMI.replace("masquerade: {}", "sriov: {}"), "not supported"),
        (VMI.replace("spec:", "spec: 1 #", 1), "cannot read"),
        ("a: b: c", "cannot read"),
        ("just words", "no object of Kubernetes"),
        (f"{VM.replace('Halted', 'Sometimes')}---\n{SIZE}", "runStrategy"),
    ],
)
def test_what_cannot_be_planned_is_told(
    kubectl: FakeKubectl, manifest: Path, text: str, said: str
) -> None:
    manifest.write_text(text)
    done = kubectl.virt("plan", "-f", str(manifest))
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_a_file_that_is_not_there_is_told(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("plan", "-f", "/nowhere")
    assert (done.code, done.out) == (1, "")
    assert "cannot read /nowhere" in done.err


def test_it_needs_neither_kubectl_nor_a_checkout(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "cli", "plan", "-f", "-", "-o", "nft"],
        env={"PATH": "", "PYTHONPATH": str(root), "HOME": os.devnull},
        cwd=tmp_path,
        input=VMI.encode(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
