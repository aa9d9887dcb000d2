"""The hand that makes a VM's DataVolumes."""

import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from api.names import Reason
from api.problem import Problem
from controller.cache import Caches
from controller.data_volume import DataVolume
from controller.vm.memory import Memory
from controller.vm.revision import Json
from controller.vm.seen import Vm
from kube.client import ApiError, Client
from kube.event import EventRecorder, Reference
from kube.resource import DATA_VOLUMES

log = logging.getLogger(__name__)

_LETTERS: Final = 1024


class StorageEffects:
    """Makes DataVolumes; never changes one."""

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

    async def create(self, vm: Vm, body: Json, memory: Memory, about: Reference) -> bool:
        """Create one; what exists already is used as it is, whosever it is."""
        metadata = body["metadata"]
        assert isinstance(metadata, dict)
        name, namespace = str(metadata["name"]), vm.metadata.namespace
        try:
            made = await self._client.create(DATA_VOLUMES, namespace, body, DataVolume)
        except ApiError as error:
            if error.already_exists:
                await self._read(namespace, name, memory)
                return False
            # A webhook of CDI's that does not answer is told like its refusal.
            if error.retryable and error.code != HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            reason = _find_reason(error)
            text = f"DataVolume {name} cannot be made: {error.message[:_LETTERS]}"
            memory.note(reason, text, self._clock())
            self._events.emit(about, "Warning", reason, text)
            return False
        self._caches.data_volumes.learn(made)
        memory.succeed()
        log.info("data volume created", extra={"data_volume": name})
        return True

    async def _read(self, namespace: str, name: str, memory: Memory) -> None:
        try:
            found = await self._client.get(DATA_VOLUMES, namespace, name, DataVolume)
        except ApiError as error:
            if not error.not_found:
                raise
            text = f"the cache is behind: {error.message}"
            raise Problem("StaleView", text, retryable=True) from error
        except Problem as problem:  # it does not fit its type, which is why no cache has it
            text = f"DataVolume {name} cannot be used: {problem.message}"
            memory.note(Reason.FAILED_DATA_VOLUME_CREATE, text, self._clock())
            return
        self._caches.data_volumes.learn(found)


def _find_reason(error: ApiError) -> Reason:
    if error.code == HTTPStatus.FORBIDDEN and not error.quota_exceeded:
        return Reason.UNAUTHORIZED_DATA_VOLUME_CREATE
    return Reason.FAILED_DATA_VOLUME_CREATE
