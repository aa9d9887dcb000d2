"""Disks of every kind that is built: claims, empty disks, cloud-init, images."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.console import Console
from tests.e2e.guests import (
    DEBIAN,
    build_block_volume,
    build_claim,
    build_container_disk,
    build_vmi,
)
from tests.e2e.observer import Json
from tests.e2e.vm import MakeVm, Vm, destroy

DEBIAN_BOOT_SECONDS = 480
DEBIAN_GRACE_SECONDS = 120
# Services that start late report after it: it does not stay the last line.
LOGIN = "from-cloud-init login:"
QEMU_FAULT = "iotlb_to_section"
USER_DATA = """#cloud-config
hostname: from-cloud-init
chpasswd:
  expire: false
  users:
    - {name: root, password: secret, type: text}
ssh_pwauth: false
write_files:
  - path: /etc/written-by-cloud-init
    content: it was here
"""


def build_two_disk_vmi(name: str, volume: dict[str, object]) -> dict[str, object]:
    """Return a VMI of the tiny guest with a second virtio disk with the serial `second`."""
    devices = {
        "disks": [
            {"name": "boot", "disk": {"bus": "virtio"}},
            {"name": "second", "disk": {"bus": "virtio"}, "serial": "second"},
        ]
    }
    volumes = [build_container_disk(), {"name": "second", **volume}]
    return build_vmi(name, devices=devices, volumes=volumes)


def test_a_fresh_claim_gets_a_disk_whose_data_outlives_its_vm(cluster: Cluster, vm: MakeVm) -> None:
    cluster.kubectl.apply(build_claim("data", "64Mi"))
    volume: dict[str, object] = {"persistentVolumeClaim": {"claimName": "data"}}
    writer = vm(build_two_disk_vmi("writer", volume))
    with writer.log_in() as console:
        # less 5.5 % for the file system, in whole MiB
        assert console.run("cat /sys/block/vdb/size").strip() == str(60 * 1024 * 1024 // 512)
        console.run("echo kept | dd of=/dev/vdb conv=fsync")
    writer.delete()
    writer.until_gone(60 + writer.grace_seconds)
    reader = vm(build_two_disk_vmi("reader", volume))
    with reader.log_in() as console:
        assert console.run("head -n 1 /dev/vdb").strip() == "kept"


@pytest.fixture
def block_claim(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """Yield the name of a claim that is bound to a block device of this machine."""
    image = tmp_path / "block.img"
    with image.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    losetup = ["losetup", "--find", "--show", str(image)]
    device = subprocess.run(losetup, check=True, capture_output=True, text=True).stdout.strip()
    node = cluster.api.get("/api/v1/nodes")["items"][0]["metadata"]["name"]
    name = f"{cluster.namespace}-block"
    cluster.kubectl.apply(*build_block_volume(name, device, node))
    yield name
    cluster.kubectl("delete", f"pvc/{name}", f"pv/{name}")
    subprocess.run(["losetup", "--detach", device], check=True)


def test_a_block_device_is_the_guests_disk(
    cluster: Cluster, vm: MakeVm, block_claim: str, tmp_path: Path
) -> None:
    made = vm(build_two_disk_vmi("blocky", {"persistentVolumeClaim": {"claimName": block_claim}}))
    with made.log_in() as console:
        assert console.run("cat /sys/block/vdb/size").strip() == str(64 * 1024 * 1024 // 512)
        console.run("echo on the device | dd of=/dev/vdb conv=fsync")
    made.delete()
    made.until_gone(60 + made.grace_seconds)
    cluster.pods.until_gone(made.name, 60)
    with (tmp_path / "block.img").open("rb") as file:
        assert file.readline() == b"on the device\n"


def test_an_empty_disk_has_its_capacity_and_is_writable(vm: MakeVm) -> None:
    made = vm(build_two_disk_vmi("emptied", {"emptyDisk": {"capacity": "48Mi"}}))
    with made.log_in() as console:
        assert console.run("cat /sys/block/vdb/size").strip() == str(48 * 1024 * 1024 // 512)
        console.run("echo written | dd of=/dev/vdb conv=fsync")
        assert console.run("head -n 1 /dev/vdb").strip() == "written"


def test_what_is_written_to_an_image_disk_ends_with_the_vm(vm: MakeVm) -> None:
    for name in ("first-life", "second-life"):
        made = vm(build_vmi(name))
        with made.log_in() as console:
            assert "mark" not in console.run("dd if=/dev/vda bs=512 skip=1 count=1 2>/dev/null")
            console.run("printf mark | dd of=/dev/vda bs=512 seek=1 conv=notrunc,fsync")
        made.delete()


@pytest.fixture(scope="module")
def debian(cluster: Cluster) -> Iterator[Vm]:
    """Yield a Debian guest that cloud-init has set up."""
    for attempt in range(3):
        made = Vm(cluster, build_debian(f"debian-{attempt}")).apply().until_running()
        if boot(made):
            break
        destroy([made])
    yield made
    destroy([made])


def build_debian(name: str) -> Json:
    seed = {"name": "seed", "cloudInitNoCloud": {"userData": USER_DATA}}
    return build_vmi(
        name,
        memory="1Gi",
        devices={
            "disks": [
                {"name": "boot", "disk": {"bus": "virtio"}},
                {"name": "seed", "disk": {"bus": "virtio"}},
            ]
        },
        volumes=[build_container_disk(DEBIAN), seed],
        domain={"cpu": {"cores": 2}},
        terminationGracePeriodSeconds=DEBIAN_GRACE_SECONDS,
    )


def boot(made: Vm) -> bool:
    """Wait for a login prompt; False when qemu died of a fault of its own on the way.

    Emulating several CPUs in threads, qemu 10.0 sometimes aborts while the guest sets up PCI
    (an assertion in iotlb_to_section): nothing of ours, and no reason to fail.
    """
    with made.logs() as console:
        try:
            console.expect(LOGIN, DEBIAN_BOOT_SECONDS)
        except AssertionError:
            status = made.until_phase("Failed", 60)["status"]  # told a moment after the log's end
            if QEMU_FAULT not in json.dumps(status):
                raise
            return False
    return True


@pytest.fixture(scope="module")
def debian_shell(debian: Vm) -> Iterator[Console]:
    with debian.attach() as console:
        console.type("\r")
        console.expect(LOGIN, 60)
        console.type("root\r")
        console.expect(r"[Pp]assword:", 60)
        console.type("secret\r")
        console.expect(":~#", 60)
        # until then, services report amid what a command prints
        console.run("systemctl is-system-running --wait || true", DEBIAN_BOOT_SECONDS)
        yield console


def test_cloud_init_sets_hostname_password_and_files(debian_shell: Console) -> None:
    assert debian_shell.run("hostname", 120).strip() == "from-cloud-init"
    assert debian_shell.run("cat /etc/written-by-cloud-init", 120).strip() == "it was here"


def test_cloud_init_gives_the_vm_its_instance_id(debian: Vm, debian_shell: Console) -> None:
    assert debian_shell.run("cloud-init query instance_id", 120).strip()


def test_two_cores_are_two_cores(debian_shell: Console) -> None:
    assert debian_shell.run("nproc", 120).strip() == "2"


def test_debians_kernel_leaves_the_login_prompt_alone(debian_shell: Console) -> None:
    assert debian_shell.run("cat /proc/sys/kernel/printk", 120).split()[0] == "5"


def test_the_guest_agent_is_seen(debian: Vm, debian_shell: Console) -> None:
    debian.until_condition("AgentConnected", "True")
    assert debian_shell.run("systemctl is-active qemu-guest-agent", 120).strip() == "active"


def test_debian_powers_off_when_its_vmi_is_deleted(debian: Vm, debian_shell: Console) -> None:
    with debian.watch_qemu() as end:
        debian.delete()
        ended = end.wait(DEBIAN_GRACE_SECONDS)
    assert debian.until_gone(60).at - ended < 10
    assert debian.last_reason() == ("Succeeded", "GuestShutdown")
