"""ControllerRevisions of a VM: what it was started from, and what it takes from the catalogue."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from api.expand import Sizing
from api.firmware import Firmware
from api.names import LABEL_STARTED_VM, Reason
from api.problem import Problem
from api.revision import is_start_revision, name_start_revision
from api.vm import VirtualMachineInstanceTemplateSpec, VirtualMachineSpec
from api.vmi import VirtualMachineInstance
from controller.vm.keeper import Kept, take_over
from controller.vm.lookup import Lookup
from controller.vm.memory import LiveRead, Memory
from controller.vm.revision import Instance, Json, Revision, select_starts
from controller.vm.seen import Catalogue, Seen, Vm
from controller.vmi.seen import Vmi
from kube.client import ApiError, Client, decode
from kube.object import BareObject
from kube.resource import CONTROLLER_REVISIONS, VMIS, is_segment

log = logging.getLogger(__name__)


class Archive:
    """Reads, writes and drops them."""

    def __init__(self, client: Client, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock

    async def read_started(self, seen: Seen, live: LiveRead) -> None:
        """Read the spec that the VMI was started from; it may be gone."""
        live.started, live.started_read = None, True
        vmi, meta = seen.vmi, seen.vm.metadata
        if vmi is not None and (vmi.metadata.controller is None or seen.adopted):
            live.started = await self._read_own(vmi)
            return
        generation = vmi.metadata.annotations.vm_generation if vmi is not None else None
        if not generation:
            return
        name = name_start_revision(meta.uid, generation)
        try:
            raw = await self._client.get(CONTROLLER_REVISIONS, meta.namespace, name, msgspec.Raw)
        except ApiError as error:
            if not error.not_found:
                raise
            return
        try:
            live.started = decode(raw, Revision).data.spec
        except Problem as problem:
            log.warning("revision of a start unreadable", extra={"error": problem.message})

    async def _read_own(self, vmi: Vmi) -> VirtualMachineSpec | None:
        """Read what a VMI is that no VM here made."""
        meta = vmi.metadata
        try:
            raw = await self._client.get(VMIS, meta.namespace, meta.name, msgspec.Raw)
            whole = decode(raw, VirtualMachineInstance)
        except ApiError as error:
            if not error.not_found:
                raise
            return None
        except Problem as problem:
            log.warning("instance unreadable", extra={"error": problem.message})
            return None
        if whole.metadata.uid != meta.uid:
            return None
        domain = whole.spec.domain
        firmware = domain.firmware or Firmware()
        if not firmware.uuid:  # then it is the VMI's UID
            domain = replace(domain, firmware=replace(firmware, uuid=meta.uid))
        spec = replace(whole.spec, domain=domain)
        return VirtualMachineSpec(VirtualMachineInstanceTemplateSpec(spec))

    async def read_catalogue(self, seen: Seen, memory: Memory, live: LiveRead) -> bool:
        """Find instancetype and preference, and store revisions of them when they are new."""
        if seen.whole is None:
            return False
        try:
            live.catalogue = await Lookup(self._client, seen.whole, memory.wanted).find()
        except ApiError as error:
            memory.refuse(error, self._clock())
            live.catalogue = Catalogue(Sizing(), seen.vm.status, error.message)
        except Problem as problem:
            if problem.retryable:
                raise
            memory.note(Reason.FAILED_CREATE, problem.message, self._clock())
            live.catalogue = Catalogue(Sizing(), seen.vm.status, problem.message)
        return True

    async def create_start(self, vm: Vm, body: Json, memory: Memory) -> bool:
        """Create the revision of a start; one that exists already is as good."""
        try:
            await self._client.create(
                CONTROLLER_REVISIONS, vm.metadata.namespace, body, msgspec.Raw
            )
        except ApiError as error:
            if not error.already_exists:
                memory.refuse(error, self._clock())
                return False
        return True

    async def take_start(self, vm: Vm, instance: msgspec.Raw) -> None:
        """Take over what an adopted instance was started from: the next start drops it."""
        name = decode(instance, Instance).status.virtual_machine_revision_name
        if not is_start_revision(name) or not is_segment(name):
            return
        meta = vm.metadata
        try:
            left = await self._client.get(CONTROLLER_REVISIONS, meta.namespace, name, Kept)
            if left.controller is None and LABEL_STARTED_VM in left.metadata.labels:
                labels = {LABEL_STARTED_VM: meta.uid}
                await take_over(self._client, meta.name, meta.uid, left.metadata, labels)
        except ApiError as error:
            if not error.not_found and not error.conflict:
                raise

    async def drop_starts(self, vm: Vm, keep: str) -> None:
        """Delete what earlier starts left."""
        meta = vm.metadata
        page = await self._client.list(
            CONTROLLER_REVISIONS,
            BareObject,
            namespace=meta.namespace,
            label_selector=select_starts(meta.uid),
        )
        for each in page.items:
            if each.metadata.name != keep:
                await self._drop(each)

    async def _drop(self, revision: BareObject) -> None:
        meta = revision.metadata
        try:
            await self._client.delete(CONTROLLER_REVISIONS, meta.namespace, meta.name, uid=meta.uid)
        except ApiError as error:
            if not error.not_found:
                raise
