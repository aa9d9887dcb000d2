"""What of a kubeconfig is of use."""

import base64
import json
from typing import Any

import pytest

from gateway.refusal import Refused
from gateway.ui.kubeconfig import read_kubeconfig
from tests.integration.gateway.ui.world import spell_kubeconfig

Json = dict[str, Any]  # Any: decoded JSON


def build(user: Json) -> Json:
    return dict(json.loads(spell_kubeconfig(user)))


def test_a_token_or_a_certificate_is_taken() -> None:
    assert read_kubeconfig(build({"token": "t"})).token == "t"
    data = base64.b64encode(b"pem").decode()
    both = {"client-certificate-data": data, "client-key-data": data, "token": "t"}
    found = read_kubeconfig(build(both))
    assert (found.certificate, found.key, found.token) == (b"pem", b"pem", "")
    assert found.namespace == "vms"
    assert "pem" not in repr(found)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"current-context": ""}, "current-context"),
        ({"current-context": "gone"}, "gone"),
        ({"contexts": None}, "here"),
        ({"contexts": [{"name": "here"}]}, "here"),
        ({"users": None}, "me"),
        ({"users": [{"name": "me", "user": None}]}, "me"),
        ({"users": [{"name": 5}]}, "no kubeconfig"),
    ],
)
def test_what_is_missing_is_named(change: Json, word: str) -> None:
    with pytest.raises(Refused, match=word):
        read_kubeconfig(build({"token": "t"}) | change)


@pytest.mark.parametrize(
    ("user", "word"),
    [
        ({"exec": {"command": "get token", "args": None}}, "'get token'"),
        ({"auth-provider": {"name": "gcp"}}, "gcp"),
        ({"tokenFile": "/t"}, "cat /t"),
        ({"client-key": "/k"}, "--flatten"),
        ({"username": "u"}, "password"),
        ({"as": "root", "token": "t"}, "root"),
        ({"client-key-data": "!"}, "client-key-data"),
        ({}, "no credentials"),
    ],
)
def test_what_a_page_cannot_use_is_refused_with_a_way_round_it(user: Json, word: str) -> None:
    with pytest.raises(Refused, match=word):
        read_kubeconfig(build(user))
