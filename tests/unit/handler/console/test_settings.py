"""The environment is read as a whole, and what is wrong in it is said."""

from pathlib import Path

import pytest

from api.problem import Problem
from handler.console.desk import Caps
from handler.console.settings import fit_caps, read_settings


def test_everything_has_a_default() -> None:
    settings = read_settings({})
    assert settings.launchers == Path("/run/virtpod/launchers")
    assert settings.trust == Path("/run/virtpod-trust/current")
    assert (settings.port, settings.metrics_port, settings.caps) == (8187, 8188, Caps(64, 128, 512))


def test_everything_can_be_set() -> None:
    settings = read_settings(
        {
            "LAUNCHERS_DIR": "/l",
            "TRUST_DIR": "/t",
            "PORT": "1",
            "METRICS_PORT": "2",
            "LOG_LEVEL": "DEBUG",
            "MAX_SESSIONS_PER_VMI": "3",
            "MAX_SESSIONS_PER_USER": "4",
            "MAX_SESSIONS": "5",
        }
    )
    assert (settings.launchers, settings.trust) == (Path("/l"), Path("/t"))
    assert (settings.port, settings.metrics_port, settings.log_level) == (1, 2, "DEBUG")
    assert settings.caps == Caps(3, 4, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("METRICS_PORT", "-1"),
        ("MAX_SESSIONS", "0"),
        ("PORT", "٣"),
    ],
)
def test_a_bad_number_is_a_problem_that_names_it(name: str, value: str) -> None:
    with pytest.raises(Problem, match=f"{name} is '{value}', and no number from"):
        read_settings({name: value})


@pytest.mark.parametrize(("descriptors", "total"), [(1_048_576, 512), (256, 40), (97, 1), (10, 1)])
def test_caps_fit_the_descriptors(descriptors: int, total: int) -> None:
    assert fit_caps(Caps(), descriptors) == Caps(total=total)
