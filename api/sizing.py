"""Sizing: the instancetype and the preference that a VM uses."""

from dataclasses import dataclass

from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec


@dataclass(frozen=True, slots=True)
class Sizing:
    """Instancetype and preference of a VM, in the revisions that it uses; None: without."""

    instancetype: VirtualMachineInstancetypeSpec | None = None
    preference: VirtualMachinePreferenceSpec | None = None
