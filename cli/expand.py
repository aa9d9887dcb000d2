"""`kubectl virt expand`: a VM with its instancetype and preference written out.

What it prints is a manifest: it can be applied, for this VM or under another name, so what the
API server, controllers or kubectl keep in the object is left out.
"""

import argparse
import sys
from typing import Final

import msgspec

from api.cause import Cause
from api.expand import (
    Sizing,
    expand_spec,
    expand_vm,
    find_annotation_conflicts,
    find_conflicts,
    find_unmet,
)
from api.names import ANNOTATION_LAST_APPLIED, GROUP
from api.problem import Problem
from api.vm import VirtualMachine
from cli.catalogue import find_sizing
from cli.kubectl import Json, Kubectl
from cli.output import add_output, render

_KIND: Final = "VirtualMachine"
_KEPT_BY_OTHERS: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("name", metavar="NAME", nargs="?", help="a VM of the cluster")
    source.add_argument("--vm", metavar="NAME", help="the same")
    source.add_argument("-f", "--file", metavar="FILE", help="a manifest of a VM; - for stdin")
    add_output(parser, default="yaml")


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Print the VM; one that the API server would refuse is refused in its words."""
    item = _read(arguments, kubectl)
    vm = _convert(item)
    sizing = find_sizing(vm, kubectl)
    causes = find_causes(vm, sizing)
    if causes:
        print(describe_refusal(vm, causes), file=sys.stderr)
        return 1
    print(render(build_manifest(item, expand_vm(vm, sizing)), arguments.output), end="")
    return 0


def find_causes(vm: VirtualMachine, sizing: Sizing) -> tuple[Cause, ...]:
    """Return what keeps instancetype and preference from being used by this VM."""
    template = vm.spec.template
    conflicts = (
        *find_conflicts(template.spec, sizing),
        *find_annotation_conflicts(template.metadata.annotations, sizing),
    )
    return conflicts or find_unmet(expand_spec(template.spec, sizing), sizing)


def describe_refusal(vm: VirtualMachine, causes: tuple[Cause, ...]) -> str:
    """Say it as kubectl says what the API server answers."""
    head = f'The {_KIND} "{vm.metadata.name}" is invalid: '
    if len(causes) == 1:
        return f"{head}{causes[0].field}: {causes[0].message}"
    return "\n* ".join((head, *(f"{cause.field}: {cause.message}" for cause in causes)))


def build_manifest(item: Json, expanded: VirtualMachine) -> Json:
    """Return the object as its user would write it, with the expanded spec."""
    built: Json = msgspec.to_builtins(expanded)
    own = {key: value for key, value in item.items() if key != "status"}
    return {**own, "metadata": _strip_metadata(item["metadata"]), "spec": built["spec"]}


def _strip_metadata(metadata: Json) -> Json:
    """Return the metadata without what is not the user's."""
    own = {key: value for key, value in metadata.items() if key not in _KEPT_BY_OTHERS}
    annotations = own.pop("annotations", None) or {}
    annotations = {k: v for k, v in annotations.items() if k != ANNOTATION_LAST_APPLIED}
    return {**own, "annotations": annotations} if annotations else own


def _read(arguments: argparse.Namespace, kubectl: Kubectl) -> Json:
    name = arguments.name if arguments.vm is None else arguments.vm
    if name is not None:
        return kubectl.get(f"virtualmachines.{GROUP}", name)
    items = kubectl.read_file(arguments.file)
    vms = [item for item in items if item.get("kind") == _KIND]
    if len(vms) != 1:
        found = ", ".join(str(item.get("kind")) for item in items) or "nothing"
        raise Problem("NotOneVm", f"{arguments.file} should hold one {_KIND}; it holds {found}")
    return vms[0]


def _convert(item: Json) -> VirtualMachine:
    try:
        return msgspec.convert(item, VirtualMachine)
    except msgspec.ValidationError as error:
        name = item["metadata"]["name"]
        raise Problem("Unreadable", f'The {_KIND} "{name}" is invalid: {error}') from error
