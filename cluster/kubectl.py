"""kubectl, with the administrator's rights."""

from cluster.binaries import find_program
from cluster.paths import Layout
from cluster.shell import run


def kubectl_argv(layout: Layout, *words: str) -> list[str]:
    """Return the command line of a kubectl command."""
    program = find_program(layout, "kubectl")
    cache = f"--cache-dir={layout.state / 'kubectl-cache'}"  # not in root's home
    return [str(program), f"--kubeconfig={layout.admin_kubeconfig}", cache, *words]


def kubectl(layout: Layout, *words: str, stdin: str | None = None) -> str:
    """Run kubectl and return what it prints."""
    return run(kubectl_argv(layout, *words), stdin=stdin)
