"""Tables lose their managedFields, and nothing else."""

import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ui.slim import Slimmer, Stripper, UnreadableError, is_asked, is_fit

Json = dict[str, Any]  # decoded JSON
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PREFERS = {"Accept": TABLE, "Prefer": "respond-async, managed-fields=none"}
TRICKY = 'a]"},[{"managedFields":[\\'


def build_row(name: str) -> Json:
    fields: Json = {"f:spec": {'k:{"type":"Ready"}': {".": {}, "v:[1]": {}}, TRICKY: {}}}
    entry = {"manager": TRICKY, "operation": "Update", "fieldsV1": fields}
    metadata = {"name": name, "annotations": {TRICKY: TRICKY}, "managedFields": [entry, entry]}
    return {"cells": [name, TRICKY, 1, None], "object": {"metadata": metadata}}


def spell(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def strip(content: bytes, *ends: int) -> bytes:
    """Strip what comes in pieces that end there."""
    stripper, last, kept = Stripper(), 0, b""
    for end in (*sorted(ends), len(content)):
        kept += stripper.feed(content[last:end])
        last = end
    return kept + stripper.finish()


TABLE_TEXT = spell({"kind": "Table", "rows": [build_row("a"), build_row("b")]})
BARE = json.loads(TABLE_TEXT)
for each in BARE["rows"]:
    del each["object"]["metadata"]["managedFields"]


@given(st.lists(st.integers(0, len(TABLE_TEXT))))
def test_a_table_loses_them_wherever_its_pieces_end(ends: list[int]) -> None:
    assert strip(TABLE_TEXT, *ends) == spell(BARE)


@pytest.mark.parametrize("size", [1, 7, 16, 17, 18])
def test_a_table_loses_them_in_small_pieces(size: int) -> None:
    assert strip(TABLE_TEXT, *range(0, len(TABLE_TEXT), size)) == spell(BARE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"managedFields":[]}', b"{}"),
        (b'{"managedFields":[],"a":1}', b'{"a":1}'),
        (b'{"a":1,"managedFields":[[1],["]"]],"b":[2]}', b'{"a":1,"b":[2]}'),
        (b'{"managedFields":null}', b'{"managedFields":null}'),
        (b'{"managedFields": []}', b'{"managedFields": []}'),  # no API server writes so
        (rb'{",\"managedFields":[]}', rb'{",\"managedFields":[]}'),
        (b"this is no JSON", b"this is no JSON"),
        (b"", b""),
    ],
)
def test_what_is_taken_out_is_a_list_of_that_name(before: bytes, after: bytes) -> None:
    assert strip(before) == after
    assert strip(before, *range(len(before))) == after


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.sampled_from(TRICKY + "ü")),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([TRICKY, "b"]), inner),
    ),
    st.lists(st.integers(0, 40)),
)
def test_other_json_stays_as_it_is(content: object, ends: list[int]) -> None:
    text = spell(content)
    assert strip(text, *(end for end in ends if end < len(text))) == text


def test_what_breaks_off_within_them_is_not_taken_for_whole() -> None:
    begins = TABLE_TEXT.index(b'"managedFields":[{') + 17
    ends = TABLE_TEXT.index(b"}]}}},{")  # of the first row
    for end in range(begins, ends + 2):
        with pytest.raises(UnreadableError):
            strip(TABLE_TEXT[:end])
    assert strip(TABLE_TEXT[: ends + 2]) == spell(BARE).partition(b'}}},{"cells"')[0]


def test_a_string_without_an_end_is_not_kept() -> None:
    stripper = Stripper()
    stripper.feed(b'{"managedFields":["')
    with pytest.raises(UnreadableError):
        stripper.feed(b"x" * 100_000)


def test_memory_does_not_grow_with_the_list() -> None:
    stripper = Stripper()
    row = spell(build_row("a")) + b","
    for _ in range(1000):
        stripper.feed(row)
        assert len(stripper._held) <= len(row)


def test_a_browser_that_unpacks_gets_it_packed() -> None:
    pieces = [TABLE_TEXT[:99], TABLE_TEXT[99:]]
    for packs in (True, False):
        slimmer = Slimmer(gzip=packs)
        body = b"".join([slimmer.feed(piece) for piece in pieces]) + slimmer.finish()
        assert (gzip.decompress(body) if packs else body) == spell(BARE)


@pytest.mark.parametrize(
    ("method", "headers", "target", "asked"),
    [
        ("GET", PREFERS, "/apis/kubevirt.io/v1/virtualmachines?", True),
        ("GET", PREFERS, "/api/v1/pods?resourceVersion=0&labelSelector=watch", True),
        ("GET", {"Accept": TABLE}, "/api/v1/pods?", False),
        ("GET", {**PREFERS, "Prefer": "managed-fields=some"}, "/api/v1/pods?", False),
        ("GET", {**PREFERS, "Accept": "application/json"}, "/api/v1/pods?", False),
        ("POST", PREFERS, "/api/v1/pods?", False),
        ("HEAD", PREFERS, "/api/v1/pods?", False),
        ("GET", PREFERS, "/api/v1/pods?watch=true", False),
        ("GET", PREFERS, "/api/v1/pods?w%61tch", False),
        ("GET", PREFERS, "/api/v1/watch/pods?", False),
    ],
)
def test_only_lists_as_tables_are_meant(
    method: str, headers: dict[str, str], target: str, *, asked: bool
) -> None:
    path, mark, query = target.partition("?")
    assert is_asked(method, headers, path, mark + query) == asked


@pytest.mark.parametrize(
    ("status", "headers", "fit"),
    [
        (200, {"Content-Type": "application/json"}, True),
        (200, {"Content-Type": TABLE}, True),
        (403, {"Content-Type": "application/json"}, False),
        (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, False),
        (200, {"Content-Type": "text/plain"}, False),
        (200, {"Content-Type": "application/json-seq"}, False),
        (200, {}, False),
    ],
)
def test_only_plain_tables_are_made_smaller(
    status: int, headers: dict[str, str], *, fit: bool
) -> None:
    assert is_fit(status, headers) == fit


def test_random_bytes_raise_nothing_else() -> None:
    made = random.Random(7)
    alphabet = [b'"managedFields":[', b"{", b"}", b"]", b'"', b"\\", b",", b"x"]
    for _ in range(500):
        text = b"".join(made.choices(alphabet, k=30))
        try:
            strip(text, *(made.randrange(len(text)) for _ in range(3)))
        except UnreadableError:
            continue
