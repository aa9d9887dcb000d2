"""Every path of the subresource API, in one table; pure.

Dispatch, authorisation, discovery, OpenAPI and the tests read this table and nothing else, so that
what was authorised is what is served. A path is matched as it came, byte by byte: nothing is
decoded, joined or repaired, and what does not match is nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, NamedTuple

from api.names import SUBRESOURCE_GROUP, SUBRESOURCE_VERSIONS

Method = Literal["GET", "PUT"]
VM: Final = "virtualmachines"
VMI: Final = "virtualmachineinstances"
ROOT: Final = f"/apis/{SUBRESOURCE_GROUP}"
_VERBS: Final[Mapping[Method, str]] = {"GET": "get", "PUT": "update"}

# A path has no other characters than these, so there is nothing in it to decode.
_NAMESPACE: Final = r"(?P<namespace>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
_NAME: Final = r"(?P<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)"
_VERSION: Final = f"(?P<version>{'|'.join(SUBRESOURCE_VERSIONS)})"
_PARAMETER: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_OF_OBJECT: Final = re.compile(
    f"{re.escape(ROOT)}/{_VERSION}/namespaces/{_NAMESPACE}/(?P<resource>{VM}|{VMI})/{_NAME}"
    r"/(?P<rest>[A-Za-z0-9._/-]{1,256})",
    re.ASCII,
)
_OF_NAMESPACE: Final = re.compile(
    f"{re.escape(ROOT)}/{_VERSION}/namespaces/{_NAMESPACE}/(?P<resource>[a-z-]+)", re.ASCII
)
_OF_VERSION: Final = re.compile(f"{re.escape(ROOT)}/{_VERSION}/(?P<resource>[a-z-]+)", re.ASCII)


class RouteKey(NamedTuple):
    """What a handler is registered for."""

    resource: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: an HTTP method on a resource's subresource."""

    resource: str
    subresource: str  # the whole of it, "vnc/screenshot"; "" when the resource itself is called
    method: Method
    summary: str  # one sentence, for OpenAPI and for the docs
    scope: Literal["object", "namespace", "version"] = "object"
    parameters: tuple[str, ...] = ()  # further segments; all but the first may be left out
    body: str = ""  # kind of what is sent, "" for none
    answer: str = ""  # kind of what comes back, "" for none; or a media type
    good: int = 200  # code of an answer that is no refusal
    websocket: bool = False
    feature: str = ""  # set when it is not built: what the answer 501 names
    reviewed: bool = True  # whether the user needs the right to it
    polled: bool = False  # asked for again and again: good answers are not worth a log line

    @property
    def key(self) -> RouteKey:
        return RouteKey(self.resource, self.subresource)

    @property
    def verb(self) -> str:
        """Return the verb of the right that a user needs."""
        return _VERBS[self.method]

    @property
    def path(self) -> str:
        """Return the path below a version, with names in braces."""
        scoped = "" if self.scope == "version" else "/namespaces/{namespace}"
        name = "/{name}" if self.scope == "object" else ""
        rest = f"/{self.subresource}" if self.subresource else ""
        return f"{scoped}/{self.resource}{name}{rest}" + "".join(
            f"/{{{each}}}" for each in self.parameters
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What a path is about."""

    version: str
    namespace: str = ""
    name: str = ""
    parameters: tuple[str, ...] = ()  # as in Route.parameters, those that are there


_vm = partial(Route, VM)
_vmi = partial(Route, VMI)
_vm_later = partial(Route, VM, good=202)
_vmi_later = partial(Route, VMI, good=202)
_socket = partial(Route, VMI, method="GET", websocket=True)
_of_version = partial(Route, subresource="", method="GET", scope="version", reviewed=False)
_PORT: Final = ("port", "protocol")
_FORWARD: Final = "Open a connection to a port of the guest."
_GRAPH: Final = "Read which objects belong to the VM."
_STAY: Final = "Let the VM stay on its node."
_EXPAND: Final = "Read a VM that is sent, with its instancetype and preference in it."
# What is not built yet.
_HOT_PLUG: Final = "volumes that are attached to a running VM"
_DUMP: Final = "memory dumps"
_EVACUATION: Final = "evacuation of nodes"
_GRAPHS: Final = "graphs of objects"
_BACKUP: Final = "backups"
_SEV: Final = "confidential guests (AMD SEV)"

ROUTES: Final[tuple[Route, ...]] = (
    _vm_later("start", "PUT", "Start the VM.", body="StartOptions"),
    _vm_later("stop", "PUT", "Stop the VM.", body="StopOptions"),
    _vm_later("restart", "PUT", "Stop the VM and start it again.", body="RestartOptions"),
    _vm_later("migrate", "PUT", "Move the VM to another node.", body="MigrateOptions"),
    _vm("expand-spec", "GET", "Read the VM with all that it refers to.", answer="VirtualMachine"),
    _vm("portforward", "GET", _FORWARD, parameters=_PORT, websocket=True),
    _vm_later("addvolume", "PUT", "Attach a volume.", body="AddVolumeOptions", feature=_HOT_PLUG),
    _vm_later(
        "removevolume", "PUT", "Detach a volume.", body="RemoveVolumeOptions", feature=_HOT_PLUG
    ),
    _vm_later("memorydump", "PUT", "Write the guest's memory to a claim.", feature=_DUMP),
    _vm_later("removememorydump", "PUT", "Detach a memory dump's claim.", feature=_DUMP),
    _vm("evacuate/cancel", "PUT", _STAY, body="EvacuateCancelOptions", feature=_EVACUATION),
    _vm("objectgraph", "GET", _GRAPH, answer="ObjectGraphNode", feature=_GRAPHS),
    _vmi("pause", "PUT", "Pause the guest.", body="PauseOptions"),
    _vmi("unpause", "PUT", "Let a paused guest go on.", body="UnpauseOptions"),
    _vmi("freeze", "PUT", "Freeze the guest's filesystems.", body="FreezeUnfreezeTimeout"),
    _vmi("unfreeze", "PUT", "Thaw the guest's filesystems."),
    _vmi("reset", "PUT", "Reset the guest's machine."),
    _vmi("softreboot", "PUT", "Ask the guest to boot again."),
    _vmi("guestosinfo", "GET", "Read what the guest's agent tells.", answer="GuestAgentInfo"),
    _vmi("userlist", "GET", "List who is logged in.", answer="GuestOSUserList"),
    _vmi("filesystemlist", "GET", "List the guest's filesystems.", answer="FileSystemList"),
    _vmi("metrics", "GET", "Read what the VMI has used.", answer="GuestMetrics", polled=True),
    _socket("console", summary="Open the serial console."),
    _socket("vnc", summary="Open the graphical console."),
    _vmi("vnc/screenshot", "GET", "Take a picture of the screen.", answer="image/png"),
    _socket("portforward", summary=_FORWARD, parameters=_PORT),
    _vmi_later("addvolume", "PUT", "Attach a volume.", body="AddVolumeOptions", feature=_HOT_PLUG),
    _vmi_later(
        "removevolume", "PUT", "Detach a volume.", body="RemoveVolumeOptions", feature=_HOT_PLUG
    ),
    _socket("usbredir", summary="Redirect a USB device.", feature="USB redirection"),
    _socket("vsock", summary="Open a connection to a port of vsock.", feature="vsock"),
    _vmi("objectgraph", "GET", _GRAPH, answer="ObjectGraphNode", feature=_GRAPHS),
    _vmi("evacuate/cancel", "PUT", _STAY, body="EvacuateCancelOptions", feature=_EVACUATION),
    _vmi("backup", "PUT", "Back the disks up.", body="BackupOptions", feature=_BACKUP),
    _vmi("redefine-checkpoint", "PUT", "Declare a checkpoint anew.", feature=_BACKUP),
    _vmi("sev/fetchcertchain", "GET", "Read the platform's certificates.", feature=_SEV),
    _vmi("sev/querylaunchmeasurement", "GET", "Read the launch's measurement.", feature=_SEV),
    _vmi("sev/setupsession", "PUT", "Set the session up.", feature=_SEV),
    _vmi("sev/injectlaunchsecret", "PUT", "Inject a secret.", feature=_SEV),
    Route(
        "expand-vm-spec",
        "",
        "PUT",
        _EXPAND,
        scope="namespace",
        body="VirtualMachine",
        answer="VirtualMachine",
    ),
    _of_version("version", summary="Read the version.", answer="Info"),
    _of_version("healthz", summary="Ask whether calls can be served.", answer="Health"),
    _of_version("guestfs", summary="Read which image has libguestfs.", answer="GuestfsInfo"),
)

Methods = Mapping[Method, Route]


def _index() -> dict[RouteKey, dict[Method, Route]]:
    found: dict[RouteKey, dict[Method, Route]] = {}
    for route in ROUTES:
        found.setdefault(route.key, {})[route.method] = route
    return found


_BY_KEY: Final[Mapping[RouteKey, Methods]] = _index()
_WITH_PARAMETERS: Final = {route.key: len(route.parameters) for route in ROUTES if route.parameters}


def find_routes(path: str) -> tuple[Methods, Target] | None:
    """Return what can be done with a path, by HTTP method; None where there is no such path."""
    if (match := _OF_OBJECT.fullmatch(path)) is not None:
        return _find_of_object(match)
    for pattern, scope in ((_OF_NAMESPACE, "namespace"), (_OF_VERSION, "version")):
        if (match := pattern.fullmatch(path)) is not None:
            routes = _BY_KEY.get(RouteKey(match["resource"], ""), {})
            if any(route.scope == scope for route in routes.values()):
                named = match.groupdict()
                return routes, Target(named["version"], named.get("namespace", ""))
    return None


def _find_of_object(match: re.Match[str]) -> tuple[Methods, Target] | None:
    target = Target(match["version"], match["namespace"], match["name"])
    whole = RouteKey(match["resource"], match["rest"])
    if whole in _BY_KEY and whole not in _WITH_PARAMETERS:
        return _BY_KEY[whole], target
    subresource, *parameters = match["rest"].split("/")
    key = RouteKey(match["resource"], subresource)
    fits = 0 < len(parameters) <= _WITH_PARAMETERS.get(key, 0)
    if not fits or not all(_PARAMETER.fullmatch(each) for each in parameters):
        return None
    return _BY_KEY[key], replace(target, parameters=tuple(parameters))
