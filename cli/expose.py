"""`kubectl virt expose`: a Service whose pods are a VM's, or a replica set's."""

import argparse
from typing import Final

from api.problem import Problem
from cli.flag import add_dry_run
from cli.kubectl import Kubectl
from cli.output import add_output
from cli.service import PROTOCOLS, TYPES, ServiceWish, build_service
from cli.target import VM, VMI, VMIRS, parse_targets

_FORMATS: Final = ("json", "yaml", "name")
_KINDS: Final = (VMI, VM, VMIRS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.usage = "%(prog)s TYPE NAME --name SERVICE [--port PORT] [flags]"
    text = "vm, vmi or vmirs, and a name; TYPE/NAME as well"
    parser.add_argument("words", metavar="TYPE NAME", nargs="+", help=text)
    parser.add_argument("--name", required=True, metavar="SERVICE", help="name of the Service")
    parser.add_argument("--port", type=int, help="its port (default: what the interfaces list)")
    parser.add_argument(
        "--target-port", default="", metavar="PORT", help="the VM's (default: same)"
    )
    parser.add_argument("--port-name", default="", metavar="NAME", help="name of the port")
    parser.add_argument("--protocol", type=str.upper, choices=PROTOCOLS, default=PROTOCOLS[0])
    parser.add_argument("--type", choices=TYPES, default=TYPES[0], help="default ClusterIP")
    parser.add_argument("--cluster-ip", default="", metavar="IP", help="None for a headless one")
    parser.add_argument("--external-ip", default="", metavar="IP", help="one more to answer on")
    text = "IPv4, IPv6, or both with a comma"
    parser.add_argument("--ip-family", default="", metavar="FAMILIES", help=text)
    parser.add_argument("--ip-family-policy", default="", metavar="POLICY", help="as of Services")
    add_dry_run(parser)
    add_output(parser, formats=_FORMATS)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Create the Service."""
    targets = parse_targets(arguments.words, _KINDS)
    if len(targets) != 1:
        names = " ".join(arguments.words)
        raise Problem("BadTarget", f"expose takes one of vm, vmi or vmirs and a name, not {names}")
    target, kind = targets[0], targets[0].kind
    if kind is None:
        raise Problem("BadTarget", f"say of what type {target.name} is, as vm/{target.name}")
    item = kubectl.get(kind.resource, target.name, target.namespace)
    service = build_service(read_wish(arguments), kind, item)
    words = [f"--dry-run={arguments.dry_run}"] if arguments.dry_run else []
    if arguments.output:
        words.append(f"--output={arguments.output}")
    print(kubectl.create(service, *words, namespace=item["metadata"]["namespace"]), end="")
    return 0


def read_wish(arguments: argparse.Namespace) -> ServiceWish:
    """Return what the flags say."""
    return ServiceWish(
        name=arguments.name,
        type=arguments.type,
        port=arguments.port,
        target_port=arguments.target_port,
        protocol=arguments.protocol,
        port_name=arguments.port_name,
        cluster_ip=arguments.cluster_ip,
        external_ip=arguments.external_ip,
        ip_families=tuple(filter(None, arguments.ip_family.split(","))),
        ip_family_policy=arguments.ip_family_policy,
    )
