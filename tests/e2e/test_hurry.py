"""A stop that takes long is asked for again, with less grace."""

from tests.e2e.guests import build_bare_vmi, build_vm_of
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine

GRACE_SECONDS = 180
# kubelet and launcher have 5 s of their own; the rest is theirs to notice.
HURRY_SECONDS = 60.0
VERB = "/apis/subresources.kubevirt.io/v1/namespaces/{namespace}/virtualmachines"


def stop(machine: VirtualMachine, **options: int) -> None:
    """Stop the VM as `kubectl virt stop` does."""
    path = f"{machine.cluster.path(VERB, machine.name)}/stop"
    with machine.cluster.api.open("PUT", path, dict(options)) as answer:
        assert answer.response.status == 202, answer.response.read()


def test_a_deaf_guest_ends_in_seconds_when_it_is_stopped_again_without_grace(
    virtual_machine: MakeVirtualMachine,
) -> None:
    deaf = build_bare_vmi("hurried", grace_seconds=GRACE_SECONDS)
    machine = virtual_machine(build_vm_of(deaf))
    instance = machine.instance.until_running()
    with instance.watch_qemu() as end:
        stop(machine)
        machine.cluster.pods.until(
            lambda seen: (
                seen.name == machine.name
                and seen.object["metadata"].get("deletionGracePeriodSeconds", 0) >= GRACE_SECONDS
            ),
            60,
            "pod that takes its time to end",
        )
        assert instance.qemu()  # it is deaf
        stop(machine, gracePeriod=0)
        end.wait(HURRY_SECONDS)
    machine.until_stopped()
