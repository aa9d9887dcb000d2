"""virtpod on the cluster, and a VM on virtpod: what `make up` does beyond the cluster itself."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import yaml

from api import names
from api.problem import Problem
from cluster import node as nodes
from cluster import oci, up
from cluster.kubectl import kubectl, kubectl_argv
from cluster.paths import Layout
from cluster.progress import Progress
from cluster.record import read_record
from cluster.shell import run

ROOT = Path(__file__).resolve().parent.parent
OVERLAY = ROOT / "manifests" / "overlays" / "embedded"
CRDS = ROOT / "manifests" / "crds"
EXAMPLE = ROOT / "manifests" / "examples" / "vmi.yaml"
PAGES_PORT = 30443  # of every node: manifests/overlays/embedded
PROMPT = b"login:"
LOGIN_SECONDS = 180.0


class Workload(msgspec.Struct, frozen=True):
    """A Deployment or DaemonSet of virtpod, and the images that it runs."""

    name: str  # with its kind, as kubectl writes it
    images: frozenset[str]


def install(layout: Layout, count: int, progress: Progress) -> None:
    """Go all the way from nothing to the login prompt of a VM."""
    archives = build_images(layout, progress)
    up.ensure_cluster(layout, count, progress)
    loaded = load_images(layout, archives, progress)
    apply_virtpod(layout, loaded, progress)
    show_example(layout, progress)


def build_images(layout: Layout, progress: Progress) -> list[Path]:
    """Have every image built that is not, and return their archives."""
    command = [sys.executable, "-m", "images"]
    with progress.stage("images"):
        with subprocess.Popen(
            [*command, "build"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as builder:
            assert builder.stdout is not None
            said = ""
            for line in builder.stdout:
                said = line.strip()
                progress.tell(said)
        if builder.returncode != 0:
            log = layout.images
            raise Problem("ImagesNotBuilt", f"the images were not built: {said}", log=log)
        listing = run([*command, "list"], cwd=ROOT)
    return [Path(line.split("\t")[1]) for line in listing.splitlines()]


def load_images(layout: Layout, archives: Sequence[Path], progress: Progress) -> set[str]:
    """Load images into every node; return the names of those that some node did not have."""
    loaded: set[str] = set()
    with progress.stage("load images"):
        for node in read_record(layout.record).running_nodes():
            for archive in up.find_missing(layout, node, archives):
                name, _ = oci.read_archive(archive)
                progress.waiting(f"{node.name} to unpack {name}")
                nodes.import_image(layout, node, archive)
                loaded.add(name)
    return loaded


def apply_virtpod(layout: Layout, loaded: set[str], progress: Progress) -> None:
    """Install virtpod, or renew those parts of it whose image is new."""
    with progress.stage("virtpod"):
        before = list_workloads(layout)
        # The overlay has a KubeVirt object, which is known only once its definition is.
        for folder in (CRDS, OVERLAY):
            kubectl(layout, "apply", "--server-side", "--force-conflicts", "-k", str(folder))
            kubectl(layout, "wait", "--for=condition=Established", "crd", "--all")
        for name in plan_restarts(before, loaded):
            kubectl(layout, "rollout", "restart", "-n", names.INSTALL_NAMESPACE, name)
        for workload in list_workloads(layout):
            progress.waiting(workload.name)
            words = ["rollout", "status", "-n", names.INSTALL_NAMESPACE, "--timeout=180s"]
            kubectl(layout, *words, workload.name)
        progress.waiting("the API server to reach virt-api")
        for version in names.SUBRESOURCE_VERSIONS:
            service = f"apiservice/{version}.{names.SUBRESOURCE_GROUP}"
            kubectl(layout, "wait", "--for=condition=Available", "--timeout=60s", service)


def plan_restarts(before: Iterable[Workload], loaded: set[str]) -> list[str]:
    """Return the workloads that run an older image of the same name."""
    return [workload.name for workload in before if workload.images & loaded]


def list_workloads(layout: Layout) -> list[Workload]:
    """Return what runs in virtpod's namespace."""
    words = ["get", "deployments,daemonsets", "-n", names.INSTALL_NAMESPACE, "-o", "json"]
    return parse_workloads(kubectl(layout, *words))


def parse_workloads(text: str) -> list[Workload]:
    """Read kubectl's JSON list of Deployments and DaemonSets."""
    return [
        Workload(
            f"{item['kind'].lower()}/{item['metadata']['name']}",
            frozenset(c["image"] for c in item["spec"]["template"]["spec"]["containers"]),
        )
        for item in msgspec.json.decode(text)["items"]
    ]


def show_example(layout: Layout, progress: Progress) -> None:
    """Start the example VM and show its console up to the login prompt."""
    name = str(yaml.safe_load(EXAMPLE.read_text())["metadata"]["name"])
    with progress.stage(f"VM {name}"):
        phase = ["get", "vmi", name, "--ignore-not-found", "-o", "jsonpath={.status.phase}"]
        if kubectl(layout, *phase) in {names.Phase.SUCCEEDED, names.Phase.FAILED}:
            kubectl(layout, "delete", "vmi", name)
        kubectl(layout, "apply", "-f", str(EXAMPLE))
        progress.waiting("its pod to run")
        kubectl(layout, "wait", "--for=create", "--timeout=60s", f"pod/{name}")
        running = "--for=jsonpath={.status.phase}=Running"
        kubectl(layout, "wait", running, "--timeout=180s", f"pod/{name}")
    with progress.stage(f"console of {name}"):
        progress.waiting("the login prompt")
        progress.pause()
        follow_console(layout, name)


def follow_console(layout: Layout, name: str) -> None:
    """Copy a VM's serial console to standard output until it asks for a login."""
    with subprocess.Popen(
        kubectl_argv(layout, "logs", "--follow", name), stdout=subprocess.PIPE
    ) as logs:
        assert logs.stdout is not None
        timer = threading.Timer(LOGIN_SECONDS, logs.kill)
        timer.start()
        seen = b""
        while PROMPT not in seen and (chunk := os.read(logs.stdout.fileno(), 65536)):
            seen = seen[-len(PROMPT) :] + chunk
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
        timer.cancel()
        logs.kill()
    print()
    if PROMPT not in seen:
        raise Problem(
            "NoLogin", f"the console of {name} showed no login prompt; delete the VMI and try again"
        )


def describe_pages(layout: Layout) -> str:
    """Return where the graphical interface is, and how to get a token for it."""
    running = read_record(layout.record).running_nodes()
    urls = "\n".join(f"    https://{node.ip}:{PAGES_PORT}/" for node in running)
    grant = "kubectl create clusterrolebinding ui --clusterrole=cluster-admin"
    return f"""The graphical interface, with a certificate that browsers do not know and warn of:

{urls}

Log in there with the content of the file $KUBECONFIG, or with a token:

    kubectl create serviceaccount ui && {grant} --serviceaccount=default:ui
    kubectl create token ui --duration=8h
"""


def describe_next(layout: Layout) -> str:
    """Return what a user may type now."""
    name = str(yaml.safe_load(EXAMPLE.read_text())["metadata"]["name"])
    folder = Path(kubectl_argv(layout)[0]).parent
    plugins = Path(sys.executable).parent
    return f"""
The cluster runs, and {name} on it. Next:

    export KUBECONFIG={layout.admin_kubeconfig}
    export PATH={plugins}:{folder}:$PATH

    kubectl get vmi,pods
    kubectl logs {name:<24} # its console from the first byte
    kubectl exec -it {name} -- console    # a terminal on it: log in; Ctrl-] leaves
    kubectl delete vmi {name:<18} # power off and remove
    make down                             # remove the cluster

{describe_pages(layout)}
Links do without the second line: ln -s {folder}/kubectl {plugins}/kubectl-virt /usr/local/bin/
"""
