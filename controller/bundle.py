"""The bundle's installation: instancetypes and preferences that every cluster has.

An object of the bundle is ours when it has our label; one of the same name that somebody else
made is left alone. What users add to an object stays, what they change is changed back.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from api.bundle import Json, build_instancetypes, build_preferences, to_manifest
from api.names import COMPONENT_CONTROLLER, LABEL_MANAGED_BY
from api.problem import Problem
from controller.cache import Caches
from kube.client import Client
from kube.object import BareObject, Key, Tag
from kube.queue import WorkQueue
from kube.resource import CLUSTER_INSTANCETYPES, CLUSTER_PREFERENCES, Resource

log = logging.getLogger(__name__)

_RESOURCES: Final = {
    str(resource): resource for resource in (CLUSTER_INSTANCETYPES, CLUSTER_PREFERENCES)
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, by name."""

    create: dict[str, Json] = field(default_factory=dict)
    mend: dict[str, Json] = field(default_factory=dict)
    delete: tuple[str, ...] = ()


def plan_bundle(there: Mapping[str, Json], wanted: Mapping[str, Json], enabled: bool) -> Plan:
    """Return what makes the objects that are there those of the bundle, or removes them."""
    ours = {name for name, item in there.items() if _is_ours(item)}
    if not enabled:
        return Plan(delete=tuple(sorted(ours)))
    return Plan(
        create={name: item for name, item in wanted.items() if name not in there},
        mend={
            name: item
            for name, item in wanted.items()
            if name in ours and not _contains(there[name], item)
        },
    )


def _is_ours(item: Json) -> bool:
    labels = item["metadata"].get("labels", {})
    return bool(labels.get(LABEL_MANAGED_BY) == COMPONENT_CONTROLLER)


def _contains(whole: object, part: object) -> bool:
    """Say whether all that a part says is so in the whole, which may say more."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _contains(whole[key], value) for key, value in part.items())
    return whole == part


class Bundle:
    """Installs the bundle, and again whatever of it goes or is changed."""

    def __init__(self, client: Client, caches: Caches) -> None:
        self._client = client
        self._caches = caches
        self._wanted = {
            str(CLUSTER_INSTANCETYPES): _by_name(map(to_manifest, build_instancetypes())),
            str(CLUSTER_PREFERENCES): _by_name(map(to_manifest, build_preferences())),
        }
        self.queue = WorkQueue()

    def connect(self) -> None:
        """Look at once, and when the objects or the installation's settings change."""
        for informer in self._caches.catalogue:
            resource = str(informer.resource)
            if resource in self._wanted:
                informer.on_change(partial(self._hear, resource))
        self._caches.kubevirts.on_change(lambda _old, _new: self._look())
        self._look()

    def _look(self) -> None:
        for resource in self._wanted:
            self.queue.add(Key("", resource))

    def _hear(self, resource: str, old: Tag | None, new: Tag | None) -> None:
        tag = new or old
        if tag is not None and tag.metadata.name in self._wanted[resource]:
            self.queue.add(Key("", resource))

    async def work(self, key: Key) -> None:
        """Make the objects of one kind what they should be."""
        try:
            await self._install(_RESOURCES[key.name], self._wanted[key.name])
        except Problem as problem:
            log.warning("bundle not installed", extra={"kind": key.name, "error": problem.message})
            self.queue.retry(key)
        else:
            self.queue.forget(key)

    async def _install(self, resource: Resource, wanted: Mapping[str, Json]) -> None:
        deployment = self._caches.config.common_instancetypes_deployment
        page = await self._client.list(resource, Json)
        plan = plan_bundle(_by_name(page.items), wanted, deployment is None or deployment.enabled)
        for item in plan.create.values():
            await self._client.create(resource, None, item, BareObject)
        for name, item in plan.mend.items():
            await self._client.patch(resource, None, name, item, BareObject)
        for name in plan.delete:
            await self._client.delete(resource, None, name)
        if plan != Plan():
            counts = {name: len(getattr(plan, name)) for name in ("create", "mend", "delete")}
            log.info("bundle installed", extra={"kind": str(resource), **counts})


def _by_name(items: Iterable[Json]) -> dict[str, Json]:
    return {item["metadata"]["name"]: item for item in items}
