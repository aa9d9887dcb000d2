"""An API server in memory that reviews access and applies JSON patches."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from api.problem import Problem
from api.verb import Operation
from kube.transport import Response
from tests.unit.api.json_patch import PatchTestError, apply_patch
from tests.unit.controller.fake_api import FakeApi, Json, refuse, split


def allow_all(_: Json) -> bool:
    return True


@dataclass
class GatewayApi(FakeApi):
    """What the gateway asks of the API server; each review is kept."""

    allow: Callable[[Json], bool] = allow_all
    reviews: list[Json] = field(default_factory=list)
    dry_runs: list[str] = field(default_factory=list)
    before_patch: Callable[[], object] = lambda: None  # what somebody else does just before ours
    deny: bool = False  # says no although it also says yes
    down: bool = False

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
        if self.down:
            raise Problem("ApiUnreachable", "the API server is away", retryable=True)
        plural, namespace, name, subresource = split(path)
        if plural == "subjectaccessreviews":
            assert body is not None
            review = json.loads(body)
            assert review["kind"] == "SubjectAccessReview"
            assert review["apiVersion"] == "authorization.k8s.io/v1"
            self.reviews.append(review["spec"])
            allowed = self.allow(review["spec"])
            status = {
                "allowed": allowed,
                "denied": self.deny,
                "reason": "" if allowed else "no rule says so",
            }
            return Response(201, json.dumps({"status": status}).encode(), {})
        if content_type == "application/json-patch+json":
            assert body is not None
            return self._patch_json(plural, namespace, name, subresource, query, json.loads(body))
        return await super().request(
            method,
            path,
            query,
            body=body,
            content_type=content_type,
            deadline_seconds=deadline_seconds,
        )

    def _patch_json(
        self,
        plural: str,
        namespace: str,
        name: str,
        subresource: str,
        query: Mapping[str, str],
        patch: list[Any],
    ) -> Response:
        self.before_patch()
        item = self.objects[plural, namespace, name]
        try:
            changed = apply_patch(item, msgspec.convert(patch, tuple[Operation, ...]))
        except PatchTestError:
            # of a failed test, in the API server's words: no causes
            code, answer = refuse(422, "Invalid", "the server rejected our request")
            return Response(code, json.dumps(answer).encode(), {})
        if query.get("dryRun") == "All":
            self.dry_runs.append(f"{plural}/{subresource}")
        else:
            self._store(plural, namespace, name, changed)
        return Response(200, json.dumps(changed).encode(), {})


def encode_secret(**data: bytes) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in data.items()}
