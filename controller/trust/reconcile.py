"""The loop around the installation's certificates: observe, decide, apply."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from api.names import (
    ANNOTATION_ANNOUNCED_AT,
    ANNOTATION_RETIRED_UNTIL,
    SECRET_AUTHORITY,
)
from api.problem import Problem
from controller.clock import read_clock
from controller.trust.child import Ask, ask_child
from controller.trust.contract import Facts, Findings, Inspect, Pair
from controller.trust.decide import decide
from controller.trust.effect import Effects
from controller.trust.leaf import build_leaves
from controller.trust.object import (
    AUTHORITIES,
    NEXT_CERTIFICATE,
    NEXT_KEY,
    Secret,
)
from controller.trust.pem import split_bundle
from controller.trust.seen import HeldAuthority, HeldLeaf, Intervals, Seen, Stored
from controller.trust.signer import Signer
from controller.trust.verdict import Verdict
from controller.trust.watch import Watch
from controller.verdict import AT_ONCE
from kube.client import Client
from kube.object import Key
from kube.queue import WorkQueue

log = logging.getLogger(__name__)

_ROUNDS: Final = 16


class Authority:
    """Keeps the installation's certificates; all of it is one piece of work."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        intervals: Intervals,
        *,
        ask: Ask = ask_child,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._wanted = build_leaves(namespace)
        self._watch = Watch(client, namespace, self._wanted)
        signer = Signer(self._wanted, intervals, ask, clock)
        self._effects = Effects(client, self._watch, signer)
        self._intervals = intervals
        self._ask = ask
        self._clock = clock
        self._key = Key(namespace, SECRET_AUTHORITY)
        self._question: Inspect | None = None
        self._findings = Findings()
        self.queue = WorkQueue()

    async def run(self) -> None:
        """Watch and work until cancelled."""
        self._watch.on_change(lambda: self.queue.add(self._key))
        async with asyncio.TaskGroup() as group:
            for informer in self._watch.informers:
                group.create_task(informer.run())
            for informer in self._watch.needed:
                await informer.synced.wait()
            for informer in self._watch.informers:
                group.create_task(self._look_when_synced(informer.synced))
            await self.queue.run(self.work, workers=1)

    async def _look_when_synced(self, synced: asyncio.Event) -> None:
        """Look also when it turned out that there is nothing."""
        await synced.wait()
        self.queue.add(self._key)

    async def work(self, key: Key) -> None:
        """Bring everything up to date; what may work next time is tried again with back-off."""
        try:
            look_again = await self._reconcile()
        except* Problem as group:
            first = group.exceptions[0]
            seconds = self.queue.retry(key)
            extra = {"error": str(first), "seconds": round(seconds, 2)}
            log.warning("certificates not up to date", extra=extra)
        else:
            self.queue.forget(key)
            self.queue.add_later(key, look_again)

    async def _reconcile(self) -> float:
        """Go round until there is nothing to do; returns when to look again."""
        for _ in range(_ROUNDS):
            verdict = decide(await self._observe())
            await self._apply(verdict)
            if verdict.look_again != AT_ONCE:
                return verdict.look_again
        raise Problem("Undecided", "looked at the certificates too often in one go", retryable=True)

    async def _apply(self, verdict: Verdict) -> None:
        """Carry out every action, also when another failed; then tell of the failures."""
        problems: list[Problem] = []
        for action in verdict.actions:
            try:
                await self._effects.apply(action)
            except Problem as problem:
                problems.append(problem)
        if problems:
            raise ExceptionGroup("actions failed", problems)

    async def _observe(self) -> Seen:
        """Take a snapshot; certificates that have not been seen before are looked into."""
        watch = self._watch
        authority = watch.find_secret(SECRET_AUTHORITY)
        leaves = {
            name: secret for name in self._wanted if (secret := watch.find_secret(name)) is not None
        }
        secrets = [*leaves.values(), *([authority] if authority is not None else [])]
        question = Inspect(
            pairs=tuple(dict.fromkeys(pair for each in secrets for pair in _list_pairs(each))),
            authorities=tuple(
                dict.fromkeys(text for each in secrets for text in _list_known(each))
            ),
        )
        findings = await self._inspect(question)
        pairs = dict(zip(question.pairs, findings.pairs, strict=True))
        known = zip(question.authorities, findings.authorities, strict=True)
        return Seen(
            now=self._clock(),
            wanted=self._wanted,
            intervals=self._intervals,
            authority=_read_authority(authority, pairs) if authority is not None else None,
            leaves={name: _read_leaf(secret, pairs) for name, secret in leaves.items()},
            authorities={text: facts for text, facts in known if facts is not None},
            places=dict(watch.read_places()),
            all_seen=watch.all_seen,
        )

    async def _inspect(self, question: Inspect) -> Findings:
        if question != self._question:
            empty = not question.pairs and not question.authorities
            answer = Findings() if empty else await self._ask(question)
            assert isinstance(answer, Findings)
            self._question, self._findings = question, answer
        return self._findings


def _list_pairs(secret: Secret) -> Iterator[Pair]:
    yield secret.read_pair()
    if NEXT_CERTIFICATE in secret.data:
        yield secret.read_pair(NEXT_CERTIFICATE, NEXT_KEY)


def _list_known(secret: Secret) -> Iterator[str]:
    """Yield the authorities that a Secret names, the one that signs among them."""
    yield from split_bundle(secret.read(AUTHORITIES))
    if secret.metadata.name == SECRET_AUTHORITY:
        for pair in _list_pairs(secret):
            yield from split_bundle(pair.certificate)


def _read_authority(secret: Secret, facts: dict[Pair, Facts | None]) -> HeldAuthority:
    current = secret.read_pair()
    following = None
    if NEXT_CERTIFICATE in secret.data:
        pair = secret.read_pair(NEXT_CERTIFICATE, NEXT_KEY)
        following = Stored(pair, facts[pair])
    return HeldAuthority(
        Stored(current, facts[current]),
        following,
        secret.read(AUTHORITIES),
        secret.metadata.read_time(ANNOTATION_ANNOUNCED_AT),
        secret.metadata.read_time(ANNOTATION_RETIRED_UNTIL),
    )


def _read_leaf(secret: Secret, facts: dict[Pair, Facts | None]) -> HeldLeaf:
    pair = secret.read_pair()
    return HeldLeaf(Stored(pair, facts[pair]), secret.read(AUTHORITIES))
