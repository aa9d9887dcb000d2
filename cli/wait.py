"""Waiting for a state by a watch through kubectl: an event ends it, or the deadline does."""

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from api.problem import Problem
from cli.goal import Goal, Json, tell_status
from cli.kubectl import Kubectl, explain_failure
from cli.output import clean
from cli.target import build_list_path, build_watch_path

TIMED_OUT: Final = 124  # the exit code, as timeout(1) has it
_CLEAR_LINE: Final = "\r\x1b[K"
# A watch that ends at once again and again would be a loop without a brake.
_SHORTEST_WATCH_SECONDS: Final = 0.5


class Progress:
    """One line on a terminal that says what is waited for; nothing where there is none."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = ""

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._live and text != self._shown:
            self._shown = text
            print(_CLEAR_LINE + clean(text), end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)
        self._shown = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the waiting ended, and the object as it was seen last."""

    reached: bool
    item: Json | None


def wait_for(kubectl: Kubectl, namespace: str, name: str, goal: Goal, deadline: float) -> Outcome:
    """Wait until an object is in a state, or until a time of time.monotonic().

    The object may be absent at first; one that goes away while it is waited for is a Problem,
    unless that may be a step on the way.
    """
    progress = Progress()
    last: Json | None = None
    try:
        for item in _follow(kubectl, goal, namespace, name, deadline):
            if item is None and last is not None and not goal.may_vanish:
                raise Problem("Deleted", f"{goal.kind.singular} {name} was deleted meanwhile")
            last = item
            if goal.is_reached(item):
                return Outcome(True, item)
            progress.show(f"{name}: {tell_status(item)}")
    finally:
        progress.clear()
    return Outcome(False, last)


def _follow(
    kubectl: Kubectl, goal: Goal, namespace: str, name: str, deadline: float
) -> Iterator[Json | None]:
    """Yield the object, then whenever it changes, up to the deadline; None while there is none."""
    while (left := deadline - time.monotonic()) > 0:
        listed: Json = json.loads(kubectl.get_raw(build_list_path(goal.kind, namespace, name)))
        yield next(iter(listed["items"]), None)
        began = time.monotonic()
        version = listed["metadata"]["resourceVersion"]
        path = build_watch_path(goal.kind, namespace, name, version, math.ceil(left))
        with _run_watch(kubectl.build_command("get", "--raw", path), left) as lines:
            for line in lines:
                event: Json = json.loads(line)
                if event["type"] == "ERROR":  # the server forgot; the next watch begins anew
                    break
                yield None if event["type"] == "DELETED" else event["object"]
        if time.monotonic() - began < min(_SHORTEST_WATCH_SECONDS, left):
            raise Problem("WatchEnded", "the API server ended the watch at once")


@contextmanager
def _run_watch(argv: list[str], seconds: float) -> Iterator[Iterator[str]]:
    """Yield the lines of a kubectl that lives for some seconds at most."""
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert child.stdout is not None
    assert child.stderr is not None
    overdue = threading.Timer(seconds, child.kill)
    overdue.start()
    try:
        yield iter(child.stdout)
        status = child.wait()
        if status > 0:  # below zero: the deadline killed it
            raise explain_failure(status, child.stderr.read())
    finally:
        overdue.cancel()
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()
