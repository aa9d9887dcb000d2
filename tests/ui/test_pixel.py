"""What counts as a different picture; of arrays, so that every case can be made."""

from pathlib import Path

import numpy as np
import pytest

from tests.e2e.screen import read_png
from tests.ui import pixel
from tests.ui.pixel import check_picture, measure_difference, simplify, write_png

GREY = np.full((20, 30, 3), 100, np.uint8)


def test_a_shade_is_no_difference() -> None:
    assert measure_difference(GREY, GREY + pixel.TOLERANCE) == 0.0


def test_each_pixel_counts_once() -> None:
    other = GREY.copy()
    other[0:2] = 0
    assert measure_difference(GREY, other) == pytest.approx(0.1)


def test_another_size_is_another_picture() -> None:
    assert measure_difference(GREY, GREY[:10]) == 1.0


def test_a_reference_is_simpler_but_no_different() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    kept = read_png(write_png(simplify(noise)))
    assert measure_difference(noise, kept) == 0.0
    assert kept.max() == 255
    assert len(np.unique(kept)) == 33


def test_without_a_reference_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="--update-golden"):
        check_picture("no-such-page", b"", tmp_path, update=False)
