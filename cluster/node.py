"""A node: what would be a machine of its own is here a set of namespaces.

Mounts, network, processes and host name are the node's own; the kernel, the devices and the
root file system are shared. Its first process does nothing but hold the namespaces and reap.
In them run the three programs that make a machine a node: containerd runs containers, the
kubelet has it run the pods that the API gives to this node, and kube-proxy translates the
addresses of Services. Ending the first process ends all of it, as pulling the plug would.
"""

import contextlib
import os
import shutil
import signal
from pathlib import Path

from api.problem import Problem
from cluster import cgroup, network, oci, pki, process, render
from cluster.address import Node
from cluster.binaries import find_program, search_path
from cluster.paths import Layout
from cluster.record import Record, write_record
from cluster.shell import run, succeeds
from cluster.trust import ensure_kubeconfig, ensure_trust

NODE_PROGRAMS = ("containerd", "kubelet", "kube-proxy")
MANAGED = "io.cri-containerd.image"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
# The machine's own resolver may listen on a loopback address, which pods cannot reach.
RESOLV_CONFS = ("/run/systemd/resolve/resolv.conf", "/etc/resolv.conf")
# nsenter waits outside for the program inside: neither outlives the other.
TIED = ("setpriv", "--pdeathsig=KILL", "--")
STOP_ORDER = tuple(reversed(NODE_PROGRAMS))


def component(node: Node, program: str = "init") -> str:
    """Return the name under which a node's program has its log and pid file."""
    return f"{node.name}-{program}"


def cgroup_path(layout: Layout, node: Node) -> str:
    """Return where a node's pods live in every cgroup hierarchy."""
    return f"{layout.cgroup}/{node.name}"


def find_init(layout: Layout, node: Node) -> int | None:
    """Return the pid of a node's first process, as the machine sees it."""
    holder = process.find_running(layout.pid(component(node)))
    own = process.children(holder) if holder else []
    return own[0] if own else None


def enter(layout: Layout, node: Node) -> list[str]:
    """Return the words before a command that is to run inside a node."""
    init = find_init(layout, node)
    if init is None:
        raise Problem("NodeStopped", f"{node.name} is not running; try `up` or `node start`")
    return ["nsenter", f"--target={init}", "--mount", "--net", "--uts", "--pid", "--"]


def ensure_directories(layout: Layout, record: Record) -> None:
    """Make the directories that a node's own are laid over; remember first which are missing."""
    targets = [Path(target) for target in (*render.DISK_PATHS, *render.MEMORY_PATHS)]
    missing = {
        str(folder)
        for target in targets
        for folder in (target, *target.parents)
        if not folder.exists()
    }
    record.made_directories |= missing
    write_record(layout.record, record)
    for target in targets:
        target.mkdir(parents=True, exist_ok=True)


def ensure_node(layout: Layout, node: Node, pause: str) -> None:
    """Start what does not run of a node's namespaces and containerd."""
    _write_configuration(layout, node, pause)
    cgroup.ensure_cgroups(cgroup_path(layout, node))
    if find_init(layout, node) is None:
        _start_init(layout, node)
    inside = enter(layout, node)
    if not network.is_plugged(inside):
        init = find_init(layout, node)
        assert init is not None
        network.plug(node, init, inside)
    containerd = component(node, "containerd")
    config = layout.node(node.name) / "config/containerd.toml"
    argv = [*inside, *TIED, str(find_program(layout, "containerd")), f"--config={config}"]
    process.start(layout, containerd, argv, env={"PATH": search_path(layout)})
    probe = [*ctr(layout, node), "version"]
    process.wait_until(layout, containerd, lambda: succeeds(probe))


def ensure_kubelet(layout: Layout, node: Node) -> None:
    """Start a node's kubelet and kube-proxy, once its images are there."""
    config = layout.node(node.name) / "config"
    inside = enter(layout, node)
    env = {"PATH": search_path(layout)}
    commands = {
        "kubelet": [
            f"--config={config / 'kubelet.yaml'}",
            f"--kubeconfig={config / 'kubelet.kubeconfig'}",
            f"--hostname-override={node.name}",
            f"--node-ip={node.ip}",
        ],
        "kube-proxy": [f"--config={config / 'kube-proxy.yaml'}"],
    }
    for program, arguments in commands.items():
        argv = [*inside, *TIED, str(find_program(layout, program)), *arguments]
        process.start(layout, component(node, program), argv, env=env)


def stop_node(layout: Layout, node: Node) -> None:
    """Pull the plug: everything in the node ends at once, as on a machine that lost its power."""
    process.stop(layout, component(node), first=signal.SIGKILL)
    for program in STOP_ORDER:
        process.stop(layout, component(node, program), first=signal.SIGKILL)
    network.remove_link(node.link)
    cgroup.remove_cgroups(cgroup_path(layout, node))


def remove_files(layout: Layout, node: Node) -> None:
    """Wipe a node's disk, its certificates and its logs."""
    shutil.rmtree(layout.node(node.name))
    for program in ("init", *NODE_PROGRAMS):
        layout.log(component(node, program)).unlink(missing_ok=True)


def ctr(layout: Layout, node: Node) -> list[str]:
    """Return the words before a command to a node's containerd."""
    client = [
        str(find_program(layout, "ctr")),
        f"--address={CONTAINERD_SOCKET}",
        "--namespace=k8s.io",
    ]
    return [*enter(layout, node), *client]


def list_images(layout: Layout, node: Node) -> str:
    """Return a node's images as `ctr` lists them."""
    return run([*ctr(layout, node), "images", "list"])


def forget_image(layout: Layout, node: Node, name: str) -> None:
    """Take a name away from an image, if it has one; containers made from it go on."""
    run([*ctr(layout, node), "images", "remove", name])


def import_image(layout: Layout, node: Node, archive: Path) -> None:
    """Load an OCI archive with one image into a node."""
    name, _ = oci.read_archive(archive)
    run([*ctr(layout, node), "images", "import", "--local", str(archive)])
    # containerd's Kubernetes half forgets to register the new content of a name that it knows,
    # and then cannot mount it as a volume; without its mark the name is registered again.
    run([*ctr(layout, node), "images", "label", name, f"{MANAGED}="])


def copy_images(layout: Layout, donor: Node, receiver: Node) -> None:
    """Give a node the images of another."""
    listing = run([*ctr(layout, donor), "images", "list", "--quiet"])
    names = [name for name in listing.split() if "@" not in name and not name.startswith("sha256:")]
    archive = layout.node(receiver.name) / "images.tar"
    run([*ctr(layout, donor), "images", "export", "--local", str(archive), *names])
    run([*ctr(layout, receiver), "images", "import", "--local", str(archive)])
    archive.unlink()


def _disks(layout: Layout, node: Node) -> list[tuple[str, str]]:
    disk = layout.node(node.name) / "disk"
    pairs = []
    for target in render.DISK_PATHS:
        source = disk / target.lstrip("/")
        source.mkdir(parents=True, exist_ok=True)
        pairs.append((str(source), target))
    return pairs


def _write_configuration(layout: Layout, node: Node, pause: str) -> None:
    ca = ensure_trust(layout).ca
    folder = layout.node(node.name) / "config"
    folder.mkdir(parents=True, exist_ok=True)
    user = f"system:node:{node.name}"  # with its group, what the Node authoriser knows it by
    serving = pki.ensure_certificate(
        folder,
        "serving",
        ca,
        user=user,
        groups=["system:nodes"],
        names=[node.name],
        addresses=[node.ip],
    )
    ensure_kubeconfig(folder / "kubelet.kubeconfig", ca, user, "system:nodes")
    proxy = ensure_kubeconfig(folder / "proxy.kubeconfig", ca, "system:kube-proxy")
    resolv_conf = next(path for path in RESOLV_CONFS if Path(path).exists())
    kubelet = render.render_kubelet(
        node,
        ca=str(ca.certificate),
        serving=serving,
        resolv_conf=resolv_conf,
        cgroup=f"/{cgroup_path(layout, node)}",
    )
    files = {
        "containerd.toml": render.render_containerd(pause),
        "kubelet.yaml": kubelet,
        "kube-proxy.yaml": render.render_proxy(node, str(proxy)),
        "node.sh": render.render_node_script(node, _disks(layout, node)),
    }
    for name, text in files.items():
        _write_if_new(layout, node, folder / name, text)
    cni = layout.node(node.name) / "disk/etc/cni/net.d/10-pods.conflist"
    _write_if_new(layout, node, cni, render.render_cni(node))


def _write_if_new(layout: Layout, node: Node, path: Path, text: str) -> None:
    """Write a file that is not so already, and stop the program that would not notice."""
    if path.exists() and path.read_text() == text:
        return
    if path.stem in NODE_PROGRAMS:
        process.stop(layout, component(node, path.stem))
    path.write_text(text)


def _start_init(layout: Layout, node: Node) -> None:
    """Start the first process and wait for its word that the node is furnished."""
    script = layout.node(node.name) / "config" / "node.sh"
    listen, speak = os.pipe()
    try:
        # The plug was pulled on whatever ran here before.
        stop_node(layout, node)
        cgroup.ensure_cgroups(cgroup_path(layout, node))
        namespaces = ["--mount", "--net", "--uts", "--pid", "--fork", "--kill-child"]
        argv = ["unshare", *namespaces, "sh", str(script), str(speak)]
        process.start(layout, component(node), argv, inherit=(speak,))
        os.close(speak)
        speak = -1
        with open(listen, closefd=False) as pipe:
            word = pipe.readline().strip()
    finally:
        os.close(listen)
        with contextlib.suppress(OSError):
            os.close(speak)
    if word != "ready":
        log = layout.log(component(node))
        raise Problem("NodeFailed", f"{node.name} did not start; see {log}", log=log)
