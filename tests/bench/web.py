"""The graphical interface: its size, its first list, and what it does among many changes."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Browser

from tests.bench.clock import read_stat
from tests.bench.figure import Figure
from tests.bench.web_page import Loading, Traffic, Visit, visit
from tests.bench.web_world import Churn, WebWorld, run_churn, run_web_world
from tests.e2e.browser import open_browser

GOAL_SIZE: Final = 1000  # the number of VMs that goals are for
CHURN_SECONDS: Final = 60.0
SCROLL_SECONDS: Final = 5.0
LATE_SECONDS: Final = 10.0  # what comes later than this counts as missing
SLOW: Final = 4
KB: Final = 1000
# A garbage collector and a compiler at work make about so much of a difference, in MiB.
HEAP_NOISE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """What was seen while VMs changed."""

    delays: tuple[float, ...]  # from before the PATCH to the screen, milliseconds
    after: tuple[float, ...]  # from its answer to the screen
    missed: int  # changes of VMs on the screen that never came there
    refused: int  # changes that the API server did not take in time
    rate: float  # changes a second
    blocked: float  # milliseconds of long tasks beyond 50 ms, per second
    gateway: float  # share of a CPU that the gateway took
    heap: tuple[float, ...] = ()  # MiB, each minute


def measure_web(sizes: Sequence[int], rounds: int, minutes: float) -> list[Figure]:
    """Measure each number of VMs with a new API server and a new gateway."""
    figures: list[Figure] = []
    for size in sorted(sizes):
        with run_web_world(size) as world, open_browser(*list_flags(world)) as browser:
            figures += measure_size(browser, world, rounds, minutes)
    return figures


def list_flags(world: WebWorld) -> list[str]:
    """Return flags that have chromium trust this gateway: else it would keep no cache."""
    return [f"--ignore-certificate-errors-spki-list={world.key_digest}"]


def measure_size(browser: Browser, world: WebWorld, rounds: int, minutes: float) -> list[Figure]:
    with visit(browser, world) as visitor:
        figures = build_traffic(world, visitor.count_traffic())
    for rate in (1, SLOW):
        cold, warm = [], []
        for _ in range(rounds):
            with visit(browser, world) as visitor:
                visitor.throttle(rate)
                cold.append(visitor.load())
                warm.append(visitor.load())
        figures += build_loading(name(world, rate), "empty cache", world, rate, cold)
        figures += build_loading(name(world, rate), "full cache", world, rate, warm)
    for rate in (1, SLOW):
        with visit(browser, world) as visitor:
            visitor.throttle(rate).load()
            figures += build_use(name(world, rate), visitor)
    for rate in (SLOW, 1):
        with visit(browser, world) as visitor:
            visitor.throttle(rate).load()
            lasting = max(minutes * 60, CHURN_SECONDS) if rate == 1 else CHURN_SECONDS
            figures += build_round(name(world, rate), world, rate, run_round(visitor, lasting))
    return figures


def name(world: WebWorld, rate: int) -> str:
    return f"{world.number:,} VMs" + (f", CPU ÷ {rate}" if rate > 1 else "")


def run_round(visitor: Visit, seconds: float) -> Round:
    """Look at the list while VMs change."""
    world = visitor.world
    heap: list[float] = []
    seen: dict[int, float] = {}
    visitor.count_blocked()
    with run_churn(world.number, visitor.list_shown()) as churn:
        began, cpu = time.monotonic(), read_stat(world.gateway_pid).own_seconds
        while (left := began + seconds - time.monotonic()) > 0:
            visitor.page.wait_for_timeout(min(60.0, left) * 1000)
            seen |= visitor.take_seen()
            heap.append(visitor.read_heap_mib())
        took = time.monotonic() - began
        cpu = read_stat(world.gateway_pid).own_seconds - cpu
        blocked = visitor.count_blocked()
    visitor.page.wait_for_timeout(LATE_SECONDS * 1000)
    seen |= visitor.take_seen()
    assert not visitor.faults, visitor.faults
    return judge(churn, seen, took, blocked, cpu, heap)


def judge(
    churn: Churn,
    seen: dict[int, float],
    took: float,
    blocked: float,
    cpu: float,
    heap: Sequence[float],
) -> Round:
    """Match what was changed with what came to the screen."""
    shown = set(churn.shown)
    taken = {
        number: each for number, each in enumerate(churn.changes, churn.first) if each.answered > 0
    }
    # the address says the number; one that was overtaken by the next is no loss
    expected = {number: each for number, each in taken.items() if each.name in shown}
    final = {each.name: number for number, each in expected.items()}
    met = [(each, seen[number]) for number, each in expected.items() if number in seen]
    return Round(
        tuple(moment - each.asked for each, moment in met),
        tuple(max(0.0, moment - each.answered) for each, moment in met),
        sum(number not in seen for number in final.values()),
        len(churn.changes) - len(taken),
        len(taken) / took,
        blocked / took,
        cpu / took,
        tuple(heap),
    )


def build_traffic(world: WebWorld, traffic: Traffic) -> list[Figure]:
    of, is_goal = f"{world.number:,} VMs", world.number == GOAL_SIZE
    whole = (traffic.pages + traffic.fonts + traffic.data) / KB
    answers = sorted(traffic.lists.items(), key=lambda each: -each[1])[:4]
    note = "; ".join(f"{path.partition('?')[0]} {size / KB:.1f} kB" for path, size in answers)
    return [
        Figure(f"{of}: sent for app and list", "kB", (whole,), 300 if is_goal else None),
        Figure(f"{of}: of it scripts, styles, document", "kB", (traffic.pages / KB,)),
        Figure(f"{of}: of it fonts", "kB", (traffic.fonts / KB,)),
        Figure(f"{of}: of it answers of the API", "kB", (traffic.data / KB,), note=note),
    ]


def build_loading(
    of: str, cache: str, world: WebWorld, rate: int, loads: Sequence[Loading]
) -> list[Figure]:
    """Return the figures of some loads; the goal is for an unthrottled CPU."""
    start = f"{of}, {cache}: "
    goal = 500 if rate == 1 and world.number == GOAL_SIZE else None
    after = tuple(max(0.0, each.usable - each.load) for each in loads)
    return [
        Figure(f"{start}load event", "ms", tuple(each.load for each in loads)),
        Figure(f"{start}list usable after load", "ms", after, goal),
        Figure(f"{start}list usable", "ms", tuple(each.usable for each in loads)),
        Figure(f"{start}list's last byte", "ms", tuple(each.answer for each in loads)),
        Figure(f"{start}first contentful paint", "ms", tuple(each.paint for each in loads)),
        Figure(f"{start}largest contentful paint", "ms", tuple(each.largest for each in loads)),
        Figure(f"{start}total blocking time", "ms", tuple(each.blocked for each in loads)),
        Figure(f"{start}cumulative layout shift", "", tuple(each.shift for each in loads), 0.1),
    ]


def build_use(of: str, visitor: Visit) -> list[Figure]:
    """Scroll and filter; no goal but that it stays usable."""
    visitor.count_blocked()
    frames = tuple(visitor.scroll(SCROLL_SECONDS))
    scrolled = visitor.count_blocked()
    keys = tuple(visitor.filter("status:running"))
    return [
        Figure(f"{of}: scrolling, time between frames", "ms", frames),
        Figure(f"{of}: scrolling, 95th percentile of it", "ms", (percent(frames, 95),)),
        Figure(f"{of}: scrolling, long tasks in a second", "ms", (scrolled / SCROLL_SECONDS,)),
        Figure(f"{of}: typing a filter, each key to its frame", "ms", keys),
        Figure(f"{of}: typing a filter, long tasks", "ms", (visitor.count_blocked(),)),
    ]


def build_round(of: str, world: WebWorld, rate: int, seen: Round) -> list[Figure]:
    goal = 200 if rate == 1 and world.number == GOAL_SIZE else None
    figures = [
        Figure(f"{of}: changes a second", "", (seen.rate,)),
        Figure(f"{of}: change to screen", "ms", seen.delays),
        Figure(f"{of}: change to screen, P95", "ms", (percent(seen.delays, 95),), goal),
        Figure(f"{of}: its answer to screen, P95", "ms", (percent(seen.after, 95),)),
        Figure(f"{of}: VMs on the screen whose last change is missing", "", (seen.missed,), 0),
        Figure(f"{of}: changes that the API server did not take in time", "", (seen.refused,)),
        Figure(f"{of}: long tasks in a second among changes", "ms", (seen.blocked,)),
        Figure(f"{of}: the gateway's CPU among changes", "%", (100 * seen.gateway,)),
        Figure(f"{of}: heap after garbage collection", "MiB", seen.heap),
    ]
    if len(seen.heap) > 2:
        # the first minute fills caches, and has code compiled
        grown = seen.heap[-1] - seen.heap[0]
        note = f"{len(seen.heap) - 1} minutes after the first; less than noise is none"
        figures.append(Figure(f"{of}: heap grown by", "MiB", (grown,), HEAP_NOISE, note=note))
    return figures


def percent(samples: Sequence[float], percentage: int) -> float:
    """Return a percentile."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percentage - 1]
