"""The launch document survives its way, also between versions."""

import msgspec
import pytest

from api.launch import LAUNCH_VERSION, LaunchDocument, decode_launch, encode_launch
from api.vmi import VirtualMachineInstanceSpec
from tests.integration.bad_vmi import GOOD

DOCUMENT = LaunchDocument(
    version=LAUNCH_VERSION,
    name="vm",
    namespace="default",
    uid="uid",
    spec=msgspec.convert(GOOD["spec"], VirtualMachineInstanceSpec),
    block_volumes=("data",),
    claim_bytes={"fresh": 1 << 30},
)


def test_a_document_reads_back() -> None:
    assert decode_launch(encode_launch(DOCUMENT)) == DOCUMENT


def test_a_newer_controllers_fields_and_values_are_survived() -> None:
    raw = msgspec.json.decode(encode_launch(DOCUMENT))
    raw["novelty"] = {"a": 1}
    raw["spec"]["domain"]["devices"]["disks"][0]["disk"]["bus"] = "nvme"
    read = decode_launch(msgspec.json.encode(raw))
    assert read.spec.domain.devices.disks[0].disk is not None
    assert read.spec.domain.devices.disks[0].disk.bus == "nvme"


def test_a_malformed_document_is_told_with_a_path() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.spec"):
        decode_launch('{"version":1,"name":"a","namespace":"b","uid":"c","spec":[]}')
