"""What callers ask for, and whether the VMI can give it."""

import msgspec
import pytest
from multidict import MultiDict

from api.vmi import VirtualMachineInstance
from gateway.refusal import Refused
from gateway.stream.wish import (
    Port,
    PortProtocol,
    check_graphics,
    check_reachable,
    check_running,
    check_serial,
    choose_address,
    read_flag,
    read_port,
)


def make_vmi(devices: object = None, **status: object) -> VirtualMachineInstance:
    content = {
        "metadata": {"name": "vm1", "namespace": "ns"},
        "spec": {"domain": {"devices": devices or {}}},
        "status": {"phase": "Running"} | status,
    }
    return msgspec.convert(content, VirtualMachineInstance)


def at(*addresses: str) -> VirtualMachineInstance:
    return make_vmi(interfaces=[{"ipAddress": each} if each else {} for each in addresses])


@pytest.mark.parametrize("text", ["1", "t", "T", "true", "TRUE", "True"])
def test_a_flag_is_true_as_in_go(text: str) -> None:
    assert read_flag(MultiDict(x=text), "x")


@pytest.mark.parametrize("text", ["0", "f", "F", "false", "FALSE", "False"])
def test_a_flag_is_false_as_in_go(text: str) -> None:
    assert not read_flag(MultiDict(x=text), "x")


def test_a_flag_that_is_not_there_is_false() -> None:
    assert not read_flag(MultiDict(y="1"), "x")


@pytest.mark.parametrize("texts", [[""], ["maybe"], ["tRUE"], ["true", "true"], ["0", "1"]])
def test_a_flag_is_nothing_else(texts: list[str]) -> None:
    with pytest.raises(Refused, match="x must be given once") as caught:
        read_flag(MultiDict([("x", text) for text in texts]), "x")
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("segments", "port"),
    [
        (("1",), Port(1, PortProtocol.TCP)),
        (("65535", "tcp"), Port(65535, PortProtocol.TCP)),
        (("053", "udp"), Port(53, PortProtocol.UDP)),
    ],
)
def test_a_port_is_read(segments: tuple[str, ...], port: Port) -> None:
    assert read_port(segments) == port


@pytest.mark.parametrize(
    "segments", [("0",), ("65536",), ("1" * 64,), ("abc",), ("-1",), ("1.0",), ("1", "sctp")]
)
def test_what_is_no_port_is_refused(segments: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as caught:
        read_port(segments)
    assert caught.value.code == 400


def test_devices_that_are_off_are_400_whatever_the_phase() -> None:
    with pytest.raises(Refused, match=r"^No serial consoles are present\.$"):
        check_serial(make_vmi({"autoattachSerialConsole": False}, phase="Failed"))
    with pytest.raises(Refused, match=r"^No graphics devices are present\.$"):
        check_graphics(make_vmi({"autoattachGraphicsDevice": False}))


def test_devices_are_on_by_default() -> None:
    check_serial(make_vmi())
    check_graphics(make_vmi({"autoattachGraphicsDevice": True}))


@pytest.mark.parametrize("phase", ["", "Pending", "Scheduling", "Scheduled", "Succeeded", "Failed"])
def test_a_guest_that_does_not_run_is_409(phase: str) -> None:
    for check in (check_running, check_serial, check_graphics, check_reachable):
        with pytest.raises(Refused, match="VMI is not running") as caught:
            check(make_vmi(phase=phase))
        assert caught.value.code == 409


def test_a_paused_guest_has_consoles_and_no_ports() -> None:
    vmi = make_vmi(conditions=[{"type": "Paused", "status": "True"}])
    check_serial(vmi)
    with pytest.raises(Refused, match="VMI is paused"):
        check_reachable(vmi)
    check_reachable(make_vmi(conditions=[{"type": "Paused", "status": "False"}]))


def test_the_first_address_is_dialled_if_it_is_the_pods() -> None:
    assert choose_address(at("", "10.0.0.5", "10.0.0.6"), ["10.0.0.5"]) == "10.0.0.5"
    assert choose_address(at("fd00:0::5"), ["10.0.0.5", "fd00::5"]) == "fd00::5"


def test_a_vmi_without_an_address_is_400() -> None:
    with pytest.raises(Refused, match="no network interfaces are present"):
        choose_address(at(""), ["10.0.0.5"])


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.6",  # another pod's
        "10.96.0.1",  # a service's
        "localhost",
        "10.0.0.5:22",
        "0x0a000005",
        "10.0.0.5%eth0",
    ],
)
def test_an_address_that_is_not_the_pods_is_never_dialled(address: str) -> None:
    with pytest.raises(Refused) as caught:
        choose_address(at(address), ["10.0.0.5"])
    assert caught.value.code == 400


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::"],
)
def test_an_address_that_is_no_pods_is_never_dialled_even_if_the_pod_says_so(address: str) -> None:
    with pytest.raises(Refused, match="not its pod's"):
        choose_address(at(address), [address])
