"""`kubectl virt expand`: a VM with its instancetype and preference written out.

What it prints is a manifest: it can be applied, for this VM or under another name, so what the
API server, controllers or kubectl keep in the object is left out.
"""

import argparse
from typing import Final

import msgspec

from api.cause import Cause
from api.expand import expand_vm, find_causes
from api.names import ANNOTATION_LAST_APPLIED, GROUP
from api.problem import Problem
from api.vm import VirtualMachine
from cli.catalogue import Reader, find_sizing
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
    print(render(expand(_read(arguments, kubectl), kubectl), arguments.output), end="")
    return 0


def expand(item: Json, reader: Reader) -> Json:
    """Return the manifest of the VM with its instancetype and preference written out."""
    vm = _convert(item)
    sizing = find_sizing(vm, reader)
    causes = find_causes(vm, sizing)
    if causes:
        raise Problem("Invalid", describe_refusal(vm, causes))
    return build_manifest(item, expand_vm(vm, sizing))


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
