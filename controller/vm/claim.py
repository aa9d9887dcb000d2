"""The claims of a VM that have no volume yet."""

from controller.vm.seen import Seen
from controller.vmi.volume import list_claims


def list_unbound(seen: Seen) -> tuple[str, ...]:
    """Return the names of the claims that wait for their volume, as far as the VM was read."""
    if seen.whole is None:
        return ()
    names = list_claims(seen.whole.spec.template.spec)
    found = ((name, seen.claims.get(name)) for name in names)
    return tuple(
        name for name, claim in found if claim is not None and claim.status.phase == "Pending"
    )
