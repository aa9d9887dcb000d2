"""Finds out what the node can do; runs once, privileged, in the init container."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from api.names import HOST_CAPABILITIES_DIR
from api.problem import Problem
from daemon.log import configure_logging
from handler.kvm import probe_kvm
from handler.kvm_word import format_word, write_word

log = logging.getLogger(__name__)

DEADLINE_SECONDS: Final = 10.0
FACTS_PATH: Final = "/run/virtpod-probe/facts.json"
_FACTS_BYTES: Final = 4096
_GUEST_FLAG: Final = "--guest"


class NodeFacts(msgspec.Struct, frozen=True, rename="camel"):
    """What the node can do for a VM."""

    kvm: bool
    kvm_reason: str  # why not; empty when KVM works
    tun: bool


def read_facts(path: Path) -> NodeFacts:
    """Read what the init container found out."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_FACTS_BYTES), type=NodeFacts)
    except (OSError, msgspec.DecodeError) as error:
        raise Problem("ProbeMissing", f"cannot read the node probe's result: {error}") from error


def probe_node() -> NodeFacts:
    """Probe KVM in a child that may hang or die, and look for the tun device."""
    reason = _run_probe([sys.executable, "-m", "handler.probe", _GUEST_FLAG])
    return NodeFacts(not reason, reason, _can_open("/dev/net/tun"))


def tell_launchers(facts: NodeFacts, directory: Path) -> None:
    """Leave word of KVM; a launcher that finds none emulates, so a failure stops nothing."""
    try:
        write_word(format_word(facts.kvm_reason), directory)
    except OSError as error:
        log.warning("cannot tell launchers whether KVM works", extra={"error": str(error)})


def _run_probe(argv: list[str], seconds: float = DEADLINE_SECONDS) -> str:
    """Return why KVM cannot be used; empty when it can."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=seconds, check=False, text=True)
    except subprocess.TimeoutExpired:
        return f"KVM opens, but a guest hangs: the probe got no answer within {seconds:g} s"
    if done.returncode != 0:
        return f"the KVM probe ended with exit code {done.returncode}"
    return done.stdout.strip()[:1024]


def _can_open(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def main() -> None:
    """Write the facts for the handler beside us; with --guest only run the guest."""
    if sys.argv[1:] == [_GUEST_FLAG]:
        sys.stdout.write(probe_kvm())
        return
    configure_logging("virt-handler-probe")
    facts = probe_node()
    log.info("node probed", extra=msgspec.to_builtins(facts))
    path = Path(os.environ.get("FACTS_PATH", FACTS_PATH))
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(facts))
    fresh.replace(path)
    tell_launchers(facts, Path(HOST_CAPABILITIES_DIR))


if __name__ == "__main__":
    main()
