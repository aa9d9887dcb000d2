"""The command line of the embedded cluster: `python -m cluster` or `virtpod-cluster`."""

import argparse
import fcntl
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from api.problem import Problem
from cluster import control_plane, image, install, membership, process, up
from cluster import node as nodes
from cluster.address import MAX_NODES
from cluster.binaries import find_program, search_path
from cluster.down import remove_cluster
from cluster.kubectl import kubectl, kubectl_argv
from cluster.paths import Layout, find_layout
from cluster.progress import Progress
from cluster.record import read_record


def main(argv: list[str] | None = None) -> int:
    """Run one command; a Problem is one sentence and exit code 1."""
    arguments = _parser().parse_args(argv)
    layout = find_layout()
    progress = Progress()
    command: Callable[[Layout, Progress, argparse.Namespace], None] = arguments.command
    try:
        _require_root()
        if arguments.exclusive:
            with _lock(layout):
                command(layout, progress, arguments)
        else:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `logs … | head` is no error
            command(layout, progress, arguments)
    except Problem as problem:
        print(_explain(layout, progress.stage_name, problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where this stopped", file=sys.stderr)
        return 130
    return 0


def _explain(layout: Layout, stage: str, problem: Problem) -> str:
    """Return what failed where, and what to do; without a stage the sentence says it all."""
    if not stage:
        return problem.message
    return (
        f"failed {stage}: {problem.message}\n"
        f"logs: {problem.fields.get('log', layout.logs)}\n"
        "next: put that right, then run the same command again; it goes on where this stopped"
    )


def _require_root() -> None:
    if os.geteuid() != 0:
        raise Problem("NotRoot", "the cluster needs root; run it with sudo")


@contextmanager
def _lock(layout: Layout) -> Iterator[None]:
    """Let only one command change the cluster at a time."""
    layout.lock.parent.mkdir(parents=True, exist_ok=True)
    with layout.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another command to end", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="virtpod-cluster", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    start = _add(commands, "up", _up, "start the cluster, or what is missing of it")
    whole = _add(commands, "install", _install, "start it all, up to a VM's login prompt")
    for command in (start, whole):
        text = "at least this many (default 1)"
        command.add_argument("--nodes", type=_count, default=1, metavar="N", help=text)
    _add(commands, "down", _down, "stop and remove everything but the cache")
    _add(commands, "status", _status, "show what runs", exclusive=False)
    _add(commands, "kubeconfig", _kubeconfig, "print the admin kubeconfig's path", exclusive=False)
    shell = _add(commands, "kubectl", _kubectl, "run kubectl as administrator", exclusive=False)
    shell.add_argument("words", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    load = _add(commands, "load", _load, "load an image into every node")
    load.add_argument("images", nargs="+", metavar="IMAGE", help="OCI archive or buildah image")
    logs = _add(commands, "logs", _logs, "print a component's log", exclusive=False)
    logs.add_argument("component", help="for example kube-apiserver or node1-kubelet")
    node = commands.add_parser("node", help="add, remove, stop, start or enter a node")
    _add_node_actions(node.add_subparsers(required=True, metavar="ACTION"))
    return parser


def _add_node_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, run, text in (
        ("add", _node_add, "add a node and wait until it is Ready"),
        ("remove", _node_remove, "stop a node and forget it"),
        ("stop", _node_stop, "pull a node's plug; its disk stays"),
        ("start", _node_start, "start a stopped node again"),
    ):
        _add(actions, name, run, text).add_argument("name")
    inside = _add(actions, "exec", _node_exec, "run a command inside a node", exclusive=False)
    inside.add_argument("name")
    inside.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[Layout, Progress, argparse.Namespace], None],
    text: str,
    *,
    exclusive: bool = True,
) -> argparse.ArgumentParser:
    # kubectl's own flags are kubectl's, also where they come first
    prefix = "\0" if run is _kubectl else "-"
    command = commands.add_parser(
        name, help=text, description=text, prefix_chars=prefix, add_help=run is not _kubectl
    )
    command.set_defaults(command=run, exclusive=exclusive)
    return command


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_NODES:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MAX_NODES}")
    return int(text)


def _up(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    up.ensure_cluster(layout, arguments.nodes, progress)
    print(f"export KUBECONFIG={layout.admin_kubeconfig}")
    print(f"export PATH={find_program(layout, 'kubectl').parent}:$PATH")


def _install(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    install.install(layout, arguments.nodes, progress)
    print(install.describe_next(layout))


def _down(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    del arguments
    remove_cluster(layout, progress)


def _kubeconfig(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    del progress, arguments
    if not layout.admin_kubeconfig.exists():
        raise Problem("NotUp", "there is no cluster; start it with `make up`")
    print(layout.admin_kubeconfig)


def _status(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    del progress, arguments
    record = read_record(layout.record)
    components = [*control_plane.COMPONENTS]
    for node in record.all_nodes():
        programs = ("init", *nodes.NODE_PROGRAMS)
        components += [nodes.component(node, program) for program in programs]
    for component in components:
        pid = process.find_running(layout.pid(component))
        print(f"{component:<28} {f'running, pid {pid}' if pid else 'stopped'}")
    if process.is_running(layout, "kube-apiserver"):
        print(kubectl(layout, "get", "nodes", "-o", "wide"), end="")


def _kubectl(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    del progress
    command = kubectl_argv(layout, *arguments.words)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def _load(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    running = read_record(layout.record).running_nodes()
    if not running:
        raise Problem("NotUp", "there is no running node; start the cluster with `make up`")
    layout.images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layout.images) as scratch:
        for source in arguments.images:
            with progress.stage(f"load {source}"):
                archive = image.resolve_archive(source, Path(scratch))
                for node in running:
                    progress.waiting(f"containerd of {node.name}")
                    up.load_archives(layout, node, [archive])


def _logs(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    del progress
    log = layout.log(arguments.component)
    if not log.exists():
        known = ", ".join(sorted(path.stem for path in layout.logs.glob("*.log"))) or "none"
        raise Problem("NoLog", f"{arguments.component} has no log; there are: {known}")
    sys.stdout.write(log.read_text(errors="replace"))


def _node_add(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    membership.add_node(layout, arguments.name, progress)


def _node_remove(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    membership.remove_node(layout, arguments.name, progress)


def _node_stop(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    membership.stop_node(layout, arguments.name, progress)


def _node_start(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    membership.start_node(layout, arguments.name, progress)


def _node_exec(layout: Layout, progress: Progress, arguments: argparse.Namespace) -> None:
    del progress
    node = membership.find_node(read_record(layout.record), arguments.name)
    words = arguments.words or ["sh"]
    os.environ["PATH"] = search_path(layout)
    command = [*nodes.enter(layout, node), *words]
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
