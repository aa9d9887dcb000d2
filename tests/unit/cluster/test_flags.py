"""What the control plane is told."""

from dataclasses import fields
from pathlib import Path

import pytest

from cluster import flags
from cluster.paths import Layout, find_layout
from cluster.pki import Pair
from cluster.trust import Trust

LAYOUT = Layout(Path("/state"), Path("/cache"))


@pytest.fixture
def trust() -> Trust:
    pairs = {
        field.name: Pair(Path(f"/pki/{field.name}.crt"), Path(f"/pki/{field.name}.key"))
        for field in fields(Trust)
        if field.name != "service_account_key"
    }
    return Trust(**pairs, service_account_key=Path("/pki/sa.key"))


def test_kubelets_are_kept_to_their_own_node(trust: Trust) -> None:
    argv = flags.apiserver_flags(LAYOUT, trust)
    assert "--authorization-mode=Node,RBAC" in argv
    assert "--enable-admission-plugins=NodeRestriction" in argv


def test_etcd_believes_nobody_whom_the_clusters_authority_signed(trust: Trust) -> None:
    argv = flags.etcd_flags(LAYOUT, trust)
    assert "--client-cert-auth" in argv
    assert "--trusted-ca-file=/pki/etcd_ca.crt" in argv


def test_aggregated_apis_know_the_front_proxy_by_its_name(trust: Trust) -> None:
    argv = flags.apiserver_flags(LAYOUT, trust)
    assert "--requestheader-client-ca-file=/pki/front_proxy_ca.crt" in argv
    assert "--requestheader-allowed-names=front-proxy-client" in argv


def test_the_audit_log_lies_with_the_other_logs(trust: Trust) -> None:
    assert "--audit-log-path=/state/logs/audit.log" in flags.apiserver_flags(LAYOUT, trust)


def test_no_flag_is_given_twice(trust: Trust) -> None:
    for argv in (
        flags.etcd_flags(LAYOUT, trust),
        flags.apiserver_flags(LAYOUT, trust),
        flags.controller_manager_flags(LAYOUT, trust, Path("/c")),
        flags.scheduler_flags(trust, Path("/s")),
    ):
        names = [flag.partition("=")[0] for flag in argv]
        assert len(names) == len(set(names))


def test_the_environment_moves_state_and_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTPOD_CLUSTER_DIR", "/elsewhere/mine")
    monkeypatch.setenv("VIRTPOD_CACHE", "/tmp/cache")
    layout = find_layout()
    assert layout.admin_kubeconfig == Path("/elsewhere/mine/admin.kubeconfig")
    assert layout.binaries == Path("/tmp/cache/bin")
    assert layout.cgroup == "mine"
