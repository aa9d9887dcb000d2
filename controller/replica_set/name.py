"""Names of a set's VMIs: they follow from the set and a slot, so none is ever made twice."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Final

# No vowels and nothing that looks like another character: no words, no misreading.
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_CHARS: Final = 5
# A VMI's name is its pod's, and so the guest's host name: a DNS label where it can be one.
_NAME_CHARS: Final = 63


def find_free_names(
    set_name: str, set_uid: str, wanted: int, is_taken: Callable[[str], bool]
) -> tuple[str, ...]:
    """Return the names of the first free slots; a lost create is repeated under its old name."""
    return tuple(islice(_iter_free(set_name, set_uid, is_taken), wanted))


def _iter_free(set_name: str, set_uid: str, is_taken: Callable[[str], bool]) -> Iterator[str]:
    found: set[str] = set()  # two slots can share a name; then one of them stays empty
    for slot in count():
        name = build_name(set_name, set_uid, slot)
        if name not in found and not is_taken(name):
            found.add(name)
            yield name


def build_name(set_name: str, set_uid: str, slot: int) -> str:
    """Return the name of the VMI in a slot."""
    base = set_name[: _NAME_CHARS - _SUFFIX_CHARS - 1].rstrip("-.")
    digest = hashlib.sha256(f"{set_uid}/{slot}".encode()).digest()
    suffix = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_SUFFIX_CHARS])
    return f"{base}-{suffix}"
