"""The control plane: a database, an API in front of it, and two programs that watch the API.

etcd holds every object. kube-apiserver is the only one to speak to it: it authenticates
(client certificates, service account tokens), authorises (Node and RBAC), admits, stores,
and lets everyone watch. kube-controller-manager turns objects into other objects (a
Deployment into pods); kube-scheduler gives each pod a node. They run on the machine itself.
"""

import signal

from cluster import flags, pki, render
from cluster.binaries import find_program
from cluster.kubectl import kubectl_argv
from cluster.paths import Layout
from cluster.process import start, stop, wait_until
from cluster.shell import succeeds
from cluster.trust import Trust, ensure_kubeconfig, ensure_trust

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def ensure_control_plane(layout: Layout) -> None:
    """Start what does not run, and return when the API answers."""
    trust = ensure_trust(layout)
    _ensure_api(layout, trust)
    _ensure_watchers(layout, trust)


def _ensure_api(layout: Layout, trust: Trust) -> None:
    pki.write_private(layout.config / "audit.yaml", render.render_audit_policy().encode())
    ensure_kubeconfig(layout.admin_kubeconfig, trust.ca, "admin", "system:masters")
    start(layout, "etcd", ["etcd", *flags.etcd_flags(layout, trust)])
    program = find_program(layout, "kube-apiserver")
    start(layout, "kube-apiserver", [program, *flags.apiserver_flags(layout, trust)])
    probe = kubectl_argv(layout, "get", "--raw=/readyz")
    wait_until(layout, "kube-apiserver", lambda: succeeds(probe), interval=0.25)


def _ensure_watchers(layout: Layout, trust: Trust) -> None:
    manager = ensure_kubeconfig(
        layout.config / "controller-manager.kubeconfig", trust.ca, "system:kube-controller-manager"
    )
    manager_flags = flags.controller_manager_flags(layout, trust, manager)
    program = find_program(layout, "kube-controller-manager")
    start(layout, "kube-controller-manager", [program, *manager_flags])
    scheduler = ensure_kubeconfig(
        layout.config / "scheduler.kubeconfig", trust.ca, "system:kube-scheduler"
    )
    program = find_program(layout, "kube-scheduler")
    start(layout, "kube-scheduler", [program, *flags.scheduler_flags(trust, scheduler)])


def stop_control_plane(layout: Layout) -> None:
    """End its programs at once, the database last: what they would save is thrown away."""
    for component in reversed(COMPONENTS):
        stop(layout, component, first=signal.SIGKILL)
