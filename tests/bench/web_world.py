"""Many VMs that nobody runs, and a gateway with its pages in front of a real API server."""

import asyncio
import base64
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.door import ROLE_GATEWAY
from api.names import SECRET_API_CERTIFICATE, SECRET_UI_KEYS
from api.problem import Problem
from api.ui_key import spell_time
from cluster.binaries import find_program
from cluster.paths import find_layout
from images.web import ensure_bundle
from kube.resource import SECRETS, VMIS, VMS
from kube.transport import HttpTransport
from tests.authority import Authority
from tests.bench.control_plane import ControlPlane, run_control_plane, run_program
from tests.bench.fake_cluster import FAKE_NODES, MERGE, FakeCluster, open_transport, tell_time
from tests.bench.scale import NAMESPACE, install_types
from tests.e2e.guests import build_bare_vmi, build_vm_of
from tests.e2e.observer import Json
from tests.integration.gateway.api import encode_secret

INSTALLED = "kubevirt"
CHANGES_A_SECOND = 20
DEADLINE_SECONDS = 30.0
INSTANCES = 1000
READY_SECONDS = 180.0
_SLOTS = 1 << 24  # addresses that are told apart
_FIRST = itertools.count(0, 1 << 17)  # what an earlier churn left on the screen is not this one's
# Of twenty VMs: fourteen run, four are off, and of two there is something to say.
_STATES = ("Running",) * 14 + ("Stopped",) * 4 + ("CrashLoopBackOff", "ErrorUnschedulable")


@dataclass(slots=True)
class Change:
    """One change of a VM's status."""

    name: str
    address: str  # that the VM has from then on, and no other VM at any time
    asked: float  # just before the PATCH, milliseconds since 1970
    answered: float = 0.0  # none, when the API server did not take it in time


@dataclass(slots=True)
class WebWorld:
    """A gateway that answers, and who may log in there."""

    address: str  # without a slash
    token: str
    key_digest: str  # of the gateway's certificate, as chromium wants it
    gateway_pid: int
    number: int
    kubeconfig: Path  # the administrator's


@dataclass(slots=True)
class Churn:
    """What was changed, in order; ``shown`` says which VMs every other change is for."""

    number: int
    shown: Sequence[str] = ()
    first: int = 0  # number of the first change, of all that there were
    changes: list[Change] = field(default_factory=list)
    fault: BaseException | None = None


@contextmanager
def run_web_world(number: int) -> Iterator[WebWorld]:
    """Run API server and gateway among so many VMs until the block ends."""
    with run_control_plane() as plane, ExitStack() as stack:
        install_types(plane)
        os.environ["KUBECONFIG"] = str(plane.kubeconfig)  # the fakes', and the gateway's
        material = Authority("kubevirt.io").issue(ROLE_GATEWAY)
        secrets = {
            SECRET_API_CERTIFICATE: encode_secret(
                **{
                    "tls.crt": material.certificate,
                    "tls.key": material.key,
                    "ca.crt": material.authorities,
                }
            ),
            SECRET_UI_KEYS: encode_secret(**{spell_time(int(time.time()) - 1000): b"k" * 32}),
        }
        with ThreadPoolExecutor(1) as aside:  # a thread with a browser has a loop already
            aside.submit(asyncio.run, _fill(number, secrets)).result()
        token = make_user(plane)
        pages = plane.folder / "pages"
        shutil.copytree(ensure_bundle("standalone"), pages)
        told = plane.folder / "port"
        command = [sys.executable, "-m", "tests.bench.web_gateway", str(pages), str(told)]
        gateway = stack.enter_context(run_program(command, plane.folder))
        port = wait_for_port(told, gateway, plane.folder)
        digest = compute_key_digest(material.certificate)
        address = f"https://127.0.0.1:{port}"
        yield WebWorld(address, token, digest, gateway.pid, number, plane.kubeconfig)


async def _fill(number: int, secrets: dict[str, Json]) -> None:
    """Make nodes, VMs as a controller would have them, and instances of some that run.

    The list asks for instances without a VM only, so more of them would tell nothing.
    """
    transport = await open_transport()
    fake = FakeCluster(transport, NAMESPACE)
    try:
        await fake.create_nodes()
        for name, data in secrets.items():
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
            await fake.send("POST", SECRETS.path(INSTALLED), body)
        everyone = range(number)
        running = [n for n in everyone if find_state(n) == "Running"][:INSTANCES]
        vms, vmis = VMS.path(NAMESPACE), VMIS.path(NAMESPACE)
        await fake.send_all("POST", [(vms, build_vm(n)) for n in everyone])
        await fake.send_all("POST", [(vmis, build_instance(n)) for n in running])
        told = [(locate_status(spell(n)), build_status(n)) for n in everyone]
        await fake.send_all("PATCH", told, MERGE)
    finally:
        await transport.close()


def spell(number: int) -> str:
    """Return a VM's name."""
    return f"vm-{number:05}"


def find_state(number: int) -> str:
    return _STATES[number % len(_STATES)]


def locate_status(name: str) -> str:
    return VMS.path(NAMESPACE, name, "status")


def build_vm(number: int) -> Json:
    vm = build_vm_of(build_bare_vmi(spell(number)), "Manual")
    vm["metadata"]["labels"] = {"app": f"app-{number % 40}", "team": f"team-{number % 7}"}
    return vm


def build_instance(number: int) -> Json:
    """Return a VMI as the controller labels it."""
    vmi = build_bare_vmi(spell(number))
    vmi["metadata"]["labels"]["vm.kubevirt.io/name"] = spell(number)
    return vmi


def build_status(number: int) -> Json:
    """Return the patch with what a VM's controller says of it."""
    state, now = find_state(number), tell_time()
    runs = state == "Running"
    ready = {"type": "Ready", "status": str(runs), "lastTransitionTime": now}
    rigid = {"type": "LiveMigratable", "status": "False", "reason": "LiveMigrationNotSupported"}
    instance: Json = {"memory": "256Mi", "vcpus": 1}
    if runs:
        instance |= {"nodeName": f"fake-{number % FAKE_NODES}", "ipAddress": spell_address(number)}
    elif state != "Stopped":
        instance["reason"] = "no node has room: 10 have too little memory"
    status: Json = {
        "printableStatus": state,
        "ready": runs,
        "created": runs,
        "observedGeneration": 1,
        "desiredGeneration": 1,
        "runStrategy": "Manual",
        "conditions": [ready, {**rigid, "lastTransitionTime": now}],
        "instance": instance,
    }
    return {"status": status}


def spell_address(number: int) -> str:
    """Return one of 2**24 addresses; the first ones are what VMs have at the start."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def make_user(plane: ControlPlane) -> str:
    """Make an account that may do all; return a token of it."""
    kubectl = [str(find_program(find_layout(), "kubectl")), f"--kubeconfig={plane.kubeconfig}"]
    said = ""
    account = f"--serviceaccount={NAMESPACE}:looker"
    for args in (
        ["create", "serviceaccount", "looker", f"--namespace={NAMESPACE}"],
        ["create", "clusterrolebinding", "looker", "--clusterrole=cluster-admin", account],
        ["create", "token", "looker", f"--namespace={NAMESPACE}", "--duration=8h"],
    ):
        done = subprocess.run([*kubectl, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        said = done.stdout
    return said.strip()


def compute_key_digest(certificate: bytes) -> str:
    """Return the digest of a certificate's public key."""
    key = x509.load_pem_x509_certificate(certificate).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(info).digest()).decode()


def wait_for_port(told: Path, gateway: subprocess.Popen[bytes], folder: Path) -> int:
    """Wait for the file in which the gateway says where it listens."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and gateway.poll() is None:
        if told.exists():
            return int(told.read_text())
        time.sleep(0.1)
    tail = (folder / f"{Path(sys.executable).name}.log").read_text(errors="replace")[-2000:]
    raise AssertionError(f"the gateway does not listen: {tail}")


@contextmanager
def run_churn(number: int, shown: Sequence[str]) -> Iterator[Churn]:
    """Change VMs, 20 a second, every other one of those that are shown, until the block ends."""
    churn, stop = Churn(number, shown, next(_FIRST)), threading.Event()

    def work() -> None:
        try:
            asyncio.run(_change(churn, stop))
        except BaseException as fault:  # noqa: BLE001  # told where the block ends
            churn.fault = fault

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield churn
    finally:
        stop.set()
        thread.join()
    if churn.fault is not None:
        raise churn.fault


async def _change(churn: Churn, stop: threading.Event) -> None:
    """Send changes at their times; one that takes long does not hold up the next."""
    transport = await open_transport()
    began, sent = time.monotonic(), 0
    try:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                group.create_task(_send(transport, _plan(churn, sent)))
                sent += 1
                await asyncio.sleep(max(0.0, began + sent / CHANGES_A_SECOND - time.monotonic()))
    finally:
        await transport.close()


def _plan(churn: Churn, sent: int) -> Change:
    """Take the next VM: one of those shown, then one of all, and so on."""
    number, odd = divmod(sent, 2)
    # a prime, so that all are visited in an order of no meaning
    name = spell(number * 7919 % churn.number)
    if not odd and churn.shown:
        name = churn.shown[number % len(churn.shown)]
    change = Change(name, spell_address(_SLOTS // 2 + churn.first + sent), time.time() * 1000)
    churn.changes.append(change)
    return change


async def _send(transport: HttpTransport, change: Change) -> None:
    state = ("Running", "Paused")[change.address[-1] in "13579"]
    instance = {"ipAddress": change.address, "nodeName": f"fake-{len(change.name)}"}
    patch: Json = {"status": {"printableStatus": state, "instance": instance}}
    change.asked = time.time() * 1000
    try:
        answer = await transport.request(
            "PATCH",
            locate_status(change.name),
            {},
            body=msgspec.json.encode(patch),
            content_type=MERGE,
            deadline_seconds=DEADLINE_SECONDS,
        )
    except Problem as problem:
        if not problem.retryable:
            raise
        return
    assert answer.status < 400, answer.body.decode(errors="replace")
    change.answered = time.time() * 1000
