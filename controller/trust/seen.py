"""What the authority sees: its own Secret, those of the others, and who was told whom to trust."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from controller.trust.contract import Facts, Leaf, Pair
from controller.trust.pem import join_bundle


@dataclass(frozen=True, slots=True)
class Intervals:
    """How long certificates live; they are renewed when two thirds of it are over."""

    certificate_seconds: float = 24 * 3600.0
    authority_seconds: float = 365 * 24 * 3600.0
    overlap_seconds: float = 600.0  # a new authority is known to everyone before it signs


class Place(StrEnum):
    """Where else the authorities are written down, for who reads no Secret."""

    CONFIG = "config"
    API_SERVICE_V1 = "api-service-v1"
    API_SERVICE_V1ALPHA3 = "api-service-v1alpha3"
    MUTATING = "mutating-webhooks"
    VALIDATING = "validating-webhooks"


@dataclass(frozen=True, slots=True)
class Stored:
    """A pair as it is stored, and what it is; None: it is none."""

    pair: Pair
    facts: Facts | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What the authority's Secret holds."""

    current: Pair  # signs
    following: Pair | None = None  # is to sign next, and is made known
    retired: tuple[str, ...] = ()  # certificates of authorities that no longer sign
    announced_at: datetime | None = None  # since when everyone trusts the following one
    retired_until: datetime | None = None  # then nothing lives that the retired ones signed

    @property
    def trusted(self) -> Iterator[str]:
        """Yield the certificates of all authorities that are to be trusted."""
        yield self.current.certificate
        if self.following is not None:
            yield self.following.certificate
        yield from self.retired

    @property
    def bundle(self) -> str:
        return join_bundle(self.trusted)


@dataclass(frozen=True, slots=True)
class HeldAuthority:
    """The authority's Secret as it is."""

    current: Stored
    following: Stored | None = None
    bundle: str = ""
    announced_at: datetime | None = None
    retired_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldLeaf:
    """The Secret of a certificate as it is."""

    stored: Stored
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything at one moment."""

    now: datetime
    wanted: Mapping[str, Leaf]  # by the name of its Secret
    intervals: Intervals = field(default_factory=Intervals)
    authority: HeldAuthority | None = None  # None: there is no Secret
    leaves: Mapping[str, HeldLeaf] = field(default_factory=dict)  # Secrets that are there
    # Every certificate in the bundles of all these Secrets, and what it is.
    authorities: Mapping[str, Facts] = field(default_factory=dict)
    places: Mapping[Place, str] = field(default_factory=dict)  # bundles, of those that are there
    all_seen: bool = True  # False: there may be places that we do not see yet
