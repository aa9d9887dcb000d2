"""Reading what the API server asks, and answering in its words."""

import json

import pytest

from api.cause import Cause, CauseReason
from api.problem import Problem
from api.vmi import VirtualMachineInstance
from gateway.admission.review import Answer, blame, read_object, read_review, write_answer
from tests.integration.bad_vmi import GOOD, change
from tests.unit.gateway.admission.review import build_review, read_answer

REVIEW = json.loads(build_review(GOOD))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"apiVersion": 1}',
        b'{"kind": "AdmissionReview"}',
        json.dumps({**REVIEW, "apiVersion": "admission.k8s.io/v1beta1"}).encode(),
        json.dumps({**REVIEW, "kind": "Pod"}).encode(),
        json.dumps({**REVIEW, "request": None}).encode(),
        json.dumps({**REVIEW, "request": {**REVIEW["request"], "uid": ""}}).encode(),
        json.dumps({**REVIEW, "request": []}).encode(),
    ],
)
def test_what_is_no_review_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_review(body)
    assert caught.value.slug == "NoReview"


def test_all_causes_are_told_at_once_as_kubernetes_does() -> None:
    request = read_review(build_review(GOOD))
    causes = (
        Cause(CauseReason.INVALID, "too big", "spec.a"),
        Cause(CauseReason.REQUIRED, "must be there", "spec.b"),
    )
    response = read_answer(write_answer(request, Answer(causes, ("mind the gap",))))
    assert response["allowed"] is False
    assert response["warnings"] == ["mind the gap"]
    status = response["status"]
    assert (status["code"], status["reason"], status["status"]) == (422, "Invalid", "Failure")
    assert status["message"] == "too big, must be there"
    assert status["details"]["kind"] == "VirtualMachineInstance"
    assert status["details"]["causes"] == [
        {"reason": "FieldValueInvalid", "message": "too big", "field": "spec.a"},
        {"reason": "FieldValueRequired", "message": "must be there", "field": "spec.b"},
    ]


def test_many_causes_are_cut_in_the_message_alone() -> None:
    causes = tuple(Cause(CauseReason.INVALID, f"m{n}", "spec") for n in range(12))
    response = read_answer(write_answer(read_review(build_review(GOOD)), Answer(causes)))
    assert response["status"]["message"].endswith("m9, and 2 more validation errors")
    assert len(response["status"]["details"]["causes"]) == 12


def test_warnings_are_few_and_short() -> None:
    warnings = ("x" * 1000, *(f"w{n}" for n in range(20)))
    response = read_answer(write_answer(read_review(build_review(GOOD)), Answer(warnings=warnings)))
    assert response["allowed"]
    assert len(response["warnings"]) == 11
    assert len(response["warnings"][0]) == 256
    assert response["warnings"][-1] == "and 11 more warnings"


def test_a_refused_object_is_not_patched() -> None:
    causes = (Cause(CauseReason.INVALID, "no", "spec"),)
    answer = Answer(causes, patch=({"op": "add", "path": "/spec/x", "value": 1},))
    assert "patch" not in read_answer(write_answer(read_review(build_review(GOOD)), answer))


def test_what_does_not_fit_its_type_is_blamed_by_its_path() -> None:
    bad = change(GOOD, {"spec.domain.cpu.cores": "many"})
    request = read_review(build_review(bad))
    with pytest.raises(Problem) as caught:
        read_object(request.object, VirtualMachineInstance)
    cause = blame(caught.value)
    assert (cause.field, cause.reason) == ("spec.domain.cpu.cores", "FieldValueInvalid")
    assert "int" in cause.message
