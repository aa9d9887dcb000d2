"""What sessions are about."""

from dataclasses import replace

import pytest

from gateway.stream.subject import Kind, Subject, read_source
from gateway.user import User

JANE = User("jane", "1", ("dev",), {"scopes": ("a", "b")})
SUBJECT = Subject(Kind.CONSOLE, "ns", "vm1", JANE, "virtualmachineinstances", "10.1.1.1")


def test_a_right_is_the_same_from_everywhere() -> None:
    assert SUBJECT.right == replace(SUBJECT, source="10.1.1.2", detail="22/tcp").right
    assert hash(SUBJECT.right)


@pytest.mark.parametrize(
    "other",
    [
        replace(SUBJECT, kind=Kind.VNC),
        replace(SUBJECT, namespace="ns2"),
        replace(SUBJECT, name="vm2"),
        replace(SUBJECT, resource="virtualmachines"),
        replace(SUBJECT, user=replace(JANE, name="joe")),
        replace(SUBJECT, user=replace(JANE, groups=())),
        replace(SUBJECT, user=replace(JANE, extra={})),
    ],
)
def test_a_right_is_anothers_where_a_review_could_differ(other: Subject) -> None:
    assert other.right != SUBJECT.right


def test_the_audit_knows_who_did_what_from_where() -> None:
    told = {"kind": "console", "namespace": "ns", "vm": "vm1", "user": "jane"}
    assert SUBJECT.fields == told | {"source": "10.1.1.1"}
    assert replace(SUBJECT, detail="22/tcp").fields["port"] == "22/tcp"


@pytest.mark.parametrize(
    ("forwarded", "source"),
    [
        ("10.1.1.1", "10.1.1.1"),
        ("6.6.6.6, 10.1.1.1", "10.1.1.1"),
        ("", "10.2.2.2"),
        ("x" * 200, "x" * 64),
    ],
)
def test_the_source_is_what_the_api_server_saw_last(forwarded: str, source: str) -> None:
    assert read_source({"X-Forwarded-For": forwarded}, "10.2.2.2") == source
    assert read_source({}, None) == ""
