"""What a VM takes from the catalogue, as admission judges it: known, wrong, or not known yet."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from api.catalogue import INSTANCETYPE, PREFERENCE, Family, Unavailable
from api.cause import Cause, CauseReason
from api.problem import Problem
from api.sizing import Sizing
from api.vm import VirtualMachine
from gateway.admission.vm import Found, get_matcher
from gateway.catalogue import Catalogue, Pending

SpecT = TypeVar("SpecT")
# Less than the API server's patience with a webhook: what is not known by then stays unknown.
LOOKUP_SECONDS: Final = 1.0


async def look_up(catalogue: Catalogue, vm: VirtualMachine, old: VirtualMachine | None) -> Found:
    """Return what a VM uses, or why it is not known.

    What does not exist is wrong in a write that names it; in others, and where it may still
    come by itself, it is a warning.
    """
    size, advice = await asyncio.gather(
        _try(INSTANCETYPE, vm, old, catalogue.find_size(vm)),
        _try(PREFERENCE, vm, old, catalogue.find_advice(vm)),
    )
    troubles = [each for each in (size, advice) if isinstance(each, Cause | str)]
    if not troubles:
        return Found(Sizing(size, advice))  # type: ignore[arg-type]
    return Found(
        None,
        tuple(each for each in troubles if isinstance(each, Cause)),
        tuple(each for each in troubles if isinstance(each, str)),
    )


async def _try(
    family: Family,
    vm: VirtualMachine,
    old: VirtualMachine | None,
    finding: Coroutine[Any, Any, SpecT | None],
) -> SpecT | Cause | str | None:
    """Return the spec, or a cause, or a warning."""
    matcher = get_matcher(family, vm.spec)
    named = old is None or get_matcher(family, old.spec) != matcher
    field = f"spec.{family.noun}"
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            return await finding
    except Pending as problem:
        return f"{field}: {problem.message}"
    except Unavailable as problem:
        if not named:
            return f"{field}: {problem.message}"
        return Cause(CauseReason.NOT_FOUND, problem.message, field)
    except (Problem, TimeoutError) as error:
        reason = error.message if isinstance(error, Problem) else "no answer in time"
        return f"{field} was not looked up: {reason}"
