"""How a tensor prints: `repr`, `str`, `format` with and without a specification, `%`.

Programs print losses with `"{}".format(loss)` and f"{loss:.4f}", without `.numpy()`; so this is behaviour.
"""

from __future__ import annotations

import operator

import numpy as np
import pytest

from tests.semantics.support import differs, tf


def scalar(value, dtype=None):
    return tf.constant(value, None if dtype is None else getattr(tf, dtype))


# A number is shown as the Python number of the same value, so with all its digits; `str` shows what NumPy prints.
SCALARS = {
    "float32": (1 / 3, "0.3333333432674408", "0.33333334"),
    "float64": (1 / 3, "0.3333333333333333", "0.3333333333333333"),
    "float16": (1 / 3, "0.333251953125", "0.3333"),
    "bfloat16": (1 / 3, "0.333984375", "0.333984"),
    "int32": (7, "7", "7"),
    "int64": (-7, "-7", "-7"),
    "uint8": (200, "200", "200"),
    "bool": (True, "True", "True"),
    "complex64": (1 + 2j, "(1+2j)", "(1+2j)"),
    "complex128": (0.5 - 2j, "(0.5-2j)", "(0.5-2j)"),
    "string": ("text", "b'text'", "b'text'"),
}


@pytest.mark.parametrize("dtype", SCALARS)
def test_a_scalar(dtype):
    value, number, printed = SCALARS[dtype]
    t = scalar(value, dtype)
    assert repr(t) == f"<tf.Tensor: shape=(), dtype={dtype}, numpy={number}>"
    assert str(t) == f"tf.Tensor({printed}, shape=(), dtype={dtype})"
    assert f"{t}" == number
    assert "{}".format(t) == number  # noqa: UP032 - the form that programs use
    assert f"{t!r}" == repr(t)
    assert f"{t!s}" == str(t)


@pytest.mark.parametrize(
    ("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (1e20, "1.0000000200408773e+20")]
)
def test_special_numbers(value, shown):
    t = tf.constant(value)
    assert repr(t) == f"<tf.Tensor: shape=(), dtype=float32, numpy={shown}>"
    assert f"{t}" == shown


def test_text_that_is_not_ascii():
    t = tf.constant("é")
    assert repr(t) == "<tf.Tensor: shape=(), dtype=string, numpy=b'\\xc3\\xa9'>"
    assert f"{t}" == "b'\\xc3\\xa9'"


def test_a_vector():
    t = tf.constant([1.0, 2.0, 1 / 3])
    assert repr(t) == (
        "<tf.Tensor: shape=(3,), dtype=float32, numpy=array([1.        , 2.        , 0.33333334], dtype=float32)>"
    )
    assert str(t) == "tf.Tensor([1.         2.         0.33333334], shape=(3,), dtype=float32)"
    assert f"{t}" == "[1.         2.         0.33333334]"


def test_a_matrix_starts_on_a_new_line():
    t = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    assert repr(t) == (
        "<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\narray([[1., 2.],\n       [3., 4.]], dtype=float32)>"
    )
    assert str(t) == "tf.Tensor(\n[[1. 2.]\n [3. 4.]], shape=(2, 2), dtype=float32)"
    assert f"{t}" == "[[1. 2.]\n [3. 4.]]"


@pytest.mark.parametrize(
    ("value", "dtype", "array"),
    [
        ([1, 2], "int32", "array([1, 2], dtype=int32)"),
        ([1, 2], "int64", "array([1, 2])"),
        ([True, False], "bool", "array([ True, False])"),
        ([1 + 1j], "complex128", "array([1.+1.j])"),
        (["a", "b"], "string", "array([b'a', b'b'], dtype=object)"),
        ([0.5], "float64", "array([0.5])"),
        ([np.nan, np.inf], "float32", "array([nan, inf], dtype=float32)"),
    ],
)
def test_vectors_of_every_kind(value, dtype, array):
    t = scalar(value, dtype)
    assert repr(t) == f"<tf.Tensor: shape={tuple(t.shape)}, dtype={dtype}, numpy={array}>"
    assert str(t) == f"tf.Tensor({t.numpy()}, shape={tuple(t.shape)}, dtype={dtype})"
    assert f"{t}" == str(t.numpy())


def test_an_empty_tensor():
    t = tf.zeros((0, 2))
    assert repr(t) == "<tf.Tensor: shape=(0, 2), dtype=float32, numpy=array([], shape=(0, 2), dtype=float32)>"
    assert str(t) == "tf.Tensor([], shape=(0, 2), dtype=float32)"
    assert f"{t}" == "[]"


def test_a_long_vector_is_cut_as_numpy_cuts_it():
    t = tf.range(2000)
    assert str(t) == "tf.Tensor([   0    1    2 ... 1997 1998 1999], shape=(2000,), dtype=int32)"
    array = repr(np.arange(2000, dtype=np.int32))
    line = "\n" if "\n" in array else ""
    assert repr(t) == f"<tf.Tensor: shape=(2000,), dtype=int32, numpy={line}{array}>"


def test_the_print_options_of_numpy_hold():
    t = tf.constant([1 / 3, 2.0])
    with np.printoptions(precision=2):
        assert str(t) == "tf.Tensor([0.33 2.  ], shape=(2,), dtype=float32)"


@pytest.mark.parametrize("spec", [".4f", ".3e", "g", ".2%", "10.3f", ">12", "5", "+.1f"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_a_specification_formats_a_scalar_as_the_python_float(spec, dtype):
    t = scalar(1 / 3, dtype)
    assert format(t, spec) == format(float(t), spec)


@pytest.mark.parametrize("spec", ["d", "5", ">10", ".4f", "x", "g", ",", "03d"])
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_a_specification_formats_a_whole_number_as_the_python_int(spec, dtype):
    t = scalar(42, dtype)
    assert format(t, spec) == format(42, spec)


def test_other_scalars_with_a_specification():
    assert f"{tf.constant(True):d}" == "1"
    assert f"{tf.constant(True):5}" == format(True, "5")
    assert f"{tf.constant(1 + 2j):.1f}" == "1.0+2.0j"


@pytest.mark.parametrize(("value", "spec"), [(1.5, "d"), (1.5, "s"), (7, "s"), (True, "s"), (1 + 2j, "d")])
def test_a_specification_that_does_not_fit_is_a_value_error(value, spec):
    with pytest.raises(ValueError, match="Unknown format code"):
        format(tf.constant(value), spec)


@pytest.mark.parametrize("value", [[1.0, 2.0], [[1.0]], [1, 2], "text", []], ids=repr)
@pytest.mark.parametrize("spec", [".4f", "10"])
def test_an_array_or_a_string_takes_no_specification(value, spec):
    with pytest.raises(TypeError, match="unsupported format string"):
        format(tf.constant(value), spec)


@differs("TensorFlow's message names numpy.ndarray and does not say what to do")
def test_the_refusal_names_the_tensor():
    with pytest.raises(TypeError, match=r"(?i)tensor"):
        format(tf.constant([1.0, 2.0]), ".4f")


def test_percent_formatting():
    third, seven = tf.constant(1 / 3), tf.constant(7)
    assert operator.mod("%.2f %d", (third, seven)) == "0.33 7"
    assert operator.mod("%s", (seven,)) == "tf.Tensor(7, shape=(), dtype=int32)"


def test_print_shows_str(capsys):
    print(tf.constant([1.0, 2.0]), tf.constant(3))
    wanted = "tf.Tensor([1. 2.], shape=(2,), dtype=float32) tf.Tensor(3, shape=(), dtype=int32)\n"
    assert capsys.readouterr().out == wanted


def test_a_list_shows_the_tensors_by_repr():
    assert str([tf.constant(1.0)]) == "[<tf.Tensor: shape=(), dtype=float32, numpy=1.0>]"


def test_the_result_of_a_computation_prints_like_a_constant():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        assert repr(y) == "<tf.Tensor: shape=(), dtype=float32, numpy=4.0>"
    assert f"{tape.gradient(y, x):.3f}" == "4.000"
