"""expand-spec and expand-vm-spec: a VM with its instancetype and preference written out.

A stored VM is expanded for whoever may expand it. A VM that a user sends may name any object of
its namespace, and the gateway may read all of them: so each is read only if the user may read it
too, by a review of its own.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from api.catalogue import Unavailable
from api.cause import describe_causes
from api.config import KubeVirtConfiguration
from api.expand import expand_vm, find_causes
from api.names import GROUP
from api.sizing import Sizing
from api.vm import VirtualMachine, VirtualMachineStatus
from gateway.answer import answer_json
from gateway.body import decode_body
from gateway.call import Call, Handlers
from gateway.catalogue import Catalogue
from gateway.refusal import Refused, refuse_absent, refuse_state
from gateway.review import Attributes, Reviewer
from gateway.route import VM, RouteKey
from kube.client import ApiError, Client, decode
from kube.resource import VMS, Resource

Json = dict[str, Any]  # a VM as it came, whatever is in it
_KIND: Final = "VirtualMachine"


def build_handlers(
    client: Client,
    reviewer: Reviewer,
    catalogue: Catalogue,
    read_config: Callable[[], KubeVirtConfiguration],
) -> Handlers:
    """Return what serves both."""
    expander = _Expander(client, reviewer, catalogue, read_config)
    return {
        RouteKey(VM, "expand-spec"): expander.expand_stored,
        RouteKey("expand-vm-spec", ""): expander.expand_sent,
    }


class _Expander:
    def __init__(
        self,
        client: Client,
        reviewer: Reviewer,
        catalogue: Catalogue,
        read_config: Callable[[], KubeVirtConfiguration],
    ) -> None:
        self._client = client
        self._reviewer = reviewer
        self._catalogue = catalogue
        self._read_config = read_config

    async def expand_stored(self, call: Call) -> web.Response:
        name = call.target.name
        try:
            raw = await self._client.get(VMS, call.target.namespace, name, msgspec.Raw)
        except ApiError as error:
            if error.not_found:
                raise refuse_absent(VM, name) from error
            raise
        vm = decode(raw, VirtualMachine)
        try:
            sizing = await self._catalogue.find_sizing(vm)
        except Unavailable as error:
            raise refuse_state(VM, name, error.message) from error
        return answer_json(self._expand(decode(raw, dict[str, Any]), vm, sizing))

    async def expand_sent(self, call: Call) -> web.Response:
        item = decode_body(call.body, dict[str, Any])
        namespace = call.target.namespace
        vm = read_sent(item, namespace)

        async def permit(resource: Resource, place: str, name: str) -> None:
            attributes = Attributes(
                "get",
                resource.group,
                resource.version,
                resource.plural,
                namespace=place,
                name=name,
            )
            if not (await self._reviewer.ask(call.user, attributes)).allowed:
                raise Refused(403, f"user {call.user.name!r} cannot get {resource} {name!r}")

        try:
            sizing = await self._catalogue.find_sizing(vm, permit)
        except Unavailable as error:
            raise Refused(400, error.message) from error
        return answer_json(self._expand(item, vm, sizing))

    def _expand(self, item: Json, vm: VirtualMachine, sizing: Sizing) -> Json:
        causes = find_causes(vm, sizing)
        if causes:
            raise Refused(400, describe_causes(causes))
        return build_expanded(item, expand_vm(vm, sizing, self._read_config()))


def read_sent(item: Json, namespace: str) -> VirtualMachine:
    """Return the VM that a user sent, in its namespace; its status counts for nothing."""
    kind, version = item.get("kind", _KIND), item.get("apiVersion", f"{GROUP}/v1")
    if kind != _KIND or str(version).partition("/")[0] != GROUP:
        raise Refused(400, f"the body is no {_KIND} of {GROUP}")
    try:
        vm = msgspec.convert({"metadata": {}, **item, "status": {}}, VirtualMachine)
    except msgspec.ValidationError as error:
        raise Refused(400, f"the body cannot be read: {error}") from error
    if vm.metadata.namespace not in {"", namespace}:
        text = f"the VM is of namespace {vm.metadata.namespace!r}, asked for in {namespace!r}"
        raise Refused(400, text)
    metadata = replace(vm.metadata, namespace=namespace)
    return replace(vm, metadata=metadata, status=VirtualMachineStatus())


def build_expanded(item: Json, expanded: VirtualMachine) -> Json:
    """Return the object as it came, with the expanded spec, and without references to others."""
    built: Json = msgspec.to_builtins(expanded)
    status = {
        key: value
        for key, value in (item.get("status") or {}).items()
        if key not in {"instancetypeRef", "preferenceRef"}
    }
    whole = {"apiVersion": f"{GROUP}/v1", "kind": _KIND, **item, "spec": built["spec"]}
    return {**whole, "status": status} if status else whole
