"""Health and metrics endpoints."""

from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry, Gauge

from daemon.server import build_app


async def ask(path: str, *, healthy: bool = True, ready: bool = True) -> tuple[int, str]:
    registry = CollectorRegistry()
    Gauge("answer", "It is known.", registry=registry).set(42)
    app = build_app(healthy=lambda: healthy, ready=lambda: ready, registry=registry)
    request = make_mocked_request("GET", path, app=app)
    match = await app.router.resolve(request)
    response = await match.handler(request)
    body = response.body  # type: ignore[attr-defined] # StreamResponse has none, ours has
    return response.status, bytes(body).decode()


async def test_health_and_readiness_are_told_apart() -> None:
    assert await ask("/healthz", ready=False) == (200, "ok\n")
    assert (await ask("/readyz", ready=False))[0] == 503
    assert (await ask("/healthz", healthy=False))[0] == 503


async def test_metrics_are_in_prometheus_text() -> None:
    status, text = await ask("/metrics")
    assert status == 200
    assert "answer 42.0" in text
