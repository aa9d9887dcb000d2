"""Documents that anybody may read: discovery and OpenAPI, encoded once; pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from api.names import SUBRESOURCE_VERSIONS
from gateway import discovery, openapi
from gateway.route import ROOT

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Document:
    """What is answered; ``etag`` is quoted, as the header has it."""

    body: bytes
    media_type: str
    etag: str


class Documents:
    """All of them, by path."""

    def __init__(self) -> None:
        self._plain = {path: encode_document(content) for path, content in _build_plain()}
        self._aggregated = {
            review: encode_document(
                discovery.build_aggregated(review), discovery.spell_aggregation(review)
            )
            for review in ("v2", "v2beta1")
        }

    def find(self, path: str, accept: str) -> Document | None:
        """Return the document at a path, of the kind that the client accepts."""
        aggregation = discovery.find_aggregation(accept) if path == "/apis" else ""
        return self._aggregated[aggregation] if aggregation else self._plain.get(path)


def encode_document(content: discovery.Json, media_type: str = _JSON) -> Document:
    """Return a document with a tag that changes with its content."""
    body = msgspec.json.encode(content)
    return Document(body, media_type, f'"{hashlib.sha256(body).hexdigest().upper()}"')


def accepts_json(accept: str) -> bool:
    """Say whether a client takes JSON; who says nothing takes all."""
    media_types = {each.partition(";")[0].strip() for each in accept.split(",")}
    return not accept.strip() or bool(media_types & {_JSON, "application/*", "*/*"})


def _build_plain() -> Iterator[tuple[str, discovery.Json]]:
    yield "/apis", discovery.build_group_list()
    yield ROOT, discovery.build_group()
    yield "/openapi/v2", openapi.build_v2()
    hashes: dict[str, str] = {}
    for version in SUBRESOURCE_VERSIONS:
        yield f"{ROOT}/{version}", discovery.build_resource_list(version)
        content = openapi.build_v3(version)
        hashes[version] = encode_document(content).etag.strip('"')
        yield f"{openapi.V3}{ROOT}/{version}", content
    yield openapi.V3, openapi.build_v3_index(hashes)


Pages = Mapping[str, tuple[str, bytes]]  # content type and body by path
