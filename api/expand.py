"""Expansion: a VM with the size of its instancetype and the advice of its preference.

An instancetype is law: what it says cannot be said by the VM too (``find_conflicts``). A
preference is advice: it fills only what the VM leaves open. Expanding twice changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from api.cause import Cause
from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec
from api.spec import VirtualMachineInstanceSpec
from api.vm import VirtualMachine


@dataclass(frozen=True, slots=True)
class Sizing:
    """Instancetype and preference of a VM, in the revisions that it uses."""

    instancetype: VirtualMachineInstancetypeSpec | None = None
    preference: VirtualMachinePreferenceSpec | None = None


def find_conflicts(
    spec: VirtualMachineInstanceSpec, sizing: Sizing, path: str = "spec.template.spec"
) -> tuple[Cause, ...]:
    """Return a cause for each field of the VM that its instancetype decides."""
    return ()


def find_unmet(
    spec: VirtualMachineInstanceSpec, sizing: Sizing, path: str = "spec"
) -> tuple[Cause, ...]:
    """Return what the preference requires and the expanded spec does not have."""
    return ()


def expand_spec(spec: VirtualMachineInstanceSpec, sizing: Sizing) -> VirtualMachineInstanceSpec:
    """Return the spec with instancetype and preference in it."""
    return spec


def expand_annotations(annotations: Mapping[str, str], sizing: Sizing) -> dict[str, str]:
    """Return the annotations with those of instancetype and preference."""
    return dict(annotations)


def expand_vm(vm: VirtualMachine, sizing: Sizing) -> VirtualMachine:
    """Return the VM as it would be written without instancetype and preference."""
    return vm
