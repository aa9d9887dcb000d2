"""A company: its OpenID provider, an API server that believes it, and two replicas of a gateway.

The provider is one that others wrote (web/test/oidc), and the API server is kube-apiserver.
"""

import json
import queue
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from api.door import ROLE_GATEWAY
from api.names import CONFIG_UI, CONFIG_UI_ENDED, SECRET_API_CERTIFICATE, SECRET_UI_KEYS
from api.ui_key import spell_time
from cluster.binaries import find_program
from cluster.paths import find_layout
from images.web import ROOT, ensure_bundle
from tests.authority import Authority
from tests.bench.control_plane import (
    ControlPlane,
    find_free_ports,
    run_control_plane,
    run_program,
)
from tests.bench.scale import install_types
from tests.bench.web_world import INSTALLED, wait_for_port
from tests.e2e.guests import build_bare_vmi, build_vm_of
from tests.integration.gateway.api import encode_secret

Json = dict[str, Any]  # decoded JSON
SECONDS: Final = 60.0  # a deadline only: a busy machine is no fault
NAMESPACE: Final = "team"
PREFIX: Final = "company:"
GROUPS: Final = {"erin": ["operators"], "mallory": ["guests"]}
CLIENTS: Final = ("virt-ui", "short", "brief")  # that the API server accepts as audience


@dataclass(slots=True)
class Provider:
    """A process that says a line for each request for tokens."""

    url: str
    authority: str  # PEM
    process: subprocess.Popen[str]
    said: "queue.Queue[str]"

    def until_said(self, word: str) -> str:
        """Wait for a line with a word; return it."""
        while word not in (line := self.said.get(timeout=SECONDS)):
            pass
        return line

    def take_grants(self) -> list[str]:
        """Return what it said of tokens since this was asked last."""
        lines = []
        while not self.said.empty():
            lines.append(self.said.get())
        return lines

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(SECONDS)


@dataclass(frozen=True)
class Company:
    """All of it, while it runs."""

    plane: ControlPlane
    provider: Provider
    gateways: tuple[str, ...]  # addresses without a slash
    keys: dict[int, bytes]  # that seal sessions, by when they were made

    def kubectl(self, *args: str, given: Sequence[Json] = ()) -> None:
        """Run kubectl as the administrator."""
        program = str(find_program(find_layout(), "kubectl"))
        done = subprocess.run(
            [program, f"--kubeconfig={self.plane.kubeconfig}", *args],
            input=yaml.safe_dump_all(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"

    def put_settings(self, client: str, scopes: str = "groups", prompt: str = "") -> str:
        """Set what an administrator sets; return the button's words."""
        label = f"Company {client} {time.monotonic_ns()}"
        data = {
            "oidc-issuer": self.provider.url,
            "oidc-client-id": client,
            "oidc-scopes": scopes,
            "oidc-prompt": prompt,
            "oidc-label": label,
            "oidc-ca": self.provider.authority,
        }
        self.kubectl("apply", "-f", "-", given=[build("ConfigMap", CONFIG_UI, data=data)])
        for gateway in self.gateways:
            until_offered(gateway, label)
        return label


def until_offered(gateway: str, label: str) -> None:
    """Wait until a gateway has heard of settings: a page asks for them once."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while label not in ask_methods(gateway, context):
        assert time.monotonic() < deadline, f"{gateway} never offered {label}"
        pause.wait(0.05)


def ask_methods(gateway: str, context: ssl.SSLContext) -> str:
    """Return what a gateway tells somebody without a session."""
    request = urllib.request.Request(f"{gateway}/ui/session")
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(request, context=context, timeout=SECONDS)
    with refused.value as answer:
        return answer.read().decode()


@contextmanager
def open_company(folder: Path) -> Iterator[Company]:
    """Run it until the block ends."""
    port, *doors = find_free_ports(3)
    gateways = tuple(f"https://127.0.0.1:{door}" for door in doors)
    with ExitStack() as stack:
        provider = stack.enter_context(run_provider(folder, port, gateways))
        config = write_authentication(folder, provider)
        # which asks the provider for its keys as soon as it starts
        plane = stack.enter_context(run_control_plane(f"--authentication-config={config}"))
        company = Company(plane, provider, gateways, {int(time.time()) - 1000: b"k" * 32})
        install(company)
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("KUBECONFIG", str(plane.kubeconfig))
        pages = ensure_bundle("standalone")
        started = [stack.enter_context(start_gateway(folder, pages, door)) for door in doors]
        environment.undo()
        for told, process in started:
            wait_for_port(told, process, told.parent)
        yield company


@contextmanager
def run_provider(folder: Path, port: int, gateways: Sequence[str]) -> Iterator[Provider]:
    """Run the provider under an authority of its own."""
    authority = Authority("company")
    material = authority.issue("localhost")
    paths = {"certificate": material.certificate, "key": material.key}
    for name, content in paths.items():
        (folder / name).write_bytes(content)
    said: Json = {name: str(folder / name) for name in paths}
    said |= {"port": port, "groups": GROUPS}
    said["redirects"] = [f"{gateway}/ui/oidc/callback" for gateway in gateways]
    (folder / "provider.json").write_text(json.dumps(said))
    script = ROOT / "test" / "oidc" / "provider.mjs"
    node = Path(sys.executable).parent / "node"
    command = [str(node), str(script), str(folder / "provider.json")]
    pipe = subprocess.PIPE
    with (
        (folder / "provider.log").open("w") as log,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True) as process,
    ):
        url = f"https://localhost:{port}"
        provider = Provider(url, authority.certificate.decode(), process, queue.Queue())
        hearing = threading.Thread(target=_hear, args=(provider,))
        hearing.start()
        try:
            provider.until_said("ready")
            yield provider
        finally:
            provider.stop()
            hearing.join()


def _hear(provider: Provider) -> None:
    assert provider.process.stdout is not None
    for line in provider.process.stdout:
        provider.said.put(line.strip())


def write_authentication(folder: Path, provider: Provider) -> Path:
    """Write whom the API server believes, as docs/web.md has it; return its path."""
    issuer = {
        "url": provider.url,
        "certificateAuthority": provider.authority,
        "audiences": list(CLIENTS),
        "audienceMatchPolicy": "MatchAny",
    }
    mappings = {
        "username": {"claim": "sub", "prefix": PREFIX},
        "groups": {"claim": "groups", "prefix": PREFIX},
    }
    path = folder / "authentication.yaml"
    document = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{"issuer": issuer, "claimMappings": mappings}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


def install(company: Company) -> None:
    """Make what the gateways need, a VM, and rights for one group in its namespace."""
    install_types(company.plane)
    company.kubectl("create", "namespace", NAMESPACE)
    material = Authority("kubevirt.io").issue(ROLE_GATEWAY)
    certificate = encode_secret(
        **{
            "tls.crt": material.certificate,
            "tls.key": material.key,
            "ca.crt": material.authorities,
        }
    )
    keys = encode_secret(**{spell_time(made): key for made, key in company.keys.items()})
    vm = build_vm_of(build_bare_vmi("books"), "Halted")
    vm["metadata"]["namespace"] = NAMESPACE
    rule = {"apiGroups": ["kubevirt.io"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "looker"}
    group = {**reference, "kind": "Group", "name": f"{PREFIX}operators"}
    items = [
        build("Secret", SECRET_API_CERTIFICATE, data=certificate),
        build("Secret", SECRET_UI_KEYS, data=keys),
        build("ConfigMap", CONFIG_UI_ENDED),
        vm,
        build("Role", "looker", NAMESPACE, rules=[rule]),
        build("RoleBinding", "looker", NAMESPACE, roleRef=reference, subjects=[group]),
    ]
    company.kubectl("apply", "-f", "-", given=items)


def build(kind: str, name: str, namespace: str = INSTALLED, **more: object) -> Json:
    """Return an object of a kind that is Kubernetes' own."""
    version = "rbac.authorization.k8s.io/v1" if kind.startswith("Role") else "v1"
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


@contextmanager
def start_gateway(
    folder: Path, pages: Path, port: int
) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Start a gateway; yield the file in which it says that it listens, and its process."""
    own = folder / str(port)
    own.mkdir()
    told = own / "port"
    module = "tests.bench.web_gateway"
    command = [sys.executable, "-m", module, str(pages), str(told), str(port)]
    with run_program(command, own) as process:
        yield told, process
