"""`kubectl virt plan`: what becomes of a manifest, offline: the domain, the pod, the rules.

Controller and launcher draw their parts as programs of their own: what one writes for the other,
the launch document, is all that they share here as well (docs/adr/0010-plan-runs-programs.md).
"""

import argparse
import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.names import ANNOTATION_LAUNCH_DOCUMENT, GROUP
from api.problem import Problem
from cli.expand import expand
from cli.flag import add_switch
from cli.kubectl import Json, Kubectl
from cli.output import render
from cli.own import build_environment

PARTS: Final = ("domain", "pod", "nft")
_LAUNCHER: Final = "virtpod/launcher"
_KINDS: Final = frozenset({"VirtualMachine", "VirtualMachineInstance"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    text = "manifest of one VM or VMI, and of what it uses; - for stdin"
    parser.add_argument("-f", "--file", required=True, metavar="FILE", help=text)
    text = f"just one part: {', '.join(PARTS)}"
    parser.add_argument("-o", "--output", choices=PARTS, metavar="PART", help=text)
    add_switch(parser, "--emulation", help="of a cluster that allows to do without KVM")
    text = "the launcher's image, as it is to stand in the pod"
    parser.add_argument("--launcher-image", default=_LAUNCHER, metavar="IMAGE", help=text)


def run(arguments: argparse.Namespace, _: Kubectl) -> int:
    """Print the plan."""
    items = read_items(arguments.file)
    developer = {"useEmulation": arguments.emulation}
    pod = run_program(
        "controller.preview",
        {
            "item": find_item(items, arguments.file),
            "launcher": arguments.launcher_image,
            "configuration": {"developerConfiguration": developer},
            "blocks": list_blocks(items),
        },
    )
    document = json.loads(pod["metadata"]["annotations"][ANNOTATION_LAUNCH_DOCUMENT])
    drawn = run_program("launcher.preview", document)
    parts = {
        "domain": str(drawn["domain"]),
        "pod": render(pod, "yaml"),
        "nft": json.dumps(drawn["nft"], indent=1) + "\n",
    }
    if arguments.output:
        print(parts[arguments.output], end="")
    else:
        print("\n".join(f"# {name}\n{text}" for name, text in parts.items()), end="")
    return 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The objects of a manifest, asked as if they were a cluster's."""

    items: list[Json]
    file: str

    def get(self, resource: str, name: str, namespace: str = "") -> Json:  # noqa: ARG002
        """Return the object of whatever namespace; a Problem when it is not in the file."""
        plural = resource.partition(".")[0]
        for item in self.items:
            if f"{item.get('kind', '').lower()}s" == plural and _name_of(item) == name:
                return item
        hint = "add it, or let a cluster write it out: kubectl virt expand -f FILE"
        raise Problem("NotFound", f"the {plural} {name} of the VM is not in {self.file}; {hint}")


def find_item(items: list[Json], file: str) -> Json:
    """Return the VM or VMI, with its instancetype and preference written out."""
    found = [item for item in items if item.get("kind") in _KINDS and _group_of(item) == GROUP]
    if len(found) != 1:
        kinds = ", ".join(str(item.get("kind")) for item in items) or "nothing"
        raise Problem("NotOneVm", f"{file} should hold one VM or VMI; it holds {kinds}")
    if not _name_of(found[0]):
        raise Problem("NoName", f"the {found[0]['kind']} of {file} has no name")
    if found[0]["kind"] == "VirtualMachine":
        return expand(found[0], Shelf(items, file))
    return found[0]


def list_blocks(items: list[Json]) -> list[str]:
    """Return the claims among them that are block devices."""
    claims = [item for item in items if item.get("kind") == "PersistentVolumeClaim"]
    return [_name_of(claim) for claim in claims if claim["spec"].get("volumeMode") == "Block"]


def read_items(file: str) -> list[Json]:
    """Return the objects of a manifest, of a List as well; asks nobody."""
    yaml: Any = importlib.import_module("yaml")
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        documents = [item for item in yaml.safe_load_all(text) if item is not None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Problem("Unreadable", f"cannot read {file}: {error}") from error
    if not all(isinstance(item, dict) for item in documents):
        raise Problem("Unreadable", f"{file} holds what is no object of Kubernetes")
    lists = [item["items"] if item.get("kind") == "List" else [item] for item in documents]
    return [item for items in lists for item in items]


def run_program(module: str, request: Json) -> Json:
    """Run a program of ours that answers JSON with JSON; what it refuses is a Problem."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(request).encode(),
        stdout=subprocess.PIPE,
        check=False,
        env=build_environment(),
    )
    if done.returncode != 0:
        raise Problem("PlanFailed", f"{module} ended with status {done.returncode}")
    answer: Json = json.loads(done.stdout)
    if "problem" in answer:
        raise Problem("Refused", str(answer["problem"]))
    return answer


def _name_of(item: Json) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _group_of(item: Json) -> str:
    return str(item.get("apiVersion", "")).partition("/")[0]
