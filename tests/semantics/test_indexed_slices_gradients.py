"""Where gradients come as IndexedSlices, where they are dense, and how they add up (section 6)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import differs, needs, same, tf

TABLE = np.arange(12.0, dtype=np.float32).reshape(4, 3)


def gradient_of(f, variable=False):
    p = tf.Variable(TABLE) if variable else tf.constant(TABLE)
    with tf.GradientTape() as tape:
        tape.watch(p)
        y = f(p)
    return tape.gradient(y, p)


def rows(*which):
    """The dense gradient of a sum of rows."""
    g = np.zeros_like(TABLE)
    for row in which:
        g[row] += 1
    return g


def parts(s):
    """The indices and the rows, as lists."""
    assert isinstance(s, tf.IndexedSlices), f"expected IndexedSlices, got {s!r}"
    return s.indices.numpy().tolist(), s.values.numpy().tolist()


ONES = [1.0, 1.0, 1.0]
SPARSE = {
    "gather": (lambda p: tf.gather(p, [2, 0, 2]), [2, 0, 2]),
    "gather, axis 0 named": (lambda p: tf.gather(p, [1], axis=0), [1]),
    "gather, scalar index": (lambda p: tf.gather(p, 1), [1]),
    "gather, 2-D indices": (lambda p: tf.gather(p, [[1, 0], [2, 2]]), [1, 0, 2, 2]),
    "gather, no indices": (lambda p: tf.gather(p, tf.constant([], tf.int32)), []),
    "gather of an identity": (lambda p: tf.gather(tf.identity(p), [3]), [3]),
    "gather_nd, 2-D indices of width 1": (lambda p: tf.gather_nd(p, [[1], [2]]), [1, 2]),
    "nn.embedding_lookup": (lambda p: tf.nn.embedding_lookup(p, [1, 1]), [1, 1]),
}
NEEDS = {"nn.embedding_lookup": "nn.embedding_lookup", "gather_nd, 2-D indices of width 1": "gather_nd"}


@pytest.mark.parametrize("variable", [False, True], ids=["tensor", "Variable"])
@pytest.mark.parametrize("how", [pytest.param(how, marks=needs(NEEDS[how]) if how in NEEDS else ()) for how in SPARSE])
def test_reading_rows_gives_slices(how, variable):
    f, indices = SPARSE[how]
    g = gradient_of(f, variable)
    assert parts(g) == (indices, [ONES] * len(indices))
    assert g.values.shape == (len(indices), 3)
    same(g.dense_shape, [4, 3])
    assert g.dense_shape.dtype == tf.int32
    assert g.dtype == tf.float32
    same(g, rows(*indices))


@pytest.mark.parametrize("name", ["sparse_read", "gather_nd"])
def test_the_reading_methods_of_a_variable_give_slices(name):
    if name == "sparse_read":
        g = gradient_of(lambda v: v.sparse_read([1, 1]), variable=True)
    else:
        g = gradient_of(lambda v: v.gather_nd([[1], [1]]), variable=True)
    assert parts(g) == ([1, 1], [ONES, ONES])


@pytest.mark.parametrize("name", ["int32", "int64"])
def test_the_index_dtype_of_a_single_op_is_kept(name):
    g = gradient_of(lambda p: tf.gather(p, tf.constant([1, 2], getattr(tf, name))))
    assert g.indices.dtype == getattr(tf, name)


DENSE = {
    "p[0]": (lambda p: p[0], rows(0)),
    "p[1:3]": (lambda p: p[1:3], rows(1, 2)),
    "gather, another axis": (lambda p: tf.gather(p, [1], axis=1), [[0.0, 1.0, 0.0]] * 4),
    "gather of a product": (lambda p: tf.gather(p * 1.0, [1]), rows(1)),
    "gather of a reshape": (lambda p: tf.gather(tf.reshape(p, [2, 6]), [1]), rows(2, 3)),
    "gather_nd, full indices": (
        lambda p: tf.gather_nd(p, [[1, 0]]),
        [[0.0] * 3, [1.0, 0.0, 0.0], [0.0] * 3, [0.0] * 3],
    ),
    "gather_nd, 3-D indices": (lambda p: tf.gather_nd(p, [[[1], [2]]]), rows(1, 2)),
    "gather beside another use": (lambda p: tf.reduce_sum(tf.gather(p, [2])) + tf.reduce_sum(p), rows(0, 1, 2, 2, 3)),
    "gather beside the source itself": (lambda p: [tf.gather(p, [1]), p], rows(0, 1, 1, 2, 3)),
}


@pytest.mark.parametrize("variable", [False, True], ids=["tensor", "Variable"])
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=needs("gather_nd") if "gather_nd" in how else ()) for how in DENSE]
)
def test_these_give_a_dense_tensor(how, variable):
    f, expected = DENSE[how]
    g = gradient_of(f, variable)
    assert isinstance(g, tf.Tensor), f"expected a tensor, got {g!r}"
    same(g, expected)


@pytest.mark.parametrize("higher", [False, True], ids=["first order", "under an outer tape"])
def test_rows_of_one_output_of_an_op_with_several(higher):
    p = tf.constant(TABLE)
    with tf.GradientTape() as outer:
        if higher:
            outer.watch(p)
        with tf.GradientTape() as inner:
            inner.watch(p)
            upper, lower = tf.split(p * 1.0, 2)
            y = tf.reduce_sum(tf.gather(lower, [1]) ** 3)
        of_p, of_lower, of_upper = inner.gradient(y, [p, lower, upper])
        if higher:
            g = tf.reduce_sum(of_p)
    expected = np.zeros_like(TABLE)
    expected[3] = 3 * TABLE[3] ** 2
    same(of_p, expected)
    same(of_lower, expected[2:])
    assert isinstance(of_lower, tf.IndexedSlices)
    assert of_upper is None
    if higher:
        expected[3] = 6 * TABLE[3]
        same(outer.gradient(g, p), expected)


@pytest.mark.parametrize("watched", ["by itself", "explicitly", "by both"])
@pytest.mark.parametrize("variable", [False, True], ids=["tensor", "Variable"])
def test_another_tape_does_not_make_slices_dense(variable, watched):
    p = tf.Variable(TABLE) if variable else tf.constant(TABLE)
    with tf.GradientTape() as outer:
        if watched == "by both":
            outer.watch(p)
        with tf.GradientTape() as inner:
            if watched != "by itself":
                inner.watch(p)
            y = tf.gather(p, [1])
        g = inner.gradient(y, p)
    tracked = variable or watched != "by itself"
    assert isinstance(g, tf.IndexedSlices) if tracked else g is None
    tracked = variable or watched == "by both"
    g = outer.gradient(y, p)
    assert isinstance(g, tf.IndexedSlices) if tracked else g is None


def test_a_gather_of_a_gather_gives_slices():
    g = gradient_of(lambda p: tf.gather(tf.gather(p, [1, 2]), [1]))
    assert isinstance(g, tf.IndexedSlices)
    same(g, rows(2))


def test_slices_are_concatenated_without_merging():
    """The result of the later op comes first."""

    def f(p):
        return [tf.gather(p, [0, 1]), tf.gather(p, [2, 2])]

    g = gradient_of(f)
    assert parts(g) == ([2, 2, 0, 1], [ONES] * 4)
    same(g.dense_shape, [4, 3])


def test_three_gathers_in_one_expression():
    def f(p):
        return (
            tf.reduce_sum(tf.gather(p, [0]))
            + 2.0 * tf.reduce_sum(tf.gather(p, [1]))
            + 3.0 * tf.reduce_sum(tf.gather(p, [1, 3]))
        )

    indices, values = parts(gradient_of(f))
    assert sorted((i, v[0]) for i, v in zip(indices, values, strict=True)) == [(0, 1.0), (1, 2.0), (1, 3.0), (3, 3.0)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("int32", "int32", "int32"), ("int64", "int64", "int64"), ("int32", "int64", "int64")],
)
def test_indices_of_unlike_dtypes_become_int64(first, second, expected):
    def f(p):
        return [tf.gather(p, tf.constant([0], getattr(tf, first))), tf.gather(p, tf.constant([1], getattr(tf, second)))]

    g = gradient_of(f)
    assert g.indices.dtype == getattr(tf, expected)
    same(g, rows(0, 1))


def test_the_same_variable_in_two_lookups_of_a_training_step():
    v = tf.Variable(TABLE)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(v, [1, 2]) * tf.gather(v, [1, 1]))
    same(tape.gradient(loss, v), [[0.0] * 3, list(TABLE[1] * 2 + TABLE[2]), list(TABLE[1]), [0.0] * 3])


def test_slices_converted_inside_the_block_are_differentiable():
    """The second derivative of sum(p[1]**3)."""
    p = tf.constant(TABLE)
    with tf.GradientTape() as outer:
        outer.watch(p)
        with tf.GradientTape() as inner:
            inner.watch(p)
            y = tf.reduce_sum(tf.gather(p, [1]) ** 3)
        g = inner.gradient(y, p)
        assert isinstance(g, tf.IndexedSlices)
        dense = tf.convert_to_tensor(g)
    h = np.zeros_like(TABLE)
    h[1] = 6 * TABLE[1]
    same(outer.gradient(dense, p), h)


def test_the_values_of_slices_are_differentiable():
    p = tf.constant(TABLE)
    with tf.GradientTape() as outer:
        outer.watch(p)
        with tf.GradientTape() as inner:
            inner.watch(p)
            y = tf.reduce_sum(tf.gather(p, [1]) ** 3)
        g = inner.gradient(y, p)
    h = np.zeros_like(TABLE)
    h[1] = 6 * TABLE[1]
    same(outer.gradient(g.values, p), h)


@differs("TensorFlow raises AttributeError: 'IndexedSlices' object has no attribute '_id'")
def test_slices_as_a_target_count_as_the_tensor_they_stand_for():
    """Made dense after the context, they must not lose the path to the source."""
    p = tf.constant(TABLE)
    with tf.GradientTape() as outer:
        outer.watch(p)
        with tf.GradientTape() as inner:
            inner.watch(p)
            y = tf.reduce_sum(tf.gather(p, [1]) ** 3)
        g = inner.gradient(y, p)
    h = np.zeros_like(TABLE)
    h[1] = 6 * TABLE[1]
    same(outer.gradient(g, p), h)
