"""The client: what it sends, and what it makes of refusals."""

import json
from collections.abc import Mapping

import msgspec
import pytest

from api.problem import Problem
from kube.client import ApiError, Client, decode
from kube.config import Token
from kube.object import BareObject, Key
from kube.resource import LEASES, NODES, PODS, VMIS
from kube.transport import Response
from tests.unit.controller.fake_api import FakeApi


class Recorder(FakeApi):
    """Notes requests and gives one answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self.sent: list[tuple[str, str, dict[str, str], object]] = []

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes | None,
        content_type: str,
        deadline_seconds: float,
    ) -> Response:
        assert 0 < deadline_seconds <= 60
        self.sent.append((method, path, dict(query), json.loads(body) if body else None))
        return self.response


def answer(status: int, **content: object) -> Response:
    return Response(status, json.dumps(content).encode(), {})


OBJECT = answer(200, metadata={"name": "a"})


async def test_paths_are_those_of_kubernetes() -> None:
    assert PODS.path("ns", "a") == "/api/v1/namespaces/ns/pods/a"
    assert NODES.path(None, "n") == "/api/v1/nodes/n"
    assert LEASES.path("ns") == "/apis/coordination.k8s.io/v1/namespaces/ns/leases"
    assert VMIS.path("ns", "a", "status").endswith("/virtualmachineinstances/a/status")
    assert PODS.path("ns", "a b") == "/api/v1/namespaces/ns/pods/a%20b"


async def test_a_deletion_carries_its_precondition_and_grace() -> None:
    api = Recorder(OBJECT)
    await Client(api).delete(PODS, "ns", "a", uid="u", grace_seconds=5)
    _, _, _, body = api.sent[0]
    assert body == {
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u"},
        "gracePeriodSeconds": 5,
    }


async def test_a_refusal_keeps_the_servers_words() -> None:
    causes = [{"reason": "FieldValueInvalid", "field": "spec.x", "message": "no"}]
    api = Recorder(
        answer(422, code=422, reason="Invalid", message="is invalid", details={"causes": causes})
    )
    with pytest.raises(ApiError) as caught:
        await Client(api).create(PODS, "ns", {}, BareObject)
    error = caught.value
    assert (error.code, error.reason, error.message) == (422, "Invalid", "is invalid")
    assert error.causes[0].field == "spec.x"
    assert not error.retryable


@pytest.mark.parametrize("code", [409, 429, 500, 502, 503, 504])
async def test_what_may_work_next_time_is_retryable(code: int) -> None:
    with pytest.raises(ApiError) as caught:
        await Client(Recorder(answer(code, code=code))).get(PODS, "ns", "a", BareObject)
    assert caught.value.retryable


async def test_retry_after_is_passed_on() -> None:
    response = Response(429, b"{}", {"Retry-After": "7"})
    with pytest.raises(ApiError) as caught:
        await Client(Recorder(response)).get(PODS, "ns", "a", BareObject)
    assert caught.value.retry_after_seconds == 7


async def test_an_answer_that_is_no_json_is_a_problem() -> None:
    with pytest.raises(ApiError) as caught:
        await Client(Recorder(Response(502, b"<html>", {}))).get(PODS, "ns", "a", BareObject)
    assert caught.value.code == 502
    with pytest.raises(Problem, match="cannot read an object"):
        await Client(Recorder(Response(200, b"<html>", {}))).get(PODS, "ns", "a", BareObject)


async def test_reads_pass_the_fence_and_writes_do_not() -> None:
    api = Recorder(OBJECT)
    client = Client(api)

    def refuse() -> None:
        raise Problem("Fenced", "no")

    client.fence = refuse
    await client.get(PODS, "ns", "a", BareObject)
    with pytest.raises(Problem, match="no"):
        await client.patch(PODS, "ns", "a", {}, BareObject)
    await client.unfenced().patch(PODS, "ns", "a", {}, BareObject)


def test_a_raw_object_can_be_read_twice_and_as_two_types() -> None:
    raw = decode(b'{"metadata":{"name":"a"}}', msgspec.Raw)
    assert decode(raw, BareObject) == decode(raw, BareObject)


def test_a_key_reads_like_kubectl_writes_it() -> None:
    assert str(Key("ns", "a")) == "ns/a"
    assert str(Key("", "node")) == "node"


def test_a_token_is_read_again_after_the_server_refused_it(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "token"
    path.write_text("one\n")
    token = Token(path=path)
    assert token.read() == "Bearer one"
    path.write_text("two")
    assert token.read() == "Bearer one"
    token.forget()
    assert token.read() == "Bearer two"
