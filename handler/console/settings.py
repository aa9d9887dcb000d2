"""What the container's environment says; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.door import SESSION_PORT
from api.names import HOST_LAUNCHERS_DIR
from api.problem import Problem
from handler.console.desk import Caps

TRUST_DIR: Final = "/run/virtpod-trust/current"  # where handler.trust_files has the newest
METRICS_PORT: Final = 8188
DESCRIPTORS_PER_SESSION: Final = 4  # connection, launcher's socket, bell; one while it connects
OTHER_DESCRIPTORS: Final = 96  # the process's own, and connections that have no session yet


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are, and how many sessions there may be."""

    launchers: Path
    trust: Path
    port: int
    metrics_port: int
    log_level: str
    caps: Caps


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment; everything has a default."""
    usual = Caps()
    return Settings(
        launchers=Path(environment.get("LAUNCHERS_DIR", HOST_LAUNCHERS_DIR)),
        trust=Path(environment.get("TRUST_DIR", TRUST_DIR)),
        port=_read_number(environment, "PORT", SESSION_PORT, 0, 65535),
        metrics_port=_read_number(environment, "METRICS_PORT", METRICS_PORT, 0, 65535),
        log_level=environment.get("LOG_LEVEL", "INFO"),
        caps=Caps(
            vmi=_read_number(environment, "MAX_SESSIONS_PER_VMI", usual.vmi, 1, 10_000),
            user=_read_number(environment, "MAX_SESSIONS_PER_USER", usual.user, 1, 10_000),
            total=_read_number(environment, "MAX_SESSIONS", usual.total, 1, 10_000),
        ),
    )


def fit_caps(caps: Caps, descriptors: int) -> Caps:
    """Return caps for which the process's descriptors suffice: then none is ever lacking."""
    room = max(1, (descriptors - OTHER_DESCRIPTORS) // DESCRIPTORS_PER_SESSION)
    return Caps(caps.vmi, caps.user, min(caps.total, room))


def _read_number(
    environment: Mapping[str, str], name: str, usual: int, least: int, most: int
) -> int:
    text = environment.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        slug = "".join(part.title() for part in name.split("_")) + "Invalid"
        raise Problem(slug, f"{name} is {text!r}, and no number from {least} to {most}")
    return int(text)
