"""VMs with dataVolumeTemplates, without CDI and with one that the test plays (see importer.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_vm_of
from tests.e2e.importer import NOTICE_SECONDS, Importer, install
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine
from tests.e2e.vm import find_condition

SAMPLE = Path(__file__).resolve().parents[1] / "samples/vm-alpine-datavolume.yaml"


@pytest.fixture(scope="module")
def cdi(cluster: Cluster) -> Iterator[Importer]:
    """Yield a CDI that does as it is told."""
    with install(cluster) as importer:
        yield importer


def build_imported(name: str, strategy: str = "Always") -> Json:
    """Return a VM of firmware and one disk, which a DataVolume of its name and -root fills."""
    vmi = build_bare_vmi(name)
    root = f"{name}-root"
    vmi["spec"]["domain"]["devices"]["disks"] = [{"name": "root", "disk": {"bus": "virtio"}}]
    vmi["spec"]["volumes"] = [{"name": "root", "dataVolume": {"name": root}}]
    vm = build_vm_of(vmi, strategy)
    storage = {"resources": {"requests": {"storage": "64Mi"}}}
    spec = {"source": {"http": {"url": "http://images.example/disk.img"}}, "storage": storage}
    vm["spec"]["dataVolumeTemplates"] = [{"metadata": {"name": root}, "spec": spec}]
    return vm


def get_sentence(vm: Json) -> str:
    """Return what the VM says; nothing before it was looked at."""
    ready = find_condition(vm, "Ready")
    return str(ready["message"]) if ready is not None else ""


# The first test of the file: from the second on, there is a CDI.
def test_without_cdi_a_vm_says_so_and_goes_on_by_itself_when_it_is_installed(
    virtual_machine: MakeVirtualMachine, request: pytest.FixtureRequest
) -> None:
    made = virtual_machine(build_imported("early"))
    vm = made.until_status("DataVolumeError")
    assert "DataVolume early-root cannot be made: the cluster has no CDI" in get_sentence(vm)
    assert "no CDI" in made.until_event("FailedDataVolumeCreate")
    made.mark()
    importer: Importer = request.getfixturevalue("cdi")
    made.until_status("Provisioning", NOTICE_SECONDS)
    importer.fill("early-root")
    made.until_running()


def test_a_vm_is_provisioned_and_runs(cdi: Importer, virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_imported("filled"))
    made.until_event("SuccessfulDataVolumeCreate")
    volume = cdi.until_made("filled-root")
    (template,) = made.manifest["spec"]["dataVolumeTemplates"]
    assert volume["spec"] == template["spec"]
    cdi.make_claim("filled-root")
    cdi.report("filled-root", "ImportInProgress", progress="45.21%")
    vm = made.until(lambda vm: "40 %" in get_sentence(vm), "progress")
    assert vm["status"]["printableStatus"] == "Provisioning"
    assert "DataVolume filled-root is not filled yet: ImportInProgress" in get_sentence(vm)
    assert made.instance_uids() == []
    cdi.report("filled-root", "Succeeded")
    made.until_running()


def test_a_failed_import_is_told_with_its_reason_and_gone_on_with(
    cdi: Importer, virtual_machine: MakeVirtualMachine
) -> None:
    made = virtual_machine(build_imported("broken"))
    cdi.until_made("broken-root")
    error = {"type": "Running", "status": "False", "reason": "Error", "message": "404 Not Found"}
    cdi.report("broken-root", "ImportInProgress", conditions=[error])
    vm = made.until_status("DataVolumeError")
    assert "DataVolume broken-root is not filled: 404 Not Found" in get_sentence(vm)
    assert "404" in made.until_event("FailedDataVolumeImport")
    assert made.instance_uids() == []
    cdi.fill("broken-root")
    made.until_running()


def test_what_a_deleted_vm_was_made_with_goes_with_it(
    cdi: Importer, virtual_machine: MakeVirtualMachine
) -> None:
    made = virtual_machine(build_imported("going", "Halted"))
    made.until_status("Provisioning")
    cdi.fill("going-root")
    made.until_stopped()
    made.delete()
    made.until_gone()
    cdi.until_gone("going-root")
    made.cluster.kubectl.wait("pvc/going-root", "delete", 240)


def test_the_sample_is_provisioned_while_it_is_off_and_runs_when_it_is_started(
    cdi: Importer, virtual_machine: MakeVirtualMachine
) -> None:
    made = virtual_machine(yaml.safe_load(SAMPLE.read_text()))
    made.until_status("Provisioning")
    cdi.fill("alpine-dv")
    made.until_stopped()
    made.set_strategy("Always")
    made.until_running()
