"""One API server for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.integration.controller.plane import Plane, run_plane


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    with run_plane() as running:
        yield running
