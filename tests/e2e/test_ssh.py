"""ssh, scp and the guest agent, as a user has them: a Debian guest made with `create vm`."""

import hashlib
import json
import os
import time

from tests.e2e.debian import BOOT_SECONDS, NAME, USER, Guest
from tests.e2e.observer import Json

SIZE_BYTES = 4 << 20
SSH_SECONDS = 120  # of a handshake with a starved guest


def test_a_command_runs_and_its_end_is_ssh_s(guest: Guest) -> None:
    assert guest.ssh("--", "echo", "$((6 * 7))") == "42\n"
    assert guest.ssh("-c", "whoami") == f"{USER}\n"
    words = (*guest.options, f"-l{USER}", f"vm/{NAME}", "--", "exit 7")
    done = guest.virt.run("ssh", *words, seconds=SSH_SECONDS)
    assert done.returncode == 7


def test_who_has_no_key_is_kept_out(guest: Guest) -> None:
    options = (guest.options[1], guest.options[2], "--local-ssh-opts=-o IdentitiesOnly=yes -F none")
    words = (*options, "-i", "/dev/null", f"{USER}@vm/{NAME}", "--", "true")
    done = guest.virt.run("ssh", *words, seconds=SSH_SECONDS)
    assert done.returncode == 255
    assert "Permission denied" in done.stderr


def test_files_come_back_as_they_went(guest: Guest) -> None:
    sent = guest.folder / "sent: a file"
    sent.write_bytes(os.urandom(SIZE_BYTES))
    guest.scp(str(sent), f"{USER}@vm/{NAME}:there")
    digest = hashlib.sha256(sent.read_bytes()).hexdigest()
    assert guest.ssh("--", "sha256sum", "there").split()[0] == digest
    guest.scp(f"{USER}@vm/{NAME}:there", str(guest.folder / "back"))
    assert (guest.folder / "back").read_bytes() == sent.read_bytes()


def ask_agent(guest: Guest, verb: str) -> Json:
    """Ask until the agent answers: a starved one takes longer than it is given."""
    deadline = time.monotonic() + BOOT_SECONDS
    while (done := guest.virt.run(verb, NAME)).returncode != 0:
        assert time.monotonic() < deadline, done.stderr
    return dict(json.loads(done.stdout))


def test_the_agent_tells_of_the_guest(guest: Guest) -> None:
    told = guest.tell("guestosinfo", "os")
    assert "Debian" in told["os"]["prettyName"]
    mounted = guest.tell("fslist", "items")["items"]
    assert "/" in {each["mountPoint"] for each in mounted}
    assert "items" in ask_agent(guest, "userlist")


def test_a_port_without_a_listener_is_told(guest: Guest) -> None:
    words = (*guest.options, "-p", "23", f"{USER}@vm/{NAME}", "--", "true")
    done = guest.virt.run("ssh", *words, seconds=SSH_SECONDS)
    assert done.returncode == 255
    assert "Error from server" in done.stderr
