"""The pages' door with the real API server behind it: who is let in, and with which rights."""

import base64
import json

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.observer import Json
from tests.e2e.pages import INSTALLATION, open_page
from tests.e2e.tenant import build_tenant

VMS = "/k8s/apis/kubevirt.io/v1"


@pytest.fixture(scope="module")
def tokens(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a token for who may look, and for who may change."""
    folder = tmp_path_factory.mktemp("tenants")
    found = {}
    for name in ("view", "edit"):
        build_tenant(cluster, f"pages-{name}", folder, f"kubevirt.io:{name}")
        found[name] = cluster.kubectl("create", "token", f"pages-{name}").strip()
    return found


def spoil(token: str, how: str) -> str:
    """Return a token that is not what it was."""
    head, body, signature = token.split(".")
    if how == "signature":
        return f"{head}.{body}.{signature[:-8]}{'A' * 8}"
    if how == "claims":
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        claims["sub"] = f"system:serviceaccount:{INSTALLATION}:virt-controller"
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{signature}"
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{none}.{body}." if how == "unsigned" else f"{none}.{body}.{signature}"


@pytest.mark.parametrize("how", ["signature", "claims", "unsigned", "algorithm"])
def test_a_token_that_was_tampered_with_opens_nothing(
    cluster: Cluster, tokens: dict[str, str], how: str
) -> None:
    with open_page(cluster) as page:
        answer = page.log_in(spoil(tokens["edit"], how))
        assert (answer.code, answer.json["reason"]) == (401, "Unauthorized")
        assert not page.cookies


def test_a_token_for_another_audience_opens_nothing(cluster: Cluster) -> None:
    token = cluster.kubectl("create", "token", "default", "--audience=elsewhere").strip()
    with open_page(cluster) as page:
        assert page.log_in(token).code == 401


def test_each_user_has_their_own_rights(cluster: Cluster, tokens: dict[str, str]) -> None:
    path = f"{VMS}/namespaces/{cluster.namespace}/virtualmachines"
    domain: Json = {"devices": {}, "memory": {"guest": "64Mi"}}
    spec: Json = {"runStrategy": "Halted", "template": {"spec": {"domain": domain}}}
    vm: Json = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "spec": spec}
    vm["metadata"] = {"name": "from-the-pages"}
    with open_page(cluster) as viewer, open_page(cluster) as editor:
        told = viewer.log_in(tokens["view"]).json
        assert told["user"] == f"system:serviceaccount:{cluster.namespace}:pages-view"
        assert told["namespace"] == cluster.namespace
        assert editor.log_in(tokens["edit"]).code == 200
        assert viewer.call("POST", path, vm).code == 403
        assert editor.call("POST", path, vm).code == 201
        assert viewer.call("GET", f"{path}/from-the-pages").code == 200
        verb = path.replace("kubevirt.io/v1", "subresources.kubevirt.io/v1")
        denied = viewer.call("PUT", f"{verb}/from-the-pages/start", {})
        assert (denied.code, denied.json["reason"]) == (403, "Forbidden")
        assert viewer.call("GET", path).code == 200  # its session is no worse for that
        assert editor.call("DELETE", f"{path}/from-the-pages").code == 200


def test_what_virt_api_may_is_no_right_of_its_users(
    cluster: Cluster, tokens: dict[str, str]
) -> None:
    keys = f"/k8s/api/v1/namespaces/{INSTALLATION}/secrets/kubevirt-virt-ui-keys"
    with open_page(cluster) as page:
        for path in (keys, f"{VMS}/virtualmachines", f"{VMS}/namespaces/default/virtualmachines"):
            assert page.call("GET", path).code == 401
        page.log_in(tokens["edit"])
        for path in (keys, f"{VMS}/virtualmachines", f"{VMS}/namespaces/default/virtualmachines"):
            assert page.call("GET", path).code == 403
        who = page.call("POST", "/k8s/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
        assert "virt-api" not in who.body.decode()


def test_an_administrators_kubeconfig_logs_in(cluster: Cluster) -> None:
    flat = cluster.kubectl("config", "view", "--minify", "--flatten", "--raw")
    with open_page(cluster) as page:
        assert page.log_in_with(flat).code == 200
        assert page.call("GET", "/k8s/api/v1/nodes").code == 200


def test_no_token_is_in_the_logs(cluster: Cluster, tokens: dict[str, str]) -> None:
    with open_page(cluster) as page:
        page.log_in(tokens["view"])
        page.log_in(spoil(tokens["view"], "signature"))
        page.call("GET", f"/?token={tokens['view']}", Authorization=f"Bearer {tokens['view']}")
        page.call("GET", f"/k8s/version?token={tokens['view']}")
    within = cluster.kubectl.within(INSTALLATION)
    logs = within("logs", "--selector=kubevirt.io=virt-api", "--tail=-1")
    assert '"login"' in logs
    assert tokens["view"] not in logs
    assert tokens["view"].split(".")[1] not in logs
