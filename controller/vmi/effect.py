"""The controller's hands: each action is one request, idempotent, with its precondition."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from api.names import API_VERSION, FINALIZER_VMI, LABEL_RUNS_VMS, Reason
from api.problem import Problem
from api.vmi import VirtualMachineInstance
from controller.cache import Caches
from controller.merge import pin, plan_merge
from controller.namespace import Namespaces
from controller.refusal import plan_refusal
from controller.verdict import Emit, RemoveFinalizer
from controller.vmi.memory import LiveRead, Memory
from controller.vmi.pod_view import OWNER_KIND, Pod, PodEvent
from controller.vmi.seen import Look, Seen, Vmi, VmiStatus
from controller.vmi.trouble import Trouble, find_newest
from controller.vmi.verdict import (
    Action,
    AddFinalizer,
    CreatePod,
    DeletePod,
    DropPod,
    MarkNamespace,
    ReadEvents,
    ReadInstance,
    ReadPod,
)
from kube.client import ApiError, Client, decode
from kube.event import EventRecorder, Reference
from kube.resource import EVENTS, PODS, VMIS

log = logging.getLogger(__name__)

# Of a pod that never ran. 0 would be by force, and there is never a reason for that.
_DROP_GRACE_SECONDS: Final = 1
_MAX_EVENTS: Final = 100


class Effects:
    """Carries out verdicts on one API server."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        namespaces: Namespaces,
        events: EventRecorder,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._caches = caches
        self._namespaces = namespaces
        self._events = events
        self._clock = clock

    async def apply(self, action: Action, seen: Seen, memory: Memory, live: LiveRead) -> bool:
        """Carry out one action; False means that the rest of the verdict no longer holds."""
        match action:
            case AddFinalizer():
                await self._add_finalizer(seen.vmi, memory, live)
            case RemoveFinalizer():
                await self._remove_finalizer(seen.vmi)
            case ReadInstance() | ReadPod() | ReadEvents():
                await self._read(action, seen.vmi, memory, live)
            case MarkNamespace():
                return await self._mark_namespace(seen.vmi, memory)
            case CreatePod(body):
                return await self._create_pod(body, seen.vmi, memory, live)
            case DeletePod(uid, grace_seconds):
                await self._delete_pod(seen.vmi, uid, grace_seconds)
            case DropPod(uid, trouble):
                await self._delete_pod(seen.vmi, uid, _DROP_GRACE_SECONDS)
                self._refuse(memory, trouble, uid)
            case Emit(type_, reason, message):
                self._events.emit(_refer_to(seen.vmi), type_, reason, message)
        return True

    async def _read(
        self,
        action: ReadInstance | ReadPod | ReadEvents,
        vmi: Vmi,
        memory: Memory,
        live: LiveRead,
    ) -> None:
        match action:
            case ReadInstance():
                await self._read_instance(vmi, memory, live)
            case ReadPod():
                await self._read_pod(vmi, live)
            case ReadEvents(uid):
                await self._read_events(vmi, uid, memory)

    async def write_status(self, vmi: Vmi, status: VmiStatus) -> None:
        """Patch what differs, onto the very object that was seen; nothing when nothing does."""
        changes = plan_merge(vmi.status, status)
        if not changes:
            return
        meta = vmi.metadata
        patch = {"metadata": pin(vmi), "status": changes}
        try:
            answer = await self._client.patch(
                VMIS, meta.namespace, meta.name, patch, Vmi, subresource="status"
            )
        except ApiError as error:
            if not error.not_found:
                raise
            return
        self._caches.vmis.learn(answer)
        log.info("status written", extra={"phase": status.phase, "reason": status.reason or ""})

    async def _add_finalizer(self, vmi: Vmi, memory: Memory, live: LiveRead) -> None:
        finalizers = [*vmi.metadata.finalizers, FINALIZER_VMI]
        patch = {"metadata": pin(vmi) | {"finalizers": finalizers}}
        try:
            raw = await self._client.patch(
                VMIS, vmi.metadata.namespace, vmi.metadata.name, patch, msgspec.Raw
            )
        except ApiError as error:
            if not error.not_found:
                raise
            raise _gone(error) from error
        self._caches.vmis.learn(decode(raw, Vmi))
        _remember(raw, memory, live)

    async def _remove_finalizer(self, vmi: Vmi) -> None:
        finalizers = [each for each in vmi.metadata.finalizers if each != FINALIZER_VMI]
        patch = {"metadata": pin(vmi) | {"finalizers": finalizers}}
        try:
            answer = await self._client.patch(
                VMIS, vmi.metadata.namespace, vmi.metadata.name, patch, Vmi
            )
        except ApiError as error:
            if not error.not_found:
                raise
            return
        self._caches.vmis.learn(answer)

    async def _read_instance(self, vmi: Vmi, memory: Memory, live: LiveRead) -> None:
        try:
            raw = await self._client.get(
                VMIS, vmi.metadata.namespace, vmi.metadata.name, msgspec.Raw
            )
        except ApiError as error:
            if not error.not_found:
                raise
            raise _gone(error) from error
        _remember(raw, memory, live)

    async def _read_pod(self, vmi: Vmi, live: LiveRead) -> None:
        live.pod, live.pod_read = None, True
        try:
            live.pod = await self._client.get(PODS, vmi.metadata.namespace, vmi.metadata.name, Pod)
        except ApiError as error:
            if not error.not_found:
                raise

    async def _mark_namespace(self, vmi: Vmi, memory: Memory) -> bool:
        """Without the label the namespace is not guarded, and gets no privileged pod."""
        try:
            await self._namespaces.mark(vmi.metadata.namespace)
        except ApiError as error:
            if error.retryable:
                raise
            text = f"the namespace cannot be given the label {LABEL_RUNS_VMS}: {error.message}"
            self._refuse(memory, Trouble(Reason.FAILED_CREATE, text))
            return False
        return True

    async def _create_pod(
        self, body: dict[str, object], vmi: Vmi, memory: Memory, live: LiveRead
    ) -> bool:
        try:
            pod = await self._client.create(PODS, vmi.metadata.namespace, body, Pod)
        except ApiError as error:
            if error.already_exists:
                await self._read_pod(vmi, live)
            elif error.retryable:
                raise
            else:
                reason = Reason.QUOTA_EXCEEDED if error.quota_exceeded else Reason.FAILED_CREATE
                self._refuse(memory, Trouble(reason, error.message))
            return False
        self._caches.pods.learn(pod)
        memory.take_pod(pod)
        live.pod_read = False
        log.info("pod created", extra={"pod": pod.metadata.name, "pod_uid": pod.metadata.uid})
        return True

    def _refuse(self, memory: Memory, trouble: Trouble, pod_uid: str = "") -> None:
        """Remember why there is no pod, and when to try again: less and less often."""
        memory.refusal = plan_refusal(
            trouble.reason, trouble.message, self._clock(), memory.refusals, pod_uid=pod_uid
        )
        memory.refusals += 1
        log.info("pod refused", extra={"reason": trouble.reason, "error": trouble.message})

    async def _read_events(self, vmi: Vmi, pod_uid: str, memory: Memory) -> None:
        page = await self._client.list(
            EVENTS,
            PodEvent,
            namespace=vmi.metadata.namespace,
            field_selector=f"involvedObject.uid={pod_uid}",
            limit=_MAX_EVENTS,
        )
        memory.look = Look(self._clock(), find_newest(page.items))

    async def _delete_pod(self, vmi: Vmi, uid: str, grace_seconds: int) -> None:
        meta = vmi.metadata
        try:
            await self._client.delete(
                PODS, meta.namespace, meta.name, uid=uid, grace_seconds=grace_seconds
            )
        except ApiError as error:
            if not error.not_found:
                raise
            return
        log.info("pod deleted", extra={"pod_uid": uid, "grace_seconds": grace_seconds})


def _gone(error: ApiError) -> Problem:
    """Our cache lags: what we work on is there no more, which is no fault of anybody."""
    return Problem("StaleView", f"the VM is gone already: {error.message}", retryable=True)


def _remember(raw: msgspec.Raw, memory: Memory, live: LiveRead) -> None:
    live.whole_read = True
    memory.whole, memory.unreadable = None, ""
    try:
        memory.whole = decode(raw, VirtualMachineInstance)
    except Problem as problem:
        memory.unreadable = problem.message


def _refer_to(vmi: Vmi) -> Reference:
    meta = vmi.metadata
    return Reference(API_VERSION, OWNER_KIND, meta.namespace, meta.name, meta.uid)
