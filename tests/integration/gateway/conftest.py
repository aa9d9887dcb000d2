"""A gateway for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.world import World, run_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with run_world() as running:
        yield running
