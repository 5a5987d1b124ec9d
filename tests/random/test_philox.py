"""The generator itself: its published answers, its two ways of computing, its independence of how a stream is cut up.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtape._ops import philox

# The known answers of Philox4x32-10 that its authors publish with the algorithm: counter words, key words, result.
ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def number(words: tuple[int, ...]) -> int:
    return sum(word << 32 * i for i, word in enumerate(words))


@pytest.mark.parametrize(("counter", "key", "answer"), ANSWERS)
def test_the_published_answers(counter, key, answer):
    assert tuple(philox.words(number(key), number(counter), 1)) == answer
    assert tuple(philox.blocks_at(number(key), number(counter), np.zeros(1, np.int64))[0]) == answer


STARTS = st.one_of(
    st.integers(0, 2**128 - 1),
    st.sampled_from([2**32 - 3, 2**64 - 3, 2**96 - 3, 2**128 - 3, 2**128 - 1]),
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**64 - 1), STARTS, st.integers(1, 40), st.integers(1, 700))
def test_long_integers_and_arrays_agree(key, start, blocks, stride):
    expected = philox.blocks_at(key, start, np.arange(blocks) * stride)
    assert np.array_equal(philox.words(key, start, blocks, stride), expected.reshape(-1))


@pytest.mark.parametrize("blocks", [255, 256, 257, 8191, 8193, 20_000])
def test_a_stream_may_be_cut_anywhere(blocks):
    whole = philox.words(7, 5, blocks)
    cut = blocks // 3
    assert np.array_equal(whole, np.concatenate([philox.words(7, 5, cut), philox.words(7, 5 + cut, blocks - cut)]))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniforms_are_below_one(dtype):
    u = philox.uniform(3, 0, 200_000, np.dtype(dtype))
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(float(u.astype(np.float64).mean()) - 0.5) < 4 * np.sqrt(1 / 12 / u.size) + 2.0**-11


def test_the_smallest_uniform_gives_a_finite_normal():
    u = np.array([0.0, 0.25, 0.0, 0.5], np.float32)
    assert np.isfinite(philox.normal_pairs(u)).all()
    assert np.isfinite(philox.normal_pairs(u.astype(np.float64))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_moments_of_normals(dtype):
    z = philox.normal(11, 0, 400_000, np.dtype(dtype)).astype(np.float64)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - moment) < 5 * np.sqrt(variance / z.size)


def test_truncated_normals_stay_within_two_deviations():
    z = philox.truncated_normal(11, 0, 100_001, np.dtype(np.float32)).astype(np.float64)
    assert np.abs(z).max() < 2
    assert abs(z.var() - 0.7737) < 0.01  # 1 - 2 * 2 phi(2) / (2 Phi(2) - 1)


def test_integers_cover_their_range_and_no_more():
    y = philox.uniform_int(5, 0, 100_000, -3, 4, np.dtype(np.int32))
    assert set(y.tolist()) == set(range(-3, 4))
    whole = philox.uniform_int(5, 0, 1000, -(2**63), 2**63 - 1, np.dtype(np.int64))
    assert whole.min() < -(2**61)
    assert whole.max() > 2**61
