"""Typed verbs on the Kubernetes API: bytes in, small structs out, a deadline on every call."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, Literal, TypeVar

import msgspec

from api.problem import Problem
from kube.config import load_connection
from kube.object import Page, RawEvent, RawList, Status, StatusCause, StatusDetails
from kube.resource import Resource
from kube.transport import HttpTransport, Response, StreamRefused, Transport

T = TypeVar("T")

DEADLINE_SECONDS: Final = 15.0
VERSION: Final = "0.1.0"
_CONTENT_TYPES: Final = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
PatchKind = Literal["merge", "json", "apply"]
# What may work next time although the server said no: conflicts, overload, its own troubles.
_RETRYABLE_CODES: Final = frozenset({408, 409, 410, 429, 500, 502, 503, 504})

_encode = msgspec.json.Encoder().encode
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}  # one for each type that was ever read


class ApiError(Problem):
    """The API server's refusal: ``code``, ``reason`` and ``details`` are its own words."""

    def __init__(self, status: Status, *, what: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(
            status.reason or "ApiError",
            status.message or f"the API server answered {status.code} to {what}",
            retryable=status.code in _RETRYABLE_CODES,
            code=status.code,
            what=what,
        )
        self.code = status.code
        self.reason = status.reason
        self.details = status.details or StatusDetails()
        self.retry_after_seconds = retry_after_seconds or float(self.details.retry_after_seconds)

    @property
    def causes(self) -> tuple[StatusCause, ...]:
        return self.details.causes

    @property
    def not_found(self) -> bool:
        return self.code == 404

    @property
    def already_exists(self) -> bool:
        return self.code == 409 and self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        return self.code == 409 and not self.already_exists

    @property
    def gone(self) -> bool:
        """True when a resourceVersion or continue token is too old to go on from."""
        return self.code == 410

    @property
    def quota_exceeded(self) -> bool:
        return self.code == 403 and "exceeded quota" in self.message


class Client:
    """One component's door to the API server."""

    def __init__(
        self, transport: Transport, *, observe: Callable[[str, str, int], None] | None = None
    ) -> None:
        """``observe`` is told verb, resource and code of each request, for metrics."""
        self._transport = transport
        self._observe = observe or (lambda _verb, _resource, _code: None)
        # Called before each write; a leader that lost its lease raises here (kube/lease.py).
        self.fence: Callable[[], None] = lambda: None

    def unfenced(self) -> "Client":
        """Return a client on the same connections that writes whoever leads."""
        return Client(self._transport, observe=self._observe)

    async def close(self) -> None:
        await self._transport.close()

    async def get(self, resource: Resource, namespace: str | None, name: str, type_: type[T]) -> T:
        """Read one object as the server has it now."""
        body = await self._call("GET", resource, resource.path(namespace, name))
        return decode(body, type_)

    async def list(
        self,
        resource: Resource,
        type_: type[T],
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
    ) -> Page[T]:
        """Read one page of a list; ``limit`` 0 means everything in one page."""
        query = _query(
            labelSelector=label_selector,
            fieldSelector=field_selector,
            limit=str(limit or ""),
            **{"continue": continue_},
        )
        body = await self._call("GET", resource, resource.path(namespace), query=query)
        raw = decode(body, RawList)
        return Page(
            [decode(item, type_) for item in raw.items],
            raw.metadata.resource_version,
            raw.metadata.continue_,
        )

    async def create(
        self, resource: Resource, namespace: str | None, body: object, type_: type[T]
    ) -> T:
        """Create an object from a dict or struct."""
        answer = await self._call("POST", resource, resource.path(namespace), body=_encode(body))
        return decode(answer, type_)

    async def patch(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        patch: object,
        type_: type[T],
        *,
        kind: PatchKind = "merge",
        subresource: str | None = None,
        field_manager: str = "",
        dry_run: bool = False,
    ) -> T:
        """Change an object; preconditions (uid, resourceVersion) go into the patch itself."""
        answer = await self._call(
            "PATCH",
            resource,
            resource.path(namespace, name, subresource),
            query=_query(
                fieldManager=field_manager,
                force="true" if kind == "apply" else "",
                dryRun="All" if dry_run else "",
            ),
            body=_encode(patch),
            content_type=_CONTENT_TYPES[kind],
        )
        return decode(answer, type_)

    async def delete(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        grace_seconds: int | None = None,
        propagation: str = "Background",
    ) -> None:
        """Delete an object; with preconditions only that very one, or only in that version."""
        options: dict[str, object] = {"propagationPolicy": propagation}
        pinned = {"uid": uid, "resourceVersion": resource_version}
        preconditions = {key: value for key, value in pinned.items() if value is not None}
        if preconditions:
            options["preconditions"] = preconditions
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        await self._call("DELETE", resource, resource.path(namespace, name), body=_encode(options))

    async def watch(
        self,
        resource: Resource,
        resource_version: str,
        timeout_seconds: int,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncGenerator[RawEvent]:
        """Yield what happens after ``resource_version``, bookmarks included, until it times out."""
        query = _query(
            watch="1",
            allowWatchBookmarks="true",
            resourceVersion=resource_version,
            timeoutSeconds=str(timeout_seconds),
            labelSelector=label_selector,
            fieldSelector=field_selector,
        )
        self._observe("WATCH", str(resource), 200)
        try:
            async with aclosing(self._transport.stream(resource.path(namespace), query)) as lines:
                async for line in lines:
                    event = decode(line, RawEvent)
                    if event.type == "ERROR":
                        raise _refusal(event.object, f"watch {resource}", 0.0)
                    yield event
        except StreamRefused as refused:
            raise _error_of(refused.response, f"watch {resource}") from refused

    async def _call(
        self,
        method: str,
        resource: Resource,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        if method != "GET":
            self.fence()
        response = await self._transport.request(
            method,
            path,
            query or {},
            body=body,
            content_type=content_type,
            deadline_seconds=DEADLINE_SECONDS,
        )
        self._observe(method, str(resource), response.status)
        if response.status >= 400:
            raise _error_of(response, f"{method} {path}")
        return response.body


async def connect(
    component: str, *, observe: Callable[[str, str, int], None] | None = None
) -> Client:
    """Open a client that says who it is, for example ``virt-controller``."""
    connection = await load_connection()
    return Client(HttpTransport(connection, f"{component}/{VERSION} (virtpod)"), observe=observe)


def decode(body: bytes | msgspec.Raw, type_: type[T]) -> T:
    """Read an object as ``type_``; what does not fit is a Problem that names the path."""
    decoder: msgspec.json.Decoder[T] | None = _decoders.get(type_)
    if decoder is None:
        decoder = _decoders.setdefault(type_, msgspec.json.Decoder(type_))
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("UnreadableObject", f"cannot read an object: {error}") from error


def _query(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _error_of(response: Response, what: str) -> ApiError:
    try:
        retry_after = float(response.headers.get("Retry-After", "0"))
    except ValueError:
        retry_after = 0.0
    return _refusal(response.body, what, retry_after, code=response.status)


def _refusal(
    body: bytes | msgspec.Raw, what: str, retry_after_seconds: float, *, code: int = 0
) -> ApiError:
    """Read a Status object; a proxy in between may have answered with something else."""
    try:
        status = decode(body, Status)
    except Problem:
        status = Status(code=code)
    if code and not status.code:
        status = msgspec.structs.replace(status, code=code)
    return ApiError(status, what=what, retry_after_seconds=retry_after_seconds)
