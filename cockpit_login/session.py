"""One session: a uid of its own, a kubeconfig, and Cockpit's bridge, until that ends."""

import contextlib
import os
import resource
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cockpit_login.account import FIRST_UID, Account

KUBECONFIG: Final = "kubeconfig"
PATH: Final = "/usr/bin:/bin"
# A session runs a bridge, a kubectl or two, and little else.
_LIMITS: Final = {
    resource.RLIMIT_NPROC: 128,
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_FSIZE: 16 * 1024 * 1024,
    resource.RLIMIT_CORE: 0,
}


def run_session(account: Account, kubeconfig: str, command: Sequence[str]) -> int:
    """Become the account for good, run the bridge, leave nothing behind; return how it ended."""
    _become(account)
    _clear(account)  # of a session that was killed
    account.home.mkdir(mode=0o700)
    (account.home / KUBECONFIG).touch(mode=0o600, exist_ok=False)
    (account.home / KUBECONFIG).write_text(kubeconfig)
    try:
        return _run(command, build_environment(account.home, os.environ))
    finally:
        _clear(account)


def build_environment(home: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """Return what the bridge may know; nothing of the container's but its language."""
    return {
        "PATH": PATH,
        "LANG": ours.get("LANG", "C.UTF-8"),
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "KUBECONFIG": str(home / KUBECONFIG),
    }


def _become(account: Account) -> None:
    """Give up root: all three uids at once, so that the capabilities go with it."""
    for limit, value in _LIMITS.items():
        resource.setrlimit(limit, (value, value))
    os.umask(0o077)  # noqa: TID251 - this process becomes the session, and has one thread
    os.setgroups([])
    os.setresgid(account.uid, account.uid, account.uid)
    os.setresuid(account.uid, account.uid, account.uid)
    os.chdir("/")


def _clear(account: Account) -> None:
    """End every process of this uid but this one, then remove its files."""
    if os.getuid() != account.uid or account.uid < FIRST_UID:
        raise RuntimeError("this process is nobody's session")  # -1 would be everybody
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    shutil.rmtree(account.home, ignore_errors=True)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    child = os.posix_spawn(command[0], list(command), dict(environment))
    # The bridge ends when cockpit-ws closes its end: ours must not keep the pipes open.
    for descriptor in (0, 1):
        os.close(descriptor)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
