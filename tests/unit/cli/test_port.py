"""Which ports are forwarded."""

import pytest

from api.problem import Problem
from cli.port import Port, parse_port


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("22", Port("tcp", 22, 22)),
        ("2222:22", Port("tcp", 2222, 22)),
        ("0:22", Port("tcp", 0, 22)),
        ("TCP/80", Port("tcp", 80, 80)),
        ("udp/53:5353", Port("udp", 53, 5353)),
    ],
)
def test_a_port_is_read(text: str, port: Port) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize(
    "text", ["", "0", "x", "22:", "22:0", ":22", "1:2:3", "65536", "-1", "sctp/1", "/1", "²"]
)
def test_what_is_no_port_is_a_problem(text: str) -> None:
    with pytest.raises(Problem, match=r"neither tcp nor udp|no port number"):
        parse_port(text)
