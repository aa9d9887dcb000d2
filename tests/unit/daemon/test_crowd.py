"""Who has to go when there are too many connections."""

from dataclasses import dataclass, field

import pytest

from daemon.crowd import Crowd, Guest, group_source


@dataclass
class House:
    """A crowd, and who was sent away."""

    crowd: Crowd
    gone: list[str] = field(default_factory=list)

    def enter(self, name: str, source: str = "a") -> Guest:
        return self.crowd.enter(source, lambda: self.gone.append(name))


@pytest.fixture
def house() -> House:
    return House(Crowd(3))


def test_the_one_that_was_quiet_for_longest_goes(house: House) -> None:
    first, *_ = (house.enter(name) for name in ("1", "2", "3"))
    house.crowd.hear(first)
    house.enter("4")
    assert house.gone == ["2"]
    assert len(house.crowd) == 3


def test_whose_address_has_most_gives_way_first(house: House) -> None:
    house.enter("other", "b")
    house.enter("1")
    house.enter("2")
    house.enter("third", "c")
    house.enter("fourth", "d")
    assert house.gone[0] == "1"
    assert len(house.gone) == 2
    for number in range(10):  # one who floods pushes out its own, once it has more than others
        house.enter(f"flood{number}", "e")
    assert len(house.crowd) == 3
    assert all(name.startswith("flood") for name in house.gone[4:])


def test_who_sits_stays_whoever_comes(house: House) -> None:
    guest = house.enter("seated")
    with house.crowd.seat(guest), house.crowd.seat(guest):
        for number in range(10):
            house.enter(str(number))
        assert "seated" not in house.gone
        assert len(house.crowd) == 4
    assert len(house.crowd) == 3  # it stands again, and another went for it
    assert "seated" not in house.gone
    for number in range(10, 13):
        house.enter(str(number))
    assert "seated" in house.gone


def test_who_has_left_takes_no_room(house: House) -> None:
    guests = [house.enter(str(number)) for number in range(3)]
    with house.crowd.seat(guests[0]):
        house.crowd.leave(guests[0])
    house.crowd.leave(guests[1])
    house.crowd.leave(guests[1])
    house.crowd.hear(guests[1])
    house.enter("3")
    house.enter("4")
    assert not house.gone
    assert [each in house.crowd for each in guests] == [False, False, True]
    assert len(house.crowd) == 3


def test_one_network_of_ipv6_is_one_source() -> None:
    assert group_source("2001:db8::1") == group_source("2001:db8::ffff:2")
    assert group_source("2001:db8::1") != group_source("2001:db8:0:1::1")
    assert group_source("::ffff:10.0.0.1") != group_source("::ffff:10.0.0.2")
    assert group_source("fe80::1%eth0") == group_source("fe80::2")
    assert group_source("no address") == "no address"
