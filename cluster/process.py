"""Long-running processes, known by pid files that cannot name a stranger."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from api.problem import Problem
from cluster.paths import Layout

# The process writes its own pid file before it becomes the component, so that not even a
# SIGKILL to us can leave a process behind that nobody knows. Its standard output is a pipe
# until the exec: end of file tells us that the pid file is there.
LAUNCH = 'cat /proc/$$/stat > "$0" || exit; log=$1; shift; exec "$@" >>"$log" 2>&1'
STOP_SECONDS = 10.0
LOG_LIMIT_BYTES = 32 * 1024 * 1024


def parse_stat(text: str) -> tuple[int, str, int]:
    """Return pid, state and start time from the text of a /proc/PID/stat."""
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return int(head.partition(" ")[0]), fields[0], int(fields[19])


def find_running(pid_file: Path) -> int | None:
    """Return the pid that a pid file names, if that very process is still alive."""
    try:
        pid, _, started = parse_stat(pid_file.read_text())
        _, state, started_now = parse_stat(Path(f"/proc/{pid}/stat").read_text())
    except (OSError, ValueError, IndexError):
        return None
    return pid if started == started_now and state not in "ZX" else None


def is_running(layout: Layout, component: str) -> bool:
    """Tell whether a component runs."""
    return find_running(layout.pid(component)) is not None


def rotate_log(log: Path) -> None:
    """Keep one old log once a log has grown large; called when its writer is about to start."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))


def start(
    layout: Layout,
    component: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    inherit: tuple[int, ...] = (),
) -> None:
    """Start a component unless it runs like that; it outlives us and logs to its own file."""
    log, pid_file = layout.log(component), layout.pid(component)
    running = find_running(pid_file)
    if running is not None:
        if read_command(running) == [str(word) for word in argv]:
            return
        stop(layout, component)
    for path in (log, pid_file):
        path.parent.mkdir(parents=True, exist_ok=True)
    rotate_log(log)
    with subprocess.Popen(
        ["sh", "-c", LAUNCH, pid_file, log, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={**os.environ, **(env or {})},
        pass_fds=inherit,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        complaint = child.stdout.read().decode(errors="replace").strip()
        child.returncode = 0  # it is not ours to wait for
    if complaint:
        raise Problem("ProcessNotStarted", f"{component} did not start: {complaint}")


def read_command(pid: int) -> list[str]:
    """Return a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """Return the child processes of a single-threaded process."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def stop(layout: Layout, component: str, first: signal.Signals = signal.SIGTERM) -> None:
    """End a component, by force if it takes too long, and forget its pid file."""
    pid_file = layout.pid(component)
    pid = find_running(pid_file)
    if pid is not None:
        _end(pid_file, pid, first)
    pid_file.unlink(missing_ok=True)


def _end(pid_file: Path, pid: int, first: signal.Signals) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if find_running(pid_file) != pid:  # the pid was reused before we held it
            return
        # nsenter and unshare wait for the one child that is the component itself.
        targets = children(pid) or [pid]
        for wave in (first, signal.SIGKILL):
            for target in targets:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(target, wave)
            if _wait_for_end(handle, STOP_SECONDS):
                return
            targets = [*children(pid), pid]
    finally:
        os.close(handle)


def _wait_for_end(handle: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def read_tail(log: Path, lines: int = 8) -> str:
    """Return a log's last lines."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def wait_until(
    layout: Layout,
    component: str,
    is_ready: Callable[[], bool],
    seconds: float = 60.0,
    interval: float = 0.1,
) -> None:
    """Wait for a component that has no way of telling us; fail at once when it ends."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        alive = is_running(layout, component)
        if not alive or time.monotonic() > deadline:
            said = "ended" if not alive else f"was not ready after {seconds:.0f} s"
            log = layout.log(component)
            raise Problem(
                "ComponentFailed", f"{component} {said}; see {log}\n{read_tail(log)}", log=log
            )
        time.sleep(interval)
