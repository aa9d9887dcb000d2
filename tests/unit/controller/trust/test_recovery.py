"""What is gone, broken or foreign: made anew, and what still holds goes on being trusted."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.names import (
    ANNOTATION_ANNOUNCED_AT,
    ANNOTATION_RETIRED_UNTIL,
    SECRET_API_CERTIFICATE,
    SECRET_AUTHORITY,
    SECRET_HANDLER_CERTIFICATE,
)
from tests.unit.controller.trust.town import (
    CERTIFICATES,
    NAMESPACE,
    Town,
    hours,
    name_of,
    run_town,
)

KEYS = ("tls.crt", "tls.key", "ca.crt")


async def test_a_lost_authority_is_trusted_until_what_it_signed_has_expired() -> None:
    async with run_town() as town:
        (lost,) = town.bundle
        before = [town.load(secret) for secret in CERTIFICATES]
        town.api.remove("secrets", SECRET_AUTHORITY, NAMESPACE)
        await town.settle()
        new, old = town.bundle
        assert old == lost
        assert name_of(town.load(SECRET_AUTHORITY)) == new
        assert [town.load(secret) for secret in CERTIFICATES] == before
        await town.pass_seconds(hours(0.7))
        assert [town.signer(secret) for secret in CERTIFICATES] == [new, new]
        await town.pass_seconds(hours(0.4))
        assert town.bundle == [new]


async def test_a_lost_certificate_is_signed_anew_by_the_same_authority() -> None:
    async with run_town() as town:
        before, bundle = town.load(SECRET_HANDLER_CERTIFICATE), town.bundle
        town.api.remove("secrets", SECRET_HANDLER_CERTIFICATE, NAMESPACE)
        await town.settle()
        assert town.load(SECRET_HANDLER_CERTIFICATE) != before
        assert town.bundle == bundle
        assert town.issued == 2


async def test_when_all_is_lost_nothing_old_is_trusted() -> None:
    async with run_town() as town:
        (lost,) = town.bundle
        town.api.frozen.add("secrets")
        for secret in (SECRET_AUTHORITY, *CERTIFICATES):
            town.api.remove("secrets", secret, NAMESPACE)
        town.api.thaw()
        await town.settle()
        assert len(town.bundle) == 1
        assert lost not in town.bundle


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("secret", [SECRET_AUTHORITY, *CERTIFICATES])
@pytest.mark.parametrize(
    "text", ["", "broken", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"]
)
async def test_whatever_is_broken_is_mended(secret: str, key: str, text: str) -> None:
    async with run_town() as town:
        town.break_secret(secret, key, text)
        await town.settle()
        check(town)


async def test_keys_that_were_swapped_are_not_used() -> None:
    async with run_town() as town:
        keys = [town.read(secret, "tls.key") for secret in CERTIFICATES]
        for secret, key in zip(CERTIFICATES, reversed(keys), strict=True):
            town.break_secret(secret, "tls.key", key)
        await town.settle()
        check(town)
        assert not {town.read(secret, "tls.key") for secret in CERTIFICATES} & set(keys)


async def test_a_certificate_of_somebody_else_is_replaced() -> None:
    async with run_town() as other:
        theirs = {key: other.read(SECRET_API_CERTIFICATE, key) for key in KEYS}
    async with run_town() as town:
        for key, text in theirs.items():
            town.break_secret(SECRET_API_CERTIFICATE, key, text)
        await town.settle()
        check(town)
        assert town.bundle != [name_of(other.load(SECRET_AUTHORITY))]
        assert len(town.bundle) == 1


async def test_a_certificate_for_another_name_is_replaced() -> None:
    async with run_town() as town:
        for key in KEYS:
            text = town.read(SECRET_API_CERTIFICATE, key)
            town.break_secret(SECRET_HANDLER_CERTIFICATE, key, text)
        await town.settle()
        assert name_of(town.load(SECRET_HANDLER_CERTIFICATE)) == "CN=virt-handler"


async def test_an_authority_that_expired_while_nobody_led_is_replaced_at_once() -> None:
    async with run_town() as town:
        (expired,) = town.bundle
    town.clock.pass_seconds(hours(31))
    async with town.life():
        check(town)
        assert expired not in town.bundle


async def test_the_next_authority_takes_over_when_the_present_one_expired() -> None:
    async with run_town() as town:
        await town.pass_seconds(hours(20.1))
        _, following = town.bundle
    town.clock.pass_seconds(hours(10))
    async with town.life():
        check(town)
        assert town.bundle == [following]


async def test_a_next_authority_that_broke_is_made_again() -> None:
    async with run_town() as town:
        await town.pass_seconds(hours(20.1))
        first, broken = town.bundle
        town.break_secret(SECRET_AUTHORITY, "next.key", "broken")
        await town.settle()
        check(town)
        assert town.bundle[0] == first
        assert town.read(SECRET_AUTHORITY, "next.key") != "broken"
        # what was announced once may have signed; nobody can tell
        assert len(set(town.bundle) - {first, broken}) == 1


@pytest.mark.parametrize("text", ["soon", "2026-01-01", "", "2026-11-22T12:00:00"])
async def test_times_that_somebody_else_wrote_do_no_harm(text: str) -> None:
    async with run_town() as town:
        await town.pass_seconds(hours(20.1))
        annotations = {ANNOTATION_ANNOUNCED_AT: text, ANNOTATION_RETIRED_UNTIL: text}
        town.api.change(
            "secrets", SECRET_AUTHORITY, {"metadata": {"annotations": annotations}}, NAMESPACE
        )
        await town.settle()
        check(town)
        await town.pass_seconds(601)
        check(town)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(["wait a bit", "wait", "wait long", "die", "lose", "break"]),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
async def test_after_whatever_happened_everyone_can_speak_with_everyone(
    happenings: list[str], random: Random
) -> None:
    async with run_town() as town:
        for each in happenings:
            await happen(town, each, random)
            check(town)
        written = len(town.api.writes)
        await town.look()
        assert len(town.api.writes) == written


async def happen(town: Town, what: str, random: Random) -> None:
    secret = random.choice([SECRET_AUTHORITY, *CERTIFICATES])
    match what:
        case "wait a bit":
            await town.pass_seconds(601)
        case "wait":
            await town.pass_seconds(hours(0.5))
        case "wait long":
            await town.pass_seconds(hours(7))
        case "lose":
            town.api.remove("secrets", secret, NAMESPACE)
            await town.settle()
        case "break":
            town.break_secret(secret, random.choice(KEYS), "broken")
            await town.settle()
        case "die":
            await town.stop()
            await town.start()


def check(town: Town) -> None:
    """Whoever has a certificate is trusted by everyone, and its key is its own."""
    known = set(town.bundle)
    for secret in CERTIFICATES:
        leaf = town.load(secret)
        assert leaf.issuer.rfc4514_string() in known
        assert leaf.not_valid_after_utc > town.clock.now
    assert name_of(town.load(SECRET_AUTHORITY)) in known
