"""Who is believed by the gateway and by the handler: each port, with every kind of certificate."""

import http.client
import json
import ssl
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from api.door import (
    ROLE_HANDLER,
    SESSION_PATH,
    SESSION_PORT,
    VERB_PORT,
    NodeVerb,
    build_verb_path,
)
from api.names import (
    COMPONENT_API,
    INSTALL_NAMESPACE,
    SECRET_API_CERTIFICATE,
    SECRET_HANDLER_CERTIFICATE,
)
from cluster.paths import find_layout
from cluster.pki import Pair, ensure_certificate, pair_at
from daemon.tls import Material
from tests.authority import CLIENT, Authority, sign_self
from tests.e2e.cluster import Cluster
from tests.e2e.component import HANDLER, Component
from tests.e2e.door import GROUP
from tests.e2e.guests import build_pod
from tests.e2e.observer import Json

GATEWAY_PORT = 8443
FRONT_PROXY = "front-proxy-client"
ADMIN = MappingProxyType({"X-Remote-User": "admin", "X-Remote-Group": "system:masters"})
REFUSED = 0  # in place of a code: the peer ended the handshake, or the connection after it


class Peers:
    """Certificates of everybody who has one in a cluster, and of some who should have none."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        layout = find_layout()
        proxy = pair_at(layout.pki, "front-proxy-ca")
        node = next(layout.state.glob("nodes/*"))
        made = Authority()
        self._read_secret = cluster.kubectl.within(INSTALL_NAMESPACE).get
        self.certificates: dict[str, Material | None] = {
            "nobody": None,
            "API server": read_pair(pair_at(layout.pki, "front-proxy")),
            "kubelet": read_pair(pair_at(node / "config", "kubelet-client")),
            "administrator": read_pair(pair_at(layout.state, "admin-client")),
            "front proxy's neighbour": read_pair(
                ensure_certificate(folder, "neighbour", proxy, user="mallory")
            ),
            "front proxy's name, of the cluster's authority": read_pair(
                ensure_certificate(folder, "borrowed", pair_at(layout.pki, "ca"), user=FRONT_PROXY)
            ),
            "front proxy's name, of nobody's authority": made.issue(FRONT_PROXY, usages=(CLIENT,)),
            "front proxy's name, by itself": sign_self(FRONT_PROXY),
            "handler's name, by itself": sign_self(ROLE_HANDLER),
            "gateway's name, by itself": sign_self(COMPONENT_API),
            "gateway": self._read_component(SECRET_API_CERTIFICATE),
            "handler": self._read_component(SECRET_HANDLER_CERTIFICATE),
            "expired front proxy": Authority.load(
                proxy.certificate.read_bytes(), proxy.key.read_bytes()
            ).issue(FRONT_PROXY, usages=(CLIENT,), valid=False),
        }

    def _read_component(self, secret: str) -> Material:
        data = self._read_secret("secret", secret)["data"]
        return Material(*(b64decode(data[key]) for key in ("tls.crt", "tls.key", "ca.crt")))


def read_pair(pair: Pair) -> Material:
    return Material(pair.certificate.read_bytes(), pair.key.read_bytes(), b"")


@pytest.fixture(scope="module")
def peers(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Peers:
    return Peers(cluster, tmp_path_factory.mktemp("certificates"))


def find_address(cluster: Cluster, component: str) -> str:
    """Return the IP address of a pod of a component that is not about to go."""
    pods = Component(component, cluster.api, cluster.kubectl).list_pods()
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return next(str(pod["status"]["podIP"]) for pod in staying if is_ready(pod))


def is_ready(pod: Json) -> bool:
    return all(
        state["ready"] for state in pod["status"].get("containerStatuses", [{"ready": False}])
    )


def call(
    address: tuple[str, int],
    shown: Material | None,
    method: str,
    path: str,
    body: Mapping[str, object] | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str]:
    """Call a port directly, with a certificate; return code and body."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # it is we who are in question
    if shown is not None:
        with tempfile.NamedTemporaryFile() as pair:  # readable by its owner alone
            pair.write(shown.certificate + b"\n" + shown.key)
            pair.flush()
            tls.load_cert_chain(pair.name)
    connection = http.client.HTTPSConnection(*address, timeout=60, context=tls)
    try:
        connection.request(
            method, path, json.dumps(body) if body is not None else None, {**headers}
        )
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (ssl.SSLError, ConnectionError):
        return REFUSED, ""
    finally:
        connection.close()


# What comes of a call that claims, in the headers of a front proxy, to be an administrator's.
AT_THE_GATEWAY = {
    "API server": {404},  # no such VM: it is believed
    "nobody": {401},
    "front proxy's neighbour": {401},
    "kubelet": {REFUSED, 401},
    "administrator": {REFUSED, 401},
    "front proxy's name, of the cluster's authority": {REFUSED, 401},
    "front proxy's name, of nobody's authority": {REFUSED, 401},
    "front proxy's name, by itself": {REFUSED, 401},
    "handler's name, by itself": {REFUSED, 401},
    "gateway's name, by itself": {REFUSED, 401},
    "gateway": {REFUSED, 401},
    "handler": {REFUSED, 401},
    "expired front proxy": {REFUSED, 401},
}


@pytest.mark.parametrize("who", AT_THE_GATEWAY)
def test_the_gateway_believes_the_api_server_alone(
    cluster: Cluster, peers: Peers, who: str
) -> None:
    address = (find_address(cluster, COMPONENT_API), GATEWAY_PORT)
    path = f"{GROUP}/v1/namespaces/{cluster.namespace}/virtualmachines/no-such-vm/expand-spec"
    code, body = call(address, peers.certificates[who], "GET", path, headers=ADMIN)
    assert code in AT_THE_GATEWAY[who], body


def test_who_has_no_certificate_reads_what_is_for_everybody(cluster: Cluster) -> None:
    address = (find_address(cluster, COMPONENT_API), GATEWAY_PORT)
    free = [f"{GROUP}/v1/{name}" for name in ("version", "healthz", "guestfs")]
    free += [GROUP, f"{GROUP}/v1", f"{GROUP}/v1alpha3", "/openapi/v2", "/openapi/v3", "/apis"]
    for path in free:
        assert call(address, None, "GET", path)[0] in {200, 501}, path
    names = ("metrics", "debug/pprof", "healthz", "readyz", "start-cluster-profiler", "")
    for path in [f"/{name}" for name in names] + [f"{GROUP}/v1/dump-cluster-profiler"]:
        assert call(address, None, "GET", path)[0] == 404, path
        assert call(address, None, "GET", path, headers=ADMIN)[0] == 404, path


AT_THE_HANDLER = {who: {REFUSED, 403} for who in AT_THE_GATEWAY} | {"gateway": {404}}


@pytest.mark.parametrize("who", AT_THE_HANDLER)
@pytest.mark.parametrize("port", [VERB_PORT, SESSION_PORT])
def test_the_handler_listens_to_the_gateway_alone(
    cluster: Cluster, peers: Peers, who: str, port: int
) -> None:
    address = (find_address(cluster, HANDLER), port)
    uid = "00000000-0000-4000-8000-000000000000"
    path = build_verb_path(cluster.namespace, "no-such-vm", NodeVerb.PAUSE)
    body = {"uid": uid}
    if port == SESSION_PORT:
        path = SESSION_PATH
        session = {"namespace": cluster.namespace, "name": "x", "kind": "serial0", "user": "x"}
        body = {"podUid": uid, **session}
    code, answer = call(address, peers.certificates[who], "POST", path, body)
    assert code in AT_THE_HANDLER[who], answer


def test_a_pod_beside_a_vm_does_not_get_a_word_in(cluster: Cluster) -> None:
    """A stranger who talks no TLS at all, and one who has no certificate, from inside a pod."""
    address = find_address(cluster, HANDLER)
    script = " ; ".join(
        f"printf 'POST / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 {address} {port} | grep -c HTTP"
        for port in (VERB_PORT, SESSION_PORT)
    )
    pod = build_pod("stranger", ["sh", "-c", f"{script} ; exit 0"], restartPolicy="Never")
    cluster.kubectl.apply(pod)
    cluster.kubectl.wait("pod/stranger", "jsonpath={.status.phase}=Succeeded")
    assert cluster.kubectl("logs", "stranger").split() == ["0", "0"]
    cluster.kubectl("delete", "pod", "stranger")
