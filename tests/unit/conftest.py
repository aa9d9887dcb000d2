"""Unit tests are pure: no network socket opens in them (asyncio's own unix pair may)."""

from collections.abc import Iterator

import pytest
import pytest_socket
from hypothesis import HealthCheck, settings

# The same examples each time, and no judgement of the machine's speed: who changes nothing sees
# nothing fail. `pytest --hypothesis-profile=search` looks for new ones.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("search"), derandomize=True)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every socket but unix ones."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
