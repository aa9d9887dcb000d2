"""kubectl, with the administrator's rights."""

from cluster.binaries import Binaries
from cluster.paths import Layout
from cluster.shell import run


def kubectl(
    layout: Layout,
    binaries: Binaries,
    *words: str,
    stdin: str | None = None,
    seconds: float = 300.0,
) -> str:
    """Run kubectl and return what it prints."""
    argv = [binaries.find("kubectl"), f"--kubeconfig={layout.admin_kubeconfig}", *words]
    return run(argv, stdin=stdin, seconds=seconds)
