"""Which headers pass."""

import pytest
from multidict import CIMultiDict

from gateway.refusal import Refused
from gateway.ui.header import build_request, build_response


def test_of_a_browsers_headers_few_pass() -> None:
    given = CIMultiDict({"accept": "text/plain", "Cookie": "a", "Accept-Encoding": "gzip, br"})
    assert build_request(given, "10.0.0.9") == {
        "Accept": "text/plain",
        "Accept-Encoding": "gzip",
        "User-Agent": "virtpod-ui",
        "X-Forwarded-For": "10.0.0.9",
    }
    assert build_request({}, "")["Accept-Encoding"] == "identity"


def test_impersonation_is_refused_and_not_forgotten() -> None:
    with pytest.raises(Refused):
        build_request({"IMPERSONATE-User": "a"}, "")


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("application/json", True),
        ("application/json;as=Table;v=v1;g=meta.k8s.io", True),
        ("text/plain; charset=utf-8", True),
        ("image/png", True),
        ("image/svg+xml", False),
        ("text/html", False),
        ("application/xhtml+xml", False),
        ("text/javascript", False),
        ("", False),
    ],
)
def test_an_answer_is_data_or_bytes(media_type: str, shown: bool) -> None:
    built = build_response({"Content-Type": media_type}, cacheable=False)
    assert (built["Content-Type"] == media_type) == shown
    assert ("Content-Disposition" in built) != shown
    assert built["X-Content-Type-Options"] == "nosniff"


def test_only_documents_are_kept_and_by_nobody_else() -> None:
    headers = {"Cache-Control": "public, max-age=60"}
    assert build_response(headers, cacheable=False)["Cache-Control"] == "no-store"
    assert build_response(headers, cacheable=True)["Cache-Control"] == "private, max-age=60"
    assert build_response({}, cacheable=True)["Cache-Control"] == "no-store"
