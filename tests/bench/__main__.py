"""`make bench`: measure, print a table, write bench-out/bench.json."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.console import measure_console, measure_door
from tests.bench.cost import open_books
from tests.bench.figure import Figure, encode_figures, render_table
from tests.bench.fleet import measure_crowd, measure_fleet
from tests.bench.idle import describe_machine, measure_idle, measure_install
from tests.bench.managed import measure_managed
from tests.bench.scale import measure_scale
from tests.bench.scenario import Bench, measure_eight, measure_single
from tests.bench.web import measure_web
from tests.bench.webhook import measure_webhook
from tests.e2e.cluster import open_cluster
from tests.e2e.component import CONTROLLER, HANDLER, Component

ROOT = Path(__file__).resolve().parents[2]
OVERLAY = ROOT / "manifests" / "overlays" / "embedded"
LIVE = ("idle", "single", "managed", "eight", "webhook", "install")
ALL = (*LIVE, "scale", "fleet", "crowd", "console", "web")


def main() -> int:
    """Measure what was asked for."""
    options = parse_options()
    results: dict[str, list[Figure]] = {}
    if chosen := [name for name in LIVE if name in options.only]:
        results |= measure_live(chosen, options.rounds)
    if "scale" in options.only:
        results["scale"] = announce("scale", lambda: measure_scale(options.sizes))
    if "fleet" in options.only:
        results["fleet"] = announce("fleet", lambda: measure_fleet(options.sizes))
    if "crowd" in options.only:
        results["crowd"] = announce("crowd", lambda: measure_crowd(options.crowd))
    if "console" in options.only:
        results["console"] = announce("console", measure_console)
        results["console-door"] = announce("console-door", measure_door)
    if "web" in options.only:
        results["web"] = announce(
            "web", lambda: measure_web(options.vms, options.rounds, options.minutes)
        )
    options.out.mkdir(parents=True, exist_ok=True)
    encoded = {name: encode_figures(figures) for name, figures in results.items()}
    document = {"time": time.time(), "machine": describe_machine(), "figures": encoded}
    (options.out / "bench.json").write_text(json.dumps(document, indent=1))
    for name, figures in results.items():
        print(render_table(name, figures))
    missed = [figure.name for figures in results.values() for figure in figures if figure.is_missed]
    print(f"{len(missed)} goals missed{': ' if missed else ''}{'; '.join(missed)}")
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ALL, default=ALL, help="what to measure")
    parser.add_argument(
        "--rounds", type=int, default=5, help="lives of single VMs, loads of pages (default 5)"
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[100, 1000, 3000],
        help="numbers of VMIs for scale, and of VMs for fleet",
    )
    parser.add_argument("--crowd", type=int, default=10_000, help="number of idle VMs for crowd")
    parser.add_argument(
        "--vms", type=int, nargs="+", default=[1000, 10_000], help="numbers of VMs for web"
    )
    parser.add_argument(
        "--minutes", type=float, default=10, help="how long web looks for growth (default 10)"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out", help="folder for the JSON")
    return parser.parse_args()


def measure_live(chosen: list[str], rounds: int) -> dict[str, list[Figure]]:
    """Measure on the running cluster."""
    with open_cluster("bench") as cluster:
        components = tuple(
            Component(name, cluster.api, cluster.kubectl) for name in (CONTROLLER, HANDLER)
        )
        bench = Bench(cluster, open_books(cluster.api, components), rounds)
        scenarios: dict[str, Callable[[], list[Figure]]] = {
            "idle": lambda: measure_idle(bench),
            "single": lambda: measure_single(bench),
            "managed": lambda: measure_managed(bench),
            "eight": lambda: measure_eight(bench),
            "webhook": lambda: measure_webhook(cluster),
            "install": lambda: measure_install(bench, OVERLAY),
        }
        return {name: announce(name, scenarios[name]) for name in chosen}


def announce(name: str, measure: Callable[[], list[Figure]]) -> list[Figure]:
    """Say what is being measured; it takes minutes."""
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    return measure()


if __name__ == "__main__":
    sys.exit(main())
