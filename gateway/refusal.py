"""Why a call is refused, as a metav1.Status; pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from api.meta import ApiStruct
from api.names import SUBRESOURCE_GROUP
from api.problem import Problem

_REASONS: Final[Mapping[int, str]] = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "Timeout",
    409: "Conflict",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class StatusDetails(ApiStruct, frozen=True):
    """Which object a refusal is about."""

    name: str = ""
    group: str = ""
    kind: str = ""
    retry_after_seconds: int = 0


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """metav1.Status; all of it is always there, as clients written in Go expect."""

    message: str
    reason: str
    code: int
    details: StatusDetails | msgspec.UnsetType = msgspec.UNSET
    kind: str = "Status"
    api_version: str = msgspec.field(name="apiVersion", default="v1")
    metadata: dict[str, str] = {}
    status: str = "Failure"


class Refused(Problem):
    """Raised by whoever handles a call; it becomes the answer."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str = "",
        details: StatusDetails | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason or _REASONS.get(code, "InternalError"), message)
        self.code = code
        self.details = details
        self.headers = dict(headers or {})

    def build_status(self) -> Status:
        """Return the body of the answer."""
        return Status(self.message, self.slug, self.code, self.details or msgspec.UNSET)


def refuse_absent(resource: str, name: str) -> Refused:
    """Return what is said of an object that is not there; ``resource`` is plural."""
    kind = resource.removesuffix("s")
    group = SUBRESOURCE_GROUP.partition(".")[2]
    message = f'{kind}.{group} "{name}" not found'
    return Refused(404, message, details=StatusDetails(name=name, group=group, kind=kind))


def refuse_state(resource: str, name: str, why: str) -> Refused:
    """Return what is said where the object's state forbids the call."""
    kind = resource.removesuffix("s")
    group = SUBRESOURCE_GROUP.partition(".")[2]
    message = f'Operation cannot be fulfilled on {kind}.{group} "{name}": {why}'
    return Refused(409, message, details=StatusDetails(name=name, group=group, kind=kind))
