"""Names of the ControllerRevisions in which a VM's past is kept."""

from typing import Final

_START_PREFIX: Final = "revision-start-vm"


def is_start_revision(name: str) -> bool:
    """True for the name of such a revision, of whatever VM."""
    return name.startswith(f"{_START_PREFIX}-")


def name_start_revision(vm_uid: str, generation: str | int) -> str:
    """Return the name of the revision that holds a VM's spec as it was started."""
    return f"{_START_PREFIX}-{vm_uid}-{generation}"
