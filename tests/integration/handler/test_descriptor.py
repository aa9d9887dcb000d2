"""The limit of descriptors is raised as far as it goes."""

import resource
import subprocess
import sys

PROGRAM = """
import resource
from handler.descriptor import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
raised = raise_descriptor_limit()
print(raised, *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_the_soft_limit_becomes_the_hard_one() -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 128
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True)
    assert done.stdout.split() == [b"128", b"128", b"128"]
