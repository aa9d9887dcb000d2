"""AdmissionReview v1: the API server's question and our answer; pure."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from api.cause import Cause, CauseReason, join_causes
from api.meta import ApiStruct
from api.problem import Problem

API_VERSION: Final = "admission.k8s.io/v1"
KIND: Final = "AdmissionReview"
_UNPROCESSABLE: Final = 422
# The API server passes on 4 KiB of warnings, and of each only the beginning if it is long.
_WARNINGS: Final = 10
_WARNING_LENGTH: Final = 256

Operation = dict[str, Any]  # of a JSON patch; Any: any value
StructT = TypeVar("StructT", bound=ApiStruct)


class UserInfo(msgspec.Struct, frozen=True):
    """Who asks the API server."""

    username: str = ""


class GroupVersionKind(msgspec.Struct, frozen=True):
    """Which kind, as it was asked for."""

    group: str = ""
    version: str = ""
    kind: str = ""


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """What is to be done with an object; both objects are still encoded."""

    uid: str
    operation: str
    kind: GroupVersionKind = GroupVersionKind()
    name: str = ""
    namespace: str = ""
    user_info: UserInfo = UserInfo()
    object: msgspec.Raw = msgspec.Raw(b"null")
    old_object: msgspec.Raw = msgspec.Raw(b"null")


class Review(msgspec.Struct, frozen=True, rename="camel"):
    """The question."""

    api_version: str = ""
    kind: str = ""
    request: Request | None = None


class Answer(msgspec.Struct, frozen=True):
    """What we say of an object."""

    causes: Sequence[Cause] = ()  # why it is refused; none: it is not
    warnings: Sequence[str] = ()  # for its user, whether refused or not
    patch: Sequence[Operation] = ()  # JSON patch


_REVIEWS: Final = msgspec.json.Decoder(Review)


def read_review(body: bytes) -> Request:
    """Return the question, or raise Problem: it is none."""
    try:
        review = _REVIEWS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("NoReview", f"the body is no {KIND}: {error}") from error
    if (review.api_version, review.kind) != (API_VERSION, KIND):
        what = f"{review.api_version} {review.kind}".strip() or "nothing of the kind"
        raise Problem("NoReview", f"the body is {what[:100]}, not {API_VERSION} {KIND}")
    if review.request is None or not review.request.uid:
        raise Problem("NoReview", f"the {KIND} has no request with a uid")
    return review.request


def read_object(raw: msgspec.Raw, type_: type[StructT]) -> StructT:
    """Read an object of a question; what does not fit its type is a Problem with a path."""
    try:
        return msgspec.json.decode(raw, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("UnreadableObject", str(error)) from error


def blame(problem: Problem) -> Cause:
    """Return the cause of an object that cannot be read; msgspec tells the path at the end."""
    text, _, path = problem.message.partition(" - at `$")
    field = path.rstrip("`").removeprefix(".").replace("[...]", "")
    return Cause(CauseReason.INVALID, text or problem.message, field)


def write_answer(request: Request, answer: Answer) -> bytes:
    """Return the AdmissionReview that answers a question."""
    response: dict[str, object] = {"uid": request.uid, "allowed": not answer.causes}
    if answer.warnings:
        response["warnings"] = _cut_warnings(answer.warnings)
    if answer.causes:
        response["status"] = _build_status(request, tuple(answer.causes))
    elif answer.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = msgspec.json.encode(answer.patch)  # bytes: Base64 in JSON
    return msgspec.json.encode({"apiVersion": API_VERSION, "kind": KIND, "response": response})


def _build_status(request: Request, causes: tuple[Cause, ...]) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "code": _UNPROCESSABLE,
        "reason": "Invalid",
        "message": join_causes(causes),
        "details": {
            "name": request.name,
            "group": request.kind.group,
            "kind": request.kind.kind,
            "causes": [
                {"reason": each.reason, "message": each.message, "field": each.field}
                for each in causes
            ],
        },
    }


def _cut_warnings(warnings: Sequence[str]) -> list[str]:
    cut = [
        text if len(text) <= _WARNING_LENGTH else f"{text[: _WARNING_LENGTH - 1]}…"
        for text in warnings[:_WARNINGS]
    ]
    rest = len(warnings) - _WARNINGS
    return [*cut, f"and {rest} more warnings"] if rest > 0 else cut
