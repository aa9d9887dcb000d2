"""Storing what a VM takes from the catalogue in a revision that is the VM's own."""

import json

import msgspec

from api.problem import Problem
from api.vm import VirtualMachine
from controller.vm.catalogue import build_revision, list_names
from controller.vm.revision import Json, build_owner
from kube.client import ApiError, Client
from kube.object import Meta, OwnerReference
from kube.resource import CONTROLLER_REVISIONS

_DECIDING = ("kind", "spec")  # the parts of the data that a VM is made from


class Kept(msgspec.Struct, frozen=True):
    """A ControllerRevision that exists, whatever it holds."""

    metadata: Meta
    data: object = None

    @property
    def controller(self) -> OwnerReference | None:
        return next((each for each in self.metadata.owner_references if each.controller), None)


class Keeper:
    """Stores for one VM."""

    def __init__(self, client: Client, vm: VirtualMachine) -> None:
        self._client = client
        self._vm = vm

    async def keep(self, kind: str, meta: Meta, item: Json) -> str:
        """Store the object as it is now; return the name of the revision."""
        names = list_names(self._vm, meta)
        for name in names:
            if await self._try(build_revision(self._vm, name, kind, meta, item), name):
                return name
        text = f"ControllerRevision {names[-1]} is being deleted, or holds something else"
        raise Problem("RevisionTaken", f"{text}; delete it")

    async def _try(self, body: Json, name: str) -> bool:
        """Create the revision, or use what has its name; False when that is not the VM's.

        It may be a leftover of an earlier VM of this name, about to be collected with it.
        """
        namespace = self._vm.metadata.namespace
        try:
            await self._client.create(CONTROLLER_REVISIONS, namespace, body, msgspec.Raw)
        except ApiError as error:
            if not error.already_exists:
                raise
        else:
            return True
        try:
            found = await self._client.get(CONTROLLER_REVISIONS, namespace, name, Kept)
            return await self._claim(found, body)
        except ApiError as error:
            if not error.not_found:
                raise
            return False

    async def _claim(self, found: Kept, body: Json) -> bool:
        """True when the revision is the VM's; one that nobody owns becomes the VM's."""
        data = body["data"]
        assert isinstance(data, msgspec.Raw)
        if found.metadata.deletion_timestamp or not _holds_same(
            found.data, json.loads(bytes(data))
        ):
            return False
        vm = self._vm.metadata
        if found.controller is not None:
            return found.controller.uid == vm.uid
        await take_over(self._client, vm.name, vm.uid, found.metadata)
        return True


async def take_over(
    client: Client, vm_name: str, vm_uid: str, meta: Meta, labels: dict[str, str] | None = None
) -> None:
    """Make the VM the owner of a revision that was left without one."""
    owners = [msgspec.to_builtins(each) for each in meta.owner_references]
    patch: dict[str, object] = {
        "uid": meta.uid,
        "resourceVersion": meta.resource_version,
        "ownerReferences": [*owners, build_owner(vm_name, vm_uid)],
    }
    if labels:
        patch["labels"] = labels
    await client.patch(
        CONTROLLER_REVISIONS, meta.namespace, meta.name, {"metadata": patch}, msgspec.Raw
    )


def _holds_same(data: object, wanted: Json) -> bool:
    return isinstance(data, dict) and all(data.get(key) == wanted[key] for key in _DECIDING)
