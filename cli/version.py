"""`kubectl virt version`: of this program and of the API server; and whether they go together."""

import argparse
import json
import re
import sys
from dataclasses import replace
from typing import Final

from api.problem import Problem
from cli import VERSION
from cli.flag import add_switch
from cli.kubectl import Json, Kubectl
from cli.output import add_output, clean, render
from cli.target import SUBRESOURCES

_MINOR: Final = re.compile(r"v?(\d+\.\d+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_switch(parser, "-c", "--client", help="of this program alone; asks no server")
    add_output(parser)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Print both versions."""
    answer: Json = {"clientVersion": {"gitVersion": f"v{VERSION}"}}
    if not arguments.client:
        answer["serverVersion"] = read_server(kubectl)
    if arguments.output:
        print(render(answer, arguments.output), end="")
        return 0
    for name, version in answer.items():
        who = name.removesuffix("Version").capitalize()
        print(f"{who} Version: {clean(str(version.get('gitVersion', 'unknown')))}")
    return 0


def read_server(kubectl: Kubectl) -> Json:
    """Return what the API server says of its version."""
    found: Json = json.loads(kubectl.get_raw(f"{SUBRESOURCES}/version"))
    return found


def warn_of_skew(kubectl: Kubectl) -> None:
    """After a failure that another version would explain, say whether there is one."""
    try:
        patient = replace(kubectl, flags=(*kubectl.flags, "--request-timeout=3s"))
        server = str(read_server(patient).get("gitVersion", ""))
    except (Problem, ValueError):
        return
    if is_skewed(VERSION, server):
        print(f"this is version v{VERSION}, the server's is {clean(server)}", file=sys.stderr)


def is_skewed(client: str, server: str) -> bool:
    """Say whether two versions differ in more than fixes; one that is unreadable does not."""
    ours, theirs = _MINOR.match(client), _MINOR.match(server)
    return ours is not None and theirs is not None and ours[1] != theirs[1]
