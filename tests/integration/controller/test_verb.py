"""Start, stop and restart as the gateway asks for them, on a real API server with all policies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.names import COMPONENT_API
from api.verb import (
    Plan,
    Refusal,
    RestartOptions,
    StartOptions,
    StopOptions,
    Target,
    plan_restart,
    plan_start,
    plan_stop,
)
from api.vm import VirtualMachine
from api.vmi import VirtualMachineInstance
from kube.client import Client
from kube.informer import Informer
from kube.object import BareObject
from kube.resource import VMIS, VMS
from tests.bench.fake_cluster import FakeCluster
from tests.bench.scale import NAMESPACE
from tests.e2e.guests import build_vm
from tests.integration.controller.plane import Notice, Plane

Verb = Callable[[VirtualMachine, VirtualMachineInstance | None], Plan]


def start(vm: VirtualMachine, vmi: VirtualMachineInstance | None) -> Plan:
    return plan_start(vm, vmi, StartOptions())


def start_paused(vm: VirtualMachine, vmi: VirtualMachineInstance | None) -> Plan:
    return plan_start(vm, vmi, StartOptions(paused=True))


def stop(vm: VirtualMachine, vmi: VirtualMachineInstance | None) -> Plan:
    return plan_stop(vm, vmi, StopOptions())


def stop_now(vm: VirtualMachine, vmi: VirtualMachineInstance | None) -> Plan:
    return plan_stop(vm, vmi, StopOptions(grace_period=0))


def restart(vm: VirtualMachine, vmi: VirtualMachineInstance | None) -> Plan:
    return plan_restart(vm, vmi, RestartOptions())


def restart_now(vm: VirtualMachine, vmi: VirtualMachineInstance | None) -> Plan:
    return plan_restart(vm, vmi, RestartOptions(grace_period_seconds=0))


@dataclass
class Stage:
    """A VM, and the gateway's account that asks for verbs."""

    gateway: Client
    vms: Informer[VirtualMachine]
    vmis: Informer[VirtualMachineInstance]
    notice: Notice
    name: str = ""

    @property
    def vm(self) -> VirtualMachine:
        vm = self.vms.get(NAMESPACE, self.name)
        assert vm is not None
        return vm

    @property
    def vmi(self) -> VirtualMachineInstance | None:
        return self.vmis.get(NAMESPACE, self.name)

    @property
    def uid(self) -> str:
        return self.vmi.metadata.uid if self.vmi is not None else ""

    async def ask(self, verb: Verb) -> Plan:
        """Decide on a verb and make its writes, as the gateway does."""
        plan = verb(self.vm, self.vmi)
        for write in () if isinstance(plan, Refusal) else plan:
            resource = VMIS if write.target is Target.VMI else VMS
            subresource = "status" if write.target is Target.VM_STATUS else None
            await self.gateway.patch(
                resource,
                NAMESPACE,
                self.name,
                write.patch,
                BareObject,
                kind="json",
                subresource=subresource,
            )
        return plan

    async def until_off(self) -> None:
        await self.notice.until(
            lambda: (
                self.vmi is None
                and self.vm.status.printable_status == "Stopped"
                and not self.vm.status.state_change_requests
            ),
            f"off: {self.name}",
        )

    async def until_on(self, other_than: str = "") -> VirtualMachineInstance:
        await self.notice.until(
            lambda: (
                self.uid not in {"", other_than}
                and self.vm.status.printable_status == "Running"
                and not self.vm.status.state_change_requests
            ),
            f"on: {self.name}",
        )
        assert self.vmi is not None
        return self.vmi


@asynccontextmanager
async def open_stage(plane: Plane) -> AsyncIterator[Stage]:
    async with asyncio.TaskGroup() as group:
        tasks = []
        async with plane.open_transport() as transport, plane.connect(COMPONENT_API) as gateway:
            admin, fake = Client(transport), FakeCluster(transport, NAMESPACE)
            stage = Stage(
                gateway,
                Informer(admin, VMS, VirtualMachine, namespace=NAMESPACE),
                Informer(admin, VMIS, VirtualMachineInstance, namespace=NAMESPACE),
                Notice(),
            )
            tasks.append(group.create_task(fake.run()))
            for informer in (stage.vms, stage.vmis):
                informer.on_change(stage.notice.hear)
                tasks.append(group.create_task(informer.run()))
                await informer.synced.wait()
            async with plane.run_controller():
                yield stage
        for task in tasks:
            task.cancel()


async def create(stage: Stage, plane: Plane, name: str, strategy: str, **spec: object) -> None:
    stage.name = name
    vm = build_vm(name, strategy)
    vm["spec"] |= spec
    if "running" in spec:
        del vm["spec"]["runStrategy"]
    async with plane.connect() as admin:
        await admin.create(VMS, NAMESPACE, vm, BareObject)
    wanted = "Stopped" if strategy in {"Halted", "Manual"} else "Running"
    await stage.notice.until(
        lambda: (
            stage.vms.get(NAMESPACE, name) is not None
            and stage.vm.status.printable_status == wanted
        ),
        f"created: {name}",
    )


async def test_every_strategy_obeys_what_it_takes_and_refuses_the_rest(plane: Plane) -> None:
    async with open_stage(plane) as stage:
        for strategy in ("Manual", "RerunOnFailure", "Always", "Halted"):
            await create(stage, plane, strategy.lower(), strategy)
            if stage.vmi is None:
                await allow(stage, start)
            uid = (await stage.until_on()).metadata.uid
            await refuse(stage, start)
            restarts = (restart, restart_now) if strategy != "Halted" else ()
            for verb in restarts:
                await allow(stage, verb)
                uid = (await stage.until_on(uid)).metadata.uid
            for stops in (stop, stop_now):
                await allow(stage, stops)
                await stage.until_off()
                await allow(stage, start)
                await stage.until_on(uid)
            await allow(stage, stop)
            await stage.until_off()
            await refuse(stage, restart)


async def test_a_paused_start_makes_an_instance_that_starts_paused_and_only_that_one(
    plane: Plane,
) -> None:
    async with open_stage(plane) as stage:
        for strategy in ("Manual", "Halted", "RerunOnFailure"):
            await create(stage, plane, f"paused-{strategy.lower()}", strategy)
            if stage.vmi is not None:
                await allow(stage, stop)
                await stage.until_off()
            await allow(stage, start_paused)
            vmi = await stage.until_on()
            assert vmi.spec.start_strategy == "Paused"
            assert stage.vm.spec.template.spec.start_strategy is None
            await allow(stage, stop)
            await stage.until_off()
            await allow(stage, start)
            assert (await stage.until_on()).spec.start_strategy is None


async def test_once_is_stopped_for_good_and_running_keeps_its_spelling(plane: Plane) -> None:
    async with open_stage(plane) as stage:
        await create(stage, plane, "once", "Once")
        await stage.until_on()
        await refuse(stage, restart)
        await allow(stage, stop)
        await stage.until_off()
        halted = stage.vm.spec
        assert halted.run_strategy == "Halted"
        await create(stage, plane, "running", "Always", running=True)
        await stage.until_on()
        await allow(stage, stop)
        await stage.until_off()
        off = stage.vm.spec
        assert (off.running, off.run_strategy) == (False, None)
        await allow(stage, start)
        await stage.until_on()
        assert stage.vm.spec.running is True


async def allow(stage: Stage, verb: Verb) -> None:
    plan = await stage.ask(verb)
    assert not isinstance(plan, Refusal), plan.message


async def refuse(stage: Stage, verb: Verb) -> None:
    plan = await stage.ask(verb)
    assert isinstance(plan, Refusal), plan
    assert plan.code == 409
