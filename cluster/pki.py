"""The cluster's certificates: three authorities, and who they vouch for.

``ca`` signs everyone who speaks Kubernetes: in a client certificate the common name is the user
and the organisations are its groups. ``etcd-ca`` is apart, because whoever may speak to etcd is
above all rules. ``front-proxy-ca`` signs the API server when it speaks to an aggregated API in
the name of a user.
"""

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS_OF_TRUST = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM, beside each other on disk."""

    certificate: Path
    key: Path


def pair_at(folder: Path, name: str) -> Pair:
    """Return where a pair is, or will be."""
    return Pair(folder / f"{name}.crt", folder / f"{name}.key")


def ensure_authority(folder: Path, name: str) -> Pair:
    """Return an authority, made on first use."""
    pair = pair_at(folder, name)
    if pair.certificate.exists():
        return pair
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, subject, key.public_key(), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
    )
    _write_pair(pair, builder.sign(key, hashes.SHA256()), key)
    return pair


def ensure_certificate(
    folder: Path,
    name: str,
    authority: Pair,
    *,
    user: str,
    groups: Sequence[str] = (),
    names: Sequence[str] = (),
    addresses: Sequence[IPv4Address] = (),
) -> Pair:
    """Return a certificate for a client, and for a server when it has names or addresses."""
    pair = pair_at(folder, name)
    if pair.certificate.exists():
        return pair
    signer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    signer_key = serialization.load_pem_private_key(authority.key.read_bytes(), password=None)
    assert isinstance(signer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, user))
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = _builder(
        x509.Name(attributes), signer.subject, key.public_key(), signer_key.public_key()
    )
    alternatives = [
        *(x509.DNSName(name) for name in names),
        *(x509.IPAddress(address) for address in addresses),
    ]
    if alternatives:
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    _write_pair(pair, builder.sign(signer_key, hashes.SHA256()), key)
    return pair


def ensure_signing_key(folder: Path, name: str) -> Path:
    """Return the key that signs service account tokens."""
    path = folder / f"{name}.key"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        write_private(path, _encode_key(key))
    return path


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only root reads; it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.partial")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    partial.write_bytes(content)
    os.replace(partial, path)  # noqa: PTH105 - says better what it is for


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    # Python 3.13 refuses certificates without key identifiers.
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365 * YEARS_OF_TRUST))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(authority, critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _encode_key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_pair(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    # The certificate comes last: where it exists, the pair is complete.
    write_private(pair.key, _encode_key(key))
    write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))
