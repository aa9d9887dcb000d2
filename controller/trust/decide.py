"""What to do about the installation's certificates: pure, from a snapshot to a verdict.

An authority's life: it is made, and everyone is told to trust it; when everyone was and the
overlap has passed, it begins to sign; its successor comes when two thirds of its life are over;
after that it signs no more, and is trusted until the last certificate that it signed has expired.
Only the first one signs at once, and one that replaces a Secret that was lost: no key is left to
sign with, while certificates that the lost one signed go on being trusted.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from controller.trust.contract import Facts, Leaf, Pair
from controller.trust.pem import split_bundle
from controller.trust.seen import HeldAuthority, HeldLeaf, Holding, Seen, Stored
from controller.trust.verdict import (
    Action,
    AddAuthority,
    FoundAuthority,
    Verdict,
    WriteAuthority,
    WriteLeafBundle,
    WriteLeaves,
    WritePlace,
)
from controller.verdict import AT_ONCE

# A timer that sleeps through a machine's suspension, or a clock that was set, cost no more.
MAX_WAIT_SECONDS: Final = 3600.0
_MIN_WAIT_SECONDS: Final = 0.05
# A certificate that lives longer than is wished for is renewed; clocks may differ by this.
_SLACK: Final = timedelta(minutes=1)


def decide(seen: Seen) -> Verdict:
    """Return what is to be done now."""
    held = seen.authority
    if held is None or not _can_sign(held.current, seen.now):
        return Verdict((_recover(seen),), AT_ONCE)
    holding = _plan_holding(seen, held)
    if holding.following is None and _is_due(holding.current, seen):
        return Verdict((AddAuthority(holding),), AT_ONCE)
    if holding != _read_holding(held, holding.retired) or holding.bundle != held.bundle:
        return Verdict((WriteAuthority(holding),), AT_ONCE)
    actions = tuple(_spread(seen, holding))
    if actions:
        return Verdict(actions, AT_ONCE)
    if holding.following is not None and holding.announced_at is None and seen.all_seen:
        return Verdict((WriteAuthority(replace(holding, announced_at=seen.now)),), AT_ONCE)
    return Verdict((), _find_wait(seen, holding))


def _recover(seen: Seen) -> Action:
    """Nobody can sign: let the next authority, or else make one."""
    held = seen.authority
    if held is not None and held.following and _can_sign(held.following, seen.now):
        return WriteAuthority(_promote(seen, held.following.pair, tuple(_list_valid(seen))))
    holding = _promote(seen, Pair(), tuple(_list_valid(seen)))
    return FoundAuthority(holding, tuple(_list_late(seen, _list_key_ids(seen, holding.retired))))


def _plan_holding(seen: Seen, held: HeldAuthority) -> Holding:
    """Return what the Secret of an authority that can sign should hold."""
    following = held.following
    if following is not None and not _can_sign(following, seen.now):
        following = None
    if following is not None and held.announced_at is not None:
        overlap = timedelta(seconds=seen.intervals.overlap_seconds)
        if seen.now >= held.announced_at + overlap:
            former = (held.current.pair.certificate, *_list_retired(seen, held))
            return _promote(seen, following.pair, former)
    retired = tuple(_list_retired(seen, held))
    until = held.retired_until
    if until is not None and until <= seen.now:
        retired = ()
    return Holding(
        held.current.pair,
        following.pair if following is not None else None,
        retired,
        held.announced_at if following is not None else None,
        (until or _find_last_end(seen)) if retired else None,
    )


def _read_holding(held: HeldAuthority, retired: tuple[str, ...]) -> Holding:
    """Return what the Secret says; of who is retired, its bundle alone tells."""
    following = held.following.pair if held.following is not None else None
    return Holding(held.current.pair, following, retired, held.announced_at, held.retired_until)


def _promote(seen: Seen, following: Pair, former: tuple[str, ...]) -> Holding:
    retired = tuple(text for text in former if text != following.certificate)
    until = _find_last_end(seen) if retired else None
    return Holding(following, retired=retired, retired_until=until)


def _spread(seen: Seen, holding: Holding) -> Iterator[Action]:
    """Yield what brings certificates and bundles of everybody else up to date."""
    late = tuple(_list_late(seen, _list_key_ids(seen, holding.trusted)))
    if late:
        yield WriteLeaves(holding, late)
    for name, leaf in seen.leaves.items():
        if name in seen.wanted and name not in late and leaf.bundle != holding.bundle:
            yield WriteLeafBundle(name, holding.bundle)
    for place, bundle in seen.places.items():
        if bundle != holding.bundle:
            yield WritePlace(place, holding.bundle)


def _list_late(seen: Seen, key_ids: frozenset[str]) -> Iterator[str]:
    """Yield the Secrets that need a new certificate."""
    for name, wanted in seen.wanted.items():
        held = seen.leaves.get(name)
        if held is None or not _is_good(held, wanted, key_ids, seen):
            yield name


def _is_good(held: HeldLeaf, wanted: Leaf, key_ids: frozenset[str], seen: Seen) -> bool:
    facts = held.stored.facts
    return (
        facts is not None
        and facts.leaf == wanted
        and not key_ids.isdisjoint(facts.signers)
        and _find_due(facts, seen.intervals.certificate_seconds, seen.now) > seen.now
    )


def _is_due(current: Pair, seen: Seen) -> bool:
    facts = seen.authorities.get(current.certificate)
    return facts is not None and (
        _find_due(facts, seen.intervals.authority_seconds, seen.now) <= seen.now
    )


def _find_due(facts: Facts, seconds: float, now: datetime) -> datetime:
    """Return when a certificate is to be renewed: at two thirds of its life."""
    wished = timedelta(seconds=seconds)
    if facts.not_after - now > wished + _SLACK:
        return now
    return facts.not_after - min(facts.not_after - facts.not_before, wished) / 3


def _can_sign(stored: Stored, now: datetime) -> bool:
    return stored.facts is not None and _is_authority(stored.facts, now)


def _is_authority(facts: Facts, now: datetime) -> bool:
    return facts.is_authority and facts.key_id in facts.signers and now < facts.not_after


def _list_valid(seen: Seen) -> Iterator[str]:
    """Yield every authority of any bundle that has not expired."""
    return (text for text, facts in seen.authorities.items() if _is_authority(facts, seen.now))


def _list_retired(seen: Seen, held: HeldAuthority) -> Iterator[str]:
    """Yield the authorities in the Secret's own bundle that neither sign nor are to."""
    active = {held.current.pair.certificate}
    if held.following is not None:
        active.add(held.following.pair.certificate)
    own = set(split_bundle(held.bundle))
    return (text for text in _list_valid(seen) if text in own and text not in active)


def _list_key_ids(seen: Seen, certificates: Iterator[str] | tuple[str, ...]) -> frozenset[str]:
    known = (seen.authorities.get(text) for text in certificates)
    return frozenset(facts.key_id for facts in known if facts is not None)


def _find_last_end(seen: Seen) -> datetime:
    """Return when every certificate that was signed by now will have expired."""
    facts = (leaf.stored.facts for leaf in seen.leaves.values())
    ends = [each.not_after for each in facts if each is not None]
    return max([seen.now + timedelta(seconds=seen.intervals.certificate_seconds), *ends])


def _find_wait(seen: Seen, holding: Holding) -> float:
    """Return for how long nothing is due."""
    moments = list(_list_moments(seen, holding))
    wait = min(moments, default=seen.now + timedelta(seconds=MAX_WAIT_SECONDS)) - seen.now
    return min(MAX_WAIT_SECONDS, max(_MIN_WAIT_SECONDS, wait / timedelta(seconds=1)))


def _list_moments(seen: Seen, holding: Holding) -> Iterator[datetime]:
    intervals = seen.intervals
    for name in seen.wanted:
        facts = seen.leaves[name].stored.facts
        if facts is not None:
            yield _find_due(facts, intervals.certificate_seconds, seen.now)
    current = seen.authorities.get(holding.current.certificate)
    if holding.following is None and current is not None:
        yield _find_due(current, intervals.authority_seconds, seen.now)
    if holding.announced_at is not None:
        yield holding.announced_at + timedelta(seconds=intervals.overlap_seconds)
    if holding.retired_until is not None:
        yield holding.retired_until
    for text in holding.trusted:
        if text in seen.authorities:
            yield seen.authorities[text].not_after
