"""Bundles, patches and flags: what is written, and what never shows."""

import subprocess
import sys

import pytest

from api.door import ROLE_HANDLER
from api.problem import Problem
from controller.main import parse_options
from controller.trust.child import ask_child, name_error
from controller.trust.contract import Issue, Issued, Pair
from controller.trust.leaf import build_leaves
from controller.trust.object import (
    ClientConfig,
    Secret,
    TrustMeta,
    Webhook,
    WebhookConfiguration,
    build_webhook_patch,
)
from controller.trust.pem import MAX_CERTIFICATES, join_bundle, split_bundle
from tests.unit.controller.world import START

META = TrustMeta("virt-api-mutator", uid="u-1", resource_version="7")


def build_block(text: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"


def test_a_bundle_is_read_as_it_was_written() -> None:
    blocks = tuple(build_block(text) for text in ("A", "B"))
    assert split_bundle(join_bundle(blocks)) == blocks
    assert split_bundle(f"# ours\n{blocks[0]}text{blocks[0]}{blocks[1]}") == blocks


def test_a_bundle_that_somebody_filled_up_is_read_in_part() -> None:
    text = "".join(build_block(str(number)) for number in range(1000))
    assert len(split_bundle(text)) == MAX_CERTIFICATES


def test_only_webhooks_that_differ_are_patched_and_only_in_the_version_that_was_seen() -> None:
    hooks = (Webhook(ClientConfig(b"new")), Webhook(ClientConfig(b"old")), Webhook())
    patch = build_webhook_patch(WebhookConfiguration(META, hooks), "new")
    assert [(step["op"], step["path"]) for step in patch] == [
        ("test", "/metadata/uid"),
        ("replace", "/metadata/resourceVersion"),
        ("add", "/webhooks/1/clientConfig/caBundle"),
        ("add", "/webhooks/2/clientConfig/caBundle"),
    ]
    assert [step["value"] for step in patch] == ["u-1", "7", b"new", b"new"]


@pytest.mark.parametrize(
    ("bundles", "expected"),
    [((), None), ((b"a",), "a"), ((b"a", b"a"), "a"), ((b"a", b"b"), ""), ((b"",), "")],
)
def test_webhooks_that_disagree_know_nobody(
    bundles: tuple[bytes, ...], expected: str | None
) -> None:
    hooks = tuple(Webhook(ClientConfig(bundle)) for bundle in bundles)
    assert WebhookConfiguration(META, hooks).bundle == expected


def test_no_key_shows_in_what_is_logged() -> None:
    pair = Pair("certificate", "hush")
    question = Issue(START, pair, 1, 1, ())
    secret = Secret(META, {"tls.key": b"hush"})
    assert "hush" not in f"{pair} {pair!r} {question!r} {Issued(pair, (pair,))!r} {secret!r}"


@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        (b"Traceback\n  key\nValueError: hush, the key is ...\n", "ValueError"),
        (b"cryptography.exceptions.InvalidSignature\n", "cryptography.exceptions.InvalidSignature"),
        (b"hush hush: hush", "for no reason that it names"),
        (b"", "for no reason that it names"),
    ],
)
def test_of_a_failed_signing_only_the_kind_is_told(complaint: bytes, told: str) -> None:
    assert name_error(complaint) == told


async def test_the_child_answers_over_its_pipes() -> None:
    (leaf,) = (
        each for each in build_leaves("kubevirt").values() if each.common_name == ROLE_HANDLER
    )
    answer = await ask_child(Issue(START, None, 7200, 3600, (leaf,)))
    assert isinstance(answer, Issued)
    assert "PRIVATE KEY" in answer.authority.key
    assert len(answer.leaves) == 1


async def test_a_child_that_cannot_be_started_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Problem, match="it did not start") as caught:
        await ask_child(Issue(START, None, 7200, 3600, ()))
    assert caught.value.retryable


def test_the_controller_itself_never_loads_the_signing_library() -> None:
    code = "import sys, controller.main; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "flags",
    [
        ["--certificate-seconds=0.5"],
        ["--certificate-seconds=100", "--authority-seconds=99"],
        ["--authority-seconds=90000", "--authority-overlap-seconds=30000"],
        ["--authority-overlap-seconds=-1"],
        ["--authority-seconds=1e9"],
        ["--authority-seconds=inf"],
        ["--certificate-seconds=nan"],
        ["--certificate-seconds=soon"],
    ],
)
def test_intervals_that_cannot_be_kept_are_refused(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--launcher-image=x", *flags])
    assert "-seconds" in capsys.readouterr().err
