"""`kubectl virt guestosinfo|userlist|fslist`: what the agent in the guest tells."""

import argparse
import json
from typing import Final

from cli.kubectl import Kubectl
from cli.output import add_output, render
from cli.target import VMI, build_subresource_path, parse_target

_SUBRESOURCES: Final = {
    "guestosinfo": "guestosinfo",
    "userlist": "userlist",
    "fslist": "filesystemlist",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("target", metavar="NAME", help="a VMI; also vm/NAME and vmi/NAME")
    add_output(parser, default="json")


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Print the agent's answer."""
    target = parse_target(arguments.target)
    namespace = target.namespace or kubectl.find_namespace()
    subresource = _SUBRESOURCES[arguments.command]
    path = build_subresource_path(VMI, namespace, target.name, subresource)
    print(render(json.loads(kubectl.get_raw(path)), arguments.output), end="")
    return 0
