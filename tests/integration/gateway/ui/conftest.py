"""A door for each test, and an issuer for those that want one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.gateway.ui.issuer import Issuer, put_settings, serve_issuer
from tests.integration.gateway.ui.world import World, run_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with run_world(tmp_path) as running:
        yield running


@pytest.fixture
async def issuer(tmp_path: Path, world: World) -> AsyncIterator[Issuer]:
    async with serve_issuer(tmp_path) as running:
        await put_settings(world, running)
        yield running
