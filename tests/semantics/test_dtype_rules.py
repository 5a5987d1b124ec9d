"""Dtypes: tensors never promote one another; Python and NumPy values take the tensor's; what converts to what."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, same, tf

# The dtype of a constant


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (1.0, "float32"),
        (True, "bool"),
        (1j, "complex128"),
        ("text", "string"),
        (b"bytes", "string"),
        ([1, 2], "int32"),
        ([1, 2.5], "float32"),
        ([[1.0], [2.0]], "float32"),
        ([True, False], "bool"),
        ([], "float32"),
        ((1.0, 2.0), "float32"),
        (2**31, "int64"),
        (np.float64(1), "float64"),
        (np.float32(1), "float32"),
        (np.int64(1), "int64"),
        (np.int32(1), "int32"),
        (np.uint8(1), "uint8"),
        (np.bool_(True), "bool"),
        (np.array([1.0, 2.0]), "float64"),
        (np.array([1, 2]), "int64"),
        (np.array([1.0], np.float16), "float16"),
        ([np.float64(1.0), np.float64(2.0)], "float64"),
        ([np.float32(1.0), 2.0], "float32"),
        ([np.array([1.0]), np.array([2.0])], "float64"),
        (range(3), "int32"),
    ],
    ids=repr,
)
def test_the_dtype_of_a_constant(value, dtype):
    assert tf.constant(value).dtype == getattr(tf, dtype)
    assert tf.convert_to_tensor(value).dtype == getattr(tf, dtype)


@pytest.mark.parametrize("dtype", ["float64", np.float64, float, "double", tf.float64], ids=repr)
def test_ways_to_name_a_dtype(dtype):
    wanted = tf.float32 if dtype is float else tf.float64
    assert tf.constant(1, dtype=dtype).dtype == wanted
    assert tf.zeros([2], dtype=dtype).dtype == wanted
    assert tf.cast(1, dtype).dtype == wanted


@pytest.mark.parametrize(
    ("value", "dtype"), [(1.5, "int32"), (1j, "float32"), ("a", "float32"), (1, "string"), (1, "bool"), (1.0, "bool")]
)
def test_a_python_value_that_the_dtype_does_not_take_is_a_type_error(value, dtype):
    with pytest.raises(TypeError):
        tf.constant(value, getattr(tf, dtype))


def test_numpy_values_are_converted_to_the_dtype_asked_for():
    assert tf.constant(np.float64(1.5), tf.float32).dtype == tf.float32
    same(tf.constant(np.array([1.7, -1.7]), tf.int32), [1, -1])
    same(tf.constant(np.array([1, 0]), tf.bool), [True, False])


def test_a_list_of_arrays_and_numbers_that_is_no_array_is_a_value_error():
    with pytest.raises(ValueError, match=r"non-rectangular|Can't convert"):
        tf.constant([[1.0, 2.0], [3.0]])


def test_none_and_objects_do_not_convert():
    for value in (None, object(), {"a": 1.0}, {1.0, 2.0}, [1.0, None]):
        with pytest.raises((ValueError, TypeError)):
            tf.convert_to_tensor(value)
    with pytest.raises(ValueError, match="Attempt to convert a value"):
        tf.convert_to_tensor(None)


# Tensors


def test_converting_a_tensor_gives_the_tensor_itself():
    t = tf.constant([1.0, 2.0])
    assert tf.convert_to_tensor(t) is t
    assert tf.convert_to_tensor(t, tf.float32) is t
    assert tf.constant(t) is t
    assert tf.identity(t) is not t


def test_converting_a_tensor_to_another_dtype_is_a_value_error():
    t = tf.constant([1.0, 2.0])
    with pytest.raises(ValueError, match="Tensor conversion requested dtype float64 for Tensor with dtype float32"):
        tf.convert_to_tensor(t, tf.float64)


def test_a_hint_is_only_followed_where_it_can_be():
    assert tf.convert_to_tensor([1, 2], dtype_hint=tf.float32).dtype == tf.float32
    assert tf.convert_to_tensor([1.5], dtype_hint=tf.int32).dtype == tf.float32
    assert tf.convert_to_tensor(tf.constant(1.0), dtype_hint=tf.int32).dtype == tf.float32


def test_a_list_of_tensors_is_stacked_and_stays_connected():
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        stacked = tf.convert_to_tensor([x[0], x[1]])
        nested = tf.convert_to_tensor([[x[0], 5.0], [x[1], x[0]]])
        total = tf.reduce_sum([x[0], x[2] * 2.0])
    same(stacked, [1.0, 2.0])
    same(nested, [[1.0, 5.0], [2.0, 1.0]])
    same(tape.gradient(stacked, x), [1.0, 1.0, 0.0])
    same(tape.gradient(nested, x), [2.0, 1.0, 0.0])
    same(tape.gradient(total, x), [1.0, 0.0, 2.0])


def test_functions_take_lists_of_tensors():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.square([x[0] * 3.0, x[1]])) + tf.reduce_max([x[0], x[1]])
    same(tape.gradient(y, x), [18.0, 5.0])


def test_a_constant_takes_no_list_of_tensors():
    """A constant would cut the gradient without a word, so it is refused; convert_to_tensor or stack is meant."""
    x = tf.constant([1.0, 2.0])
    with pytest.raises(ValueError):
        tf.constant([x[0], x[1]])


def test_an_array_of_tensors_cuts_the_gradient():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.constant(np.array([x[0], x[1]])) * 2.0
        z = float(x[0]) * 2.0 * tf.constant(1.0)
    assert tape.gradient(y, x) is None
    assert tape.gradient(z, x) is None


# No promotion


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b,
        lambda a, b: tf.add(a, b),
        lambda a, b: tf.maximum(a, b),
        lambda a, b: tf.matmul(a[None], b[:, None]),
        lambda a, b: tf.concat([a, b], 0),
        lambda a, b: tf.where([True, False], a, b),
        lambda a, b: tf.stack([a, b]),
        lambda a, b: tf.math.squared_difference(a, b),
    ],
    ids=["+", "add", "maximum", "matmul", "concat", "where", "stack", "squared_difference"],
)
@pytest.mark.parametrize(
    ("a", "b"), [("float32", "float64"), ("float32", "int32"), ("int64", "int32"), ("complex64", "float32")]
)
def test_tensors_of_two_dtypes_are_refused(f, a, b):
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError, TypeError)):
        f(tf.cast([1, 2], a), tf.cast([3, 4], b))


@pytest.mark.parametrize(("a", "b"), [("float32", "float64"), ("float32", "int32")])
def test_the_refusal_is_an_invalid_argument(a, b):
    for f in (tf.add, tf.multiply, tf.maximum, tf.pow, lambda x, y: x * y):
        with pytest.raises(tf.errors.InvalidArgumentError):
            f(tf.cast([1, 2], a), tf.cast([3, 4], b))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "complex64"])
def test_python_and_numpy_operands_take_the_dtype_of_the_tensor(dtype):
    t = tf.cast([1, 2], dtype)
    for other in (2, np.int32(2), np.float64(2), np.array(2.0), np.array([2, 2]), [2, 2]):
        assert (t * other).dtype == t.dtype
        assert (other * t).dtype == t.dtype
        assert tf.multiply(t, other).dtype == t.dtype
        assert tf.maximum(tf.math.real(t), other).dtype == tf.math.real(t).dtype


def test_an_imaginary_factor_of_a_real_tensor_is_a_type_error():
    with pytest.raises(TypeError):
        tf.constant(1.0) * 2.5j


# Casts and the tape


@pytest.mark.parametrize("via", ["float64", "float16", "bfloat16", "complex64"])
def test_a_cast_between_differentiable_dtypes_is_differentiable(via):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(x, via) * 3
    g = tape.gradient(y, x)
    assert g.dtype == tf.float32
    same(g, [3.0, 3.0])


@pytest.mark.parametrize("via", ["int32", "bool", "int64", "uint8"])
def test_a_cast_to_whole_numbers_or_truth_values_cuts_the_gradient(via):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(tf.cast(x, via), tf.float32) * 3.0
    assert tape.gradient(y, x) is None


def test_the_gradient_has_the_dtype_of_its_source():
    x = tf.constant(2.0, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(tf.cast(x, tf.float32) * 3.0, tf.float16)
    g = tape.gradient(y, x)
    assert g.dtype == tf.float64
    same(g, 3.0)


def test_a_cast_to_the_same_dtype_is_the_tensor_itself():
    t = tf.constant([1.0])
    assert tf.cast(t, tf.float32) is t


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_every_differentiable_dtype_has_gradients(dtype):
    x = tf.cast([1.0, 2.0], dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * 3
    g = tape.gradient(y, x)
    assert g.dtype == x.dtype
    same(tf.cast(g, tf.complex128), [6.0, 12.0])


def test_unary_functions_keep_the_dtype():
    for dtype in (tf.float16, tf.float32, tf.float64):
        x = tf.constant([0.5, 1.0], dtype)
        for f in (tf.exp, tf.sin, tf.sqrt, tf.math.log, tf.tanh, tf.sigmoid, tf.square, tf.reduce_mean, tf.nn.softmax):
            assert f(x).dtype == dtype


def test_functions_of_whole_numbers_that_have_no_meaning_are_refused():
    for f in (tf.exp, tf.sin, tf.sqrt, tf.math.log, tf.tanh, tf.sigmoid):
        with pytest.raises(tf.errors.InvalidArgumentError):
            f(tf.constant([1, 2]))


def test_means_of_whole_numbers_are_whole():
    m = tf.reduce_mean([1, 2, 2])
    assert m.dtype == tf.int32
    same(m, 1)


def test_the_dtypes_of_counts_and_places():
    assert tf.argmax([1.0, 2.0]).dtype == tf.int64
    assert tf.shape([1.0, 2.0]).dtype == tf.int32
    assert tf.size([1.0]).dtype == tf.int32
    assert tf.rank([1.0]).dtype == tf.int32
    assert tf.range(3).dtype == tf.int32
    assert tf.range(3.0).dtype == tf.float32
    assert tf.one_hot([1], 2).dtype == tf.float32
    assert tf.where([True]).dtype == tf.int64
    all_same([tf.argmax([[1.0, 5.0, 2.0]], axis=1), tf.where([False, True])], [[1], [[1]]])
