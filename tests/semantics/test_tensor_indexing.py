"""`t[...]`: what selects, what is refused and with which error, and what the tape makes of it.

Basic indexing is NumPy's, so NumPy says what is expected. A list selects like a tuple (`t[[0, 1]]` is `t[0, 1]`), and
arrays of indices are refused: `tf.gather` is for those. A boolean mask selects.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import differs, same, tf

ARRAY = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)

BASIC = [
    np.s_[0],
    np.s_[-1],
    np.s_[0, 1],
    np.s_[1, -2, 3],
    np.s_[:],
    np.s_[...],
    np.s_[()],
    np.s_[1:],
    np.s_[:1],
    np.s_[:-1],
    np.s_[5:],
    np.s_[:-10],
    np.s_[1:1],
    np.s_[::-1],
    np.s_[:, ::2],
    np.s_[:, ::-2, 1:3],
    np.s_[:, 2:0:-1],
    np.s_[..., 0],
    np.s_[0, ...],
    np.s_[1, ..., -1],
    np.s_[:, 1],
    np.s_[:, :, :],
    np.s_[None],
    np.s_[..., None],
    np.s_[:, None, 0],
    np.s_[..., None, 0],
    np.s_[None, ..., None],
    np.s_[0:2:1, ..., 1],
    np.s_[np.int64(1)],
    np.s_[np.int32(0), np.int64(1) :],
    np.s_[np.array(1)],
]


def shown(index):
    return repr(index).replace("slice(None, None, None)", ":").replace("Ellipsis", "...")


def ones_at(index):
    """The gradient of the sum of what an index selects."""
    expected = np.zeros_like(ARRAY)
    np.add.at(expected, index, 1.0)
    return expected


@pytest.mark.parametrize("index", BASIC, ids=shown)
def test_basic_indexing_is_numpys(index):
    t = tf.constant(ARRAY)
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = t[index]
    assert isinstance(y, tf.Tensor)
    same(y, ARRAY[index])
    same(tape.gradient(y, t), ones_at(index))


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_scalar_tensors_are_indices(dtype):
    t, one = tf.constant(ARRAY), tf.constant(1, getattr(tf, dtype))
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = t[one]
    same(y, ARRAY[1])
    same(tape.gradient(y, t), ones_at(1))


def test_scalar_tensors_and_variables_in_every_position():
    t, i = tf.constant(ARRAY), tf.constant(1)
    same(t[i, i], ARRAY[1, 1])
    same(t[:, i], ARRAY[:, 1])
    same(t[:, i:], ARRAY[:, 1:])
    same(t[0, : tf.constant(2)], ARRAY[0, :2])
    same(t[..., :: tf.constant(2)], ARRAY[..., ::2])
    same(t[tf.Variable(1)], ARRAY[1])
    same(t[:, tf.Variable(1) :], ARRAY[:, 1:])
    same(t[tf.constant(1) - 1], ARRAY[0])


def test_newaxis():
    assert tf.newaxis is None
    same(tf.constant([1.0, 2.0])[:, tf.newaxis], [[1.0], [2.0]])


def test_a_list_selects_like_a_tuple():
    same(tf.constant(ARRAY)[[1]], ARRAY[1])
    same(tf.constant(ARRAY)[[0, 1]], ARRAY[0, 1])


# Masks


@pytest.mark.parametrize("convert", [tf.constant, np.asarray], ids=["tensor", "array"])
def test_a_boolean_mask_selects(convert):
    t = tf.constant(ARRAY)
    mask = ARRAY % 3 == 0
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = t[convert(mask)]
    same(y, ARRAY[mask])
    same(tape.gradient(y, t), mask.astype(np.float32))


def test_a_mask_of_the_leading_dimensions_selects_rows():
    mask = np.array([[True, False, True], [False, True, False]])
    same(tf.constant(ARRAY)[tf.constant(mask)], ARRAY[mask])
    same(tf.constant(ARRAY)[tf.constant([False, True])], ARRAY[[False, True]])


def test_a_mask_made_by_a_comparison():
    x = tf.constant([1.0, 5.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[x > 2.0] * 10.0
    same(y, [50.0, 30.0])
    same(tape.gradient(y, x), [0.0, 10.0, 10.0])


def test_a_mask_that_does_not_fit_is_a_value_error():
    with pytest.raises(ValueError, match="incompatible"):
        tf.constant([1.0, 2.0, 3.0])[tf.constant([True, False])]


def test_a_boolean_scalar_is_refused():
    with pytest.raises(ValueError, match="mask cannot be scalar"):
        tf.constant(ARRAY)[True]


# Errors


@pytest.mark.parametrize("index", [2, -3, np.s_[0, 3], np.s_[..., 4], np.s_[:, -4]], ids=shown)
def test_an_index_out_of_range_is_an_invalid_argument(index):
    with pytest.raises(tf.errors.InvalidArgumentError, match="out of bounds"):
        tf.constant(ARRAY)[index]


@differs("TensorFlow's message counts a negative index from the start: -3 of 2 is reported as -1")
def test_the_message_names_the_index_and_the_size():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)(?=.*-3)(?=.*\[2, 3, 4\])"):
        tf.constant(ARRAY)[-3]


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (np.s_[0, 0, 0, 0], r"(?i)too many|out of range|dimension"),
        (np.s_[..., 0, ...], r"(?i)ellips"),
        (np.s_[::0], r"non-?zero"),
    ],
)
def test_impossible_selections_are_invalid_arguments(index, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        tf.constant(ARRAY)[index]


def test_a_scalar_has_nothing_to_select():
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.constant(1.0)[0]
    same(tf.constant(1.0)[...], 1.0)
    same(tf.constant(1.0)[None], [1.0])


@pytest.mark.parametrize(
    "index",
    [1.0, "rows", {}, object(), np.array([0, 1]), np.s_[:, [0, 1]], np.s_[1.0:], ([0, 1], [1, 2])],
    ids=["float", "str", "dict", "object", "array", "list beside a slice", "float in a slice", "two lists"],
)
def test_other_indices_are_type_errors(index):
    with pytest.raises(TypeError, match="Only integers, slices"):
        tf.constant(ARRAY)[index]


@pytest.mark.parametrize("index", [[0, 1], [0], 1.0], ids=repr)
def test_vectors_and_floats_are_no_tensor_indices(index):
    with pytest.raises(TypeError, match="valid indices"):
        tf.constant(ARRAY)[tf.constant(index)]


@differs("TensorFlow's message does not say that tf.gather is the remedy")
@pytest.mark.parametrize("index", [np.array([0, 1]), np.s_[:, [0, 1]]], ids=["array", "list beside a slice"])
def test_the_refusal_of_index_arrays_names_gather(index):
    with pytest.raises(TypeError, match="gather"):
        tf.constant(ARRAY)[index]


# The tape


def test_the_gradient_of_a_slice_is_zero_elsewhere():
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[1:3] * tf.constant([10.0, 20.0])
    g = tape.gradient(y, x)
    assert isinstance(g, tf.Tensor)
    same(g, [0.0, 10.0, 20.0, 0.0])


def test_overlapping_slices_add():
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = [x[:3], x[1:] * 10.0, x[2] * 100.0]
    same(tape.gradient(y, x), [1.0, 11.0, 111.0, 10.0])


def test_a_loop_over_rows():
    x = tf.constant(ARRAY)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.constant(0.0)
        for i in range(2):
            for j in range(3):
                y = y + (i + 1.0) * (j + 1.0) * x[i, j, 0]
    expected = np.zeros_like(ARRAY)
    expected[..., 0] = np.outer([1, 2], [1, 2, 3])
    same(tape.gradient(y, x), expected)


def test_second_derivatives_through_slices():
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x[0] * x[1] * x[1]
        g = inner.gradient(y, x)
        first = g[1]
    same(g, [4.0, 4.0, 0.0])
    same(outer.gradient(first, x), [4.0, 2.0, 0.0])


def test_a_slice_of_a_variable():
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = v[1] * v[1:]
    same(y, [4.0, 6.0])
    g = tape.gradient(y, v)
    assert isinstance(g, tf.Tensor)
    same(g, [0.0, 7.0, 2.0])
