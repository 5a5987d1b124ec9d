"""Reading a tf.Variable: snapshots, and what a tape records of them (section 9)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, needs, same, tf

READS = {
    "value()": lambda v: v.value(),
    "read_value()": lambda v: v.read_value(),
    "convert_to_tensor": lambda v: tf.convert_to_tensor(v),
    "identity": lambda v: tf.identity(v),
    "[...]": lambda v: v[...],
}


@pytest.mark.parametrize("how", READS)
def test_each_read_is_a_new_tensor(how):
    v = tf.Variable([1.0, 2.0])
    first, second = READS[how](v), READS[how](v)
    assert isinstance(first, tf.Tensor)
    assert first is not second
    same(first, [1.0, 2.0])


@pytest.mark.parametrize("change", ["assign", "assign_add", "slice", "scatter"])
@pytest.mark.parametrize("how", READS)
def test_a_read_is_a_snapshot(how, change):
    v = tf.Variable([1.0, 2.0])
    read = READS[how](v)
    {
        "assign": lambda: v.assign([5.0, 6.0]),
        "assign_add": lambda: v.assign_add([5.0, 6.0]),
        "slice": lambda: v[0].assign(5.0),
        "scatter": lambda: v.scatter_add(tf.IndexedSlices(tf.constant([5.0]), tf.constant([0]))),
    }[change]()
    assert v.numpy()[0] != 1.0
    same(read, [1.0, 2.0])


def test_the_array_that_numpy_gives_is_a_snapshot_and_the_callers_own():
    v = tf.Variable([1.0, 2.0])
    array = v.numpy()
    v.assign([5.0, 6.0])
    np.testing.assert_array_equal(array, [1.0, 2.0])
    mine = np.array(v.numpy())
    mine[0] = 100.0
    same(v, [5.0, 6.0])


@pytest.mark.parametrize("how", READS)
def test_a_read_is_recorded(how):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = READS[how](v) ** 3
    same(tape.gradient(y, v), [3.0, 12.0])


def test_numpy_is_not_recorded():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.constant(v.numpy()) ** 3
    assert tape.gradient(y, v) is None


SLICES = {
    "v[1]": (lambda v: v[1], [0.0, 1.0, 0.0, 0.0]),
    "v[-1]": (lambda v: v[-1], [0.0, 0.0, 0.0, 1.0]),
    "v[1:3]": (lambda v: v[1:3], [0.0, 1.0, 1.0, 0.0]),
    "v[::-2]": (lambda v: v[::-2], [0.0, 1.0, 0.0, 1.0]),
    "v[:, newaxis]": (lambda v: v[:, tf.newaxis], [1.0, 1.0, 1.0, 1.0]),
    "iteration": lambda v: None,
}
SLICES["iteration"] = (lambda v: tf.add_n([t for i, t in enumerate(v) if i % 2]), [0.0, 1.0, 0.0, 1.0])


@pytest.mark.parametrize("how", SLICES)
def test_slices_are_recorded(how):
    f, expected = SLICES[how]
    v = tf.Variable([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape() as tape:
        y = f(v)
    same(tape.gradient(y, v), expected)


def test_one_op_may_read_it_twice():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * v
    same(tape.gradient(y, v), 6.0)


def test_it_may_be_an_element_of_a_list():
    v, w = tf.Variable(3.0), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.stack([v, w, v]) * [1.0, 10.0, 100.0])
    all_same(tape.gradient(y, [v, w]), [101.0, 10.0])


@pytest.mark.parametrize("indices", [[2, 0], [1, 1], [[0, 1], [2, 2]]])
def test_sparse_read(indices):
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        read = v.sparse_read(indices)
        y = tf.reduce_sum(read * read)
    same(read, np.array([1.0, 2.0, 3.0])[np.array(indices)])
    g = tape.gradient(y, v)
    assert isinstance(g, tf.IndexedSlices)
    counts = np.bincount(np.ravel(indices), minlength=3)
    same(g, counts * 2 * np.array([1.0, 2.0, 3.0]))


def test_gather_nd():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape(persistent=True) as tape:
        rows = v.gather_nd([[1], [1]])
        elements = v.gather_nd([[1, 0]])
    same(rows, [[3.0, 4.0], [3.0, 4.0]])
    same(elements, [3.0])
    g = tape.gradient(rows, v)
    assert isinstance(g, tf.IndexedSlices)
    same(g, [[0.0, 0.0], [2.0, 2.0]])
    same(tape.gradient(elements, v), [[0.0, 0.0], [1.0, 0.0]])


def test_sparse_read_beyond_the_end_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="5"):
        tf.Variable([1.0, 2.0]).sparse_read([5])


@needs("linalg.matvec")
def test_functions_take_it_where_they_take_a_tensor():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.linalg.matvec(v, [1.0, 10.0])) + tf.reduce_sum(tf.matmul(v, v, transpose_b=True))
    same(tape.gradient(y, v), np.array([[1.0, 10.0], [1.0, 10.0]]) + 2 * np.array([[4.0, 6.0], [4.0, 6.0]]))
