"""The gateway's rights: this list and no more (A19)."""

from pathlib import Path
from typing import Any

import yaml

MANIFEST = Path(__file__).resolve().parents[3] / "manifests" / "base" / "gateway.yaml"
ITEMS: list[dict[str, Any]] = list(yaml.safe_load_all(MANIFEST.read_text()))
READ = {"get", "list", "watch"}


def _find(kind: str) -> list[dict[str, Any]]:
    return [item for item in ITEMS if item["kind"] == kind]


def test_there_is_nothing_general_in_its_rights() -> None:
    for item in (*_find("Role"), *_find("ClusterRole")):
        for rule in item["rules"]:
            words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
            assert not words & {"*", "impersonate", "escalate", "bind", "delete", "update"}


def test_it_writes_what_its_verbs_write() -> None:
    written = {
        (resource, verb)
        for item in (*_find("Role"), *_find("ClusterRole"))
        for rule in item["rules"]
        for resource in rule["resources"]
        for verb in set(rule["verbs"]) - READ
    }
    assert written == {
        ("subjectaccessreviews", "create"),
        ("virtualmachines", "patch"),
        ("virtualmachines/status", "patch"),
        ("virtualmachineinstances", "patch"),
        ("configmaps", "patch"),
    }


def test_of_configmaps_it_writes_its_own_and_does_so_alone() -> None:
    rules = [
        rule
        for item in (*_find("Role"), *_find("ClusterRole"))
        for rule in item["rules"]
        if "configmaps" in rule["resources"] and set(rule["verbs"]) - READ
    ]
    assert [rule["resourceNames"] for rule in rules] == [["kubevirt-virt-ui-ended"]]
    (config,) = _find("ConfigMap")
    assert config["metadata"]["name"] == "kubevirt-virt-ui-ended"
    # applied again, what is not there is left as it is
    assert set(config) == {"apiVersion", "kind", "metadata"}


def test_it_reads_its_own_secrets() -> None:
    rules = [
        rule
        for item in (*_find("Role"), *_find("ClusterRole"))
        for rule in item["rules"]
        if "secrets" in rule["resources"]
    ]
    assert [rule["resourceNames"] for rule in rules] == [
        ["kubevirt-virt-api-certs"],
        ["kubevirt-virt-ui-keys", "virt-ui", "virt-ui-tls"],
    ]


def test_both_versions_are_registered_and_verified() -> None:
    found = {item["metadata"]["name"]: item["spec"] for item in _find("APIService")}
    assert set(found) == {"v1.subresources.kubevirt.io", "v1alpha3.subresources.kubevirt.io"}
    for name, spec in found.items():
        assert name == f"{spec['version']}.{spec['group']}"
        assert "insecureSkipTLSVerify" not in spec


def test_one_replica_always_stays() -> None:
    (deployment,), (budget,) = _find("Deployment"), _find("PodDisruptionBudget")
    assert deployment["spec"]["replicas"] == 2
    assert budget["spec"]["minAvailable"] == 1
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_its_memory_is_limited_far_above_what_it_needs() -> None:
    (deployment,) = _find("Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    resources = container["resources"]
    assert (resources["requests"]["memory"], resources["limits"]) == ("96Mi", {"memory": "1Gi"})


def test_the_pages_are_reached_inside_the_cluster_unless_somebody_opens_them() -> None:
    services = {item["metadata"]["name"]: item["spec"] for item in _find("Service")}
    assert services["virt-ui"].get("type", "ClusterIP") == "ClusterIP"
    (deployment,) = _find("Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert ports[services["virt-ui"]["ports"][0]["targetPort"]] == 8444
