"""Calls at a steady pace, through the API server to virt-api and to a VM's node, all counted."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.cluster import Cluster
from tests.e2e.door import GROUP, UPGRADE, Door
from tests.e2e.vm import Vm


class Caller(threading.Thread):
    """One kind of call, made at a steady pace over and over; every answer is counted."""

    def __init__(self, door: Door, method: str, path: str, pause: float, good: int) -> None:
        super().__init__(daemon=True)
        self.codes: Counter[object] = Counter()
        self.slowest = 0.0
        self.last_failure = 0.0  # time.monotonic()
        self._call = (method, path)
        self._headers = dict(UPGRADE) if good == 101 else {}
        self._door, self._pause, self._good = door, pause, good
        self._ended = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        for turn in range(1_000_000):
            if self._ended.wait(max(0.0, began + turn * self._pause - time.monotonic())):
                return
            asked = time.monotonic()
            code = self._ask()
            self.codes[code] += 1
            self.slowest = max(self.slowest, time.monotonic() - asked)
            if code != self._good:
                self.last_failure = time.monotonic()

    def _ask(self) -> object:
        try:
            reply = self._door.ask(*self._call, headers=self._headers)
        except (OSError, http.client.HTTPException) as error:
            self._door.close()
            return repr(error)
        if reply.code == self._good:
            return self._good
        return reply.code, reply.body[:200]

    def stop(self) -> None:
        self._ended.set()
        self.join(60)
        self._door.close()

    @property
    def failures(self) -> dict[object, int]:
        return {code: count for code, count in self.codes.items() if code != self._good}


@contextmanager
def keep_calling(cluster: Cluster, vm: Vm) -> Iterator[dict[str, Caller]]:
    """Call all the time: virt-api alone, the node's verbs, the node's consoles."""
    kubeconfig = Path(cluster.kubectl.env["KUBECONFIG"])
    base = f"{GROUP}/v1/namespaces/{cluster.namespace}/virtualmachineinstances/{vm.name}"
    calls = {
        "virt-api": ("GET", f"{GROUP}/v1/version", 0.05, 200),
        "verbs": ("GET", f"{base}/vnc/screenshot", 0.5, 200),
        "consoles": ("GET", f"{base}/console", 0.2, 101),
    }
    callers = {name: Caller(Door(kubeconfig), *call) for name, call in calls.items()}
    for caller in callers.values():
        caller.start()
    try:
        yield callers
    finally:
        for caller in callers.values():
            caller.stop()
