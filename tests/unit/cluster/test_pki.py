"""Certificates say who one is."""

from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cluster import pki


def read(pair: pki.Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def usages(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_a_client_is_a_user_in_groups(tmp_path: Path) -> None:
    ca = pki.ensure_authority(tmp_path, "ca")
    pair = pki.ensure_certificate(tmp_path, "a", ca, user="jane", groups=["one", "two"])
    subject = read(pair).subject
    assert [n.value for n in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["jane"]
    groups = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert {group.value for group in groups} == {"one", "two"}
    assert usages(read(pair)) == {ExtendedKeyUsageOID.CLIENT_AUTH}
    read(pair).verify_directly_issued_by(read(ca))


def test_a_server_is_known_by_its_names_and_addresses(tmp_path: Path) -> None:
    ca = pki.ensure_authority(tmp_path, "ca")
    ip = IPv4Address("192.0.2.1")
    pair = pki.ensure_certificate(tmp_path, "a", ca, user="s", names=["a.b"], addresses=[ip])
    certificate = read(pair)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.b"]
    assert names.get_values_for_type(x509.IPAddress) == [ip]
    assert ExtendedKeyUsageOID.SERVER_AUTH in usages(certificate)


def test_what_exists_is_kept(tmp_path: Path) -> None:
    ca = pki.ensure_authority(tmp_path, "ca")
    before = ca.certificate.read_bytes()
    assert pki.ensure_authority(tmp_path, "ca").certificate.read_bytes() == before


def test_keys_are_for_root_only(tmp_path: Path) -> None:
    ca = pki.ensure_authority(tmp_path / "pki", "ca")
    signing = pki.ensure_signing_key(tmp_path / "pki", "sa")
    assert {path.stat().st_mode & 0o777 for path in (ca.key, signing)} == {0o600}


def test_a_certificate_points_to_its_authority_by_key(tmp_path: Path) -> None:
    ca = pki.ensure_authority(tmp_path, "ca")
    pair = pki.ensure_certificate(tmp_path, "a", ca, user="jane")
    own = read(ca).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    above = read(pair).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert above.key_identifier == own.digest
