"""`kubectl virt ssh|scp`: the local ssh, whose connection is our port-forward."""

import argparse
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from api.problem import Problem
from cli.flag import add_switch
from cli.kubectl import Kubectl
from cli.own import find_own_command
from cli.secure_shell import (
    Way,
    build_proxy,
    build_scp,
    build_ssh,
    choose_remote,
    name_host,
    parse_place,
    split_user,
)
from cli.target import Target, parse_target

_PORT: Final = 22
_KNOWN_HOSTS: Final = "~/.ssh/kubevirt_known_hosts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    name = parser.prog.rpartition(" ")[2]
    parser.add_argument("-l", "--username", default="", metavar="USER", help="who to be there")
    text = "the private key (default: what ssh finds)"
    parser.add_argument("-i", "--identity-file", default="", metavar="FILE", help=text)
    parser.add_argument("-p", "--port", type=int, default=_PORT, help="port of sshd (default 22)")
    text = f"which keys VMs are known by (default {_KNOWN_HOSTS})"
    parser.add_argument("--known-hosts", default=_KNOWN_HOSTS, metavar="FILE", help=text)
    text = f"more words for {name}, as '-o StrictHostKeyChecking=no'; may be repeated"
    parser.add_argument(
        "-t", "--local-ssh-opts", action="append", default=[], metavar="OPTIONS", help=text
    )
    if name == "scp":
        add_switch(parser, "-r", "--recursive", help="copy whole directories")
        add_switch(parser, "--preserve", help="keep times and modes")
        text = "a path here, or [USER@]TARGET:PATH"
        parser.add_argument("source", metavar="SOURCE", help=text)
        parser.add_argument("destination", metavar="DESTINATION", help=text)
        return
    parser.add_argument("-c", "--command", dest="line", default="", help="run it, not a shell")
    text = "a VMI; also vm/NAME, vmi/NAME and TYPE/NAME/NAMESPACE"
    parser.add_argument("target", metavar="[USER@]TARGET", help=text)
    parser.add_argument("words", metavar="-- COMMAND", nargs="*", help="as --command")


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Become ssh or scp."""
    program = arguments.command
    found = shutil.which(program)
    if found is None:
        raise Problem("NoSsh", f"there is no {program} in PATH")
    words = _plan_scp(arguments, kubectl) if program == "scp" else _plan_ssh(arguments, kubectl)
    sys.stdout.flush()
    os.execv(found, [program, *words])  # noqa: S606 - no shell is wanted


def _plan_ssh(arguments: argparse.Namespace, kubectl: Kubectl) -> list[str]:
    user, word = split_user(arguments.target)
    target = _complete(parse_target(word), kubectl)
    command = [*filter(None, [arguments.line]), *arguments.words]
    return build_ssh(_find_way(arguments, target, user, kubectl), target, command)


def _plan_scp(arguments: argparse.Namespace, kubectl: Kubectl) -> list[str]:
    places = [parse_place(arguments.source), parse_place(arguments.destination)]
    remote = choose_remote(*places)
    assert remote.target is not None
    target = _complete(remote.target, kubectl)
    switches = [*(["-r"] if arguments.recursive else []), *(["-p"] if arguments.preserve else [])]
    way = _find_way(arguments, target, remote.user, kubectl)
    return build_scp(way, name_host(target), places, switches)


def _complete(target: Target, kubectl: Kubectl) -> Target:
    return replace(target, namespace=target.namespace or kubectl.find_namespace())


def _find_way(arguments: argparse.Namespace, target: Target, user: str, kubectl: Kubectl) -> Way:
    proxy = build_proxy(find_own_command(), kubectl.flags, target, arguments.port)
    return Way(
        tuple(proxy),
        str(Path(arguments.known_hosts).expanduser()),
        arguments.username or user,
        arguments.identity_file,
        tuple(arguments.local_ssh_opts),
    )
