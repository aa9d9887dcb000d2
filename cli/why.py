"""`kubectl virt why`: the one sentence that tells why a VM does not run."""

import argparse
from dataclasses import asdict
from datetime import UTC, datetime

from api.problem import Problem
from cli.explanation import explain
from cli.kubectl import NOT_FOUND, Json, Kubectl
from cli.output import add_output, render
from cli.target import VM, VMI, find_kind


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
        kind = find_kind(word, (VM, VMI))
        if kind is None:
            tells = f"of {target} tells: kubectl describe {word} {name}"
            raise Problem("UnknownType", f"why takes vm/NAME and vmi/NAME; {tells}")
        return kubectl.get(kind.resource, name)
    try:
        return kubectl.get(VM.resource, name)
    except Problem as no_vm:
        if no_vm.slug != NOT_FOUND:
            raise
        try:
            return kubectl.get(VMI.resource, name)
        except Problem as no_vmi:
            raise (no_vm if no_vmi.slug == NOT_FOUND else no_vmi) from None
