"""`python -m tests.bench.console_source SOCKET`: what stands in for a launcher's console.

The first byte of each connection says what to do with it, see tests.bench.console_path.
"""

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path

CHUNK = 64 * 1024


def main(path: str) -> None:
    """Serve until killed; one line on stdout says that it listens."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1024)
        print("listening", flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


def serve(connection: socket.socket) -> None:
    """Do what the first byte says until the other side is gone."""
    with connection, contextlib.suppress(OSError):
        command = connection.recv(1)
        if command == b"F":
            block = os.urandom(CHUNK)
            while True:
                connection.sendall(block)
        while data := connection.recv(CHUNK):
            if command == b"E":
                connection.sendall(data)
            elif command == b"S" and data.endswith(b"."):
                connection.sendall(b"!")  # all of it has arrived


if __name__ == "__main__":
    main(sys.argv[1])
