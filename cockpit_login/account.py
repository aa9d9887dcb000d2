"""The Unix users of sessions: a bounded number of uids, each in use by one session at most."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit_login.refusal import Refusal

FIRST_UID: Final = 20_001
_NAME_LENGTH: Final = 64
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Places:
    """Where sessions are kept; all of it is memory that goes with the container."""

    locks: Path  # of root alone, one file a uid
    homes: Path  # anybody makes a folder there, nobody sees or moves another's
    passwd: Path  # libnss-extrausers reads it
    sessions: int  # so many at once


@dataclass(frozen=True, slots=True)
class Account:
    """A uid that is ours until this process and those that share ``lock`` have ended."""

    uid: int
    home: Path
    lock: int  # file descriptor


def claim_account(places: Places, user: str) -> Account:
    """Take a uid that no session uses, and give it the user's name.

    Raises:
        Refusal: all are in use.
    """
    for uid in range(FIRST_UID, FIRST_UID + places.sessions):
        lock = os.open(places.locks / str(uid), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        account = Account(uid, places.homes / str(uid), lock)
        with _hold(places.locks / "passwd"):
            _change(places.passwd, account, user)
        return account
    raise Refusal("access-denied", "too many sessions are open, try again later")


def write_entry(passwd: str, account: Account, user: str) -> str:
    """Return a passwd file with one line for the account, in place of an earlier one."""
    kept = [line for line in passwd.splitlines() if line.split(":")[2:3] != [str(account.uid)]]
    name = shorten_name(user)
    entry = f"{name}:x:{account.uid}:{account.uid}:{name}:{account.home}:/usr/sbin/nologin"
    return "".join(f"{line}\n" for line in (*kept, entry))


def shorten_name(user: str) -> str:
    """Return a Kubernetes user's name as one that passwd can have; for people to read alone."""
    short = user.removeprefix(_SERVICE_ACCOUNT)  # Cockpit has little room for it
    return re.sub(r"[^A-Za-z0-9._@-]", "_", short)[:_NAME_LENGTH] or "_"


@contextmanager
def _hold(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _change(passwd: Path, account: Account, user: str) -> None:
    text = passwd.read_text() if passwd.exists() else ""
    new = passwd.with_suffix(".new")
    new.write_text(write_entry(text, account, user))
    new.chmod(0o644)
    new.rename(passwd)
