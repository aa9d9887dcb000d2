"""The launcher's process: starts the preparation at once, then everything else beside it."""

import os
import sys
import time

_STARTED = time.time()


def main() -> None:
    """Run the VM of this pod; the exit code tells how it ended."""
    from launcher.spawn import start_module

    os.umask(0o022)  # noqa: TID251 - libvirt's directories rely on it, whatever the runtime gave
    preparation = start_module("launcher.prepare")
    # asyncio does without TLS; OpenSSL would cost 2 MiB and 10 ms of the start
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio

    from daemon.log import configure_logging
    from launcher.place import LIBVIRT_LOG

    # libvirt forks to start qemu, and gRPC's handlers of a fork would abort that child
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    # libvirt complains about a host that is none; its errors reach us as exceptions
    os.environ.setdefault("LIBVIRT_LOG_OUTPUTS", f"3:file:{LIBVIRT_LOG}")
    configure_logging("launcher", os.environ.get("LOG_LEVEL", "INFO"))
    from launcher.state import StageReached
    from launcher.supervisor import Supervisor

    async def run() -> int:
        supervisor = Supervisor()
        supervisor.life.emit(StageReached("exec", _STARTED))
        return await supervisor.run(preparation)

    code = asyncio.run(run())
    sys.stderr.flush()
    # libvirt's threads hold what they hold; the container's end takes it all
    os._exit(code)


if __name__ == "__main__":
    main()
