"""The revision of a start, in the bytes that the API server keeps."""

import json

import msgspec

from api.vm import VirtualMachine
from controller.vm.revision import Revision, build_start, encode_data
from kube.client import decode
from tests.unit.controller.world import build_vm


def test_data_are_written_as_go_writes_them() -> None:
    data = {"b": 1, "a": {"z": "#!/bin/sh\nls 2>&1 </dev/null", "y": "M\u00fcller\u2028"}}
    assert bytes(encode_data(data)) == (
        b'{"a":{"y":"M\xc3\xbcller\\u2028","z":"#!/bin/sh\\nls 2\\u003e\\u00261'
        b' \\u003c/dev/null"},"b":1}'
    )
    assert json.loads(bytes(encode_data(data))) == data


def test_a_start_is_kept_with_its_generation_and_can_be_read() -> None:
    manifest = build_vm()
    manifest["metadata"] |= {"uid": "u-1", "namespace": "ns", "generation": 4}
    vm = msgspec.convert(manifest, VirtualMachine)
    body = build_start(vm)
    assert body["revision"] == 4
    head = body["metadata"]
    assert isinstance(head, dict)
    assert head["name"] == "revision-start-vm-u-1-4"
    assert head["labels"] == {"virtpod.io/started-vm": "u-1"}
    assert decode(msgspec.json.encode(body), Revision).data.spec == vm.spec
