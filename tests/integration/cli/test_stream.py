"""Standard streams that are closed, or take no more."""

import subprocess
from typing import Final

import pytest

from tests.integration.cli.conftest import Virt
from tests.integration.cli.server import Server

CLOSED: Final = ("0", "1", "2", "0 1", "1 2", "0 1 2")


def run(virt: Virt, words: str, redirections: str) -> subprocess.CompletedProcess[bytes]:
    command = ["sh", "-c", f'"$@" {redirections}', "sh", *virt.build_command(*words.split())]
    return subprocess.run(command, env=virt.env, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize(
    ("words", "code"), [("why myvm", 0), ("logs nosuch", 1), ("console nosuch", 1)]
)
def test_a_closed_stream_is_no_crash(
    virt: Virt, server: Server, words: str, code: int, closed: str
) -> None:
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    redirections = " ".join(f"{number}>&-" for number in closed.split())
    done = run(virt, words, redirections)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr


@pytest.mark.parametrize("words", ["why myvm", "completion bash", "create vm --name myvm"])
def test_a_full_disk_is_a_sentence(virt: Virt, server: Server, words: str) -> None:
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    done = run(virt, words, ">/dev/full")
    assert done.returncode == 1
    assert done.stderr.decode() == "cannot go on: No space left on device\n"
