"""Tells a launcher that it has less time to end than its pod was given at first.

The kubelet does not: once it is ending a pod, a shorter grace period waits for the first one to
pass (kubernetes/kubernetes#113606, so in 1.35). A stop that is asked for again in a hurry, or a
second `kubectl delete pod`, would change nothing.
"""

import logging
from pathlib import Path
from typing import Final

from api.problem import Problem
from daemon.log import bound
from handler.channel import open_channel
from handler.pod import Pod, find_shorter_grace
from kube.informer import Informer
from kube.object import Key, key_of
from kube.queue import WorkQueue

log = logging.getLogger(__name__)

CALL_SECONDS: Final = 5.0
_WORKERS: Final = 4


class Hurry:
    """Watches the node's pods that are ending."""

    def __init__(self, root: Path, pods: Informer[Pod]) -> None:
        self._root = root
        self._pods = pods
        self._told: dict[str, int] = {}  # seconds, by the UID of a pod that is ending
        self._queue = WorkQueue()
        pods.on_change(self._hear)

    async def run(self) -> None:
        """Tell launchers until cancelled."""
        await self._queue.run(self._work, workers=_WORKERS)

    def _hear(self, old: Pod | None, new: Pod | None) -> None:
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._told.pop(old.metadata.uid, None)
        if new is not None and find_shorter_grace(new) is not None:
            self._queue.add(key_of(new))

    async def _work(self, key: Key) -> None:
        """Tell one launcher; one that cannot be reached is tried again while its pod is there."""
        pod = self._pods.get(key.namespace, key.name)
        seconds = find_shorter_grace(pod) if pod is not None else None
        if pod is None or seconds is None or self._told.get(pod.metadata.uid) == seconds:
            self._queue.forget(key)
            return
        with bound(namespace=key.namespace, pod=key.name):
            try:
                async with open_channel(self._root, pod.metadata.uid) as channel:
                    await channel.shut_down(CALL_SECONDS, seconds)
            except Problem as problem:
                log.warning("launcher not told to hurry", extra={"error": problem.message})
                self._queue.retry(key)
                return
            log.info("launcher told to hurry", extra={"grace_seconds": seconds})
        self._told[pod.metadata.uid] = seconds
        self._queue.forget(key)
