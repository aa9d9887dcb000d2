"""Verbs of VMs that the controller carries out: what they write is decided in api/verb.py."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from api.meta import ApiStruct
from api.verb import (
    Plan,
    Refusal,
    RestartOptions,
    StartOptions,
    StopOptions,
    Target,
    Write,
    is_live,
    plan_restart,
    plan_start,
    plan_stop,
)
from api.vm import VirtualMachine
from api.vmi import VirtualMachineInstance
from gateway.answer import answer_nothing
from gateway.body import decode_body, read_dry_run
from gateway.call import Call, Handlers
from gateway.machine import MachineReader
from gateway.refusal import Refused, refuse_state
from gateway.route import VM, RouteKey
from kube.client import ApiError, Client
from kube.resource import VMIS, VMS, Resource

# How often a verb is decided on before whoever asks is told that others are always faster.
_ATTEMPTS: Final = 4

OptionsT = TypeVar("OptionsT", StartOptions, StopOptions, RestartOptions)
Planner = Callable[[VirtualMachine, VirtualMachineInstance | None, OptionsT], Plan]

_PLACES: Final[Mapping[Target, tuple[Resource, str | None]]] = {
    Target.VM: (VMS, None),
    Target.VM_STATUS: (VMS, "status"),
    Target.VMI: (VMIS, None),
}


class MigrateOptions(ApiStruct, frozen=True):
    """Body of a migrate."""

    dry_run: tuple[str, ...] = ()
    """All: only say what would happen."""


def build_handlers(client: Client, machines: MachineReader) -> Handlers:
    """Return what serves the verbs of VMs."""
    power = _Power(client, machines)
    return {
        RouteKey(VM, "start"): partial(power.change, StartOptions, plan_start),
        RouteKey(VM, "stop"): partial(power.change, StopOptions, plan_stop),
        RouteKey(VM, "restart"): partial(power.change, RestartOptions, plan_restart),
        RouteKey(VM, "migrate"): power.migrate,
    }


class _Power:
    def __init__(self, client: Client, machines: MachineReader) -> None:
        self._client = client
        self._machines = machines

    async def change(
        self, type_: type[OptionsT], plan: Planner[OptionsT], call: Call
    ) -> web.Response:
        options = decode_body(call.body, type_)
        dry_run = read_dry_run(options.dry_run)
        namespace, name = call.target.namespace, call.target.name
        for attempt in range(1, _ATTEMPTS + 1):
            planned = plan(*await self._machines.read_both(namespace, name), options)
            if isinstance(planned, Refusal):
                raise Refused(planned.code, planned.message, reason=planned.reason)
            try:
                for write in planned:
                    await self._write(write, namespace, name, dry_run=dry_run)
                break
            except ApiError as error:
                # the controller writes the same status: what was read is decided on anew
                if attempt == _ATTEMPTS or not is_overtaken(error):
                    raise translate_refusal(error, name) from error
        return answer_nothing(call.route.good)

    async def migrate(self, call: Call) -> web.Response:
        read_dry_run(decode_body(call.body, MigrateOptions).dry_run)
        name = call.target.name
        _, vmi = await self._machines.read_both(call.target.namespace, name)
        if not is_live(vmi):
            raise refuse_state(VM, name, "VM is not running")
        raise refuse_state(VM, name, "virtpod cannot migrate VMs yet")

    async def _write(self, write: Write, namespace: str, name: str, *, dry_run: bool) -> None:
        resource, subresource = _PLACES[write.target]
        await self._client.patch(
            resource,
            namespace,
            name,
            write.patch,
            msgspec.Raw,
            kind="json",
            subresource=subresource,
            dry_run=dry_run,
        )


def is_overtaken(error: ApiError) -> bool:
    """Say whether a write was refused because what it was decided on is no longer so.

    A failed test of a JSON patch is 422 as an invalid object is, but names no cause.
    """
    return error.not_found or error.conflict or (error.code == 422 and not error.causes)


def translate_refusal(error: ApiError, name: str) -> Refused | ApiError:
    """Return what the API server's refusal of a write is to who asked for a verb of the VM."""
    if is_overtaken(error):
        return refuse_state(VM, name, "it was changed meanwhile; try again")
    if error.code in {400, 403, 409, 422}:  # of admission: whoever it was, it told why
        return Refused(400 if error.code == 422 else error.code, error.message)
    return error
