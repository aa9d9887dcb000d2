"""The CRDs, generated from the API structs.

``python -m api.crd`` writes manifests/crds and docs/fields.md.

``--check`` writes nothing and fails when the committed files differ from what would be written.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from api.bound import Schema
from api.device import Devices
from api.field import render_fields
from api.kubevirt import KubeVirt
from api.meta import ApiStruct
from api.names import GROUP, VERSION
from api.rule import AnyRule, Rule
from api.schema import ListKeys, build_schema
from api.status import VirtualMachineInstanceStatus
from api.validate import RULES
from api.vmi import VirtualMachineInstance, VirtualMachineInstanceSpec

OLD_VERSION: Final = "v1alpha3"
ROOT: Final = Path(__file__).parent.parent
CRDS: Final = "manifests/crds"

LIST_KEYS: Final[ListKeys] = {
    (Devices, "disks"): ("name",),
    (Devices, "interfaces"): ("name",),
    (VirtualMachineInstanceSpec, "volumes"): ("name",),
    (VirtualMachineInstanceSpec, "networks"): ("name",),
    (VirtualMachineInstanceSpec, "resourceClaims"): ("name",),
    (VirtualMachineInstanceSpec, "topologySpreadConstraints"): (
        "topologyKey",
        "whenUnsatisfiable",
    ),
    (VirtualMachineInstanceStatus, "conditions"): ("type",),
    (VirtualMachineInstanceStatus, "phaseTransitionTimestamps"): ("phase",),
    (VirtualMachineInstanceStatus, "volumeStatus"): ("name",),
}

# What only the API server can see: the object before a change.
TRANSITION_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        VirtualMachineInstance,
        "update of VMI object is restricted: the spec of a VM that exists cannot be changed",
        "self.spec == oldSelf.spec",
        None,
        ".spec",
    ),
    Rule(
        VirtualMachineInstance,
        "a final phase is never left",
        "!(oldSelf.?status.?phase.orValue('') in ['Succeeded', 'Failed']) || "
        "self.?status.?phase.orValue('') == oldSelf.status.phase",
        None,
        ".status.phase",
    ),
)


def build_crds() -> dict[str, Schema]:
    """Return all CRDs by the name of their file."""
    return {
        "virtualmachineinstances.yaml": _build_crd(
            VirtualMachineInstance,
            (*RULES, *TRANSITION_RULES),
            plural="virtualmachineinstances",
            short_names=("vmi", "vmis"),
            labels={GROUP: ""},
            columns=_VMI_COLUMNS,
            selectable=(".status.nodeName", ".status.phase"),
        ),
        "kubevirts.yaml": _build_crd(
            KubeVirt,
            RULES,
            plural="kubevirts",
            short_names=("kv", "kvs"),
            labels={f"operator.{GROUP}": ""},
            columns=_KUBEVIRT_COLUMNS,
        ),
    }


def _column(name: str, path: str, wide: bool = False, kind: str = "string") -> Schema:
    priority = {"priority": 1} if wide else {}
    return {"name": name, "type": kind, "jsonPath": path, **priority}


def _condition_column(name: str, condition: str, wide: bool = False) -> Schema:
    return _column(name, f".status.conditions[?(@.type=='{condition}')].status", wide)


_AGE: Final = _column("Age", ".metadata.creationTimestamp", kind="date")
_VMI_COLUMNS: Final = (
    _AGE,
    _column("Phase", ".status.phase"),
    _column("IP", ".status.interfaces[0].ipAddress"),
    _column("NodeName", ".status.nodeName"),
    _condition_column("Ready", "Ready"),
    _condition_column("Live-Migratable", "LiveMigratable", wide=True),
    _condition_column("Paused", "Paused", wide=True),
    _condition_column("Agent", "AgentConnected", wide=True),
    _column("Memory", ".status.memory.guestCurrent", wide=True),
    _column("Reason", ".status.reason", wide=True),
)
_KUBEVIRT_COLUMNS: Final = (_AGE, _column("Phase", ".status.phase"))


def _build_crd(
    struct: type[ApiStruct],
    rules: tuple[AnyRule, ...],
    *,
    plural: str,
    short_names: tuple[str, ...],
    labels: Mapping[str, str],
    columns: tuple[Schema, ...],
    selectable: tuple[str, ...] = (),
) -> Schema:
    kind = struct.__name__
    root = _build_root(struct, rules)
    version: Schema = {
        "served": True,
        "additionalPrinterColumns": list(columns),
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": root},
    }
    fields = {"selectableFields": [{"jsonPath": path} for path in selectable]} if selectable else {}
    warning = f"{GROUP}/{OLD_VERSION} is deprecated; use {GROUP}/{VERSION}"
    old = {"deprecated": True, "deprecationWarning": warning, "storage": False}
    # without descriptions, because kubectl apply copies the CRD into an annotation of 256 KiB
    old_schema = {"schema": {"openAPIV3Schema": _drop_descriptions(root)}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}", "labels": dict(labels)},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "shortNames": list(short_names),
                "categories": ["all"],
            },
            "versions": [
                {"name": VERSION, "storage": True, **version, **fields},
                {"name": OLD_VERSION, **old, **version, **old_schema},
            ],
        },
    }


def _build_root(struct: type[ApiStruct], rules: tuple[AnyRule, ...]) -> Schema:
    """Return the schema of a whole object; its metadata is the API server's affair."""
    schema = build_schema(struct, rules, LIST_KEYS)
    properties = schema["properties"]
    properties["metadata"] = {"type": "object"}
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    # Always there, so that a JSON patch can add a field to it.
    properties["status"]["default"] = {}
    schema["required"] = ["spec"]
    return schema


def _drop_descriptions(schema: Schema) -> Schema:
    kept = {key: value for key, value in schema.items() if key != "description"}
    if "properties" in kept:
        properties = kept["properties"].items()
        kept["properties"] = {name: _drop_descriptions(part) for name, part in properties}
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key] = _drop_descriptions(kept[key])
    return kept


def render_files() -> dict[str, str]:
    """Return the texts of all generated files, by their path."""
    crds = build_crds()
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(crds),
    }
    manifests = {**crds, "kustomization.yaml": kustomization}
    rendered = {f"{CRDS}/{name}": _render(manifest) for name, manifest in manifests.items()}
    return {**rendered, "docs/fields.md": render_fields()}


def _render(manifest: Schema) -> str:
    text: str = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=100)
    return f"# Generated by `python -m api.crd`; change api/ instead.\n{text}"


class _Dumper(yaml.CSafeDumper):
    """Writes equal parts out again: Kubernetes' YAML readers should meet no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - yaml passes any object
        return True


def find_stale(root: Path) -> list[str]:
    """Return the paths of files that differ from what would be written, or should not be."""
    files = render_files()
    strangers = {f"{CRDS}/{path.name}" for path in (root / CRDS).glob("*.yaml")} - files.keys()
    there = {path: (root / path).read_text() for path in files if (root / path).exists()}
    return sorted(strangers | {path for path in files if files[path] != there.get(path)})


def main(arguments: list[str] | None = None) -> int:
    """Write the generated files, or check them."""
    parser = argparse.ArgumentParser(prog="python -m api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    if parser.parse_args(arguments).check:
        stale = find_stale(ROOT)
        if stale:
            sys.stderr.write(f"{', '.join(stale)}: stale; run `python -m api.crd`\n")
        return 1 if stale else 0
    for path, text in render_files().items():
        (ROOT / path).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
