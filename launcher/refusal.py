"""Why libvirt or qemu did not do it, from libvirt's words; pure."""

import re
from typing import Final

from api.names import Reason
from api.problem import Problem
from launcher.place import DISK_ALIAS

LIBVIRT_FAILED: Final = "LibvirtFailed"
AGENT_FAILED: Final = "AgentFailed"
_COMMAND_LINE: Final = re.compile(r"Child process \(.*\) unexpected", re.DOTALL)
_LOCKED: Final = re.compile(r'Failed to get (?:shared )?"[^"]*" lock')
_DISK: Final = re.compile(rf'"id":\s*"{DISK_ALIAS}([^"]+)"')
_LETTERS: Final = 500
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def explain_refusal(text: str) -> Problem:
    """Return what is wrong; a disk that another qemu holds has a word of its own."""
    locked = _LOCKED.search(text)
    if locked is None:
        return Problem(LIBVIRT_FAILED, shorten_message(text))
    # qemu quotes the device before it complains of it
    names = _DISK.findall(text, 0, locked.start())
    disk = f"disk {names[-1]}" if names else "a disk"
    return Problem(Reason.DISK_IN_USE, f"{disk} (its volume) is in use by another VM")


def explain_agent_refusal(text: str) -> Problem:
    """Return what the agent refused, or that it is silent; the guest may have put in any text."""
    line = _CONTROL.sub(" ", text[:_LETTERS])
    return Problem(AGENT_FAILED, shorten_message(line))


def shorten_message(text: str) -> str:
    """Return libvirt's sentence without the command line that it may quote."""
    for prefix in ("internal error: ", "operation failed: "):
        text = text.removeprefix(prefix)
    text = _COMMAND_LINE.sub("qemu ended with", text)
    return " ".join(text.split())[:_LETTERS]
