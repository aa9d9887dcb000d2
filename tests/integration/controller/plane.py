"""A real API server that has our types, rights and policies, and controllers that run on it."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from api.names import COMPONENT_CONTROLLER, INSTALL_NAMESPACE, LABEL_RUNS_VMS
from cluster.binaries import find_program
from cluster.paths import find_layout
from kube.client import Client
from kube.config import load_connection
from kube.transport import HttpTransport
from tests.bench.control_plane import ControlPlane, find_free_ports, run_control_plane
from tests.bench.scale import install_types
from tests.e2e.observer import ApiServer, RefusedError

ROOT = Path(__file__).resolve().parents[3]
BASE = ROOT / "manifests" / "base"
DEADLINE_SECONDS = 180.0
CONTROLLER = f"system:serviceaccount:{INSTALL_NAMESPACE}:{COMPONENT_CONTROLLER}"
RIGHTS = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
Json = dict[str, Any]  # Any: objects of Kubernetes as they are on the wire


@dataclass(frozen=True)
class Plane:
    """The API server, and how to reach it under several names."""

    control_plane: ControlPlane

    def kubectl(self, *words: str, body: Json | None = None) -> str:
        """Run kubectl as the administrator; a body is what it reads."""
        program = str(find_program(find_layout(), "kubectl"))
        command = [program, f"--kubeconfig={self.control_plane.kubeconfig}", *words]
        text = json.dumps(body) if body is not None else None
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
        return done.stdout

    def bind(self, namespace: str, pod: str) -> None:
        """Be the scheduler: give a pod to a node that need not be there."""
        target = {"kind": "Node", "name": "nowhere"}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/binding"
        self.kubectl("create", f"--raw={path}", "-f", "-", body=body)

    def until_policies_hold(self) -> None:
        """Try what they forbid until it is refused: nothing tells when the API server has them."""
        as_controller = {"Impersonate-User": CONTROLLER}
        api = ApiServer(self.control_plane.kubeconfig, headers=as_controller)
        change = {"metadata": {"labels": {LABEL_RUNS_VMS: "false"}}}
        deadline, pause, said = time.monotonic() + DEADLINE_SECONDS, threading.Event(), ""
        # of a right that is not known yet, too, there is a refusal
        while "ValidatingAdmissionPolicy" not in said:
            assert time.monotonic() < deadline, f"no policy holds: {said}"
            try:
                api.merge("/api/v1/namespaces/default?dryRun=All", change)
            except RefusedError as refused:
                said = str(refused)
            pause.wait(0.1)

    def write_kubeconfig(self, account: str) -> Path:
        """Return a kubeconfig with a token of a service account of the installation."""
        token = self.kubectl("create", "token", account, "-n", "kubevirt").strip()
        document = yaml.safe_load(self.control_plane.kubeconfig.read_text())
        document["users"][0]["user"] = {"token": token}
        path = self.control_plane.folder / f"{account}.kubeconfig"
        path.write_text(yaml.safe_dump(document))
        return path

    @asynccontextmanager
    async def open_transport(self, account: str = "") -> AsyncIterator[HttpTransport]:
        """Connect as a service account, or as the administrator."""
        path = self.write_kubeconfig(account) if account else self.control_plane.kubeconfig
        before = os.environ.get("KUBECONFIG")
        os.environ["KUBECONFIG"] = str(path)
        try:
            connection = await load_connection()
        finally:
            os.environ.pop("KUBECONFIG")
            if before is not None:
                os.environ["KUBECONFIG"] = before
        transport = HttpTransport(connection, "virtpod-tests")
        try:
            yield transport
        finally:
            await transport.close()

    @asynccontextmanager
    async def connect(self, account: str = "") -> AsyncIterator[Client]:
        """Open a client as a service account, or as the administrator."""
        async with self.open_transport(account) as transport:
            yield Client(transport)

    @asynccontextmanager
    async def run_controller(self, *arguments: str) -> AsyncIterator[None]:
        """Run the controller with the rights that it has in a cluster, and end it by SIGTERM."""
        (port,) = find_free_ports(1)
        log = self.control_plane.folder / "controller.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "controller",
                f"--port={port}",
                "--launcher-image=launcher:0",
                *arguments,
                cwd=ROOT,
                env=os.environ | {"KUBECONFIG": str(self.write_kubeconfig("virt-controller"))},
                stderr=output,
            )
        try:
            yield
            assert process.returncode is None, log.read_text()[-2000:]
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@contextmanager
def run_plane() -> Iterator[Plane]:
    """Run an API server with all of the installation but its processes."""
    with run_control_plane() as control_plane:
        install_types(control_plane)
        plane = Plane(control_plane)
        plane.kubectl("apply", "--server-side", "-f", str(BASE / "policy.yaml"))
        for name in ("controller.yaml", "gateway.yaml"):
            for item in yaml.safe_load_all((BASE / name).read_text()):
                # no workloads, which nobody runs here, and no API that nobody serves
                if item["kind"] in RIGHTS:
                    plane.kubectl("apply", "--server-side", "-f", "-", body=item)
        plane.until_policies_hold()
        yield plane


class Notice:
    """Wakes a test whenever one of the informers that it listens to has something new."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def hear(self, _old: object, _new: object) -> None:
        self._changed.set()

    async def until(
        self, is_so: Callable[[], bool], what: str, seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Wait for something that informers show."""
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not {what} within {seconds} s") from None
