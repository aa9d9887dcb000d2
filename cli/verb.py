"""`kubectl virt start|stop|restart|pause|unpause|reset|soft-reboot`: one PUT for each VM."""

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from api.names import GROUP
from api.problem import Problem
from cli.explanation import explain
from cli.failure import tell
from cli.flag import CLIENT, add_dry_run, add_switch, parse_duration
from cli.goal import PAUSED, RUNNING, STARTED_PAUSED, STOPPED, UNPAUSED, Goal, build_restarted
from cli.kubectl import NOT_FOUND, Json, Kubectl
from cli.output import add_output, render
from cli.target import VM, VMI, Kind, Target, build_subresource_path, parse_targets
from cli.wait import TIMED_OUT, wait_for

_TIMEOUT_SECONDS: Final = 300.0
_FORMATS: Final = ("json", "yaml", "name")
_UNSET: Final = -1  # grace period, as virtctl has it


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: whose subresource it is, the word for having done it, what --wait waits for."""

    kind: Kind
    subresource: str
    done: str
    goal: Goal | None = None


VERBS: Final = {
    "start": Verb(VM, "start", "started", RUNNING),
    "stop": Verb(VM, "stop", "stopped", STOPPED),
    "restart": Verb(VM, "restart", "restarted", RUNNING),
    "pause": Verb(VMI, "pause", "paused", PAUSED),
    "unpause": Verb(VMI, "unpause", "unpaused", UNPAUSED),
    "reset": Verb(VMI, "reset", "reset"),
    "soft-reboot": Verb(VMI, "softreboot", "soft-rebooted"),
}


@dataclass(frozen=True, slots=True)
class _Job:
    """A verb that was done to one object, and what is still to be waited for."""

    verb: Verb
    namespace: str
    name: str
    goal: Goal | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    name = parser.prog.rpartition(" ")[2]
    verb = VERBS[name]
    text = f"{verb.kind.short.upper()}s; also TYPE/NAME, and TYPE NAME…"
    parser.add_argument("targets", metavar="NAME", nargs="+", help=text)
    if verb.goal is not None:  # of the others the API has no dry run either
        add_dry_run(parser)
        add_switch(parser, "--wait", help="wait until it is done, not just asked for")
        text = "how long to --wait, as 90s or 5m (default 5m); after that the exit code is 124"
        parser.add_argument(
            "--timeout", type=parse_duration, default=_TIMEOUT_SECONDS, metavar="TIME", help=text
        )
    if name == "start":
        add_switch(parser, "--paused", help="start with the vCPUs stopped, for unpause")
    if name in {"stop", "restart"}:
        add_switch(parser, "--force", help="end the guest at once; with --grace-period=0")
        text = "seconds that the guest gets to shut down (default: what the VM says)"
        parser.add_argument(
            "--grace-period", type=int, default=_UNSET, metavar="SECONDS", help=text
        )
    add_output(parser, formats=_FORMATS)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Do it to each object, whatever becomes of the others; the gravest exit code is returned."""
    verb = VERBS[arguments.command]
    body = build_body(arguments)
    kinds = (VM, VMI) if verb.kind is VMI else (VM,)
    targets = parse_targets(arguments.targets, kinds)
    namespace = kubectl.find_namespace()
    codes, jobs = [0], []
    for target in targets:
        scoped = replace(target, namespace=target.namespace or namespace)
        try:
            jobs.append(_do(scoped, body, arguments, kubectl))
        except Problem as problem:
            tell(problem, kubectl)
            codes.append(1)
    deadline = time.monotonic() + getattr(arguments, "timeout", 0.0)
    codes += [_finish(job, deadline, arguments, kubectl) for job in jobs]
    if arguments.output in {"json", "yaml"} and jobs:
        _print_objects(jobs, arguments.output, kubectl)
    return max(codes)


def build_body(arguments: argparse.Namespace) -> Json:
    """Return the body of the PUT; flags that contradict each other are a Problem."""
    body: Json = {}
    dry_run = getattr(arguments, "dry_run", "")
    if dry_run == CLIENT:
        raise Problem("BadFlag", "nothing is decided here; ask the server by --dry-run=server")
    if dry_run:
        body["dryRun"] = ["All"]
    if getattr(arguments, "paused", False):
        body["paused"] = True
    grace = getattr(arguments, "grace_period", _UNSET)
    if getattr(arguments, "force", False) and grace != 0:
        raise Problem("BadFlag", "--force goes with --grace-period=0 and no other")
    if grace != _UNSET:
        word = "gracePeriodSeconds" if arguments.command == "restart" else "gracePeriod"
        body[word] = grace
    return body


def choose_goal(arguments: argparse.Namespace, verb: Verb, old_uid: str) -> Goal | None:
    """Return what is waited for, if anything is."""
    if not getattr(arguments, "wait", False) or arguments.dry_run:
        return None
    if arguments.command == "restart":
        return build_restarted(old_uid)
    return STARTED_PAUSED if getattr(arguments, "paused", False) else verb.goal


def _do(target: Target, body: Json, arguments: argparse.Namespace, kubectl: Kubectl) -> _Job:
    verb, name, namespace = VERBS[arguments.command], target.name, target.namespace
    old_uid = ""
    if arguments.command == "restart" and arguments.wait:
        old = kubectl.find(VMI.resource, name, namespace)
        old_uid = old["metadata"]["uid"] if old is not None else ""
    try:
        kubectl.put_raw(build_subresource_path(verb.kind, namespace, name, verb.subresource), body)
    except Problem as problem:
        if problem.slug == NOT_FOUND and verb.kind is VMI:
            raise _explain_absence(problem, target, kubectl) from problem
        raise
    return _Job(verb, namespace, name, choose_goal(arguments, verb, old_uid))


def _explain_absence(problem: Problem, target: Target, kubectl: Kubectl) -> Problem:
    """Tell a VM without an instance from nothing at all."""
    if kubectl.find(VM.resource, target.name, target.namespace) is None:
        return problem
    return Problem("NotRunning", f"{VM.singular} {target.name} is not running")


def _finish(job: _Job, deadline: float, arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Wait for it, when that was wished for, and say that it is done."""
    if job.goal is not None:
        try:
            outcome = wait_for(kubectl, job.namespace, job.name, job.goal, deadline)
        except Problem as problem:
            tell(problem, kubectl)
            return 1
        if not outcome.reached:
            print(_describe_timeout(job, outcome.item), file=sys.stderr)
            return TIMED_OUT
    name = f"{job.verb.kind.singular}.{GROUP}/{job.name}"
    if arguments.output == "name":
        print(name)
    elif arguments.output is None:
        dry = " (server dry run)" if getattr(arguments, "dry_run", "") else ""
        print(f"{name} {job.verb.done}{dry}")
    return 0


def _describe_timeout(job: _Job, item: Json | None) -> str:
    said = "" if item is None else f": {explain(item, datetime.now(UTC)).message}"
    return f"timed out: {job.name} is not {job.verb.done} yet{said}"


def _print_objects(jobs: Iterable[_Job], output: str, kubectl: Kubectl) -> None:
    """Print the objects as they are now: one as it is, several as a List."""
    items = [kubectl.get(job.verb.kind.resource, job.name, job.namespace) for job in jobs]
    whole = items[0] if len(items) == 1 else {"apiVersion": "v1", "kind": "List", "items": items}
    print(render(whole, output), end="")
