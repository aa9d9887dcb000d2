"""Where a request comes from."""

import pytest

from gateway.refusal import Refused
from gateway.ui.origin import check_origin, check_read, check_write, read_origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://vms.example", "vms.example"),
        ("https://vms.example", "vms.example:443"),
        ("https://vms.example:443", "VMS.example"),
        ("https://10.0.0.1:30443", "10.0.0.1:30443"),
        ("https://[::1]:30443", "[::1]:30443"),
    ],
)
def test_our_own_pages_are_known(origin: str, host: str) -> None:
    check_origin({"Origin": origin, "Host": host})


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "vms.example"),
        ("null", "vms.example"),
        ("http://vms.example", "vms.example"),
        ("https://vms.example:444", "vms.example"),
        ("https://user@vms.example", "vms.example"),
        ("https://vms.example:port", "vms.example"),
        ("https://[", "["),
        ("", ""),
        ("https://", ""),
    ],
)
def test_others_are_refused(origin: str, host: str) -> None:
    with pytest.raises(Refused) as refused:
        check_origin({"Origin": origin, "Host": host})
    assert refused.value.code == 403


def test_an_origin_that_is_allowed_besides() -> None:
    check_origin({"Origin": "https://out.example", "Host": "in"}, "https://out.example/")


def test_what_a_browser_says_of_the_site_goes_before_its_origin() -> None:
    own = {"Origin": "https://a", "Host": "a"}
    check_origin({**own, "Sec-Fetch-Site": "same-origin"})
    with pytest.raises(Refused):
        check_origin({**own, "Sec-Fetch-Site": "cross-site"})


def test_a_write_says_who_wrote_it() -> None:
    own = {"Origin": "https://a", "Host": "a"}
    check_write({**own, "X-Requested-With": "virtpod"})
    for wrong in (own, {**own, "X-Requested-With": "XMLHttpRequest"}):
        with pytest.raises(Refused):
            check_write(wrong)


def test_a_read_by_another_site_is_refused_where_browsers_tell() -> None:
    for site in ("same-origin", "none"):
        check_read({"Sec-Fetch-Site": site})
    check_read({})
    with pytest.raises(Refused):
        check_read({"Sec-Fetch-Site": "cross-site"})


def test_what_is_no_origin_is_empty() -> None:
    assert read_origin("ftp://a") == ""
