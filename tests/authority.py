"""Certificates for tests: an authority of the test's own, and what it signs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from daemon.tls import Material

SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_HOUR = timedelta(hours=1)


class Authority:
    """Signs certificates with a key that lives as long as the test."""

    def __init__(self, name: str = "test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = (
            _start(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> Self:
        """Sign with an authority that there is already, PEM."""
        loaded = cls.__new__(cls)
        loaded._certificate = x509.load_pem_x509_certificate(certificate)
        loaded._name = loaded._certificate.subject
        read = serialization.load_pem_private_key(key, password=None)
        assert isinstance(read, ec.EllipticCurvePrivateKey)
        loaded._key = read
        return loaded

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        name: str,
        *,
        usages: Sequence[x509.ObjectIdentifier] = (SERVER, CLIENT),
        valid: bool = True,
        authorities: bytes = b"",
    ) -> Material:
        """Sign for a common name that is the DNS name too; ``valid=False`` has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = _start(_name(name), self._name, key, valid=valid).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        if usages:
            signed = signed.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        certificate = signed.sign(self._key, hashes.SHA256())
        return Material(
            certificate=certificate.public_bytes(serialization.Encoding.PEM),
            key=_write_key(key),
            authorities=authorities or self.certificate,
        )


def sign_self(name: str) -> Material:
    """Make a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _start(_name(name), _name(name), key).sign(key, hashes.SHA256())
    text = certificate.public_bytes(serialization.Encoding.PEM)
    return Material(text, _write_key(key), text)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _start(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, valid: bool = True
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * _HOUR)
        .not_valid_after(now + _HOUR if valid else now - _HOUR)
    )


def _write_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
