"""`kubectl exec -it NAME -- console`, as far as it goes without a guest."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "images/launcher/console"


def test_without_a_terminal_the_console_says_how_to_get_one() -> None:
    done = subprocess.run(
        ["/bin/sh", SCRIPT], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    words = "console needs a terminal; use: kubectl exec -it NAME -- console\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", words)
