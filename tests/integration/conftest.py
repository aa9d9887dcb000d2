"""A real API server with the CRDs; without one these tests fail."""

from collections.abc import Iterator

import pytest
from kubernetes import client, config

from tests.e2e.cluster import find_kubeconfig


@pytest.fixture(scope="session")
def api_client() -> Iterator[client.ApiClient]:
    """Connect as $KUBECONFIG says, else to the embedded cluster."""
    with config.new_client_from_config(str(find_kubeconfig())) as connected:
        yield connected


@pytest.fixture(scope="session")
def objects(api_client: client.ApiClient) -> client.CustomObjectsApi:
    """Return the client of custom objects."""
    return client.CustomObjectsApi(api_client)
