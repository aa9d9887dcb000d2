"""PEM texts of several certificates, one after the other."""

import re
from collections.abc import Iterable
from typing import Final

# More than an installation ever trusts; what somebody else put in beyond that is not read.
MAX_CERTIFICATES: Final = 16
_BLOCK: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----", re.ASCII | re.DOTALL
)


def split_bundle(text: str) -> tuple[str, ...]:
    """Return the certificates of a bundle, each once, in their order."""
    blocks = (f"{match.group()}\n" for match in _BLOCK.finditer(text))
    return tuple(dict.fromkeys(blocks))[:MAX_CERTIFICATES]


def join_bundle(certificates: Iterable[str]) -> str:
    """Return the bundle of certificates, each once."""
    return "".join(dict.fromkeys(f"{text.strip()}\n" for text in certificates))
