"""What start, stop and restart write is what the controller obeys: both halves, end to end."""

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from api.names import FINALIZER_VM
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
from controller.verdict import AT_ONCE
from controller.vm.decide import decide
from controller.vm.seen import Seen, Vm
from controller.vm.verdict import (
    Action,
    CreateInstance,
    DeleteInstance,
    PatchVm,
    ReadInstance,
    ReadStarted,
    ReadVm,
)
from controller.vmi.seen import Vmi
from tests.unit.api.json_patch import Json, apply_patch
from tests.unit.controller.fake_api import merge

START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
PATIENCE = timedelta(hours=1)  # longer than any back-off
STEPS = 60
OLD = "uid-0"
STRATEGIES = ("Always", "Halted", "Manual", "RerunOnFailure", "Once", "running", "not running")
STATES = ("absent", "Pending", "Running", "Succeeded", "Failed", "Unknown", "going")
VERBS: dict[str, Any] = {  # Any: each has options of its own
    "start": lambda vm, vmi: plan_start(vm, vmi, StartOptions()),
    "start paused": lambda vm, vmi: plan_start(vm, vmi, StartOptions(paused=True)),
    "stop": lambda vm, vmi: plan_stop(vm, vmi, StopOptions()),
    "stop now": lambda vm, vmi: plan_stop(vm, vmi, StopOptions(grace_period=0)),
    "restart": lambda vm, vmi: plan_restart(vm, vmi, RestartOptions()),
    "restart now": lambda vm, vmi: plan_restart(vm, vmi, RestartOptions(grace_period_seconds=0)),
}


@dataclass
class Stage:
    """A VM and its instance on the API server, and a controller that looks at them."""

    vm: Json
    vmi: Json | None
    now: datetime = START
    made: int = 0

    def ask(self, verb: str) -> Plan:
        """Decide on a verb and make its writes."""
        vmi = None if self.vmi is None else msgspec.convert(self.vmi, VirtualMachineInstance)
        plan: Plan = VERBS[verb](msgspec.convert(self.vm, VirtualMachine), vmi)
        for write in () if isinstance(plan, Refusal) else plan:
            if write.target is Target.VMI:
                assert self.vmi is not None
                self.vmi = apply_patch(self.vmi, write.patch)
            else:
                self.vm = apply_patch(self.vm, write.patch)
                self.vm["metadata"]["generation"] += write.target is Target.VM
        return plan

    def settle(self) -> None:
        """Let the controller work, the guest power off and time pass, until nothing changes."""
        for _ in range(STEPS):
            before = (self.vm, self.vmi)
            self.reconcile()
            if (self.vm, self.vmi) != before:
                continue
            if self.vmi is not None and "deletionTimestamp" in self.vmi["metadata"]:
                self.vmi = None
            elif self.now < START + PATIENCE:
                self.now += PATIENCE
            else:
                return
        raise AssertionError(f"no rest after {STEPS} steps: {self.vm['status']} {self.vmi}")

    def reconcile(self) -> None:
        """One pass of the controller, with all that it wants to look at."""
        seen = self.look()
        for _ in range(STEPS):
            verdict = decide(seen)
            for action in verdict.actions:
                seen = self.carry_out(action, seen)
            if verdict.status is not None:
                self.vm = {**self.vm, "status": msgspec.to_builtins(verdict.status)}
            if verdict.look_again != AT_ONCE:
                return
            seen = replace(seen, vm=self.look().vm, vmi=self.look().vmi)
        raise AssertionError(f"the controller never rests: {verdict}")

    def look(self) -> Seen:
        vmi = None if self.vmi is None else msgspec.convert(self.vmi, Vmi)
        return Seen(now=self.now, vm=msgspec.convert(self.vm, Vm), vmi=vmi)

    def carry_out(self, action: Action, seen: Seen) -> Seen:
        match action:
            case ReadVm():
                return replace(seen, whole=msgspec.convert(self.vm, VirtualMachine))
            case ReadInstance():
                return replace(seen, vmi_read=True)
            case ReadStarted():
                return replace(seen, started_read=True)
            case PatchVm(patch):
                self.vm = deepcopy(self.vm)
                merge(self.vm, patch)
                return replace(seen, whole=msgspec.convert(self.vm, VirtualMachine))
            case CreateInstance(body):
                assert self.vmi is None, "a second instance"
                self.made += 1
                self.vmi = msgspec.to_builtins(body)
                self.vmi["metadata"] |= {"uid": f"uid-{self.made}", "resourceVersion": "1"}
                self.vmi["metadata"]["creationTimestamp"] = f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
                self.vmi["status"] = {"phase": "Running"}
            case DeleteInstance(uid):
                assert self.vmi is not None
                assert self.vmi["metadata"]["uid"] == uid
                deleted = {**self.vmi["metadata"], "deletionTimestamp": "2026-11-22T12:00:00Z"}
                self.vmi = {**self.vmi, "metadata": deleted}
        return seen

    @property
    def is_on(self) -> bool:
        return self.vmi is not None and self.vmi["status"]["phase"] == "Running"


def build_stage(strategy: str, state: str) -> Stage:
    """Return a VM that was seen before, in a state that it may be found in."""
    spelt = {"running": {"running": True}, "not running": {"running": False}}
    spec = spelt.get(strategy, {"runStrategy": strategy})
    meaning = {"running": "Always", "not running": "Halted"}.get(strategy, strategy)
    vm: Json = {
        "metadata": {
            "name": "vm",
            "namespace": "ns",
            "uid": "uid-of-the-vm",
            "resourceVersion": "1",
            "generation": 1,
            "finalizers": [FINALIZER_VM],
        },
        "spec": {**spec, "template": {"spec": {"domain": {"memory": {"guest": "64Mi"}}}}},
        "status": {"printableStatus": "Stopped", "runStrategy": meaning},
    }
    return Stage(vm, None if state == "absent" else build_vmi(state))


def build_vmi(state: str) -> Json:
    owner = {"kind": "VirtualMachine", "name": "vm", "uid": "uid-of-the-vm", "controller": True}
    owner["apiVersion"] = "kubevirt.io/v1"
    vmi: Json = {
        "metadata": {
            "name": "vm",
            "namespace": "ns",
            "uid": OLD,
            "resourceVersion": "1",
            "creationTimestamp": "2026-11-22T11:00:00Z",
            "annotations": {"kubevirt.io/vm-generation": "1"},
            "ownerReferences": [owner],
        },
        "spec": {"domain": {}, "terminationGracePeriodSeconds": 180},
        "status": {"phase": "Running" if state == "going" else state},
    }
    if state == "going":
        vmi["metadata"]["deletionTimestamp"] = "2026-11-22T11:59:00Z"
    return vmi


def list_accepted(*verbs: str) -> list[tuple[str, str, str]]:
    """Return every verb, strategy and state that is not refused."""
    return [
        (verb, strategy, state)
        for verb in verbs
        for strategy in STRATEGIES
        for state in STATES
        if not isinstance(build_stage(strategy, state).ask(verb), Refusal)
    ]


def obey(verb: str, strategy: str, state: str) -> Stage:
    stage = build_stage(strategy, state)
    stage.ask(verb)
    stage.settle()
    assert not stage.vm["status"].get("stateChangeRequests"), "a wish is left over"
    return stage


@pytest.mark.parametrize(("verb", "strategy", "state"), list_accepted("start", "start paused"))
def test_a_start_gives_one_new_instance(verb: str, strategy: str, state: str) -> None:
    stage = obey(verb, strategy, state)
    assert stage.is_on
    assert stage.made == 1
    assert stage.vmi is not None
    paused = "Paused" if verb == "start paused" else None
    assert stage.vmi["spec"].get("startStrategy") == paused


@pytest.mark.parametrize(("verb", "strategy", "state"), list_accepted("stop", "stop now"))
def test_a_stop_leaves_no_instance_that_runs(verb: str, strategy: str, state: str) -> None:
    stage = obey(verb, strategy, state)
    assert not stage.is_on
    assert stage.made == 0


@pytest.mark.parametrize(("verb", "strategy", "state"), list_accepted("restart", "restart now"))
def test_a_restart_replaces_the_instance_once(verb: str, strategy: str, state: str) -> None:
    stage = obey(verb, strategy, state)
    assert stage.is_on
    assert stage.made == 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_vm_can_be_stopped_and_started_again(strategy: str) -> None:
    stage = build_stage(strategy, "absent" if strategy in {"Halted", "not running"} else "Running")
    spelling = set(stage.vm["spec"])
    for verb in ("start", "stop") if stage.vmi is None else ("stop", "start"):
        assert not isinstance(stage.ask(verb), Refusal)
        stage.settle()
        assert stage.is_on == (verb == "start")
        assert set(stage.vm["spec"]) == spelling


@pytest.mark.parametrize("strategy", ["Manual", "RerunOnFailure"])
def test_a_stop_overrules_a_restart(strategy: str) -> None:
    stage = build_stage(strategy, "Running")
    stage.ask("restart")
    assert not isinstance(stage.ask("stop"), Refusal)
    stage.settle()
    assert not stage.is_on
    assert stage.made == 0


@pytest.mark.parametrize("strategy", ["Halted", "Manual", "RerunOnFailure"])
@pytest.mark.parametrize(
    ("words", "is_on"),
    [
        (["Stop", "Stop", "Start", "Stop"], False),
        (["Start", "Stop"] * 32, False),
        (["Stop", "Start"] * 32, True),
    ],
)
def test_of_many_requests_by_hand_only_the_last_is_obeyed(
    strategy: str, words: list[str], is_on: bool
) -> None:
    stage = build_stage(strategy, "absent")
    stage.vm["status"]["runStrategy"] = strategy
    stage.vm["status"]["stateChangeRequests"] = [{"action": word} for word in words]
    stage.settle()
    assert stage.is_on is is_on
    assert stage.made == int(is_on)
    assert not stage.vm["status"].get("stateChangeRequests")


def test_an_instance_that_is_to_run_once_is_not_given_up_for_a_restart() -> None:
    stage = build_stage("Once", "Running")
    words = ("Stop", "Start", "Start")
    stage.vm["status"]["stateChangeRequests"] = [{"action": word} for word in words]
    stage.settle()
    assert stage.is_on
    assert stage.made == 0
    assert not stage.vm["status"].get("stateChangeRequests")


def test_no_verb_is_refused_everywhere() -> None:
    assert {verb for verb, _, _ in list_accepted(*VERBS)} == set(VERBS)
