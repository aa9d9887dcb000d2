"""Random bytes in both directions at once: what arrives is what was sent (10 s; 60 s in bench)."""

import asyncio

from tests.bench.console_path import Client
from tests.bench.console_soak import soak
from tests.integration.handler.console.server import Launcher, Node

SECONDS = 60.0


async def test_random_bytes_arrive_as_they_were_sent(node: Node, launcher: Launcher) -> None:
    def run() -> tuple[int, int]:
        with node.dial() as connection:
            client = Client(connection)
            client.upgrade(f"/?token={node.fetch_token(client)}", "node")
            with launcher.accept() as console:
                return soak(client, console, SECONDS)

    out, into = await asyncio.to_thread(run)
    assert min(out, into) > 1024 * 1024
