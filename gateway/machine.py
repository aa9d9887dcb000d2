"""VMs, their instances and pods, as the API server has them now."""

import asyncio
from typing import Final

import msgspec

from api.names import FINAL_PHASES
from api.vm import VirtualMachine
from api.vmi import VirtualMachineInstance
from gateway.call import GuestPod
from gateway.refusal import Refused, refuse_absent, refuse_state
from gateway.route import VM, VMI
from kube.client import ApiError, Client
from kube.object import Meta
from kube.resource import PODS, VMIS, VMS

NOT_RUNNING: Final = "VMI is not running"


class PodAddress(msgspec.Struct, frozen=True):
    """One of a pod's IP addresses."""

    ip: str


class PodStatus(msgspec.Struct, frozen=True, rename={"pod_ips": "podIPs"}):
    """What is used of a pod's status."""

    pod_ips: tuple[PodAddress, ...] = ()


class Pod(msgspec.Struct, frozen=True):
    """What is used of a pod."""

    metadata: Meta
    status: PodStatus = PodStatus()


class MachineReader:
    """Reads them with the gateway's own account: ask first whether the user may."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read_vm(self, namespace: str, name: str) -> VirtualMachine:
        """Return the VM, or raise Refused (404)."""
        try:
            return await self._client.get(VMS, namespace, name, VirtualMachine)
        except ApiError as error:
            raise _translate(error, VM, name) from error

    async def read_vmi(self, namespace: str, name: str) -> VirtualMachineInstance:
        """Return the VMI, or raise Refused (404)."""
        try:
            return await self._client.get(VMIS, namespace, name, VirtualMachineInstance)
        except ApiError as error:
            raise _translate(error, VMI, name) from error

    async def read_both(
        self, namespace: str, name: str
    ) -> tuple[VirtualMachine, VirtualMachineInstance | None]:
        """Return the VM and its instance; one of that name that is not the VM's is left out."""
        vm, vmi = await asyncio.gather(
            self.read_vm(namespace, name), self._find_vmi(namespace, name)
        )
        owned = vmi is not None and any(
            owner.uid == vm.metadata.uid for owner in vmi.metadata.owner_references
        )
        return vm, vmi if owned else None

    async def read_pod(self, vmi: VirtualMachineInstance) -> GuestPod:
        """Return the pod that the guest runs in, or raise Refused (409).

        The controller writes which pods are the VMI's. One that merely has the name is not.
        """
        name, status = vmi.metadata.name, vmi.status
        try:
            pod = await self._client.get(PODS, vmi.metadata.namespace, name, Pod)
        except ApiError as error:
            if error.not_found:
                raise refuse_state(VMI, name, NOT_RUNNING) from error
            raise
        node = status.active_pods.get(pod.metadata.uid)
        if status.phase in FINAL_PHASES or not node or node != status.node_name:
            raise refuse_state(VMI, name, NOT_RUNNING)
        return GuestPod(pod.metadata.uid, tuple(each.ip for each in pod.status.pod_ips))

    async def _find_vmi(self, namespace: str, name: str) -> VirtualMachineInstance | None:
        try:
            return await self._client.get(VMIS, namespace, name, VirtualMachineInstance)
        except ApiError as error:
            if error.not_found:
                return None
            raise


def _translate(error: ApiError, resource: str, name: str) -> Refused | ApiError:
    return refuse_absent(resource, name) if error.not_found else error
