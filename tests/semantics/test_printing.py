"""tf.print, character by character."""

from __future__ import annotations

import collections
import sys

import numpy as np
import pytest

from tests.semantics.support import differs, tf


@pytest.fixture
def printed(tmp_path):
    """A function that prints its arguments with tf.print and gives what was printed."""
    path = tmp_path / "printed"

    def run(*args, **kwargs):
        path.unlink(missing_ok=True)
        tf.print(*args, output_stream=f"file://{path}", **kwargs)
        return path.read_text("utf-8")

    return run


c = tf.constant
CASES = [
    (c(1.0), "1"),
    (c(0.1), "0.1"),
    (c(1e10), "1e+10"),
    (c(123456789.0), "123456792"),
    (c(1 / 3, tf.float64), "0.33333333333333331"),
    (c(3.14159265358979, tf.float64), "3.14159265358979"),
    (c(1e300, tf.float64), "1e+300"),
    (c(0.123456789), "0.123456791"),
    (c(1e6), "1e+06"),
    (c(100000.0), "100000"),
    (c(1e-5), "1e-05"),
    (c(float("nan")), "nan"),
    (c([np.inf, -np.inf]), "[inf -inf]"),
    (c(0.1, tf.float16), "0.0999755859"),
    (c(1.5, tf.bfloat16), "1.5"),
    (c(True), "1"),
    (c([True, False]), "[1 0]"),
    (c(-7), "-7"),
    (c([1, 2], tf.uint8), "[1 2]"),
    (c("hi"), "hi"),
    (c(["hi", "x"]), '["hi" "x"]'),
    (c([[0.1, 0.2], [1e-8, 1e8]]), "[[0.1 0.2]\n [1e-08 1e+08]]"),
    (tf.zeros([2, 2, 3]), "[[[0 0 0]\n  [0 0 0]]\n\n [[0 0 0]\n  [0 0 0]]]"),
    (tf.zeros([0]), "[]"),
    (tf.zeros([6]), "[0 0 0 0 0 0]"),
    (tf.range(10), "[0 1 2 ... 7 8 9]"),
    (1, "1"),
    (1.5, "1.5"),
    ("a", "a"),
    (None, "None"),
    (True, "True"),
    ([1, 2], "[1, 2]"),
    (["a", 1], "['a', 1]"),
    ({"b": 1, "a": c([1.0, 2.0])}, "{'a': [1 2], 'b': 1}"),
    ((1, c(2)), "(1, 2)"),
    ([c("a"), "b"], "[\"a\", 'b']"),
    ([c(1), c([2, 3])], "[1, [2 3]]"),
    ([[1, [2, c(3.0)]]], "[[1, [2, 3]]]"),
    (np.zeros(3), "array([0., 0., 0.])"),
    ({}, "{}"),
    (tf.TensorShape([1, 2]), "TensorShape([1, 2])"),
    (tf.float32, "tf.float32"),
    ("%d {} %s", "%d {} %s"),
    ("x\ny", "x\ny"),
    (c(['x\ny"é']), '["x\\ny\\"é"]'),
    (collections.OrderedDict(b=c(1), a=2), None),
    ({"a": {"z": c(1), "c": 2}}, "{'a': {'c': 2, 'z': 1}}"),
]


@pytest.mark.parametrize(("value", "text"), [pytest.param(v, t, id=str(i)) for i, (v, t) in enumerate(CASES)])
def test_one_value(printed, value, text):
    if text is None:  # Python's own way of writing it changed with 3.12
        text = repr(collections.OrderedDict(b=1, a=2))
    assert printed(value) == text + "\n"


def test_several_values_and_ends(printed):
    assert printed("a", "b", c(1), sep=",") == "a,b,1\n"
    assert printed(c([1.5, 2.25]), "and", 3) == "[1.5 2.25] and 3\n"
    assert printed("x", end="END") == "xEND"
    assert printed() == "\n"
    assert printed(tf.Variable([1.0, 2.0])) == "[1 2]\n"


def test_summaries(printed):
    x = tf.reshape(tf.range(100), [10, 10])
    assert printed(x, summarize=1) == "[[0 ... 9]\n ...\n [90 ... 99]]\n"
    assert printed(tf.range(10), summarize=2) == "[0 1 ... 8 9]\n"
    assert printed(tf.range(10), summarize=-1) == "[0 1 2 3 4 5 6 7 8 9]\n"
    assert printed(tf.reshape(tf.range(30), [10, 1, 3]), summarize=1) == "[[[0 ... 2]]\n\n ...\n\n [[27 ... 29]]]\n"


def test_streams(capfd):
    tf.print("to the error stream")
    tf.print(c(1), output_stream=sys.stdout)
    sys.stdout.flush()
    out, err = capfd.readouterr()
    assert out == "1\n"
    assert err == "to the error stream\n"


def test_unknown_arguments():
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments for tf\.print"):
        tf.print(1, bad=3)
    for stream in ("bad", 3):
        with pytest.raises(ValueError, match="Unsupported output stream"):
            tf.print(1, output_stream=stream)
    with pytest.raises(TypeError, match="Expected int for argument 'summarize'"):
        tf.print(1, summarize="a")


@differs("TensorFlow takes none but its own streams, and prints ? for complex numbers")
def test_any_stream_and_complex_numbers():
    import io

    stream = io.StringIO()
    tf.print(c([1 + 2j, 0.1 - 1e-9j]), output_stream=stream)
    assert stream.getvalue() == "[1+2j 0.1-1e-09j]\n"
