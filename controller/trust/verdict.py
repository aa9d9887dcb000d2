"""What the authority decides to do."""

from dataclasses import dataclass

from controller.trust.seen import Holding, Place


@dataclass(frozen=True, slots=True)
class FoundAuthority:
    """Make an authority that signs at once, and these certificates with it."""

    holding: Holding  # with the new one for ``current``
    leaves: tuple[str, ...]  # names of Secrets


@dataclass(frozen=True, slots=True)
class AddAuthority:
    """Make the authority that signs next."""

    holding: Holding  # with the new one for ``following``


@dataclass(frozen=True, slots=True)
class WriteAuthority:
    """Write the authority's Secret."""

    holding: Holding


@dataclass(frozen=True, slots=True)
class WriteLeaves:
    """Make certificates and write their Secrets."""

    holding: Holding
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteLeafBundle:
    """Tell who has a certificate whom to trust."""

    leaf: str
    bundle: str


@dataclass(frozen=True, slots=True)
class WritePlace:
    """Tell others whom to trust."""

    place: Place
    bundle: str


Action = FoundAuthority | AddAuthority | WriteAuthority | WriteLeaves | WriteLeafBundle | WritePlace


@dataclass(frozen=True, slots=True)
class Verdict:
    """Actions in their order, none of which depends on another's success."""

    actions: tuple[Action, ...]
    look_again: float  # in seconds
