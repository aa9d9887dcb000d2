"""The authority on a fake API server: it comes, renews, recovers, and writes nothing needlessly."""

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from api.names import (
    ANNOTATION_ANNOUNCED_AT,
    SECRET_API_CERTIFICATE,
    SECRET_AUTHORITY,
)
from tests.unit.controller.trust.town import (
    CERTIFICATES,
    NAMESPACE,
    Town,
    hours,
    name_of,
    run_town,
)


async def test_at_first_there_is_everything_after_one_signing() -> None:
    async with run_town() as town:
        assert town.issued == 1
        first = town.load(SECRET_AUTHORITY)
        assert town.bundle == [name_of(first)]
        for secret in CERTIFICATES:
            town.load(secret).verify_directly_issued_by(first)
        assert [write.name for write in town.api.writes] == [
            SECRET_AUTHORITY,
            *CERTIFICATES,
            "kubevirt-ca",
        ]


async def test_certificates_are_for_who_shows_them() -> None:
    async with run_town() as town:
        gateway, handler = (town.load(secret) for secret in CERTIFICATES)
        assert name_of(gateway) == "CN=virt-api"
        assert names_of(gateway) == [
            "virt-api",
            "virt-api.kubevirt",
            "virt-api.kubevirt.svc",
            "virt-api.kubevirt.svc.cluster.local",
        ]
        assert names_of(handler) == ["virt-handler"]
        usages = [usages_of(each) for each in (gateway, handler)]
        assert usages[0] == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
        assert usages[1] == {ExtendedKeyUsageOID.SERVER_AUTH}


async def test_the_next_controller_finds_nothing_to_do() -> None:
    async with run_town() as town:
        written, issued = len(town.api.writes), town.issued
        await town.stop()
        await town.start()
        await town.pass_seconds(hours(0.5))
        assert (len(town.api.writes), town.issued) == (written, issued)


async def test_certificates_are_renewed_at_two_thirds_of_their_life() -> None:
    async with run_town() as town:
        before = [town.load(secret) for secret in CERTIFICATES]
        await town.pass_seconds(hours(0.6))
        assert [town.load(secret) for secret in CERTIFICATES] == before
        await town.pass_seconds(hours(0.1))
        after = [town.load(secret) for secret in CERTIFICATES]
        assert all(new != old for new, old in zip(after, before, strict=True))
        assert [town.signer(secret) for secret in CERTIFICATES] == town.bundle * 2


async def test_a_new_authority_is_known_for_a_while_before_it_signs() -> None:
    async with run_town() as town:
        (first,) = town.bundle
        await town.pass_seconds(hours(20.1))
        old, new = town.bundle
        assert old == first
        assert name_of(town.load(SECRET_AUTHORITY)) == first
        assert town.signer(SECRET_API_CERTIFICATE) == first
        await town.pass_seconds(500)
        assert name_of(town.load(SECRET_AUTHORITY)) == first
        await town.pass_seconds(101)
        assert name_of(town.load(SECRET_AUTHORITY)) == new
        assert town.bundle == [new, first]
        assert town.signer(SECRET_API_CERTIFICATE) == first
        await town.pass_seconds(hours(0.7))
        assert town.signer(SECRET_API_CERTIFICATE) == new
        assert town.bundle == [new, first]
        await town.pass_seconds(hours(0.4))
        assert town.bundle == [new]


async def test_who_was_not_told_yet_delays_the_new_authority() -> None:
    async with run_town() as town:
        town.api.frozen.add("configmaps")
        town.api.change("configmaps", "kubevirt-ca", {"data": {"ca-bundle": "stale"}}, NAMESPACE)
        await town.pass_seconds(hours(20.1))  # the ConfigMap cannot be written: it has changed
        assert announced(town) is None
        await town.pass_seconds(hours(1))
        assert len(town.list_bundles()[0]) == 2
        assert announced(town) is None
        town.api.thaw()
        await town.look()
        assert announced(town) is not None
        assert name_of(town.load(SECRET_AUTHORITY)) == town.bundle[0]


@pytest.mark.parametrize("writes", range(1, 5))
async def test_a_controller_that_dies_at_a_rotation_is_gone_on_with(writes: int) -> None:
    async with run_town() as town:
        first = town.bundle[0]
    town.clock.pass_seconds(hours(20.1))
    town.api.crash_after = writes
    async with town.life():
        pass
    assert town.crashes == 1
    async with town.life():
        assert town.bundle[0] == first
        assert len(town.bundle) == 2
        await town.pass_seconds(601)
        assert town.bundle[1] == first
        assert name_of(town.load(SECRET_AUTHORITY)) == town.bundle[0]


async def test_rotations_go_on_for_years() -> None:
    async with run_town() as town:
        seen = set()
        for _ in range(200):
            await town.pass_seconds(hours(0.5))
            seen.add(town.bundle[0])
            assert len(town.bundle) <= 3
            known = x509.load_pem_x509_certificates(town.read(SECRET_AUTHORITY, "ca.crt").encode())
            for secret in CERTIFICATES:
                leaf = town.load(secret)
                assert leaf.not_valid_after_utc > town.clock.now
                assert any(name_of(each) == leaf.issuer.rfc4514_string() for each in known)
        assert len(seen) == 5


def announced(town: Town) -> str | None:
    secret = town.api.find("secrets", SECRET_AUTHORITY, NAMESPACE)
    assert secret is not None
    text: str | None = secret["metadata"]["annotations"].get(ANNOTATION_ANNOUNCED_AT)
    return text


def names_of(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def usages_of(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
