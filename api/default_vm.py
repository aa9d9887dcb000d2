"""Defaults that become part of a VM when it is first seen: what must never change afterwards.

A guest knows its machine by these, so neither another default of the installation nor another
release may change them while the VM exists. All else is filled in anew at each start
(api/default.py).
"""

from typing import Final
from uuid import NAMESPACE_OID, uuid5

from api.config import KubeVirtConfiguration
from api.default import choose_machine_type
from api.expand import Sizing, prefer_machine
from api.firmware import Firmware
from api.names import ANNOTATION_PCI_TOPOLOGY
from api.vm import VirtualMachine

Patch = dict[str, object]

PCI_TOPOLOGY: Final = "v3"


def plan_vm_defaults(
    vm: VirtualMachine,
    config: KubeVirtConfiguration,
    sizing: Sizing | None = None,
    inherited: Firmware | None = None,
) -> Patch:
    """Return the merge patch of what is missing, ``{"spec": {"template": ...}}``, or {}.

    The same VM always gets the same values: they follow from its UID. A preference goes before
    the installation's settings, so while the one that a VM names is not known (``sizing`` is
    None), architecture and machine type stay open. A guest that runs already keeps the identity
    that it has: ``inherited``.
    """
    template = vm.spec.template
    machine: Patch = {}
    if sizing is not None or vm.spec.preference is None:
        machine = _plan_machine(vm, config, sizing or Sizing())
    domain = {**_plan_firmware(vm, inherited), **_pick(machine=machine.pop("machine", None))}
    spec = {**machine, **_pick(domain=domain)}
    has_topology = ANNOTATION_PCI_TOPOLOGY in template.metadata.annotations
    annotations = {} if has_topology else {ANNOTATION_PCI_TOPOLOGY: PCI_TOPOLOGY}
    metadata = _pick(annotations=annotations)
    return _pick(spec=_pick(template=_pick(metadata=metadata, spec=spec)))


def _plan_machine(vm: VirtualMachine, config: KubeVirtConfiguration, sizing: Sizing) -> Patch:
    own = vm.spec.template.spec
    preferred = prefer_machine(own, sizing)
    architecture = preferred.architecture or config.architecture_configuration.default_architecture
    machine = preferred.domain.machine
    named = machine.type if machine is not None else None
    has_type = own.domain.machine is not None and own.domain.machine.type
    return _pick(
        architecture=None if own.architecture else architecture,
        machine=None if has_type else {"type": named or choose_machine_type(config, architecture)},
    )


def _plan_firmware(vm: VirtualMachine, inherited: Firmware | None) -> Patch:
    firmware = vm.spec.template.spec.domain.firmware
    missing = {
        name: (inherited and getattr(inherited, name))
        or str(uuid5(NAMESPACE_OID, f"{vm.metadata.uid}/firmware.{name}"))
        for name in ("uuid", "serial")
        if firmware is None or not getattr(firmware, name)
    }
    return _pick(firmware=missing)


def _pick(**parts: object) -> Patch:
    """Return the parts that there are."""
    return {name: part for name, part in parts.items() if part}
