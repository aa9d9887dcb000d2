"""Bodies of calls: JSON or YAML, bounded; pure."""

import re
from typing import Final, TypeVar

import msgspec
import yaml

from gateway.refusal import Refused

T = TypeVar("T")

BODY_BYTES: Final = 3 << 20  # as kube-apiserver's own limit
OPTIONS_BYTES: Final = 64 << 10  # where no object is sent, but a few options
YAML_BYTES: Final = 64 << 10  # which takes far longer to read, and nobody else is served meanwhile
_JSON: Final = frozenset({"application/json", "text/json"})
_YAML: Final = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
_DEPTH: Final = 100
_EVENTS: Final = 20_000
_DRY_RUN: Final = ("All",)


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: a time is a text, and 1:30 is no number of base 60.

    Numbers of that base also take the square of their length to read.
    """


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] not in {"timestamp", "int", "float"}
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for _kind, _spelling in (
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,99})\Z|[-+]?0x[0-9a-fA-F]{1,99}\Z|[-+]?0[0-7]{1,99}\Z"),
    ("float", r"[-+]?(?:[0-9]{1,99}\.[0-9]{0,99}|\.[0-9]{1,99})(?:[eE][-+]?[0-9]{1,9})?\Z"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(_spelling), list("-+.0123456789")
    )


def check_media_type(content_type: str) -> None:
    """Refuse what says that it is neither JSON nor YAML; who says nothing may send either."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and media_type not in _JSON | _YAML:
        raise Refused(415, f"the body is {media_type[:100]!r}; send application/json or .../yaml")


def decode_body(body: bytes, type_: type[T]) -> T:
    """Read a body; an empty one means all defaults. Unknown fields are ignored."""
    try:
        is_json = body.lstrip()[:1] == b"{"
        read = msgspec.json.decode(body) if is_json else _read_yaml(body)
        # nothing at all, and null, are what Go's clients send for defaults
        return msgspec.convert({} if read is None else _strip_nulls(read), type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"the body cannot be read: {_explain(error)}") from error


def read_dry_run(values: tuple[str, ...]) -> bool:
    """Return whether nothing is to be changed; All is the one value that there is."""
    if values and values != _DRY_RUN:
        raise Refused(400, "dryRun: the only value is All")
    return bool(values)


def _read_yaml(body: bytes) -> object:
    """Read one YAML document. Aliases are refused: few bytes could stand for very many."""
    if len(body) > YAML_BYTES:
        raise Refused(413, f"a body in YAML has at most {YAML_BYTES} bytes; send JSON")
    text = body.decode()  # else the loader would guess at UTF-16
    try:
        return load_yaml(text)
    except (yaml.YAMLError, ValueError) as error:
        raise Refused(400, f"the body cannot be read: {_explain(error)}") from error


def load_yaml(text: str) -> object:
    """Read what a stranger wrote; raises YAMLError, ValueError or RecursionError."""
    _check_events(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one


def _check_events(text: str) -> None:
    """Refuse what would take the loader, which recurses in C, far more than the text's length.

    So are explicit tags: JSON has none, and the loader breaks on those that their value belies.
    """
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        what = ""
        if isinstance(event, yaml.AliasEvent):
            what = "YAML aliases"
        elif getattr(event, "tag", None) not in {None, "!"}:
            what = "YAML tags"
        elif count > _EVENTS:
            what = "too many parts"
        if what:
            raise ValueError(f"it has {what}")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise RecursionError


def _strip_nulls(value: object) -> object:
    """Return the value without members that are null, which means absent."""
    if isinstance(value, dict):
        return {key: _strip_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_strip_nulls(each) for each in value]
    return value


def _explain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split())[:500]
