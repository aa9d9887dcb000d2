"""Where VMs run, privileged pods are nobody's but the VMs'."""

from collections.abc import Iterator

import pytest
from kubernetes import client

from api.names import LABEL_RUNS_VMS
from tests.integration.api.pods import HARMLESS, PLURALS, PRIVILEGED, build, host_path, pod, within
from tests.integration.api.tenant import ACCOUNT, Tenant, attempt, grant, settle
from tests.integration.bad_vmi import Manifest

WITH_VMS = {LABEL_RUNS_VMS: "true"}
REFUSED = "privileged pods need update on virtualmachineinstances/launcher"
KEPT = ("apps_v1/deployments", "batch_v1/cronjobs", "core/podtemplates", "core/pods")


@pytest.fixture(scope="module")
def tenant(api_client: client.ApiClient) -> Iterator[Tenant]:
    """An editor of a namespace that VMs run in."""
    with settle(api_client, "policy-vms", "edit", WITH_VMS) as settled:
        yield settled


@pytest.fixture(scope="module")
def neighbour(api_client: client.ApiClient) -> Iterator[Tenant]:
    """An editor of a namespace without VMs."""
    with settle(api_client, "policy-pods", "edit") as settled:
        yield settled


@pytest.fixture(scope="module")
def trusted(api_client: client.ApiClient) -> Iterator[Tenant]:
    """An editor who was given the right."""
    with settle(api_client, "policy-trusted", "edit", WITH_VMS) as settled:
        grant(api_client, settled.namespace, "virtpod.io:launcher")
        yield settled


@pytest.mark.parametrize("spec", PRIVILEGED.values(), ids=PRIVILEGED.keys())
def test_a_tenant_makes_no_privileged_pod(tenant: Tenant, spec: Manifest) -> None:
    code, message = tenant.create("core/pods", build("core/pods", spec))
    assert (code, REFUSED in message) == (403, True), message


@pytest.mark.parametrize("plural", PLURALS)
@pytest.mark.parametrize("how", ["privileged", "hostPath", "a privileged init container"])
def test_nor_has_it_made_by_a_template(tenant: Tenant, plural: str, how: str) -> None:
    code, message = tenant.create(plural, build(plural, PRIVILEGED[how]))
    assert (code, REFUSED in message) == (403, True), message


def test_the_message_says_what_makes_it_privileged(tenant: Tenant) -> None:
    spec = {**within(privileged=True, capabilities={"add": ["ALL"]}), "hostPID": True}
    spec["volumes"] = [host_path("/etc")]
    _, message = tenant.create("core/pods", build("core/pods", spec))
    assert message.endswith(": hostPID, hostPath /etc, privileged, capabilities.add")


@pytest.mark.parametrize("spec", HARMLESS.values(), ids=HARMLESS.keys())
def test_ordinary_pods_are_not_its_business(tenant: Tenant, spec: Manifest) -> None:
    assert tenant.create("core/pods", build("core/pods", spec)) == (200, "")


@pytest.mark.parametrize("plural", PLURALS)
def test_nor_are_ordinary_templates(tenant: Tenant, plural: str) -> None:
    assert tenant.create(plural, build(plural, pod())) == (200, "")


@pytest.mark.parametrize("plural", PLURALS)
def test_nor_are_namespaces_without_vms(neighbour: Tenant, plural: str) -> None:
    assert neighbour.create(plural, build(plural, within(privileged=True))) == (200, "")


@pytest.mark.parametrize("plural", PLURALS)
def test_who_was_given_the_right_may(trusted: Tenant, plural: str) -> None:
    assert trusted.create(plural, build(plural, within(privileged=True))) == (200, "")


@pytest.mark.parametrize("plural", PLURALS)
def test_an_administrator_of_the_cluster_may(
    api_client: client.ApiClient, tenant: Tenant, plural: str
) -> None:
    admin = Tenant(api_client, tenant.namespace)
    assert admin.create(plural, build(plural, within(privileged=True))) == (200, "")


@pytest.mark.parametrize("namespace", ["kube-system", "kubevirt"])
def test_namespaces_of_the_system_are_exempt(api_client: client.ApiClient, namespace: str) -> None:
    # what is not exempt is refused to an account of the default namespace; this one may all
    url = f"/api/v1/namespaces/{namespace}/pods"
    body = build("core/pods", within(privileged=True))
    assert attempt(api_client, "POST", url, body)[0] == 200


def by_controller(
    administrator: client.ApiClient, tenant: Tenant, account: str, plural: str, spec: Manifest
) -> tuple[int, str]:
    """Create as one of Kubernetes' own controllers does."""
    user = {"Impersonate-User": f"system:serviceaccount:kube-system:{account}"}
    return attempt(administrator, "POST", tenant.locate(plural), build(plural, spec), **user)


@pytest.mark.parametrize(
    ("account", "plural"),
    [("deployment-controller", "apps_v1/replicasets"), ("cronjob-controller", "batch_v1/jobs")],
)
def test_kubernetes_controllers_make_what_templates_say(
    administrator: client.ApiClient, tenant: Tenant, account: str, plural: str
) -> None:
    spec = within(privileged=True)
    assert by_controller(administrator, tenant, account, plural, spec) == (200, "")


@pytest.mark.parametrize("account", ["replicaset-controller", "job-controller"])
@pytest.mark.parametrize("how", ["privileged", "hostPath"])
def test_a_template_from_before_the_vms_is_no_way(
    administrator: client.ApiClient, tenant: Tenant, account: str, how: str
) -> None:
    code, message = by_controller(administrator, tenant, account, "core/pods", PRIVILEGED[how])
    assert (code, REFUSED in message) == (403, True), message
    assert by_controller(administrator, tenant, account, "core/pods", pod()) == (200, "")


def test_unless_the_pods_own_account_was_given_the_right(
    administrator: client.ApiClient, trusted: Tenant
) -> None:
    account = "daemon-set-controller"
    made = [
        by_controller(administrator, trusted, account, "core/pods", within(privileged=True) | own)[
            0
        ]
        for own in ({"serviceAccountName": ACCOUNT}, {})
    ]
    assert made == [200, 403]


@pytest.fixture(scope="module")
def kept(api_client: client.ApiClient, tenant: Tenant) -> dict[str, Manifest]:
    """Return privileged objects that are there already, by plural; none of them runs."""
    spec = {**within(privileged=True), "nodeSelector": {"no": "where"}}
    bodies = {plural: build(plural, spec, "kept") for plural in PLURALS}
    bodies["apps_v1/deployments"]["spec"]["replicas"] = 0
    bodies["batch_v1/cronjobs"]["spec"]["suspend"] = True
    for plural in KEPT:
        make(api_client, tenant, plural, bodies[plural])
    return {plural: bodies[plural] for plural in KEPT}


def make(admin: client.ApiClient, tenant: Tenant, plural: str, body: Manifest) -> None:
    asked = admin.param_serialize("POST", tenant.locate(plural), body=body)
    answer = admin.call_api(*asked)
    answer.read()
    assert answer.status == 201, answer.data


def patch(tenant: Tenant, plural: str, change: Manifest) -> tuple[int, str]:
    return tenant.attempt("PATCH", f"{plural}/kept", change, "application/merge-patch+json")


@pytest.mark.parametrize("plural", KEPT)
def test_what_is_there_already_can_be_labelled(
    tenant: Tenant, kept: dict[str, Manifest], plural: str
) -> None:
    assert patch(tenant, plural, {"metadata": {"labels": {"a": "b"}}}) == (200, "")


def test_its_template_counts_as_it_was(tenant: Tenant, kept: dict[str, Manifest]) -> None:
    assert patch(tenant, "apps_v1/deployments", {"spec": {"replicas": 3}}) == (200, "")
    again = {"template": {"metadata": {"annotations": {"restartedAt": "now"}}}}
    assert patch(tenant, "apps_v1/deployments", {"spec": again}) == (200, "")
    assert patch(tenant, "batch_v1/cronjobs", {"spec": {"suspend": False}}) == (200, "")


@pytest.mark.parametrize("plural", KEPT)
def test_it_cannot_be_made_to_run_something_else(
    tenant: Tenant, kept: dict[str, Manifest], plural: str
) -> None:
    container = {"name": "main", "image": "mine"}
    change = build(plural, {"containers": [container]}, "kept")
    media = "application/strategic-merge-patch+json"
    code, message = tenant.attempt("PATCH", f"{plural}/kept", change, media)
    assert (code, REFUSED in message) == (403, True), message


@pytest.mark.parametrize("plural", ["apps_v1/deployments", "batch_v1/cronjobs"])
def test_an_ordinary_template_cannot_become_privileged(
    api_client: client.ApiClient, tenant: Tenant, plural: str
) -> None:
    body = build(plural, {**pod(), "nodeSelector": {"no": "where"}}, "ordinary")
    make(api_client, tenant, plural, body)
    change = build(plural, pod(hostPID=True), "ordinary")
    path = f"{plural}/ordinary"
    code, message = tenant.attempt("PATCH", path, change, "application/merge-patch+json")
    assert (code, message.endswith(": hostPID")) == (403, True), message
    del change["metadata"]["labels"]
    fine = build(plural, pod(terminationGracePeriodSeconds=5), "ordinary")
    assert tenant.attempt("PATCH", path, fine, "application/merge-patch+json") == (200, "")


@pytest.fixture(scope="module")
def waiting(api_client: client.ApiClient, tenant: Tenant) -> str:
    """Return the name of an ordinary pod, which waits for a node that there is not."""
    spec = {**pod(), "nodeSelector": {"no": "where"}}
    make(api_client, tenant, "core/pods", build("core/pods", spec, "waiting"))
    return "waiting"


@pytest.mark.parametrize(
    ("context", "code"),
    [({}, 200), ({"privileged": True}, 403), ({"capabilities": {"add": ["SYS_PTRACE"]}}, 403)],
)
@pytest.mark.parametrize("name", ["waiting", "kept"])
@pytest.mark.usefixtures("waiting", "kept")
def test_a_debug_container_is_no_way_either(
    tenant: Tenant, name: str, context: Manifest, code: int
) -> None:
    debugger = {"name": "debugger", "image": "mine", "securityContext": context}
    path = f"core/pods/{name}/ephemeralcontainers"
    change = {"spec": {"ephemeralContainers": [debugger]}}
    media = "application/strategic-merge-patch+json"
    assert tenant.attempt("PATCH", path, change, media)[0] == code
