"""Why a domain stopped, and the exit code that says so; apart, so that it costs no import."""

from enum import IntEnum, StrEnum
from typing import Final

# What a pod has beyond its VMI's grace period, for what the launcher does after the guest's end:
# its last words, and removing what it made.
OWN_GRACE_SECONDS: Final = 5


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
