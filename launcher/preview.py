"""The domain and the rules of a VM that does not run: `kubectl virt plan` runs this as a program.

On standard input a launch document; on standard output {"domain": XML, "nft": rules or null}, or
{"problem": …}. What only a pod can tell is assumed: container disks are qcow2 and claims raw, each
of 1 GiB, and the pod has an address as a common network plugin gives it.
"""

import sys
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from api.launch import LaunchDocument, decode_launch
from api.names import PATH_BLOCK_VOLUMES
from api.problem import Problem
from api.volume import Volume
from launcher.disk import Image
from launcher.nat import build_ruleset
from launcher.network import PodLink, Route
from launcher.place import IMAGES_DIR
from launcher.plan import Seen, choose_accelerator, plan_vm
from launcher.render import render_domain

Json = dict[str, Any]  # Any: nftables' JSON has no type of its own
_BYTES: Final = 1 << 30
_LINK: Final = PodLink(
    "0a:58:0a:f4:00:05", 1450, ("10.244.0.5/24",), (Route("default", "10.244.0.1"),)
)


def preview_domain(document: LaunchDocument) -> Json:
    """Return what the launcher would make of the document in a pod as assumed."""
    firmware = document.spec.domain.firmware
    boot = firmware.kernel_boot if firmware else None
    container = boot.container if boot else None
    seen = Seen(
        accelerator=choose_accelerator(document, "", has_kvm=True),
        images=dict(_assume_images(document.spec.volumes, document.block_volumes)),
        link=_LINK if document.spec.domain.devices.interfaces else None,
        kernel=f"{IMAGES_DIR}/kernel" if container and container.kernel_path else "",
        initrd=f"{IMAGES_DIR}/initrd" if container and container.initrd_path else "",
    )
    plan = plan_vm(document, seen)
    rules = build_ruleset(plan.network.nats) if plan.network else None
    return {"domain": render_domain(plan.domain), "nft": rules}


def _assume_images(
    volumes: tuple[Volume, ...], blocks: tuple[str, ...]
) -> Iterator[tuple[str, Image]]:
    for volume in volumes:
        path = f"{IMAGES_DIR}/{volume.name}"
        if volume.name in blocks:
            device = f"{PATH_BLOCK_VOLUMES}/{volume.name}"
            yield volume.name, Image("block", device, "raw", 0, direct_io=True)
            continue
        if volume.container_disk:
            yield volume.name, Image("file", path, "qcow2", _BYTES, direct_io=True)
        elif volume.claim:
            yield volume.name, Image("file", path, "raw", _BYTES, direct_io=True)


def main() -> None:
    """Read, plan, print."""
    try:
        answer = preview_domain(decode_launch(sys.stdin.buffer.read()))
    except Problem as problem:
        answer = {"problem": problem.message}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
