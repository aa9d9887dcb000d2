"""`kubectl virt logs`: the serial console's log, or the launcher's, from the VM's pod."""

import argparse
import os
import sys
from typing import Final

from api.names import CONTAINER_COMPUTE, CONTAINER_GUEST, LABEL_CREATED_BY
from cli.flag import add_switch
from cli.kubectl import Kubectl
from cli.target import VMI, parse_target

_PASSED_ON: Final = ("tail", "since", "since_time", "limit_bytes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("target", metavar="NAME", help="a VMI; also vm/NAME and vmi/NAME")
    add_switch(parser, "-f", "--follow", help="go on with what is yet to come")
    add_switch(parser, "--launcher", help="what the launcher says, not what the guest's console")
    add_switch(parser, "--timestamps", help="begin each line with its time")
    for flag in _PASSED_ON:
        parser.add_argument(
            f"--{flag.replace('_', '-')}", metavar="N", help="as kubectl logs has it"
        )


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Become `kubectl logs` of the pod, or pods while there are two."""
    target = parse_target(arguments.target)
    vmi = kubectl.get(VMI.resource, target.name, target.namespace)
    command = kubectl.build_command("logs", *build_words(arguments, vmi["metadata"]))
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def build_words(arguments: argparse.Namespace, metadata: dict[str, str]) -> list[str]:
    """Return what `kubectl logs` is asked for."""
    container = CONTAINER_COMPUTE if arguments.launcher else CONTAINER_GUEST
    words = [
        f"--namespace={metadata['namespace']}",
        f"--selector={LABEL_CREATED_BY}={metadata['uid']}",
        f"--container={container}",
        # by a selector kubectl would show the last ten lines alone
        f"--tail={arguments.tail or -1}",
    ]
    words += [f"--{flag}" for flag in ("follow", "timestamps") if getattr(arguments, flag)]
    for flag in _PASSED_ON[1:]:
        if (value := getattr(arguments, flag)) is not None:
            words.append(f"--{flag.replace('_', '-')}={value}")
    return words
