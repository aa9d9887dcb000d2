"""JSON patches that fill in what an object does not say; pure."""

from collections.abc import Iterator, Mapping, Sequence

from gateway.admission.review import Operation


def plan_additions(own: object, full: object, path: str = "") -> Iterator[Operation]:
    """Yield what takes an object to its filled-in form, which keeps all that it says.

    Only what is missing is added, as large a part as possible at once. Entries of a list stay
    where they are; further ones are appended.
    """
    if isinstance(own, Mapping) and isinstance(full, Mapping):
        for key, value in full.items():
            where = f"{path}/{_escape(str(key))}"
            if own.get(key) is None:
                yield _add(where, value)
            else:
                yield from plan_additions(own[key], value, where)
    elif _is_list(own) and _is_list(full):
        assert isinstance(own, Sequence)
        assert isinstance(full, Sequence)
        for index, value in enumerate(full):
            if index < len(own):
                yield from plan_additions(own[index], value, f"{path}/{index}")
            else:
                yield _add(f"{path}/-", value)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _add(path: str, value: object) -> Operation:
    return {"op": "add", "path": path, "value": value}


def _escape(key: str) -> str:
    """Spell a key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
