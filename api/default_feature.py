"""Defaults of the machine's features: on when present, ACPI on, Hyper-V's dependencies."""

from typing import Final, TypeVar

from msgspec.structs import asdict, replace

from api.device import FeatureState
from api.feature import FeatureHyperv, Features

# An enlightenment, and what it needs; each comes after those that need it.
HYPERV_NEEDS: Final = (
    ("evmcs", ("vapic",)),
    ("synictimer", ("synic", "vpindex")),
    ("synic", ("vpindex",)),
    ("ipi", ("vpindex",)),
    ("tlbflush", ("vpindex",)),
)
_SPINLOCK_RETRIES: Final = 4096

_Part = TypeVar("_Part", Features, FeatureHyperv)


def fill_features(features: Features | None) -> Features:
    """Return the features with ACPI on unless it is off, and states made explicit."""
    filled = _switch_on(features or Features())
    if filled.acpi is None:
        filled = replace(filled, acpi=FeatureState(enabled=True))
    if filled.hyperv is not None:
        filled = replace(filled, hyperv=_fill_hyperv(filled.hyperv))
    return filled


def _switch_on(part: _Part) -> _Part:
    """Set ``enabled`` where a feature is there and does not say."""
    unsaid = {
        key: replace(value, enabled=True)
        for key, value in asdict(part).items()
        if value is not None and getattr(value, "enabled", False) is None
    }
    return replace(part, **unsaid)


def _fill_hyperv(hyperv: FeatureHyperv) -> FeatureHyperv:
    filled = _switch_on(hyperv)
    for name, needs in HYPERV_NEEDS:
        feature = getattr(filled, name)
        if feature is None or not feature.enabled:
            continue
        missing = {
            need: FeatureState(enabled=True) for need in needs if getattr(filled, need) is None
        }
        filled = replace(filled, **missing)
    spinlocks = filled.spinlocks
    if spinlocks is not None and spinlocks.spinlocks is None:
        filled = replace(filled, spinlocks=replace(spinlocks, spinlocks=_SPINLOCK_RETRIES))
    return filled
