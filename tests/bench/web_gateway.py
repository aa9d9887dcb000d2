"""`python -m tests.bench.web_gateway PAGES FILE [PORT]`: a gateway, as $KUBECONFIG says.

It serves the pages of a folder at a port, a free one unless told, and writes its number to a file.
"""

import asyncio
import signal
import sys
from pathlib import Path

from api.names import COMPONENT_API, INSTALL_NAMESPACE
from daemon.log import configure_logging
from gateway.main import Gateway, Options
from gateway.ui.assembly import Place
from kube.client import connect
from kube.config import load_server


async def run(pages: Path, told: Path, port: int = 0) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect(COMPONENT_API)
    options = Options(INSTALL_NAMESPACE, "127.0.0.1", 0, 0, 0, 0.0, "", "INFO")
    try:
        gateway = Gateway(client, options, Place(await load_server(), port, pages))
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run(stop))
            port = await gateway.door.listening
            await gateway.door.ready.wait()
            draft = told.with_suffix(".draft")
            draft.write_text(str(port))
            draft.rename(told)
    finally:
        await client.close()


if __name__ == "__main__":
    configure_logging(COMPONENT_API, "INFO")
    asyncio.run(run(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])))
