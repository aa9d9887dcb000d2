"""The files of cloud-init's NoCloud seed."""

import base64
import json

import pytest
from msgspec.structs import replace

from api.domain import DomainSpec
from api.launch import LaunchDocument
from api.meta import LocalObjectReference
from api.problem import Problem
from api.vmi import VirtualMachineInstanceSpec
from api.volume import CloudInitNoCloudSource
from launcher.cloudinit import plan_seed

DOCUMENT = LaunchDocument(
    version=1,
    name="vm",
    namespace="ns",
    uid="5d307ca9-b3ef-428c-8861-06e72d69f223",
    created="2026-11-22T20:00:00Z",
    spec=VirtualMachineInstanceSpec(domain=DomainSpec()),
)
SECRET = CloudInitNoCloudSource(secret_ref=LocalObjectReference("seed"))


def test_the_instance_is_known_by_its_uuid_and_host_name() -> None:
    named = replace(DOCUMENT, spec=replace(DOCUMENT.spec, hostname="web"))
    for document, hostname in ((DOCUMENT, "vm"), (named, "web")):
        files = plan_seed(document, CloudInitNoCloudSource(user_data="x"), {}, {})
        metadata = json.loads(files["meta-data"])
        assert metadata == {"instance-id": DOCUMENT.uid, "local-hostname": hostname}


def test_text_and_base64_say_the_same() -> None:
    text = CloudInitNoCloudSource(user_data="#cloud-config\n", network_data="version: 2\n")
    encoded = CloudInitNoCloudSource(
        user_data_base64=base64.b64encode(b"#cloud-config\n").decode(),
        network_data_base64=base64.b64encode(b"version: 2\n").decode(),
    )
    assert plan_seed(DOCUMENT, text, {}, {}) == plan_seed(DOCUMENT, encoded, {}, {})


def test_there_is_no_network_config_unless_one_is_given() -> None:
    files = plan_seed(DOCUMENT, CloudInitNoCloudSource(user_data="x"), {}, {})
    assert set(files) == {"meta-data", "user-data"}


@pytest.mark.parametrize("key", ["userdata", "userData"])
def test_a_secret_may_use_either_key(key: str) -> None:
    assert plan_seed(DOCUMENT, SECRET, {key: b"secret"}, {})["user-data"] == b"secret"


def test_a_secret_without_the_key_is_named() -> None:
    with pytest.raises(Problem, match="secret seed has no key userdata"):
        plan_seed(DOCUMENT, SECRET, {"other": b"x"}, {})


def test_what_is_not_base64_is_refused() -> None:
    with pytest.raises(Problem, match="userDataBase64"):
        plan_seed(DOCUMENT, CloudInitNoCloudSource(user_data_base64="%%%"), {}, {})
