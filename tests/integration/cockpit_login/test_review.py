"""Whose a token is, as a server over TLS says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit_login.kubeconfig import Server
from cockpit_login.refusal import Refusal
from cockpit_login.review import review_token
from tests.authority import Authority
from tests.integration.cockpit_login.api import open_api


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with open_api(tmp_path) as opened:
        yield opened


def test_the_servers_word_is_the_users_name(server: Server) -> None:
    assert review_token(server, "jane") == "jane"


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        ("wrong", "authentication-failed"),
        ("anonymous", "authentication-failed"),
        ("shut", "access-denied"),
        ("nameless", "internal-error"),
        ("odd", "internal-error"),
        ("endless", "internal-error"),
        ("broken", "internal-error"),
    ],
)
def test_every_other_answer_lets_nobody_in(server: Server, token: str, problem: str) -> None:
    with pytest.raises(Refusal) as refused:
        review_token(server, token)
    assert refused.value.problem == problem


def test_an_api_that_is_away_is_told_as_that(server: Server) -> None:
    with pytest.raises(Refusal, match="cannot be reached"):
        review_token(replace(server, port=1), "jane")


def test_a_token_is_not_shown_to_a_stranger(server: Server, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(Authority().certificate)
    with pytest.raises(Refusal, match="cannot be reached"):
        review_token(replace(server, authority=str(other)), "jane")
