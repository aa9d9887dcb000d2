"""Which paths the pages may reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.refusal import Refused
from gateway.ui.path import ROOTS, check_path


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/v1/namespaces/ns/pods/a/log",
        "/api/v1/namespaces/ns/pods/proxy",
        "/api/v1/namespaces/ns/pods/a/portforward",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
        "/apis/a.example/v1/namespaces/ns/pods/a/proxy",
        "/openapi/v3/apis/kubevirt.io/v1",
        "/version",
    ],
)
def test_the_apis_are_reached(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", 400),
        ("/", 400),
        ("api/v1", 404),
        ("/API/v1", 404),
        ("/api//v1", 400),
        ("/api/v1/", 400),
        ("/api/%2E/v1", 400),
        ("/api/a%5cb", 400),
        ("/api/v1/pods%7f", 400),
        ("/api/%c0%ae%c0%ae/x", 400),
        ("/api/v1/proxy/namespaces/ns/pods/a", 403),
        ("/api/v1/namespaces/ns/services/a/proxy", 403),
        ("/api/v1/nodes/n/proxy", 403),
    ],
)
def test_others_are_not(path: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        check_path(path)
    assert refused.value.code == code


@given(st.text(alphabet="/.%2feEaApPiIsS5c\\?#;\x00 ", max_size=30))
def test_nothing_that_passes_leaves_the_apis(rest: str) -> None:
    path = f"/api/{rest}"
    try:
        check_path(path)
    except Refused:
        return
    parts = path.split("/")[1:]
    assert parts[0] in ROOTS
    assert all(part and part not in {".", ".."} for part in parts)
    assert not {"?", "#", "\\", ";", "\x00"} & set(path)
