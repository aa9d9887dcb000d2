"""The launcher's short-lived child: makes disks and network, returns the domain as JSON.

What only a start needs (decoding, jinja2, ctypes) is imported here and gone with this process.
On standard output goes one JSON object: a Preparation, or ``{"problem": …}``.
"""

import dataclasses
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from api.launch import LaunchDocument, decode_launch
from api.names import (
    PATH_KVM_VERDICT,
    PATH_LAUNCH_DOCUMENT,
    PATH_SCRATCH,
    PATH_VOLUMES,
    QEMU_GID,
    QEMU_UID,
)
from api.network import PodNetwork
from api.problem import Problem
from launcher.cloudinit import LABEL, plan_seed
from launcher.device import plan_devices
from launcher.dhcp import build_arguments
from launcher.disk import DiskPlan, NewImage, path_of_image, plan_disks
from launcher.domain import Accelerator
from launcher.link import Observation, apply_network
from launcher.machine import plan_domain
from launcher.network import POD_LINK, NetworkPlan, plan_network
from launcher.place import SERIAL_PIPE, VNC_DIR
from launcher.preparation import Nic, Preparation
from launcher.qcow2 import build_image
from launcher.resolver import add_subdomain, parse_resolver
from launcher.volume import find_images, find_kernel

KVM_DEVICE = Path("/dev/kvm")


def main() -> None:
    """Prepare, and print what the launcher needs to start the domain."""
    try:
        answer: dict[str, object] = dataclasses.asdict(prepare())
    except Problem as problem:
        answer = {"problem": {"slug": problem.slug, "message": problem.message}}
    except msgspec.ValidationError as error:
        answer = {"problem": {"slug": "LaunchDocumentInvalid", "message": str(error)}}
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        answer = {
            "problem": {"slug": "PreparationFailed", "message": f"{what}{error.strerror or error}"}
        }
    json.dump(answer, sys.stdout)


def prepare() -> Preparation:
    """Do all that has to be there before qemu starts."""
    stages: list[tuple[str, float]] = [("prepare", time.time())]
    observation = Observation()
    document = decode_launch(Path(PATH_LAUNCH_DOCUMENT).read_bytes())
    accelerator = choose_accelerator(document, _read_verdict(), has_kvm=_is_device(KVM_DEVICE))
    _settle_kvm_device(accelerator)
    disks = plan_disks(document.spec, find_images(document.spec.volumes, document.block_volumes))
    seeds = list(_start_seeds(document))
    _make_images(disks.new_images)
    stages.append(("disks", time.time()))
    network = _plan_guest_network(document, observation)
    if network:
        apply_network(network)
    stages.append(("network", time.time()))
    xml = _render(document, accelerator, disks, network)
    for finish in seeds:
        finish()
    stages.append(("document", time.time()))
    return _report(document, accelerator, network, xml, stages)


def choose_accelerator(document: LaunchDocument, verdict: str, *, has_kvm: bool) -> Accelerator:
    """Return KVM unless emulation is allowed and the node's handler did not find KVM working.

    A pod whose VM must have KVM holds the node's KVM resource, which only a working KVM gives.
    """
    if document.allow_emulation and not (has_kvm and verdict == "works"):
        return "tcg"
    if not has_kvm:
        raise Problem("KVMUnavailable", "the pod has no /dev/kvm, and emulation is not allowed")
    return "kvm"


def _read_verdict() -> str:
    path = Path(PATH_KVM_VERDICT)
    return path.read_text().strip() if path.is_file() else ""


def _is_device(path: Path) -> bool:
    return path.exists() and stat.S_ISCHR(path.stat().st_mode)


def _settle_kvm_device(accelerator: Accelerator) -> None:
    """Give qemu the pod's KVM device, or hide it: libvirt would question a half-working one."""
    if accelerator == "kvm":
        os.chown(KVM_DEVICE, QEMU_UID, QEMU_GID)
    else:
        KVM_DEVICE.unlink(missing_ok=True)


def _make_images(new_images: tuple[NewImage, ...]) -> None:
    for image in new_images:
        backing = image.backing
        content = build_image(
            image.size_bytes, backing.path if backing else "", backing.format if backing else ""
        )
        _write_for_qemu(Path(image.path), content)


def _write_for_qemu(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchown(file.fileno(), QEMU_UID, QEMU_GID)
        file.write(content)


def _start_seeds(document: LaunchDocument) -> Iterator[Callable[[], None]]:
    """Start making each cloud-init disk; what is yielded waits for its end."""
    for volume in document.spec.volumes:
        source = volume.cloud_init_no_cloud
        if source is None:
            continue
        files = plan_seed(
            document,
            source,
            _read_secret(f"{PATH_VOLUMES}/{volume.name}-user-data"),
            _read_secret(f"{PATH_VOLUMES}/{volume.name}-network-data"),
        )
        yield _start_seed(volume.name, files)


def _start_seed(name: str, files: dict[str, bytes]) -> Callable[[], None]:
    directory = Path(PATH_SCRATCH) / f"{name}.seed"
    directory.mkdir(mode=0o700)
    for file, content in files.items():
        (directory / file).write_bytes(content)
    path = path_of_image(name, "iso")
    _write_for_qemu(Path(path), b"")
    argv = ["genisoimage", "-quiet", "-volid", LABEL, "-joliet", "-rock", "-output", path]
    maker = subprocess.Popen([*argv, str(directory)], stderr=subprocess.PIPE)

    def finish() -> None:
        _, errors = maker.communicate()
        shutil.rmtree(directory)
        if maker.returncode != 0:
            last = (errors.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
            raise Problem("CloudInitFailed", f"the disk of volume {name} was not made: {last}")

    return finish


def _read_secret(directory: str) -> dict[str, bytes]:
    """Read the keys of a mounted secret; their files are links of the kubelet's making."""
    root = Path(directory)
    if not root.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}


def _plan_guest_network(document: LaunchDocument, observation: Observation) -> NetworkPlan | None:
    interfaces = document.spec.domain.devices.interfaces
    if not interfaces:
        return None
    if len(interfaces) > 1:
        raise Problem("FieldNotSupported", "more than one interface is not supported yet")
    interface = interfaces[0]
    networks = {network.name: network.pod for network in document.spec.networks}
    return plan_network(
        interface, networks.get(interface.name) or PodNetwork(), observation.read(), document.uid
    )


def _render(
    document: LaunchDocument,
    accelerator: Accelerator,
    disks: DiskPlan,
    network: NetworkPlan | None,
) -> str:
    from launcher.render import render_domain  # noqa: PLC0415 - jinja2 loads while others work

    firmware = document.spec.domain.firmware
    boot = firmware.kernel_boot if firmware else None
    container = boot.container if boot else None
    kernel = container.kernel_path if container else None
    initrd = container.initrd_path if container else None
    devices = plan_devices(
        document.spec.domain.devices,
        disks,
        network,
        SERIAL_PIPE,
        f"{VNC_DIR}/vnc",
    )
    return render_domain(
        plan_domain(
            document,
            accelerator,
            find_kernel(kernel, "kernel") if kernel else "",
            find_kernel(initrd, "initrd") if initrd else "",
            devices,
        )
    )


def _report(
    document: LaunchDocument,
    accelerator: Accelerator,
    network: NetworkPlan | None,
    xml: str,
    stages: list[tuple[str, float]],
) -> Preparation:
    interfaces = document.spec.domain.devices.interfaces
    resolver = parse_resolver(Path("/etc/resolv.conf").read_text())
    searches = add_subdomain(resolver.searches, document.spec.subdomain)
    hostname = document.spec.hostname or document.name
    return Preparation(
        xml=xml,
        name=f"{document.namespace}_{document.name}",
        accelerator=accelerator,
        grace_seconds=document.grace_seconds,
        start_paused=document.spec.start_strategy == "Paused",
        dhcp_arguments=tuple(
            build_arguments(
                network.dhcp, dataclasses.replace(resolver, searches=searches), hostname
            )
        )
        if network
        else (),
        nics=tuple(
            Nic(interface.name, network.mac, network.guest_addresses, POD_LINK)
            for interface in interfaces
            if network
        ),
        stages=tuple(stages),
    )


if __name__ == "__main__":
    main()
