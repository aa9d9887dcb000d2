"""Certificates and their authority are renewed, and no call fails: neither to virt-api through the
API server, nor to the node through both."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import pytest
from cryptography import x509

from api.names import (
    INSTALL_NAMESPACE,
    SECRET_API_CERTIFICATE,
    SECRET_AUTHORITY,
    SECRET_HANDLER_CERTIFICATE,
)
from tests.e2e.caller import keep_calling
from tests.e2e.cluster import Cluster
from tests.e2e.component import CONTROLLER
from tests.e2e.guests import build_vmi
from tests.e2e.kubectl import Kubectl
from tests.e2e.observer import Seen, Watch
from tests.e2e.vm import MakeVm

SECRETS = f"/api/v1/namespaces/{INSTALL_NAMESPACE}/secrets"
DEPLOYMENT = f"deployment/{CONTROLLER}"
COMMAND = "/spec/template/spec/containers/0/command"
# Who is starved of CPU hears of a new authority, and signs, within what these leave over.
OVERLAP = "--authority-overlap-seconds=15"
QUICK: Final = ("--certificate-seconds=100", "--authority-seconds=150", OVERLAP)
ROTATIONS = 2  # of the authority; certificates are renewed several times meanwhile
SECONDS = 600.0
DAY = timedelta(days=1)


def read_certificate(seen: Seen) -> x509.Certificate:
    return x509.load_pem_x509_certificate(b64decode(seen.object["data"]["tls.crt"]))


def list_certificates(secrets: Watch, name: str, begin: int) -> list[x509.Certificate]:
    """Return the different certificates that a Secret had, from an event on."""
    found = (read_certificate(seen) for seen in secrets.events[begin:] if seen.name == name)
    return list({certificate.serial_number: certificate for certificate in found}.values())


def set_flags(install: Kubectl, command: list[str], flags: tuple[str, ...]) -> None:
    """Have the controllers run with these flags, and wait until they do."""
    change = [{"op": "replace", "path": COMMAND, "value": [*command, *flags]}]
    install("patch", DEPLOYMENT, "--type=json", f"--patch={json.dumps(change)}")
    install("rollout", "status", DEPLOYMENT, "--timeout=120s", seconds=150)


@pytest.fixture
def run_controller(cluster: Cluster) -> Iterator[Callable[..., None]]:
    """Return a function that restarts the controllers with flags; at the end without any.

    Before that, a long life is given to the authority: with its normal overlap, ten minutes, it
    would be told of too late by one that has seconds left.
    """
    install = cluster.kubectl.within(INSTALL_NAMESPACE)
    found = install.get("deployment", CONTROLLER)["spec"]["template"]["spec"]["containers"]
    command = list(found[0]["command"])
    yield lambda *flags: set_flags(install, command, flags)
    set_flags(install, command, ())


def is_lasting(name: str, seen: Seen) -> bool:
    if seen.name != name:  # another Secret of the installation, perhaps without a certificate
        return False
    return read_certificate(seen).not_valid_after_utc - datetime.now(UTC) > DAY / 2


def test_no_call_fails_while_everything_is_renewed(
    cluster: Cluster, vm: MakeVm, run_controller: Callable[..., None]
) -> None:
    # on a node that is full of guests, a rollout must not cost this one its place
    made = vm(build_vmi("rotation", priorityClassName="kubevirt-cluster-critical")).until_login()
    with cluster.api.watch(SECRETS) as secrets, keep_calling(cluster, made) as callers:
        begin = len(secrets.events)
        run_controller(*QUICK)

        def rotated(_: Seen) -> bool:
            return len(list_certificates(secrets, SECRET_AUTHORITY, begin)) > ROTATIONS

        secrets.until(rotated, SECONDS, f"{ROTATIONS} new authorities")
        run_controller(OVERLAP)
        for name in (SECRET_AUTHORITY, SECRET_API_CERTIFICATE, SECRET_HANDLER_CERTIFICATE):
            after = max(i for i, seen in enumerate(secrets.events) if seen.name == name)
            secrets.until(partial(is_lasting, name), SECONDS, name, after=after)
    for name, caller in callers.items():
        print(name, dict(caller.codes), f"slowest {caller.slowest:.2f} s")
    assert {name: caller.failures for name, caller in callers.items()} == {
        "virt-api": {},
        "verbs": {},
        "consoles": {},
    }
    for name in (SECRET_API_CERTIFICATE, SECRET_HANDLER_CERTIFICATE):
        assert len(list_certificates(secrets, name, begin)) > ROTATIONS
