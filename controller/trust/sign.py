"""The signing child: ``python -m controller.trust.sign`` answers one question on its stdin.

A process of its own, because ``cryptography`` takes 17 MiB and is needed twice a day. Nothing
else imports this module.
"""

import sys
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller.trust.contract import (
    Answer,
    Facts,
    Findings,
    Inspect,
    Issue,
    Issued,
    Leaf,
    Pair,
    Question,
    Usage,
)

# Clocks of nodes differ a little.
_BACKDATED = timedelta(minutes=1)
_USAGES = {
    Usage.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Usage.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}


def answer(question: Question) -> Answer:
    """Look at certificates, or make some."""
    return _inspect(question) if isinstance(question, Inspect) else _issue(question)


def _inspect(question: Inspect) -> Findings:
    known = [_read_certificate(text) for text in question.authorities]
    authorities = [certificate for certificate in known if certificate is not None]
    return Findings(
        pairs=tuple(_describe_pair(pair, authorities) for pair in question.pairs),
        authorities=tuple(
            None if certificate is None else _describe(certificate, authorities)
            for certificate in known
        ),
    )


def _read_certificate(text: str) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
        certificate.extensions  # noqa: B018 - reading them is what may fail
    except ValueError:
        return None
    return certificate


def _describe_pair(pair: Pair, authorities: list[x509.Certificate]) -> Facts | None:
    certificate = _read_certificate(pair.certificate)
    if certificate is None:
        return None
    try:
        key = serialization.load_pem_private_key(pair.key.encode(), password=None)
    except (ValueError, TypeError):
        return None
    if key.public_key() != certificate.public_key():
        return None
    return _describe(certificate, authorities)


def _describe(certificate: x509.Certificate, authorities: list[x509.Certificate]) -> Facts | None:
    try:
        extensions = certificate.extensions
        identifier = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        basic = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None
    return Facts(
        key_id=identifier.digest.hex(),
        signers=tuple(_key_id(each) for each in authorities if _has_signed(each, certificate)),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        leaf=_describe_leaf(certificate),
        is_authority=basic.ca,
    )


def _describe_leaf(certificate: x509.Certificate) -> Leaf:
    extensions = certificate.extensions
    names: tuple[str, ...] = ()
    usages: tuple[Usage, ...] = ()
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names = tuple(extension.value.get_values_for_type(x509.DNSName))
        elif isinstance(extension.value, x509.ExtendedKeyUsage):
            usages = tuple(usage for usage, oid in _USAGES.items() if oid in extension.value)
    return Leaf(_common_name(certificate.subject), names, usages)


def _common_name(subject: x509.Name) -> str:
    attributes = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else ""


def _key_id(authority: x509.Certificate) -> str:
    for extension in authority.extensions:
        if isinstance(extension.value, x509.SubjectKeyIdentifier):
            return extension.value.digest.hex()
    return ""


def _has_signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _issue(question: Issue) -> Issued:
    authority = question.authority or _make_authority(question.now, question.authority_seconds)
    signer = x509.load_pem_x509_certificate(authority.certificate.encode())
    key = serialization.load_pem_private_key(authority.key.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is of another kind")
    end = min(
        question.now + timedelta(seconds=question.certificate_seconds), signer.not_valid_after_utc
    )
    return Issued(
        authority,
        tuple(_make_leaf(leaf, signer, key, question.now, end) for leaf in question.leaves),
    )


def _make_authority(now: datetime, seconds: float) -> Pair:
    """A name of its own for each, so that no verifier takes one for another."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    name = _build_name(f"virtpod@{int(now.timestamp())}-{x509.random_serial_number():x}"[:48])
    builder = (
        _build(name, name, public, public)
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(seconds=seconds))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
    )
    return _encode(builder.sign(key, hashes.SHA256()), key)


def _make_leaf(
    leaf: Leaf,
    signer: x509.Certificate,
    signer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    end: datetime,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in leaf.dns_names])
    usages = x509.ExtendedKeyUsage([_USAGES[usage] for usage in leaf.usages])
    subject = _build_name(leaf.common_name)
    builder = (
        _build(subject, signer.subject, key.public_key(), signer_key.public_key())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(usages, critical=False)
        .add_extension(names, critical=False)
    )
    return _encode(builder.sign(signer_key, hashes.SHA256()), key)


def _build(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    # Python 3.13 refuses certificates without key identifiers.
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(authority, critical=False)
    )


def _build_name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


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


def _encode(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return Pair(public.decode(), private.decode())


def main() -> int:
    """Answer the question on stdin to stdout."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
