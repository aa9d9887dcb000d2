"""`kubectl virt why`: the one sentence that tells why a VM does not run."""

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from api.names import GROUP
from api.problem import Problem
from cli.explanation import explain
from cli.kubectl import NOT_FOUND, Json, Kubectl
from cli.output import add_output, render

_VM: Final = f"virtualmachines.{GROUP}"
_VMI: Final = f"virtualmachineinstances.{GROUP}"
_RESOURCES: Final = {
    **dict.fromkeys(("vm", "vms", "virtualmachine", "virtualmachines", _VM), _VM),
    **dict.fromkeys(
        ("vmi", "vmis", "virtualmachineinstance", "virtualmachineinstances", _VMI), _VMI
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    text = "name of a VM, else of a VMI; vm/NAME and vmi/NAME look for just that"
    parser.add_argument("target", metavar="[TYPE/]NAME", help=text)
    add_output(parser)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Print the sentence, or all that is known about it."""
    explanation = explain(find(arguments.target, kubectl), datetime.now(UTC))
    if arguments.output:
        print(render(asdict(explanation), arguments.output), end="")
    else:
        print(explanation.message)
    return 0


def find(target: str, kubectl: Kubectl) -> Json:
    """Read the VM, or the VMI that belongs to none."""
    word, slash, name = target.rpartition("/")
    if slash:
        if word.lower() not in _RESOURCES:
            tells = f"of {target} tells: kubectl describe {word} {name}"
            raise Problem("UnknownType", f"why takes vm/NAME and vmi/NAME; {tells}")
        return kubectl.get(_RESOURCES[word.lower()], name)
    try:
        return kubectl.get(_VM, name)
    except Problem as no_vm:
        if no_vm.slug != NOT_FOUND:
            raise
        try:
            return kubectl.get(_VMI, name)
        except Problem as no_vmi:
            raise (no_vm if no_vmi.slug == NOT_FOUND else no_vmi) from None
