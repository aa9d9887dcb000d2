"""A stop in a hurry: who may shorten a VMI's grace, and what its pod has of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from api.names import COMPONENT_API, COMPONENT_CONTROLLER
from kube.client import ApiError, Client
from kube.informer import Informer
from kube.object import BareObject
from kube.resource import NAMESPACES, PODS, VMIS
from tests.bench.scale import NAMESPACE
from tests.e2e.guests import build_vmi
from tests.integration.controller.plane import Json, Notice, Plane

GRACE = "/spec/terminationGracePeriodSeconds"


class Spec(msgspec.Struct, frozen=True, rename="camel"):
    termination_grace_period_seconds: int | None = None


class Vmi(msgspec.Struct, frozen=True):
    spec: Spec = Spec()


async def set_grace(client: Client, name: str, seconds: int | None) -> Vmi:
    patch = [{"op": "add", "path": GRACE, "value": seconds}]
    return await client.patch(VMIS, NAMESPACE, name, patch, Vmi, kind="json")


async def test_only_the_gateway_changes_a_grace_and_it_changes_nothing_else(plane: Plane) -> None:
    async with (
        plane.connect() as admin,
        plane.connect(COMPONENT_API) as gateway,
        plane.connect(COMPONENT_CONTROLLER) as controller,
    ):
        await admin.create(VMIS, NAMESPACE, build_vmi("slow"), BareObject)
        for client in (admin, controller):
            with pytest.raises(ApiError) as refused:
                await set_grace(client, "slow", 0)
            assert refused.value.code == 422
            assert "update of VMI object is restricted" in refused.value.message
        changed = await set_grace(gateway, "slow", 1)
        assert changed.spec.termination_grace_period_seconds == 1
        more: Json = {"terminationGracePeriodSeconds": 0, "hostname": "other"}
        for spec in (more, {"hostname": "other"}, {"domain": {"memory": {"guest": "1Gi"}}}):
            with pytest.raises(ApiError) as refused:
                await gateway.patch(VMIS, NAMESPACE, "slow", {"spec": spec}, BareObject)
            assert refused.value.code == 422
            assert [cause.field for cause in refused.value.causes] == ["spec"]
        # metadata is everybody's, also where a grace is
        label = {"metadata": {"labels": {"mine": "yes"}}}
        await admin.patch(VMIS, NAMESPACE, "slow", label, BareObject)
        await admin.delete(VMIS, NAMESPACE, "slow")


class PodMeta(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    namespace: str
    uid: str
    resource_version: str
    deletion_grace_period_seconds: int | None = None


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    node_name: str = ""


class Pod(msgspec.Struct, frozen=True):
    metadata: PodMeta
    spec: PodSpec = PodSpec()


@asynccontextmanager
async def watch_pods(plane: Plane) -> AsyncIterator[tuple[Client, Informer[Pod], Notice]]:
    async with asyncio.TaskGroup() as group:
        async with plane.connect() as client:
            pods, notice = Informer(client, PODS, Pod, namespace=NAMESPACE), Notice()
            pods.on_change(notice.hear)
            task = group.create_task(pods.run())
            await pods.synced.wait()
            yield client, pods, notice
        task.cancel()


async def test_a_pod_that_is_ending_gets_the_shorter_grace(plane: Plane) -> None:
    async with watch_pods(plane) as (admin, pods, notice), plane.run_controller():

        def grace() -> int | None:
            pod = pods.get(NAMESPACE, "late")
            return pod.metadata.deletion_grace_period_seconds if pod is not None else None

        vmi = build_vmi("late", terminationGracePeriodSeconds=600)
        await admin.create(VMIS, NAMESPACE, vmi, BareObject)
        await notice.until(lambda: pods.get(NAMESPACE, "late") is not None, "a pod")
        plane.bind(NAMESPACE, "late")
        await admin.delete(VMIS, NAMESPACE, "late")
        await notice.until(lambda: grace() == 605, "ending")
        async with plane.connect(COMPONENT_API) as gateway:
            await set_grace(gateway, "late", 0)
        await notice.until(lambda: grace() == 5, "ending sooner")
        await admin.delete(PODS, NAMESPACE, "late", grace_seconds=0)


async def test_the_controllers_account_changes_one_label_of_namespaces(plane: Plane) -> None:
    async with plane.connect(COMPONENT_CONTROLLER) as client:
        label = "virtpod.io/runs-vms"
        for meta in (
            {"labels": {label: "false"}},
            {"labels": {"other": "label"}},
            {"labels": {label: "true", "pod-security.kubernetes.io/enforce": "privileged"}},
            {"annotations": {"other": "annotation"}},
            {"finalizers": ["theirs.test/it"]},
        ):
            with pytest.raises(ApiError) as refused:
                await client.patch(NAMESPACES, None, "default", {"metadata": meta}, BareObject)
            assert refused.value.code == 403
            assert label in refused.value.message
        marked = {"metadata": {"labels": {label: "true"}}}
        await client.patch(NAMESPACES, None, "default", marked, BareObject)
        gone = {"metadata": {"labels": {label: None}}}
        with pytest.raises(ApiError) as refused:
            await client.patch(NAMESPACES, None, "default", gone, BareObject)
        assert refused.value.code == 403
