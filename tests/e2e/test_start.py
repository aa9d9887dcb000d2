"""From a manifest to a login prompt, with nothing but kubectl."""

from tests.e2e.cluster import Cluster
from tests.e2e.guests import TINY, build_vmi
from tests.e2e.vm import MakeVm, Vm, find_condition


def test_apply_leads_to_a_login_prompt_in_kubectl_logs(cluster: Cluster, vm: MakeVm) -> None:
    made = vm(build_vmi("start"))
    made.until_running()
    with made.logs() as console:
        console.expect(r"Linux version", 240)
        console.expect(r"login:\s*$", 240)
    assert cluster.vmis.phases("start")[-1] == "Running"
    assert len(made.pod_uids()) == 1


def test_kubectl_wait_sees_it_ready(cluster: Cluster, vm: MakeVm) -> None:
    vm(build_vmi("awaited"))
    cluster.kubectl.wait("vmi/awaited", "condition=Ready")
    condition = find_condition(cluster.kubectl.get("vmi", "awaited"), "Ready")
    assert condition is not None
    assert condition["status"] == "True"


def test_kubectl_get_shows_phase_address_and_node(cluster: Cluster, shared: Vm) -> None:
    header, row = cluster.kubectl("get", "vmi", shared.name).splitlines()
    shown = dict(zip(header.split(), row.split(), strict=True))
    pod = shared.read_pod()
    assert shown["NAME"] == shared.name
    assert shown["PHASE"] == "Running"
    assert shown["IP"] == pod["status"]["podIP"]
    assert shown["NODENAME"] == pod["spec"]["nodeName"]
    assert shown["READY"] == "True"


def test_the_pod_has_the_name_of_the_vm_and_is_owned_by_it(shared: Vm) -> None:
    owner = shared.read_pod()["metadata"]["ownerReferences"][0]
    assert owner["kind"] == "VirtualMachineInstance"
    assert owner["uid"] == shared.read()["metadata"]["uid"]
    assert owner["controller"] is True


def test_status_says_that_the_guest_is_emulated(shared: Vm) -> None:
    condition = find_condition(shared.read(), "SoftwareEmulation")
    assert condition is not None
    assert condition["status"] == "True"
    assert condition["reason"] == "KVMUnavailable"


def test_phases_have_timestamps_in_order(shared: Vm) -> None:
    stamps = shared.read()["status"]["phaseTransitionTimestamps"]
    phases = [stamp["phase"] for stamp in stamps]
    assert phases == ["Pending", "Scheduling", "Scheduled", "Running"]
    times = [stamp["phaseTransitionTimestamp"] for stamp in stamps]
    assert times == sorted(times)


def test_a_start_tells_its_story_in_events(shared: Vm) -> None:
    assert shared.until_event("SuccessfulCreate")
    assert shared.until_event("Started")


def test_a_kernel_boots_from_a_container_image(vm: MakeVm) -> None:
    kernel = {
        "container": {
            "image": TINY,
            "imagePullPolicy": "IfNotPresent",
            "kernelPath": "/boot/vmlinuz",
            "initrdPath": "/boot/initrd",
        },
        "kernelArgs": "console=ttyS0 virtpod.mark=seen",
    }
    manifest = build_vmi("kernel-boot", domain={"firmware": {"kernelBoot": kernel}})
    manifest["spec"]["volumes"] = []
    manifest["spec"]["domain"]["devices"]["disks"] = []
    with vm(manifest).log_in() as console:
        assert "virtpod.mark=seen" in console.run("cat /proc/cmdline")
