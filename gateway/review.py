"""May this user do that: one SubjectAccessReview for each call."""

from dataclasses import dataclass
from typing import Final

import msgspec

from api.meta import ApiStruct
from api.names import SUBRESOURCE_GROUP
from gateway.route import Route, Target
from gateway.user import User
from kube.client import Client
from kube.resource import Resource

REVIEWS: Final = Resource("authorization.k8s.io", "v1", "subjectaccessreviews")


class Attributes(ApiStruct, frozen=True):
    """What is to be done with what."""

    verb: str
    group: str
    version: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class ReviewSpec(ApiStruct, frozen=True):
    """Who asks for what."""

    resource_attributes: Attributes
    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class ReviewStatus(ApiStruct, frozen=True):
    """The answer; ``denied`` is a no that nobody can overrule."""

    allowed: bool = False
    denied: bool = False
    reason: str = ""
    evaluation_error: str = ""


class Review(ApiStruct, frozen=True):
    """A SubjectAccessReview."""

    spec: ReviewSpec
    api_version: str = ""
    kind: str = ""


class Reviewed(ApiStruct, frozen=True):
    """A SubjectAccessReview that was answered."""

    status: ReviewStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether they may, and why not."""

    allowed: bool
    reason: str = ""


def read_attributes(route: Route, target: Target) -> Attributes:
    """Return what a call is, in the words of rights: the route's own, never the path's."""
    return Attributes(
        verb=route.verb,
        group=SUBRESOURCE_GROUP,
        version=target.version,
        resource=route.resource,
        subresource=route.subresource,
        namespace=target.namespace,
        name=target.name,
    )


def build_review(user: User, attributes: Attributes) -> Review:
    """Return the question."""
    spec = ReviewSpec(attributes, user.name, user.uid, user.groups, dict(user.extra))
    version = f"{REVIEWS.group}/{REVIEWS.version}"  # no default: those are left out
    return Review(spec, version, "SubjectAccessReview")


class Reviewer:
    """Asks the API server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, user: User, attributes: Attributes) -> Verdict:
        """Return the verdict; a Problem when there is none."""
        review = build_review(user, attributes)
        answer = (await self._client.create(REVIEWS, None, review, Reviewed)).status
        return Verdict(answer.allowed and not answer.denied, answer.reason)
