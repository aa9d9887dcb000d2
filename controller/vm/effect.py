"""The hands of the VM controller: each action is one request, idempotent, with its precondition."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from api.names import ANNOTATION_VM_GENERATION, API_VERSION, FINALIZER_VM, Reason
from api.problem import Problem
from api.vm import VirtualMachine, VirtualMachineStatus
from controller.cache import Caches
from controller.merge import pin, plan_merge
from controller.verdict import Emit, RemoveFinalizer
from controller.vm.archive import Archive
from controller.vm.memory import LiveRead, Memory
from controller.vm.revision import Json, build_owner
from controller.vm.seen import ADOPTED, OWNER_KIND, Seen, Vm
from controller.vm.storage import StorageEffects
from controller.vm.verdict import (
    Action,
    AdoptInstance,
    CreateDataVolume,
    CreateInstance,
    CreateRevision,
    DeleteInstance,
    DropRevisions,
    PatchVm,
    ReadCatalogue,
    ReadInstance,
    ReadStarted,
    ReadVm,
)
from controller.vmi.seen import Vmi
from kube.client import ApiError, Client, decode
from kube.event import EventRecorder, Reference
from kube.resource import VMIS, VMS

log = logging.getLogger(__name__)


class Effects:
    """Carries out verdicts on one API server."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        events: EventRecorder,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._caches = caches
        self._events = events
        self._clock = clock
        self._archive = Archive(client, clock)
        self._storage = StorageEffects(client, caches, events, clock)

    async def apply(self, action: Action, seen: Seen, memory: Memory, live: LiveRead) -> bool:
        """Carry out one action; False means that the rest of the verdict no longer holds."""
        match action:
            case Emit(type_, reason, message):
                self._events.emit(_refer_to(seen.vm), type_, reason, message)
            case PatchVm(patch):
                await self._patch_vm(seen.vm, patch, live)
            case RemoveFinalizer():
                await self._remove_finalizer(seen.vm)
            case ReadVm():
                await self._read_vm(seen.vm, live)
            case CreateDataVolume(body):
                return await self._storage.create(seen.vm, body, memory, _refer_to(seen.vm))
            case ReadInstance() | CreateInstance() | AdoptInstance() | DeleteInstance():
                return await self._handle_instance(action, seen, memory, live)
            case _:
                return await self._handle_revision(action, seen, memory, live)
        return True

    async def _handle_instance(
        self,
        action: ReadInstance | CreateInstance | AdoptInstance | DeleteInstance,
        seen: Seen,
        memory: Memory,
        live: LiveRead,
    ) -> bool:
        match action:
            case ReadInstance():
                await self._read_instance(seen.vm, live)
            case CreateInstance(body):
                return await self._create_instance(seen.vm, body, memory, live)
            case AdoptInstance(uid):
                return await self._adopt_instance(seen, uid)
            case DeleteInstance():
                return await self._delete_instance(seen.vm, action)
        return True

    async def _handle_revision(
        self,
        action: ReadStarted | ReadCatalogue | CreateRevision | DropRevisions,
        seen: Seen,
        memory: Memory,
        live: LiveRead,
    ) -> bool:
        match action:
            case ReadStarted():
                await self._archive.read_started(seen, live)
            case ReadCatalogue():
                return await self._archive.read_catalogue(seen, memory, live)
            case CreateRevision(body):
                return await self._archive.create_start(seen.vm, body, memory)
            case DropRevisions(keep):
                await self._archive.drop_starts(seen.vm, keep)
        return True

    async def write_status(self, vm: Vm, status: VirtualMachineStatus, live: LiveRead) -> None:
        """Patch what differs, onto the very version that was seen; nothing when nothing does."""
        changes = plan_merge(vm.status, status)
        if not changes:
            return
        meta = vm.metadata
        patch = {"metadata": pin(vm), "status": changes}
        try:
            raw = await self._client.patch(
                VMS, meta.namespace, meta.name, patch, msgspec.Raw, subresource="status"
            )
        except ApiError as error:
            if not error.not_found:
                raise
            return
        self._take_vm(raw, live if live.version else None)
        log.info("status written", extra={"printable_status": status.printable_status or ""})

    # The VM itself.

    async def _patch_vm(self, vm: Vm, patch: Json, live: LiveRead) -> None:
        metadata = patch.get("metadata")
        pinned = pin(vm) | (metadata if isinstance(metadata, dict) else {})
        try:
            raw = await self._client.patch(
                VMS,
                vm.metadata.namespace,
                vm.metadata.name,
                patch | {"metadata": pinned},
                msgspec.Raw,
            )
        except ApiError as error:
            if error.not_found:
                raise _stale(error) from error
            if not error.retryable:
                self._events.emit(
                    _refer_to(vm), "Warning", Reason.FAILED_UPDATE, f"VM not updated: {error}"
                )
            raise
        self._take_vm(raw, live)

    async def _remove_finalizer(self, vm: Vm) -> None:
        finalizers = [each for each in vm.metadata.finalizers if each != FINALIZER_VM]
        patch = {"metadata": pin(vm) | {"finalizers": finalizers}}
        try:
            answer = await self._client.patch(
                VMS, vm.metadata.namespace, vm.metadata.name, patch, Vm
            )
        except ApiError as error:
            if not error.not_found:
                raise
            return
        self._caches.vms.learn(answer)

    async def _read_vm(self, vm: Vm, live: LiveRead) -> None:
        try:
            raw = await self._client.get(VMS, vm.metadata.namespace, vm.metadata.name, msgspec.Raw)
        except ApiError as error:
            if not error.not_found:
                raise
            raise _stale(error) from error
        self._take_vm(raw, live)

    def _take_vm(self, raw: msgspec.Raw, live: LiveRead | None) -> None:
        """Take in the VM as the server has it now: small for good, whole for this pass."""
        small = decode(raw, Vm)
        self._caches.vms.learn(small)
        if live is None:
            return
        live.version, live.small = small.metadata.resource_version, small
        live.whole, live.unreadable = None, ""
        try:
            live.whole = decode(raw, VirtualMachine)
        except Problem as problem:
            live.unreadable = problem.message

    # Its instance.

    async def _read_instance(self, vm: Vm, live: LiveRead) -> None:
        live.vmi, live.vmi_read = None, True
        try:
            live.vmi = await self._client.get(VMIS, vm.metadata.namespace, vm.metadata.name, Vmi)
        except ApiError as error:
            if not error.not_found:
                raise
            return
        self._caches.vmis.learn(live.vmi)

    async def _create_instance(self, vm: Vm, body: Json, memory: Memory, live: LiveRead) -> bool:
        try:
            vmi = await self._client.create(VMIS, vm.metadata.namespace, body, Vmi)
        except ApiError as error:
            if error.already_exists:
                await self._read_instance(vm, live)
            else:
                memory.refuse(error, self._clock())
            return False
        self._caches.vmis.learn(vmi)
        live.vmi, live.vmi_read = vmi, True
        memory.succeed()
        log.info("instance created", extra={"uid": vmi.metadata.uid})
        return True

    async def _adopt_instance(self, seen: Seen, uid: str) -> bool:
        vmi = seen.vmi
        if vmi is None or vmi.metadata.uid != uid:
            return False
        meta = vmi.metadata
        owners = [msgspec.to_builtins(owner) for owner in meta.owner_references]
        owners.append(build_owner(seen.vm.metadata.name, seen.vm.metadata.uid))
        patch = {
            "metadata": {
                "uid": uid,
                "resourceVersion": meta.resource_version,
                "ownerReferences": owners,
                "annotations": {ANNOTATION_VM_GENERATION: ADOPTED},
            }
        }
        try:
            raw = await self._client.patch(VMIS, meta.namespace, meta.name, patch, msgspec.Raw)
        except ApiError as error:
            if error.not_found:
                raise _stale(error) from error
            raise
        self._caches.vmis.learn(decode(raw, Vmi))
        log.info("instance adopted", extra={"uid": uid})
        await self._archive.take_start(seen.vm, raw)
        return True

    async def _delete_instance(self, vm: Vm, action: DeleteInstance) -> bool:
        version = action.resource_version
        try:
            await self._client.delete(
                VMIS,
                vm.metadata.namespace,
                vm.metadata.name,
                uid=action.uid,
                resource_version=version,
            )
        except ApiError as error:
            if error.conflict and version is not None:
                raise _stale(error) from error
            if not error.not_found:
                raise
            return True
        log.info("instance deleted", extra={"uid": action.uid})
        return True


def _stale(error: ApiError) -> Problem:
    return Problem("StaleView", f"the cache is behind: {error.message}", retryable=True)


def _refer_to(vm: Vm) -> Reference:
    meta = vm.metadata
    return Reference(API_VERSION, OWNER_KIND, meta.namespace, meta.name, meta.uid)
