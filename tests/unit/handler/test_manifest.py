"""The handler's pod: who in it may do what."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from api.door import SESSION_PORT, VERB_PORT
from api.names import SECRET_HANDLER_CERTIFICATE
from handler.__main__ import TRUST_DIR

MANIFEST = Path(__file__).resolve().parents[3] / "manifests" / "base" / "handler.yaml"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"


def find(kind: str) -> Any:
    """Return the one object of a kind."""
    items = [item for item in yaml.safe_load_all(MANIFEST.read_text()) if item["kind"] == kind]
    assert len(items) == 1
    return items[0]


@pytest.fixture(scope="module")
def pod() -> Any:
    return find("DaemonSet")["spec"]["template"]["spec"]


def find_container(pod: Any, name: str) -> Any:
    return next(item for item in pod["containers"] if item["name"] == name)


def list_mounts(container: Any) -> dict[str, str]:
    return {item["mountPath"]: item["name"] for item in container["volumeMounts"]}


def test_one_container_alone_has_a_token(pod: Any) -> None:
    assert pod["automountServiceAccountToken"] is False
    everyone = [*pod["initContainers"], *pod["containers"]]
    assert [item["name"] for item in everyone if TOKEN in list_mounts(item)] == ["virt-handler"]


def test_no_container_that_stays_is_privileged(pod: Any) -> None:
    for container in pod["containers"]:
        context = container["securityContext"]
        assert "privileged" not in context
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"]["drop"] == ["ALL"]
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_users_bytes_meet_no_capability_and_a_bound_of_memory(pod: Any) -> None:
    console = find_container(pod, "console")
    assert "add" not in console["securityContext"]["capabilities"]
    assert console["resources"]["limits"]["memory"]
    assert all(item.get("readOnly") for item in console["volumeMounts"])


def test_both_doors_are_where_the_gateway_knocks(pod: Any) -> None:
    ports = {
        port["name"]: (container["name"], port["containerPort"])
        for container in pod["containers"]
        for port in container.get("ports", ())
    }
    assert ports["verbs"] == ("virt-handler", VERB_PORT)
    assert ports["sessions"] == ("console", SESSION_PORT)


def test_the_certificate_is_handed_over_in_memory(pod: Any) -> None:
    volumes = {item["name"]: item for item in pod["volumes"]}
    for name in ("virt-handler", "console"):
        volume = list_mounts(find_container(pod, name))[TRUST_DIR]
        assert volumes[volume]["emptyDir"]["medium"] == "Memory"


def test_only_the_one_secret_can_be_read() -> None:
    rules = [*find("Role")["rules"], *find("ClusterRole")["rules"]]
    secrets = [rule for rule in rules if "secrets" in rule["resources"]]
    assert [rule["resourceNames"] for rule in secrets] == [[SECRET_HANDLER_CERTIFICATE]]
    assert set(secrets[0]["verbs"]) == {"get", "list", "watch"}


def test_no_vm_waits_for_a_certificate(pod: Any) -> None:
    console = find_container(pod, "console")
    assert console["readinessProbe"]["httpGet"]["path"] == "/healthz"
