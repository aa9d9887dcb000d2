"""Cockpit's pod: each container has the rights that it needs, and one of them has two."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from cockpit_login.__main__ import AUTHORITY, DOOR, PORT, RUN, WEB_UID
from cockpit_login.web import CERTIFICATES, GIVEN

ROOT: Final = Path(__file__).parents[3]
CAPABILITIES: Final = {"virt-cockpit": [], "sessions": ["SETUID", "SETGID"]}


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    """Return the pod's spec."""
    text = (ROOT / "manifests" / "cockpit" / "deployment.yaml").read_text()
    spec: dict[str, Any] = yaml.safe_load(text)["spec"]["template"]["spec"]
    return spec


@pytest.fixture(scope="module")
def containers(pod: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in pod["containers"]}


def list_mounts(container: dict[str, Any]) -> dict[str, bool]:
    """Return by path whether what is mounted there can be written to."""
    mounts = container["volumeMounts"]
    return {mount["mountPath"]: not mount.get("readOnly", False) for mount in mounts}


def test_the_pod_has_no_rights_at_the_cluster_and_none_of_the_hosts(pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
    assert all({"configMap", "secret", "emptyDir"} & volume.keys() for volume in pod["volumes"])
    memory = [each["emptyDir"]["medium"] for each in pod["volumes"] if "emptyDir" in each]
    assert memory == ["Memory"] * 4


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_container_has_the_capabilities_that_it_needs(
    containers: dict[str, dict[str, Any]], name: str
) -> None:
    context = containers[name]["securityContext"]
    assert set(containers) == set(CAPABILITIES)
    assert context["capabilities"]["drop"] == ["ALL"]
    assert context["capabilities"].get("add", []) == CAPABILITIES[name]
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert "privileged" not in context
    assert "seccompProfile" not in context


def test_what_the_network_reaches_is_nobody(containers: dict[str, dict[str, Any]]) -> None:
    web = containers["virt-cockpit"]
    assert web["args"] == ["--web"]
    assert web["securityContext"]["runAsNonRoot"] is True
    assert web["securityContext"]["runAsUser"] == WEB_UID
    assert [port["containerPort"] for port in web["ports"]] == [PORT]
    mounts = list_mounts(web)
    assert mounts == {str(GIVEN): False, str(CERTIFICATES): True, str(DOOR.parent): False}


def test_who_makes_sessions_has_no_port(containers: dict[str, dict[str, Any]]) -> None:
    sessions = containers["sessions"]
    assert sessions["args"] == ["--serve"]
    assert "ports" not in sessions
    mounts = list_mounts(sessions)
    assert mounts.pop(str(AUTHORITY.parent)) is False
    assert mounts == {str(RUN): True, "/var/lib/extrausers": True, str(DOOR.parent): True}


def test_cockpit_knocks_at_that_door(containers: dict[str, dict[str, Any]]) -> None:
    text = (ROOT / "images" / "cockpit" / "etc" / "cockpit" / "cockpit.conf").read_text()
    assert text.count(f"UnixPath = {DOOR}\n") == 2
    assert "command =" not in text.lower()
    assert containers["sessions"]["readinessProbe"]["exec"]["command"][-1] == str(DOOR)
