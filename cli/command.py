"""Which commands there are, and the module of each, which is imported when it is asked for.

Each module has add_arguments(parser) and run(arguments, kubectl) → exit code.
"""

from dataclasses import dataclass
from typing import Final

from api.names import GROUP


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the module that does it, and what it does in a line."""

    module: str
    text: str
    names: str = ""  # the resource whose names complete its arguments


COMPLETE: Final = ("complete", "--")  # how the scripts of `completion` ask for candidates
_VMS: Final = f"virtualmachines.{GROUP}"
_VMIS: Final = f"virtualmachineinstances.{GROUP}"
COMMANDS: Final = {
    "completion": Command("completion", "print what makes a shell complete `kubectl virt`"),
    "console": Command("console", "the serial console of a VM", _VMIS),
    "create": Command("create", "print the manifest of a VM, an instancetype or a preference"),
    "expand": Command("expand", "show a VM with its instancetype and preference written out", _VMS),
    "expose": Command("expose", "make a Service for a VM or a replica set"),
    "fslist": Command("guest", "file systems that are mounted in the guest", _VMIS),
    "guestosinfo": Command("guest", "what the guest agent tells of the guest", _VMIS),
    "logs": Command("logs", "the log of the serial console, or of the launcher", _VMIS),
    "pause": Command("verb", "stop the vCPUs of VMs", _VMIS),
    "plan": Command("plan", "show the domain, the pod and the rules of a manifest, offline"),
    "port-forward": Command("port_forward", "local ports that lead into a VM", _VMIS),
    "reset": Command("verb", "press the reset button of VMs", _VMIS),
    "restart": Command("verb", "stop VMs and start them again", _VMS),
    "scp": Command("ssh", "copy files from or to a VM", _VMIS),
    "soft-reboot": Command("verb", "ask guests to reboot", _VMIS),
    "ssh": Command("ssh", "a shell in a VM", _VMIS),
    "start": Command("verb", "start VMs", _VMS),
    "stop": Command("verb", "stop VMs", _VMS),
    "ui": Command("ui", "the graphical interface in a browser"),
    "unpause": Command("verb", "let the vCPUs of VMs go on", _VMIS),
    "userlist": Command("guest", "users who are logged in to the guest", _VMIS),
    "version": Command("version", "versions of this program and of the server"),
    "vnc": Command("vnc", "the graphical console of a VM, or a picture of it", _VMIS),
    "why": Command("why", "say in a sentence why a VM does not run, and what to do", _VMS),
}
