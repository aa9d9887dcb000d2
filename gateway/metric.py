"""What the gateway measures; names are KubeVirt's where it has one."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

CALLS: Final = Counter(
    "virtpod_gateway_calls", "Calls answered.", ("resource", "subresource", "verb", "code")
)
CALL_SECONDS: Final = Histogram(
    "virtpod_gateway_call_seconds",
    "Time until a call was answered; sessions are left out.",
    ("resource", "subresource"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
SESSIONS: Final = Gauge("virtpod_gateway_sessions", "Websockets that are open.")
UI_CALLS: Final = Counter(
    "virtpod_gateway_ui_calls", "Requests of the graphical interface answered.", ("kind", "code")
)
UI_REQUESTS: Final = Gauge(
    "virtpod_gateway_ui_requests", "Requests to the cluster that are under way for pages."
)
CONNECTIONS: Final = Gauge("virtpod_gateway_connections", "Connections that are open.", ("door",))
