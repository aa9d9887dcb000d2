"""The outermost frame of a daemon: its work, and how it ends."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator

from api.problem import Problem

log = logging.getLogger(__name__)


def run_process(work: Coroutine[None, None, None]) -> int:
    """Run the work of a process; return its exit code, 1 when a Problem ended it."""
    code = 0
    try:
        asyncio.run(work)
    except* Problem as group:
        code = 1
        for problem in _list_leaves(group):
            log.critical("cannot go on", extra={"error": str(problem)})
    return code


def _list_leaves(group: BaseExceptionGroup[Problem]) -> Iterator[Problem]:
    """Yield the problems themselves, however deep task groups put them."""
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _list_leaves(each)
        else:
            yield each
