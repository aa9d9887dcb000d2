"""From a VMI's manifest to the domain that libvirt gets, and to nft's rules and DHCP."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import yaml
from lxml import etree

from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.launch import LaunchDocument, decode_launch, encode_launch
from api.support import find_unsupported
from api.vmi import VirtualMachineInstance
from launcher.dhcp import build_arguments
from launcher.disk import Image
from launcher.nat import build_ruleset
from launcher.network import PodLink, Route
from launcher.plan import Plan, Seen, plan_vm
from launcher.render import render_domain
from launcher.resolver import add_subdomain, parse_resolver

CASES = sorted(path.parent for path in Path(__file__).parent.glob("domains/*/vmi.yaml"))
SCHEMA = "/usr/share/libvirt/schemas/domain.rng"
UID = "5d307ca9-b3ef-428c-8861-06e72d69f223"
GIBIBYTE = 1 << 30
RESOLV_CONF = """\
search default.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5
"""
LINKS = {
    "ipv4": PodLink(
        "0a:58:0a:f4:00:05", 1450, ("10.244.0.5/24",), (Route("default", "10.244.0.1"),)
    ),
    "dual": PodLink(
        "0a:58:0a:f4:00:05",
        1500,
        ("10.244.0.5/24", "fd00:10:244::5/64"),
        (Route("default", "10.244.0.1"),),
    ),
    "routed": PodLink(  # as Calico does it: the gateway is in no subnet of the pod
        "ee:ee:ee:ee:ee:ee",
        1480,
        ("10.244.0.5/32",),
        (Route("169.254.1.1/32", ""), Route("default", "169.254.1.1")),
    ),
}

Compare = Callable[[Path, str], None]


def read_case(case: Path) -> tuple[LaunchDocument, Plan]:
    """Plan a case; the labels of its manifest say what the pod and the node look like."""
    vmi = msgspec.convert(yaml.safe_load((case / "vmi.yaml").read_text()), VirtualMachineInstance)
    labels = vmi.metadata.labels
    assert not find_unsupported(vmi.spec), "a golden case must be a VMI that is accepted"
    blocks = tuple(filter(None, labels.get("blocks", "").split(".")))
    document = LaunchDocument(
        version=1,
        name=vmi.metadata.name,
        namespace="default",
        uid=UID,
        created="2026-11-22T20:00:00Z",
        spec=apply_defaults(vmi.spec, KubeVirtConfiguration(), UID, vmi.metadata.name),
        allow_emulation=True,
        block_volumes=blocks,
    )
    document = decode_launch(encode_launch(document))
    kernel = vmi.spec.domain.firmware and vmi.spec.domain.firmware.kernel_boot
    seen = Seen(
        accelerator="kvm" if labels.get("accelerator") == "kvm" else "tcg",
        images=find_images(vmi, blocks, labels.get("format", "qcow2")),
        link=LINKS[labels.get("link", "ipv4")],
        kernel="/run/virtpod/images/kernel" if kernel else "",
        initrd="/run/virtpod/images/initrd" if kernel else "",
    )
    return document, plan_vm(document, seen)


def find_images(
    vmi: VirtualMachineInstance, blocks: tuple[str, ...], kind: str
) -> dict[str, Image]:
    images: dict[str, Image] = {}
    for volume in vmi.spec.volumes:
        path = f"/run/virtpod/images/{volume.name}"
        if volume.name in blocks:
            images[volume.name] = Image(
                "block", f"/dev/virtpod/{volume.name}", "raw", 0, direct_io=True
            )
        elif volume.container_disk:
            raw = Image("file", path, "raw", GIBIBYTE, direct_io=True)
            images[volume.name] = raw if kind == "raw" else replace(raw, format="qcow2")
        elif volume.claim:
            images[volume.name] = Image("file", path, "raw", GIBIBYTE, direct_io=kind != "raw")
    return images


@pytest.fixture(scope="module")
def schema() -> etree.RelaxNG:
    """Return libvirt's own schema; Debian's package libvirt-clients brings it."""
    return etree.RelaxNG(etree.parse(SCHEMA))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_domain_is_as_it_was_and_libvirt_knows_it(
    case: Path, compare_golden: Compare, schema: etree.RelaxNG
) -> None:
    _, plan = read_case(case)
    text = render_domain(plan.domain)
    compare_golden(case / "domain.xml", text)
    schema.assertValid(etree.fromstring(text))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_device_has_an_alias_of_ours(case: Path) -> None:
    _, plan = read_case(case)
    devices = etree.fromstring(render_domain(plan.domain)).find("devices")
    assert devices is not None
    without = {"emulator", "graphics"}  # libvirt allows no user alias there
    for device in devices:
        if device.tag in without or device.get("model") == "none":
            continue
        alias = device.find("alias")
        assert alias is not None, device.tag
        assert str(alias.get("name")).startswith("ua-")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_network_is_as_it_was(case: Path, compare_golden: Compare) -> None:
    document, plan = read_case(case)
    if plan.network is None:
        return
    resolver = parse_resolver(RESOLV_CONF)
    searches = add_subdomain(resolver.searches, document.spec.subdomain)
    resolver = type(resolver)(resolver.nameservers, searches)
    hostname = document.spec.hostname or document.name
    network = {
        "ip": plan.network.commands,
        "sysctl": dict(plan.network.settings),
        "dnsmasq": build_arguments(plan.network.dhcp, resolver, hostname),
        **build_ruleset(plan.network.nats),
    }
    compare_golden(case / "network.json", json.dumps(network, indent=1) + "\n")
