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
from api.problem import Problem
from launcher.cloudinit import LABEL, plan_seed
from launcher.dhcp import build_arguments
from launcher.disk import NewImage, path_of_image
from launcher.domain import DomainType
from launcher.link import Observation, apply_network
from launcher.network import POD_LINK
from launcher.place import DISK_ALIAS
from launcher.plan import Plan, Seen, choose_accelerator, plan_vm
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
    plan = plan_vm(document, _look(document, observation))
    _settle_kvm_device(plan.domain.type)
    seeds = list(_start_seeds(document))
    _make_images(plan.disks.new_images)
    if uefi := plan.domain.boot.uefi:
        _write_for_qemu(Path(uefi.variables), Path(uefi.template).read_bytes())
    stages.append(("disks", time.time()))
    if plan.network:
        apply_network(plan.network)
    stages.append(("network", time.time()))
    from launcher.render import render_domain  # noqa: PLC0415 - jinja2 loads while others work

    xml = render_domain(plan.domain)
    for finish in seeds:
        finish()
    stages.append(("document", time.time()))
    return _report(document, plan, xml, stages)


def _look(document: LaunchDocument, observation: Observation) -> Seen:
    firmware = document.spec.domain.firmware
    boot = firmware.kernel_boot if firmware else None
    container = boot.container if boot else None
    kernel = container.kernel_path if container else None
    initrd = container.initrd_path if container else None
    return Seen(
        accelerator=choose_accelerator(document, _read_verdict(), has_kvm=_is_device(KVM_DEVICE)),
        images=find_images(document.spec.volumes, document.block_volumes, document.claim_bytes),
        link=observation.read() if document.spec.domain.devices.interfaces else None,
        kernel=find_kernel(kernel, "kernel") if kernel else "",
        initrd=find_kernel(initrd, "initrd") if initrd else "",
    )


def _read_verdict() -> str:
    """Return the handler's word; other VMs' launchers see its directory, so it is not trusted."""
    try:
        descriptor = os.open(PATH_KVM_VERDICT, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
        return file.read(64).decode(errors="replace").strip()


def _is_device(path: Path) -> bool:
    return path.exists() and stat.S_ISCHR(path.stat().st_mode)


def _settle_kvm_device(domain_type: DomainType) -> None:
    """Give qemu the pod's KVM device, or hide it: libvirt would question a half-working one."""
    if domain_type == "kvm":
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


def _report(
    document: LaunchDocument, plan: Plan, xml: str, stages: list[tuple[str, float]]
) -> Preparation:
    network = plan.network
    resolver = parse_resolver(Path("/etc/resolv.conf").read_text())
    searches = add_subdomain(resolver.searches, document.spec.subdomain)
    resolver = dataclasses.replace(resolver, searches=searches)
    hostname = document.spec.hostname or document.name
    interfaces = document.spec.domain.devices.interfaces
    return Preparation(
        xml=xml,
        name=plan.domain.name,
        accelerator="kvm" if plan.domain.type == "kvm" else "tcg",
        grace_seconds=document.grace_seconds,
        start_paused=document.spec.start_strategy == "Paused",
        has_acpi=any(feature.name == "acpi" for feature in plan.domain.features),
        has_graphics=bool(plan.domain.devices.graphics),
        dhcp_arguments=tuple(build_arguments(network.dhcp, resolver, hostname)) if network else (),
        nics=tuple(
            Nic(interface.name, network.mac, network.guest_addresses, POD_LINK)
            for interface in interfaces
            if network
        ),
        disks=tuple(
            (disk.target, disk.alias.removeprefix(DISK_ALIAS)) for disk in plan.domain.devices.disks
        ),
        stages=tuple(stages),
    )


if __name__ == "__main__":
    main()
