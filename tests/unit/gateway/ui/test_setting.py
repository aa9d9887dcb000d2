"""What an administrator may set."""

import pytest

from api.problem import Problem
from gateway.ui.setting import Issuer, Settings, read_settings

OIDC = {"oidc-issuer": "https://id.example/realm/", "oidc-client-id": "virtpod"}


def test_nothing_set_is_nothing() -> None:
    assert read_settings({}, {}) == Settings()


def test_all_is_read() -> None:
    config = OIDC | {"cluster": " lab ", "url": "https://vms.example/", "oidc-scopes": "groups"}
    config |= {"oidc-prompt": " consent  login "}
    found = read_settings(config, {"oidc-client-secret": b"x\n"})
    assert (found.cluster, found.url) == ("lab", "https://vms.example")
    assert found.issuer is not None
    assert found.issuer.url == "https://id.example/realm/"  # as the issuer spells it
    assert found.issuer.scopes == "openid groups"
    assert found.issuer.client_secret == "x"
    assert found.issuer.prompt == "consent login"
    assert "x" not in repr(Issuer("https://a", "b", "xxx"))


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"url": "http://vms.example"}, "url"),
        ({"oidc-issuer": "file:///etc/passwd", "oidc-client-id": "a"}, "oidc-issuer"),
        ({"oidc-issuer": "https://id.example"}, "oidc-client-id"),
        ({"oidc-issuer": "https://id.example?x=y", "oidc-client-id": "a"}, "oidc-issuer"),
    ],
)
def test_what_is_wrong_is_named(config: dict[str, str], word: str) -> None:
    with pytest.raises(Problem, match=word):
        read_settings(config, {})
