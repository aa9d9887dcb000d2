"""How a launcher's life ended: its exit code and its termination message."""

from enum import IntEnum, StrEnum

import msgspec


class StopCause(StrEnum):
    """Why the domain is no longer running; the launcher's own words, mapped to a Reason."""

    GUEST_SHUTDOWN = "GuestShutdown"  # ACPI power-off, by the guest itself or on our request
    GUEST_CRASHED = "GuestCrashed"  # panic device, or an error that stopped the vCPUs
    QEMU_CRASHED = "QemuCrashed"  # the process died without saying why
    KILLED = "KilledAtDeadline"  # still alive when the grace period ended, or killed by request
    START_FAILED = "StartFailed"  # never ran


class ExitCode(IntEnum):
    """Exit status of the ``compute`` container."""

    GUEST_SHUTDOWN = 0
    START_FAILED = 10
    GUEST_CRASHED = 11
    QEMU_CRASHED = 12
    KILLED = 13


class Termination(msgspec.Struct, frozen=True, rename="camel"):
    """The termination message of ``compute``: JSON of at most 4096 bytes (kubelet's limit)."""

    cause: StopCause
    reason: str  # a names.Reason where one fits, else the Problem's slug
    message: str  # one sentence
    requested: bool = False  # the stop was asked for: SIGTERM or the ShutdownDomain call
