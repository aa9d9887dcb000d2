"""JSON logs with context: one line an entry, a constant message and fields."""

import contextlib
import contextvars
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TextIO

_NOTHING: Mapping[str, object] = {}
_context = contextvars.ContextVar("log", default=_NOTHING)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes time, level, component, message, what is bound, and the entry's own ``extra``."""

    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "component": self._component,
            "message": record.getMessage(),
            **_context.get(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        # ASCII only: text from guests and users cannot steer the reader's terminal.
        return json.dumps(entry, default=str)


def configure_logging(component: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logging of this process to ``stream`` (stderr) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(component))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


@contextlib.contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Add fields to every entry that is written inside this block, tasks made in it included."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)
