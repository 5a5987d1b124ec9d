"""Scattered sums: every way in which `add_rows` adds, slices that grow, and loops over rows that cost one buffer."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import gradtape as tf
from gradtape._ops import indexing


def summed(rows, positions, values):
    out = rows.copy()
    for p, v in zip(positions, values, strict=True):
        out[p] += v
    return out


# By rows, by elements, and by a sparse product; the limits are those of `add_rows`.
SIZES = [(10, 4, 3), (7, 50, 1), (40, 300, 8), (2000, 20, 30), (50, 4000, 8), (3, 20000, 2), (5, 0, 4), (4, 6, 0)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "int32", "float16"])
@pytest.mark.parametrize(("size", "count", "width"), SIZES)
def test_rows_are_added_where_they_belong(size, count, width, dtype):
    rng = np.random.default_rng(0)
    rows, values = (rng.integers(-4, 5, (n, width)).astype(dtype) for n in (size, count))
    positions = rng.integers(0, size, count)
    expected = summed(rows, positions, values)
    indexing.add_rows(rows, positions, values)
    np.testing.assert_array_equal(rows, expected)  # small whole numbers: exact in every order


@pytest.mark.parametrize("order", ["C", "F"])
def test_slices_are_added_to_a_buffer_of_any_layout(order):
    buffer = np.asfortranarray(np.ones((5, 2, 3))) if order == "F" else np.ones((5, 2, 3))
    values = np.arange(12.0).reshape(2, 2, 3)
    indexing.add_slices(buffer, np.array([3, 3]), values)
    expected = np.ones((5, 2, 3))
    expected[3] += values.sum(0)
    np.testing.assert_array_equal(buffer, expected)


def test_many_gathers_of_one_table_make_slices_in_the_order_of_the_sweep():
    table = tf.constant(np.arange(12.0).reshape(4, 3))
    with tf.GradientTape() as tape:
        tape.watch(table)
        parts = [tf.gather(table, [i % 4]) * float(i + 1) for i in range(50)]
        y = tf.concat(parts, 0)
    g = tape.gradient(y, table)
    assert isinstance(g, tf.IndexedSlices)
    assert g.indices.numpy().tolist() == [i % 4 for i in reversed(range(50))]
    assert g.values.numpy()[:, 0].tolist() == [float(i + 1) for i in reversed(range(50))]
    dense = tf.convert_to_tensor(g).numpy()
    np.testing.assert_array_equal(dense[:, 1], [sum(i + 1 for i in range(50) if i % 4 == row) for row in range(4)])


def test_gathers_and_a_slice_of_one_table_add_up():
    table = tf.constant(np.ones((4, 3)))
    with tf.GradientTape() as tape:
        tape.watch(table)
        ys = [tf.gather(table, [0, 1]), table[1:3] * 2.0, tf.gather(table, [1]), table[1, 2], tf.gather(table, [3])]
    g = tf.convert_to_tensor(tape.gradient(ys, table)).numpy()
    np.testing.assert_array_equal(g, [[1, 1, 1], [4, 4, 5], [2, 2, 2], [1, 1, 1]])


READERS = {
    "x[i]": lambda x, i: x[i],
    "x[:, i]": lambda x, i: x[:, i],
    "gather": lambda x, i: tf.gather(x, [i], axis=1),
    "gather_nd": lambda x, i: tf.gather_nd(x, [[i, 0], [i, 1]]),
    "boolean_mask": lambda x, i: tf.boolean_mask(x, np.arange(400) == i),
}


@pytest.mark.parametrize("name", READERS)
def test_a_loop_over_parts_costs_one_buffer(name):
    """The gradient of 400 parts of a matrix of 1.3 MB never holds more than a few such matrices at a time."""
    x = tf.constant(np.ones((400, 400)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.add_n([tf.reduce_sum(READERS[name](x, i)) for i in range(400)])
    tracemalloc.start()
    try:
        tape.gradient(y, x)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * 400 * 400 * 8


REFUSED = {
    r"indices\[1,0\] = 7 is not in \[0, 4\)": lambda x: tf.gather(x, [[0], [7]]),
    r"indices\[70\] = -1 is not in \[0, 4\)": lambda x: tf.gather(x, [0] * 70 + [-1]),
    r"indices\[1\] = \[0, 5\] does not index into param shape \[4, 2\]": lambda x: tf.gather_nd(x, [[0, 0], [0, 5]]),
    r"slice index 5 of dimension 1 out of bounds": lambda x: x[..., 5],
    r"slice index -5 of dimension 0 out of bounds": lambda x: x[-5, None],
    r"input has only 2 dims": lambda x: x[0, 0, 0],
    r"Multiple ellipses are not allowed": lambda x: x[..., 0, ...],
}


@pytest.mark.parametrize("message", REFUSED)
def test_an_index_out_of_range_is_named(message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        REFUSED[message](tf.zeros([4, 2]))
