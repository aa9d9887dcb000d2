"""What the controller and its signing child say to each other: JSON, one question and its answer.

Certificates and keys are PEM texts. No representation of a key shows it, so that none gets into a
log by mistake.
"""

from datetime import datetime
from enum import StrEnum

import msgspec


class Usage(StrEnum):
    """What a certificate is good for."""

    SERVER = "server"
    CLIENT = "client"


class Pair(msgspec.Struct, frozen=True):
    """A certificate and its private key."""

    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Pair({self.certificate!r})"


class Leaf(msgspec.Struct, frozen=True):
    """Whom a certificate is for."""

    common_name: str
    dns_names: tuple[str, ...]
    usages: tuple[Usage, ...]


class Facts(msgspec.Struct, frozen=True):
    """What is in a certificate."""

    key_id: str  # of its own key, in hexadecimal digits
    signers: tuple[str, ...]  # key ids of those given authorities that signed it
    not_before: datetime
    not_after: datetime
    leaf: Leaf
    is_authority: bool


class Inspect(msgspec.Struct, frozen=True, tag=True):
    """Asks what these are."""

    pairs: tuple[Pair, ...]
    authorities: tuple[str, ...]


class Findings(msgspec.Struct, frozen=True, tag=True):
    """Answers Inspect, in its order; None: no certificate, or not with this key."""

    pairs: tuple[Facts | None, ...] = ()
    authorities: tuple[Facts | None, ...] = ()


class Issue(msgspec.Struct, frozen=True, tag=True):
    """Asks for certificates, and for a new authority that signs them when none is given."""

    now: datetime
    authority: Pair | None
    authority_seconds: float
    certificate_seconds: float
    leaves: tuple[Leaf, ...]


class Issued(msgspec.Struct, frozen=True, tag=True):
    """Answers Issue: the authority that signed, and the certificates in their order."""

    authority: Pair
    leaves: tuple[Pair, ...]


Question = Inspect | Issue
Answer = Findings | Issued
