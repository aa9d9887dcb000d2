"""A VNC viewer of the fewest words (RFC 6143): connects, types, and sees that it is connected."""

import socket
import struct
from pathlib import Path
from typing import Self

_RETURN = 0xFF0D
_SHIFT = 0xFFE1
_RAW = 0


class Viewer:
    """One client of a VNC server on a unix socket."""

    def __init__(self, path: Path, *, shared: bool) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(180)
        self._socket.connect(str(path))
        assert self._read(12) == b"RFB 003.008\n"
        self._socket.sendall(b"RFB 003.008\n")
        kinds = self._read(self._read(1)[0])
        assert 1 in kinds, "the server wants a password"
        self._socket.sendall(b"\x01")
        assert self._read(4) == b"\0\0\0\0"
        self._socket.sendall(bytes([shared]))
        self.width, self.height = struct.unpack(">HH", self._read(4))
        self._pixel_bytes = self._read(16)[0] // 8
        self.name = self._read(struct.unpack(">I", self._read(4))[0]).decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def look(self) -> int:
        """Ask for the whole screen; return how many pixels came."""
        self._socket.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, self.width, self.height))
        while (kind := self._read(1)[0]) != 0:
            assert kind == 2, f"a message of kind {kind}"  # a bell
        count = struct.unpack(">xH", self._read(3))[0]
        pixels = 0
        for _ in range(count):
            _, _, width, height, encoding = struct.unpack(">HHHHi", self._read(12))
            assert encoding == _RAW
            self._read(width * height * self._pixel_bytes)
            pixels += width * height
        return pixels

    def type(self, text: str) -> None:
        """Press the keys of an American keyboard."""
        for letter in text:
            key = _RETURN if letter == "\n" else ord(letter)
            shifted = letter in '~!@#$%^&*()_+{}|:"<>?' or letter.isupper()
            keys = [_SHIFT, key] if shifted else [key]
            for down, order in ((1, keys), (0, keys[::-1])):
                for pressed in order:
                    self._socket.sendall(struct.pack(">BBxxI", 4, down, pressed))
            self.look()  # an answer: the server has taken the keys

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            assert more, "the server hung up"
            data += more
        return data
