"""Refusals as a metav1.Status."""

import msgspec
import pytest

from api.problem import Problem
from gateway.answer import translate
from gateway.power import translate_refusal
from gateway.refusal import Refused, refuse_absent, refuse_state
from gateway.route import VM, VMI
from kube.client import ApiError
from kube.object import Status, StatusCause, StatusDetails


def _build(code: int, *causes: StatusCause) -> ApiError:
    return ApiError(Status(code, "Reason", "its words", StatusDetails(causes=causes)), what="PATCH")


def test_a_status_is_whole() -> None:
    refused = refuse_state(VMI, "a", "VMI is paused")
    assert msgspec.to_builtins(refused.build_status()) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "a":'
        " VMI is paused",
        "reason": "Conflict",
        "details": {"name": "a", "group": "kubevirt.io", "kind": "virtualmachineinstance"},
        "code": 409,
    }


def test_what_is_not_about_an_object_has_no_details() -> None:
    assert "details" not in msgspec.to_builtins(Refused(501, "no").build_status())
    assert refuse_absent(VM, "a").slug == "NotFound"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_build(404), 409),  # of an instance that ended meanwhile
        (_build(409), 409),
        (_build(422), 409),  # a failed test
        (_build(422, StatusCause(field="spec.x")), 400),
        (_build(403), 403),
        (_build(400), 400),
    ],
)
def test_the_refusal_of_a_write_is_translated(error: ApiError, code: int) -> None:
    refused = translate_refusal(error, "a")
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_an_api_server_in_trouble_is_not_the_users_fault() -> None:
    error = _build(500)
    assert translate_refusal(error, "a") is error
    assert translate(error).code == 503


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused(409, "as it is"), 409),
        (_build(403), 500),
        (Problem("A", "later", retryable=True), 503),
        (Problem("A", "never"), 500),
        (ZeroDivisionError("secret"), 500),
    ],
)
def test_whatever_goes_wrong_becomes_a_refusal(error: Exception, code: int) -> None:
    refused = translate(error)
    assert refused.code == code
    assert "secret" not in refused.message
