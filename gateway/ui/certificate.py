"""Client certificates: from what was pasted to what fits into a cookie, and into TLS."""

import os
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gateway.refusal import Refused
from gateway.ui.session import Credentials

if TYPE_CHECKING:
    from cryptography import x509

# A chain longer than this is none.
_MOST_CERTIFICATES: Final = 8
# What no key in DER begins with.
_RSA: Final = b"R"


def read_pair(certificate: bytes, key: bytes) -> tuple[Credentials, float]:
    """Return a pair (PEM) as DER and when it expires (Unix seconds); raises Refused."""
    # Takes some MiB, and few log in so.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415

    try:
        chain = x509.load_pem_x509_certificates(certificate)
        private = form.load_pem_private_key(key, password=None)
        public = chain[0].public_key()
    except TypeError as error:
        raise Refused(400, "the kubeconfig's key has a passphrase; decrypt it first") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(400, "the kubeconfig's certificate or key cannot be read") from error
    if private.public_key() != public:
        raise Refused(400, "the kubeconfig's key does not belong to its certificate")
    expires = chain[0].not_valid_after_utc
    if expires <= datetime.now(UTC):
        raise Refused(401, f"the kubeconfig's certificate expired at {expires:%Y-%m-%d %H:%M} UTC")
    ders = tuple(each.public_bytes(form.Encoding.DER) for each in _drop_roots(chain))
    packed = _pack_rsa(private)
    if packed is None:
        form_ = (form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
        packed = private.private_bytes(*form_)
    return Credentials(certificates=ders, key=packed), expires.timestamp()


def _drop_roots(chain: "list[x509.Certificate]") -> "list[x509.Certificate]":
    """Leave out authorities that vouch for themselves: the server has them, or does not care."""
    own, *others = chain[:_MOST_CERTIFICATES]
    return [own, *(each for each in others if each.issuer != each.subject)]


def _pack_rsa(private: object) -> bytes | None:
    """Return one prime of an RSA key, marked; None for other keys.

    The certificate has the rest: of 4096 bits, a key in full and its certificate are too large for
    a cookie.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    if not isinstance(private, rsa.RSAPrivateKey):
        return None
    prime = private.private_numbers().p
    return _RSA + prime.to_bytes((prime.bit_length() + 7) // 8, "big")


def _unpack_rsa(credentials: Credentials) -> bytes:
    """Return the key (PKCS #8) that a prime and the certificate make."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    public = x509.load_der_x509_certificate(credentials.certificates[0]).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    numbers = public.public_numbers()
    p = int.from_bytes(credentials.key.removeprefix(_RSA), "big")
    q = numbers.n // p
    d = pow(numbers.e, -1, (p - 1) * (q - 1))
    parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    # we sealed it, so it is as it was when it was checked
    private = rsa.RSAPrivateNumbers(p, q, d, *parts, numbers).private_key(
        unsafe_skip_rsa_key_validation=True
    )
    return private.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())


def load_pair(context: ssl.SSLContext, credentials: Credentials) -> None:
    """Have a context show a client certificate. OpenSSL reads files: here one in memory."""
    texts = [ssl.DER_cert_to_PEM_cert(each) for each in credentials.certificates]
    # the same armour, with another name on it
    key = credentials.key
    whole = _unpack_rsa(credentials) if key.startswith(_RSA) else key
    texts.append(ssl.DER_cert_to_PEM_cert(whole).replace("CERTIFICATE", "PRIVATE KEY"))
    descriptor = os.memfd_create("user", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write("".join(texts).encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    except ssl.SSLError as error:
        raise Refused(400, f"TLS does not take the certificate: {error.reason}") from error
    finally:
        os.close(descriptor)
