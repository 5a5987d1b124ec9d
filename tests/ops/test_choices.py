"""`where`, masks and order: the quick ways on large arrays give what the plain ones give."""

from __future__ import annotations

import numpy as np
import pytest

import gradtape as tf

SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40, 3.5]


def same_bits(a, b):
    assert a.dtype == b.dtype
    assert a.tobytes() == np.ascontiguousarray(b).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "complex64", "bool"])
@pytest.mark.parametrize("shape", [(7,), (200, 70)])
def test_where_is_numpys_to_the_bit(shape, dtype):
    rng = np.random.default_rng(0)
    x = rng.choice(SPECIAL if dtype.startswith("float") else [0, 1, 2], shape).astype(dtype)
    condition = rng.random(shape) < 0.5
    for y in (np.roll(x, 3), x[:1], np.array(x.flat[-1])):
        got = tf.where(condition, x, y).numpy()
        same_bits(got, np.where(condition, x, y))


@pytest.mark.parametrize("shape", [(6,), (150, 80)])
def test_the_gradient_of_what_was_not_chosen_is_zero_even_where_the_cotangent_is_not_finite(shape):
    rng = np.random.default_rng(0)
    condition = rng.random(shape) < 0.5
    x, y = tf.zeros(shape), tf.zeros(shape)
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = tf.where(condition, x, y)
    seed = rng.choice(SPECIAL, shape).astype(np.float32)
    dx, dy = tape.gradient(z, [x, y], output_gradients=tf.constant(seed))
    np.testing.assert_array_equal(dx.numpy(), np.where(condition, seed, 0))
    np.testing.assert_array_equal(dy.numpy(), np.where(condition, 0, seed))


MASKED = [((5, 3), 1), ((5, 3), 2), ((20000, 2), 1), ((150, 100), 2), ((0, 3), 1)]


@pytest.mark.parametrize(("shape", "covered"), MASKED)
def test_a_mask_keeps_rows_in_order(shape, covered):
    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=shape), rng.random(shape[:covered]) < 0.5
    t = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = tf.boolean_mask(t, mask)
        z = y * y
    np.testing.assert_array_equal(y.numpy(), x[mask])
    expected = np.zeros(shape)
    expected[mask] = 2 * x[mask]
    np.testing.assert_array_equal(tape.gradient(z, t).numpy(), expected)


def test_a_mask_of_a_transposed_tensor():
    x = tf.transpose(tf.constant(np.arange(6.0).reshape(2, 3)))
    np.testing.assert_array_equal(tf.boolean_mask(x, [True, False, True]).numpy(), [[0, 3], [2, 5]])


@pytest.mark.parametrize("k", [0, 1, 3, 40, 2000])
def test_of_equal_entries_top_k_takes_the_first(k):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, (3, 2000)).astype(np.float32)
    values, indices = tf.math.top_k(x, k)
    order = np.argsort(-x, -1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices.numpy(), order)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, order, -1))


def test_top_k_of_a_row_with_nan_has_k_entries():
    x = np.zeros(2000, np.float32)
    x[5] = np.nan
    values, indices = tf.math.top_k(x, 3)
    assert tuple(values.shape) == tuple(indices.shape) == (3,)


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "int64"])
@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
def test_sorting_is_stable_in_both_directions(direction, dtype):
    x = np.random.default_rng(0).integers(0, 5, 60).astype(dtype)
    order = tf.argsort(x, direction=direction).numpy()
    sign = -1 if direction == "DESCENDING" else 1
    expected = sorted(range(60), key=lambda i: (sign * int(x[i]), i))
    assert order.tolist() == expected
    np.testing.assert_array_equal(tf.sort(x, direction=direction).numpy(), x[expected])
