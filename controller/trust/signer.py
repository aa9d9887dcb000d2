"""Asks the signing child for certificates of this installation."""

from collections.abc import Callable, Mapping
from datetime import datetime

from controller.trust.child import Ask
from controller.trust.contract import Issue, Issued, Leaf, Pair
from controller.trust.seen import Intervals


class Signer:
    """Knows whom certificates are for, and how long they live."""

    def __init__(
        self,
        wanted: Mapping[str, Leaf],
        intervals: Intervals,
        ask: Ask,
        clock: Callable[[], datetime],
    ) -> None:
        self._wanted = wanted
        self._intervals = intervals
        self._ask = ask
        self._clock = clock

    async def issue(self, authority: Pair | None, names: tuple[str, ...]) -> Issued:
        """Make certificates for these Secrets; without an authority, a new one as well."""
        question = Issue(
            now=self._clock(),
            authority=authority,
            authority_seconds=self._intervals.authority_seconds,
            certificate_seconds=self._intervals.certificate_seconds,
            leaves=tuple(self._wanted[name] for name in names),
        )
        answer = await self._ask(question)
        assert isinstance(answer, Issued)
        return answer
