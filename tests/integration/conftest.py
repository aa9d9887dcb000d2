"""A real API server with the CRDs; without one these tests fail."""

import asyncio
from asyncio.sslproto import SSLProtocol, SSLProtocolState
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from tests.e2e.cluster import find_kubeconfig
from tests.e2e.component import AS_CONTROLLER


@pytest.fixture(scope="session")
def api_client() -> Iterator[client.ApiClient]:
    """Connect as $KUBECONFIG says, else to the embedded cluster.

    What the API server says alone is asked for: of the controller's writes it asks no webhook.
    """
    with config.new_client_from_config(str(find_kubeconfig())) as connected:
        for name, value in AS_CONTROLLER.items():
            connected.set_default_header(name, value)
        yield connected


@pytest.fixture(scope="session")
def administrator() -> Iterator[client.ApiClient]:
    """Connect as nobody but the kubeconfig's user, who may act as anybody."""
    with config.new_client_from_config(str(find_kubeconfig())) as connected:
        yield connected


@pytest.fixture(scope="session")
def objects(api_client: client.ApiClient) -> client.CustomObjectsApi:
    """Return the client of custom objects."""
    return client.CustomObjectsApi(api_client)


@pytest.fixture(autouse=True)
def farewells_end_with_their_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close what waits for its peer's goodbye when a test's event loop is closed.

    Such a connection would be complained of whenever its memory is freed, in some later test.
    One that nobody wanted to close still is.
    """
    close = asyncio.SelectorEventLoop.close

    def close_all(loop: Any) -> None:  # Any: of asyncio's inner parts
        for transport in () if loop.is_closed() else tuple(loop._transports.values()):
            if _is_ending(transport) and transport._sock is not None:
                transport._sock.close()
                transport._sock = None
        close(loop)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "close", close_all)


def _is_ending(transport: Any) -> bool:
    protocol = transport.get_protocol()
    is_tls = isinstance(protocol, SSLProtocol)
    open_states = {SSLProtocolState.DO_HANDSHAKE, SSLProtocolState.WRAPPED}
    says_goodbye = is_tls and protocol._state not in open_states
    return says_goodbye or bool(transport.is_closing())
