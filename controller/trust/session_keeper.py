"""The loop around the keys that seal the pages' sessions."""

import logging
import os
from collections.abc import Callable
from datetime import datetime

from api.names import (
    COMPONENT_CONTROLLER,
    LABEL_COMPONENT,
    LABEL_MANAGED_BY,
    SECRET_UI_KEYS,
)
from api.problem import Problem
from api.ui_key import KEY_BYTES, read_keys, spell_time
from controller.clock import read_clock
from controller.merge import Json, pin
from controller.trust.object import Secret
from controller.trust.session_key import KeyPlan, plan_keys
from kube.client import Client
from kube.informer import Informer
from kube.object import Key
from kube.queue import WorkQueue
from kube.resource import SECRETS

log = logging.getLogger(__name__)


class SessionKeeper:
    """Keeps one Secret."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        *,
        clock: Callable[[], datetime] = read_clock,
        make_key: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._clock = clock
        self._make_key = make_key
        self._key = Key(namespace, SECRET_UI_KEYS)
        selector = f"metadata.name={SECRET_UI_KEYS}"
        self.informer = Informer(
            client, SECRETS, Secret, namespace=namespace, field_selector=selector
        )
        self.informer.on_change(lambda _old, _new: self.queue.add(self._key))
        self.queue = WorkQueue()

    async def run(self) -> None:
        """Work until cancelled; somebody else runs the informer."""
        await self.informer.synced.wait()
        self.queue.add(self._key)
        await self.queue.run(self.work, workers=1)

    async def work(self, key: Key) -> None:
        """Bring the Secret up to date; what may work next time is tried again with back-off."""
        old = next(iter(self.informer), None)
        now = int(self._clock().timestamp())
        plan = plan_keys(read_keys(old.data) if old is not None else {}, now)
        try:
            if plan.changes:
                await self._write(old, plan, now)
        except Problem as problem:
            seconds = self.queue.retry(key)
            extra = {"error": str(problem), "seconds": round(seconds, 2)}
            log.warning("session keys not up to date", extra=extra)
        else:
            self.queue.forget(key)
            self.queue.add_later(key, 0.0 if plan.changes else plan.look_again)

    async def _write(self, old: Secret | None, plan: KeyPlan, now: int) -> None:
        """Create the Secret, or change the very one that we saw."""
        data: Json = {spell_time(made): None for made in plan.drops}
        if plan.adds:
            data[spell_time(now)] = self._make_key(KEY_BYTES)
        if old is None:
            body = _build(self._namespace, data)
            answer = await self._client.create(SECRETS, self._namespace, body, Secret)
        else:
            patch: Json = {"metadata": pin(old), "data": data}
            answer = await self._client.patch(
                SECRETS, self._namespace, SECRET_UI_KEYS, patch, Secret
            )
        self.informer.learn(answer)
        log.info("session keys written", extra={"made": plan.adds, "dropped": len(plan.drops)})


def _build(namespace: str, data: Json) -> Json:
    labels = {LABEL_COMPONENT: COMPONENT_CONTROLLER, LABEL_MANAGED_BY: COMPONENT_CONTROLLER}
    metadata = {"name": SECRET_UI_KEYS, "namespace": namespace, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": metadata,
        "data": data,
    }
