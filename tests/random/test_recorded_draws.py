"""For the same seeds gradtape draws TensorFlow's numbers: bits and uniforms exactly, the others to rounding."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from tests.random.draws import DRAWS

RECORDED = json.loads((pathlib.Path(__file__).parents[1] / "recorded" / "random.json").read_text("utf-8"))["draws"]


def test_everything_that_is_drawn_was_recorded():
    assert sorted(DRAWS) == sorted(RECORDED)


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_the_numbers_are_tensorflows(name: str):
    draw = DRAWS[name]
    drawn, recorded = draw.run(tf), RECORDED[name]
    assert len(drawn) == len(recorded)
    for place, (tensor, entry) in enumerate(zip(drawn, recorded, strict=True)):
        assert tensor.dtype.name == entry["dtype"], place
        array = np.asarray(tensor)
        expected = np.array(entry["values"], array.dtype).reshape(entry["shape"])
        assert array.shape == expected.shape, place
        compare(array, expected, draw.ulps, draw.rtol, f"{name}, tensor {place}")


def compare(actual: np.ndarray, expected: np.ndarray, ulps: int, rtol: float, what: str) -> None:
    if expected.dtype.kind in "iu" or not (ulps or rtol):
        np.testing.assert_array_equal(actual, expected, err_msg=what)
        return
    wide = [a.astype(np.float64) for a in (actual, expected)]
    if rtol:
        np.testing.assert_allclose(*wide, rtol=rtol, atol=rtol, err_msg=what)
        return
    bits: Any = {"float64": 52, "float32": 23, "float16": 10}.get(expected.dtype.name, 7)
    unit = np.ldexp(1.0, np.frexp(wide[1])[1] - 1 - bits)
    worst = np.max(np.abs(wide[0] - wide[1]) / unit, initial=0.0)
    assert worst <= (ulps if bits > 10 else 1), f"{what}: {worst} units in the last place"
