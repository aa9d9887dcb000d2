"""The webhooks: from an AdmissionReview's bytes to the answer's."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final, ParamSpec

import msgspec
from msgspec.structs import replace

from api.bound import describe_struct
from api.config import KubeVirtConfiguration
from api.instancetype import VirtualMachineInstancetype
from api.preference import VirtualMachinePreference
from api.problem import Problem
from api.replica_set import VirtualMachineInstanceReplicaSet
from api.vm import VirtualMachine
from api.vmi import VirtualMachineInstance
from gateway.admission.lookup import LOOKUP_SECONDS, look_up
from gateway.admission.review import (
    Answer,
    Request,
    StructT,
    blame,
    read_object,
    read_review,
    write_answer,
)
from gateway.admission.template import judge_catalogue, judge_replica_set
from gateway.admission.vm import (
    Found,
    asks_catalogue,
    changes_machine,
    default_vm,
    judge_vm,
    needs_preference,
)
from gateway.admission.vmi import default_vmi, judge_changed_vmi, judge_new_vmi
from gateway.call import Webhook, Webhooks
from gateway.catalogue import Catalogue
from gateway.refusal import Refused
from kube.client import ApiError, Client
from kube.object import BareObject
from kube.resource import VMIS

log = logging.getLogger(__name__)

_UPDATE: Final = "UPDATE"

Judge = Callable[[Request], Awaitable[Answer]]
P = ParamSpec("P")


def build_webhooks(
    client: Client, catalogue: Catalogue, read_config: Callable[[], KubeVirtConfiguration]
) -> Webhooks:
    """Return all webhooks by their paths, which are KubeVirt's."""
    for struct in (VirtualMachine, VirtualMachineInstancetype, VirtualMachinePreference):
        describe_struct(struct)  # takes 0.1 s once; not on the way of the first request
    judges = Judges(client, catalogue, read_config)
    objects = ("instancetypes", "clusterinstancetypes", "preferences", "clusterpreferences")
    table: dict[str, Judge] = {
        "/virtualmachines-mutate": judges.default_vm,
        "/virtualmachines-validate": judges.judge_vm,
        "/virtualmachineinstances-mutate": judges.default_vmi,
        "/virtualmachineinstances-validate-create": judges.judge_new_vmi,
        "/virtualmachineinstances-validate-update": judges.judge_changed_vmi,
        "/virtualmachinereplicaset-validate": judges.judge_replica_set,
        **{f"/virtualmachine{each}-validate": judges.judge_catalogue for each in objects},
    }
    return {path: _serve(path, judge) for path, judge in table.items()}


def _serve(path: str, judge: Judge) -> Webhook:
    async def answer(body: bytes) -> bytes:
        try:
            request = read_review(body)
        except Problem as problem:
            raise Refused(400, problem.message) from problem
        said = await judge(request)
        if said.causes:
            extra = {"webhook": path, "namespace": request.namespace, "object": request.name}
            log.info("refused", extra=extra | {"causes": len(said.causes)})
        return write_answer(request, said)

    return answer


class Judges:
    """What is said of each kind; the judgement is pure, this reads what it needs."""

    def __init__(
        self,
        client: Client,
        catalogue: Catalogue,
        read_config: Callable[[], KubeVirtConfiguration],
    ) -> None:
        self._client = client
        self._catalogue = catalogue
        self._read_config = read_config
        self._turn = asyncio.Semaphore(1)

    async def _think(self, judge: Callable[P, Answer], *args: P.args, **named: P.kwargs) -> Answer:
        """Judge beside the event loop: a large object takes seconds, and nobody proves to be the
        API server, which would send no such object."""
        async with self._turn:
            return await asyncio.to_thread(judge, *args, **named)

    async def judge_vm(self, request: Request) -> Answer:
        try:
            vm, old = _read_vms(request)
        except Problem as problem:
            return Answer((blame(problem),))
        found = Found()
        if asks_catalogue(vm) and changes_machine(vm, old):
            found = await look_up(self._catalogue, vm, old)
        return await self._think(judge_vm, vm, old, self._read_config(), found)

    async def default_vm(self, request: Request) -> Answer:
        """Fill in what a VM lacks. What cannot be read is left to whoever refuses it."""
        try:
            vm, old = _read_vms(request)
        except Problem:
            return Answer()
        sizing = None
        if needs_preference(vm):
            sizing = (await look_up(self._catalogue, vm, old)).sizing
        identity = ""
        if old is None and not await self._may_take_over(vm):
            identity = str(uuid.uuid4())
        config = self._read_config()
        raw = _read_raw(request)
        patch = default_vm(raw, vm, old, config, sizing=sizing, identity=identity)
        return Answer(patch=patch)

    async def default_vmi(self, request: Request) -> Answer:
        try:
            vmi = read_object(request.object, VirtualMachineInstance)
            uid = str(uuid.uuid4())
            return Answer(patch=default_vmi(_read_raw(request), vmi, self._read_config(), uid))
        except Problem:
            return Answer()

    async def judge_new_vmi(self, request: Request) -> Answer:
        return await self._judge(
            VirtualMachineInstance, request, lambda new, _: judge_new_vmi(new, self._read_config())
        )

    async def judge_changed_vmi(self, request: Request) -> Answer:
        return await self._judge(
            VirtualMachineInstance,
            request,
            lambda new, old: judge_changed_vmi(new, new if old is None else old),
        )

    async def judge_replica_set(self, request: Request) -> Answer:
        return await self._judge(
            VirtualMachineInstanceReplicaSet,
            request,
            lambda new, old: judge_replica_set(new, old, self._read_config()),
        )

    async def judge_catalogue(self, request: Request) -> Answer:
        kind = request.kind.kind
        if kind.endswith("Preference"):
            return await self._judge(
                VirtualMachinePreference, request, lambda new, _: judge_catalogue(new)
            )
        return await self._judge(
            VirtualMachineInstancetype, request, lambda new, _: judge_catalogue(new)
        )

    async def _judge(
        self,
        type_: type[StructT],
        request: Request,
        judge: Callable[[StructT, StructT | None], Answer],
    ) -> Answer:
        try:
            new = read_object(request.object, type_)
            old = _read_old(request, type_)
        except Problem as problem:
            return Answer((blame(problem),))
        return await self._think(judge, new, old)

    async def _may_take_over(self, vm: VirtualMachine) -> bool:
        """Say whether there may be a VMI of a new VM's name, whose guest it would take over."""
        meta = vm.metadata
        if not meta.name:
            return False
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                await self._client.get(VMIS, meta.namespace, meta.name, BareObject)
        except ApiError as error:
            return not error.not_found
        except (Problem, TimeoutError):
            return True
        return True


def _read_vms(request: Request) -> tuple[VirtualMachine, VirtualMachine | None]:
    vm = read_object(request.object, VirtualMachine)
    if not vm.metadata.namespace:
        vm = replace(vm, metadata=replace(vm.metadata, namespace=request.namespace))
    return vm, _read_old(request, VirtualMachine)


def _read_old(request: Request, type_: type[StructT]) -> StructT | None:
    """Return what is stored; None where nothing is, or nothing that can be read."""
    if request.operation != _UPDATE:
        return None
    try:
        return read_object(request.old_object, type_)
    except Problem:
        return None


def _read_raw(request: Request) -> dict[str, Any]:  # Any: any object
    raw: dict[str, Any] = msgspec.json.decode(request.object)
    return raw
