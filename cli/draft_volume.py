"""Volumes of a VM that `create vm` prints: what each flag means; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.problem import Problem
from cli.parameter import parse_boot_order, parse_parameters, require, split_namespace

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
CONTAINER_DISK: Final = "--volume-containerdisk"
CLAIM: Final = "--volume-pvc"
IMPORT: Final = "--volume-import"
_COMMON: Final = ("name", "src", "bootorder")
_PULLED: Final = (*_COMMON, "pullpolicy")
# Types of imports: the parameters of each, and what CDI calls them in the source. They are listed
# in the order in which a VM without a boot order boots from them.
_NAMED: Final = ("ds", "pvc", "snapshot")  # sources with src:[NAMESPACE/]NAME
_SECRET: Final = {"secretref": "secretRef", "url": "url"}
_CERTIFIED: Final = {**_SECRET, "certconfigmap": "certConfigMap"}
_SOURCES: Final[Mapping[str, Mapping[str, str]]] = {
    "ds": {},
    "pvc": {},
    "snapshot": {},
    "blank": {},
    "gcs": _SECRET,
    "http": {
        **_CERTIFIED,
        "extraheaders": "extraHeaders",
        "secretextraheaders": "secretExtraHeaders",
    },
    "imageio": {**_CERTIFIED, "diskid": "diskId"},
    "registry": {**_CERTIFIED, "imagestream": "imageStream", "pullmethod": "pullMethod"},
    "s3": _CERTIFIED,
    "vddk": {
        **_SECRET,
        "backingfile": "backingFile",
        "initimageurl": "initImageURL",
        "thumbprint": "thumbprint",
        "uuid": "uuid",
    },
}
TYPES: Final = tuple(_SOURCES)
_LISTS: Final = frozenset({"extraheaders", "secretextraheaders"})  # of values between ;


@dataclass(frozen=True, slots=True)
class DraftVolume:
    """A volume, what else the VM needs for it, and whether its claim can have labels."""

    volume: Json
    boot_order: int | None = None
    template: Json | None = None
    labelled: bool = False

    @property
    def name(self) -> str:
        return str(self.volume["name"])


def build_volumes(
    vm: str, disks: Sequence[str], claims: Sequence[str], imports: Sequence[str]
) -> list[DraftVolume]:
    """Return the volumes in the order in which the VM boots from them."""
    imported = [build_import(f"{vm}-import-{index}", text) for index, text in enumerate(imports)]
    volumes = [
        *(build_disk(f"{vm}-containerdisk-{index}", text) for index, text in enumerate(disks)),
        *(build_claim(text) for text in claims),
        *(volume for _, volume in sorted(imported, key=lambda each: each[0])),
    ]
    names = [volume.name for volume in volumes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Problem("BadFlag", f"two volumes are called {twice}; tell them apart by name:NAME")
    return volumes


def build_disk(default: str, text: str) -> DraftVolume:
    """Return a container disk."""
    given = parse_parameters(CONTAINER_DISK, text, _PULLED)
    source = {"image": require(CONTAINER_DISK, given, "src")}
    if "pullpolicy" in given:
        source["imagePullPolicy"] = given["pullpolicy"]
    volume = {"name": given.get("name", default), "containerDisk": source}
    return DraftVolume(volume, parse_boot_order(CONTAINER_DISK, given))


def build_claim(text: str) -> DraftVolume:
    """Return a claim that is there already."""
    given = parse_parameters(CLAIM, text, _COMMON)
    namespace, claim = split_namespace(require(CLAIM, given, "src"))
    if namespace:
        raise Problem("BadFlag", f"{CLAIM}: a claim is of the VM's own namespace, not {namespace}")
    volume = {"name": given.get("name", claim), "persistentVolumeClaim": {"claimName": claim}}
    return DraftVolume(volume, parse_boot_order(CLAIM, given), labelled=True)


def build_import(default: str, text: str) -> tuple[int, DraftVolume]:
    """Return a DataVolume that is made with the VM, and the place of its type in the order."""
    first = next((part for part in text.split(",") if part.startswith("type:")), "")
    type_ = first.removeprefix("type:")
    if type_ not in _SOURCES:
        raise Problem("BadFlag", f"{IMPORT} {text}: type: is one of {', '.join(TYPES)}")
    known = {"type", "name", "size", "bootorder", *_SOURCES[type_]}
    given = parse_parameters(IMPORT, text, sorted(known | ({"src"} if type_ in _NAMED else set())))
    if type_ not in _NAMED:
        require(IMPORT, given, "size")
    name = given.get("name", default)
    requests = {"requests": {"storage": given["size"]}} if "size" in given else {}
    template = {
        "metadata": {"name": name},
        "spec": {**_build_source(type_, given), "storage": {"resources": requests}},
    }
    volume = {"name": name, "dataVolume": {"name": name}}
    order = parse_boot_order(IMPORT, given)
    place = TYPES.index(type_) if type_ in {*_NAMED, "blank"} else len(TYPES)
    return place, DraftVolume(volume, order, template, labelled=type_ in {"ds", "pvc"})


def _build_source(type_: str, given: Mapping[str, str]) -> Json:
    if type_ not in _NAMED:
        if type_ != "blank":
            require(IMPORT, given, "url")
        spelt = _SOURCES[type_]
        fields = {
            spelt[name]: value.split(";") if name in _LISTS else value
            for name, value in given.items()
            if name in spelt
        }
        return {"source": {type_: fields}}
    namespace, name = split_namespace(require(IMPORT, given, "src"))
    scope = {"namespace": namespace} if namespace else {}
    if type_ == "ds":
        return {"sourceRef": {"kind": "DataSource", "name": name, **scope}}
    if not namespace:
        raise Problem("BadFlag", f"{IMPORT} type:{type_} needs src:NAMESPACE/NAME")
    return {"source": {type_: {"name": name, **scope}}}
