"""What components measure alike; the name is KubeVirt's."""

from typing import Final

from prometheus_client import Counter

REQUESTS: Final = Counter(
    "kubevirt_rest_client_requests_total",
    "Requests to the API server.",
    ("verb", "resource", "code"),
)


def count_request(verb: str, resource: str, code: int) -> None:
    """Count one request of ours to the API server."""
    REQUESTS.labels(verb, resource, code).inc()
