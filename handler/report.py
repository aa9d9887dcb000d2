"""Keeps the status of this node's VMs true: one record a pod, one writer a record."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from api.launch import LaunchDocument
from api.names import API_VERSION, COMPONENT_LAUNCHER, FINAL_PHASES, LABEL_COMPONENT, Phase
from api.problem import Problem
from api.status import VirtualMachineInstanceGuestOSInfo
from daemon.log import bound
from handler.budget import Budget
from handler.domain import DomainState
from handler.metric import STATUS_WRITES, VmiLine
from handler.pod import Pod, Vmi, find_vmi_uid, has_ended, read_document
from handler.status import build_operations
from handler.supervise import Supervisor
from handler.verb import Guest
from handler.verdict import ALIVE, Note, Seen, decide
from kube.client import ApiError, Client
from kube.event import EventRecorder, Reference
from kube.informer import Informer
from kube.object import Key, key_of
from kube.queue import WorkQueue
from kube.resource import PODS, VMIS

log = logging.getLogger(__name__)

WORKERS: Final = 4
# No launcher can make us write more often than this; the last word is always written.
BURST_WRITES: Final = 10
WRITES_PER_SECOND: Final = 0.5
POD_SELECTOR: Final = f"{LABEL_COMPONENT}={COMPONENT_LAUNCHER}"


@dataclass(slots=True)
class Record:
    """What we know of one launcher's pod; the launcher's news arrive here."""

    pod: Pod
    vmi_uid: str
    document: LaunchDocument | None
    changed: Callable[[], None]
    domain: DomainState | None = None
    system: VirtualMachineInstanceGuestOSInfo | None = None
    responsive: bool = True
    latest: Vmi | None = None  # as the server answered us last
    looked_up: bool = False
    final: bool = False  # nothing is left to say
    pod_gone: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)
    writes: Budget = field(default_factory=lambda: Budget(BURST_WRITES, WRITES_PER_SECOND))

    def take_state(self, state: DomainState) -> None:
        if state != self.domain:
            self.domain = state
            self.changed()

    def take_system(self, system: VirtualMachineInstanceGuestOSInfo) -> None:
        if system != self.system:
            self.system = system
            self.changed()

    def take_contact(self, responsive: bool) -> None:
        if responsive != self.responsive:
            self.responsive = responsive
            self.changed()

    def stop_following(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Reporter:
    """Turns pods and launchers' states into status patches, as few as possible."""

    def __init__(
        self,
        client: Client,
        pods: Informer[Pod],
        vmis: Informer[Vmi],
        events: EventRecorder,
        *,
        supervise: Callable[[str, Record], Supervisor],
        tidy: Callable[[str], None] = lambda _pod_uid: None,
    ) -> None:
        self._client = client
        self._vmis = vmis
        self._events = events
        self._supervise = supervise
        self._tidy = tidy
        self._queue = WorkQueue()
        self._records: dict[Key, Record] = {}
        self._pods = pods
        pods.on_change(self._take_pod)
        vmis.on_change(self._take_vmi)

    def list_lines(self) -> Iterator[VmiLine]:
        """Yield this node's VMs for the metrics."""
        for key, record in self._records.items():
            vmi = self._newest_vmi(key, record)
            connected = record.domain is not None and record.responsive and not record.final
            phase = vmi.status.phase if vmi else Phase.SCHEDULING
            yield VmiLine(key.namespace, key.name, phase, connected)

    def find_guest(self, namespace: str, name: str, vmi_uid: str) -> Guest | None:
        """Return who runs this very VMI; nothing when it is not here, or is another."""
        key = Key(namespace, name)
        record = self._records.get(key)
        if record is None or record.vmi_uid != vmi_uid or record.pod_gone:
            return None
        vmi = self._newest_vmi(key, record)
        told = record.domain.phase if record.domain else None
        # After our own restart the launcher is to be asked before it has said anything.
        running = told in ALIVE or (told is None and vmi is not None and _runs(vmi))
        return Guest(record.pod.metadata.uid, running and not record.final)

    async def run(self) -> None:
        """Work until cancelled; both caches are whole before the first decision."""
        try:
            await self._pods.synced.wait()
            await self._vmis.synced.wait()
            await self._queue.run(self._work, workers=WORKERS)
        finally:
            for record in self._records.values():
                record.stop_following()

    def _take_pod(self, old: Pod | None, new: Pod | None) -> None:
        pod = new or old
        if pod is None:
            return
        key = key_of(pod)
        record = self._records.get(key)
        if record is not None and record.pod.metadata.uid != pod.metadata.uid:
            self._drop(key, record)
            record = None
        if new is None:
            if pod.deleted or has_ended(pod):
                self._tidy(pod.metadata.uid)
            if record is not None:
                record.pod_gone = True
        elif record is not None:
            record.pod = new
        elif vmi_uid := find_vmi_uid(new):
            record = Record(new, vmi_uid, read_document(new), lambda: self._queue.add(key))
            self._records[key] = record
            self._follow(key, record)
        self._queue.add(key)

    def _take_vmi(self, old: Vmi | None, new: Vmi | None) -> None:
        """Look again when somebody changed the phase; details wait for our own next change.

        During an update two handlers are on the node: they must not correct each other forever.
        """
        if new is not None and (old is None or old.status.phase != new.status.phase):
            key = key_of(new)
            if key in self._records:
                self._queue.add(key)

    def _follow(self, key: Key, record: Record) -> None:
        """Start the launcher's task, unless its pod has ended already."""
        if has_ended(record.pod):
            return
        uid = record.pod.metadata.uid
        with bound(namespace=key.namespace, vm=key.name, pod=uid):
            following = self._supervise(uid, record).run()
            record.task = asyncio.create_task(following, name=f"launcher {key}")
        # A bug that one launcher brings out is no reason to leave all others alone.
        record.task.add_done_callback(_note_end)

    def _drop(self, key: Key, record: Record) -> None:
        record.stop_following()
        self._records.pop(key, None)

    async def _work(self, key: Key) -> None:
        record = self._records.get(key)
        if record is None:
            return
        with bound(namespace=key.namespace, vm=key.name, pod=record.pod.metadata.uid):
            try:
                await self._report(key, record)
            except Problem as problem:
                STATUS_WRITES.labels("failed").inc()
                if isinstance(problem, ApiError) and await self._is_over(key, record, problem):
                    record.final = True
                else:
                    seconds = self._queue.retry(key)
                    text = {"error": problem.message, "retry_seconds": round(seconds, 1)}
                    log.warning("status not written", extra=text)
            else:
                self._queue.forget(key)
        self._clean(key, record)

    async def _report(self, key: Key, record: Record) -> None:
        """Decide and write; look closer first when the caches may lag."""
        if record.final:
            return
        verdict = decide(self._observe(key, record))
        if verdict.look_up and not await self._look_up(key, record):
            record.final = True
            return
        if verdict.look_up:
            verdict = decide(self._observe(key, record))
        wait_seconds = 0.0 if verdict.final else record.writes.count_wait()
        if verdict.patch and wait_seconds:
            self._queue.add_later(key, wait_seconds)
            return
        if verdict.patch:
            record.writes.spend()
            operations = build_operations(record.vmi_uid, verdict.patch)
            record.latest = await self._client.patch(
                VMIS, key.namespace, key.name, operations, Vmi, kind="json", subresource="status"
            )
            STATUS_WRITES.labels("ok").inc()
            log.info("status written", extra={"phase": record.latest.status.phase})
        record.final = verdict.final
        if verdict.note is not None:
            self.emit(key.namespace, key.name, record.vmi_uid, verdict.note)

    def _observe(self, key: Key, record: Record) -> Seen:
        return Seen(
            pod=record.pod,
            now=datetime.now(UTC),
            document=record.document,
            domain=record.domain,
            system=record.system,
            responsive=record.responsive,
            vmi=self._newest_vmi(key, record),
            looked_up=record.looked_up,
        )

    def _newest_vmi(self, key: Key, record: Record) -> Vmi | None:
        """Return the VMI from cache or from our last answer, whichever is younger."""
        cached = self._vmis.get(key.namespace, key.name)
        if cached is not None and cached.metadata.uid != record.vmi_uid:
            cached = None
        if cached is None or record.latest is None:
            return cached or record.latest
        return max(cached, record.latest, key=_version_of)

    async def _look_up(self, key: Key, record: Record) -> bool:
        """Read VMI and pod from the server: who asked for the end? False: the VMI is another."""
        vmi = await self._client.get(VMIS, key.namespace, key.name, Vmi)
        if vmi.metadata.uid != record.vmi_uid:
            return False
        record.latest = vmi
        if not vmi.deleted and not record.pod.deleted:
            try:
                pod = await self._client.get(PODS, key.namespace, key.name, Pod)
            except ApiError as error:
                if not error.not_found:
                    raise
            else:
                if pod.metadata.uid == record.pod.metadata.uid:
                    record.pod = pod
        record.looked_up = True
        return True

    async def _is_over(self, key: Key, record: Record, error: ApiError) -> bool:
        """Tell whether a refusal means that there is nothing left to write."""
        if error.not_found:
            return True
        if error.code not in {409, 422}:
            return False
        try:
            vmi = await self._client.get(VMIS, key.namespace, key.name, Vmi)
        except ApiError as again:
            return again.not_found
        except Problem:
            return False
        record.latest = vmi
        return vmi.metadata.uid != record.vmi_uid or vmi.status.phase in FINAL_PHASES

    def emit(self, namespace: str, name: str, vmi_uid: str, note: Note) -> None:
        """Write an event about a VMI."""
        about = Reference(API_VERSION, "VirtualMachineInstance", namespace, name, vmi_uid)
        self._events.emit(about, note.type, note.reason, note.message)

    def _clean(self, key: Key, record: Record) -> None:
        """End what needs no more watching, and forget what needs no more writing."""
        if record.final or record.pod_gone or has_ended(record.pod):
            record.stop_following()
        unsaid = record.domain is not None and record.domain.stop is not None and not record.final
        if record.pod_gone and not unsaid and self._records.get(key) is record:
            self._drop(key, record)


def _note_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("following a launcher failed", exc_info=error, extra={"task": task.get_name()})


def _runs(vmi: Vmi) -> bool:
    return vmi.status.phase == Phase.RUNNING


def _version_of(vmi: Vmi) -> int:
    """Return the resourceVersion as the number that it is."""
    text = vmi.metadata.resource_version
    return int(text) if text.isdecimal() else 0
