"""A node with one launcher's serial console."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.handler.console.server import Gateway, Launcher, Node, call_on, run_node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with run_node(tmp_path) as node:
        yield node


@pytest.fixture
def launcher(node: Node) -> Iterator[Launcher]:
    launcher = Launcher(node.launchers)
    yield launcher
    launcher.close()


@pytest.fixture
async def gateway(node: Node) -> AsyncIterator[Gateway]:
    async with call_on(node) as gateway:
        yield gateway
