"""`kubectl virt create`: what it refuses, and what it leaves to chance."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.unit.cli.conftest import FakeKubectl

IMAGE = "registry.example/a"
DISK = f"--volume-containerdisk=src:{IMAGE}"
ODD_DISK = "--volume-containerdisk"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "1Gix"], "is not a quantity"),
        (["--memory", "1Gi", "--instancetype", "a"], "--memory does not go with"),
        (["--instancetype", "a", "--infer-instancetype"], "there can be one"),
        (["--instancetype", "pod/a"], "pod is neither VirtualMachineInstancetype nor"),
        (["--infer-instancetype"], "only a claim"),
        ([DISK, "--infer-preference"], "only a claim"),
        (["--infer-instancetype-from", "x"], "there is no volume x"),
        ([f"{ODD_DISK}={IMAGE}"], "is not NAME:VALUE"),
        ([f"{ODD_DISK}=src:"], "is not NAME:VALUE"),
        ([f"{ODD_DISK}=image:{IMAGE}"], "image is none of name, src, bootorder, pullpolicy"),
        ([f"{ODD_DISK}=name:a"], "needs src:VALUE"),
        ([f"{ODD_DISK}=src:a,src:b"], "src is given twice"),
        ([f"{DISK},bootorder:0"], "no number from 1"),
        ([f"{DISK},name:a", f"{DISK},name:a"], "two volumes are called a"),
        ([f"{ODD_DISK}=src:Not An Image"], "is not an image reference"),
        (["--volume-pvc=src:other/a"], "of the VM's own namespace"),
        (["--volume-import=src:a"], "type: is one of ds, pvc"),
        (["--volume-import=type:floppy"], "type: is one of ds, pvc"),
        (["--volume-import=type:blank"], "needs size:VALUE"),
        (["--volume-import=type:http,size:1Gi"], "needs url:VALUE"),
        (["--volume-import=type:http,size:1Gi,url:u,diskid:1"], "diskid is none of"),
        (["--volume-import=type:pvc,src:a"], "needs src:NAMESPACE/NAME"),
        (["--cloud-init", "none", "--user", "a"], "--cloud-init none does not go with"),
        (["--cloud-init-user-data", "!"], "is not base64"),
        (["--cloud-init-user-data", "YQ==", "--user", "a"], "do not go with"),
        (["--cloud-init", "configdrive", "--user", "a"], "not supported yet"),
        (["--volume-sysprep", "src:a"], "--volume-sysprep is not supported yet"),
        (["--access-cred", "type:ssh"], "--access-cred is not supported yet"),
        (["--password-file", "/nowhere"], "cannot read /nowhere"),
        (["--run-strategy", "WaitAsReceiver"], "not supported yet"),
        (["--name=A_b"], "'A_b' is no name"),
        (["--name=a/b"], "'a/b' is no name"),
    ],
)
def test_a_vm_that_could_not_be_is_refused(
    kubectl: FakeKubectl, words: list[str], said: str
) -> None:
    done = kubectl.virt("create", "vm", "--name=a", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["instancetype", "--cpu=0", "--memory=1Gi"], "spec.cpu.guest"),
        (["instancetype", "--cpu=1", "--memory=1Gi", "--gpu=a"], "--gpu is not supported yet"),
        (["preference", "--cpu-topology=round"], "spec.cpu.preferredCPUTopology"),
    ],
)
def test_a_size_that_could_not_be_is_refused(
    kubectl: FakeKubectl, words: list[str], said: str
) -> None:
    done = kubectl.virt("create", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_a_password_is_read_and_warned_of(kubectl: FakeKubectl, tmp_path: Path) -> None:
    (tmp_path / "password").write_text('a "b": c\n')
    file = str(tmp_path / "password")
    done = kubectl.virt("create", "vm", "--user", "me", "--password-file", file)
    assert (done.code, done.err) == (0, "the password will be readable in the VM's manifest\n")
    (volume,) = yaml.safe_load(done.out)["spec"]["template"]["spec"]["volumes"]
    config = yaml.safe_load(volume["cloudInitNoCloud"]["userData"])
    assert config == {"user": "me", "password": 'a "b": c', "chpasswd": {"expire": False}}


def test_a_name_is_made_up(kubectl: FakeKubectl) -> None:
    first, second = (yaml.safe_load(kubectl.virt("create", "vm").out) for _ in range(2))
    assert first["metadata"]["name"].startswith("vm-")
    assert first["metadata"]["name"] != second["metadata"]["name"]


def test_no_server_is_asked() -> None:
    """Not even kubectl is there."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", "create", "vm"],
        env={"PATH": ""},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
