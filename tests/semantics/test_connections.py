"""Which ops connect a target to its sources and which cut: the rule for None (section 1.5)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, needs, same, tf

POINT = [0.3, 1.7, 2.2]


def gradient_of(f, start=POINT):
    x = tf.constant(start)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


CUT = {
    "a cast to int and back": lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32),
    "a cast to bool and back": lambda x: tf.cast(tf.cast(x, tf.bool), tf.float32),
    "greater": lambda x: tf.cast(x > 1.0, tf.float32),
    "less_equal": lambda x: tf.cast(x <= 1.0, tf.float32),
    "equal": lambda x: tf.cast(tf.equal(x, 1.0), tf.float32),
    "where of a comparison": lambda x: tf.where(x > 1.0, 1.0, 0.0),
    "argmax": lambda x: tf.cast(tf.argmax(x), tf.float32),
    "argmin": lambda x: tf.cast(tf.argmin(x), tf.float32),
    "argsort": lambda x: tf.cast(tf.argsort(x), tf.float32),
    "numpy()": lambda x: tf.constant(x.numpy()) * 2.0,
    "float()": lambda x: tf.constant(float(x[0])) * 2.0,
    "np.array": lambda x: tf.constant(np.array(x)) * 2.0,
    "np.array of its elements": lambda x: tf.constant(np.array([x[0], x[1]], np.float32)),
    "tolist": lambda x: tf.constant(x.numpy().tolist()),
    "stop_gradient": lambda x: tf.stop_gradient(x) * 2.0,
    "floor": lambda x: tf.floor(x),
    "ceil": lambda x: tf.math.ceil(x),
    "round": lambda x: tf.round(x),
    "rint": lambda x: tf.math.rint(x),
    "floordiv": lambda x: tf.math.floordiv(x, 0.5),
    "//": lambda x: x // 0.5,
    "zeros_like": lambda x: tf.zeros_like(x),
    "ones_like": lambda x: tf.ones_like(x),
    "shape": lambda x: tf.cast(tf.shape(x), tf.float32),
    "size": lambda x: tf.cast(tf.size(x), tf.float32),
    "rank": lambda x: tf.cast(tf.rank(x), tf.float32),
    "one_hot": lambda x: tf.one_hot(tf.cast(x, tf.int32), 3),
    "searchsorted": lambda x: tf.cast(tf.searchsorted(x, [1.0]), tf.float32),
    "an assignment": lambda x: tf.Variable([0.0, 0.0, 0.0]).assign(x) * 2.0,
    "a new variable": lambda x: tf.Variable(x) * 2.0,
    "random.shuffle": lambda x: tf.random.shuffle(x),
    "numpy_function": lambda x: tf.numpy_function(np.sin, [x], tf.float32),
}
NEEDS = {
    "searchsorted": "searchsorted",
    "random.shuffle": "random.shuffle",
    "numpy_function": "numpy_function",
    "rint": "math.rint",
    "argsort": "argsort",
}


@pytest.mark.parametrize("how", [pytest.param(how, marks=needs(NEEDS[how]) if how in NEEDS else ()) for how in CUT])
def test_none_where_every_path_is_cut(how):
    assert gradient_of(CUT[how]) is None


@pytest.mark.parametrize("how", [pytest.param(how, marks=needs(NEEDS[how]) if how in NEEDS else ()) for how in CUT])
def test_a_cut_path_beside_an_open_one_adds_nothing(how):
    same(gradient_of(lambda x: tf.reduce_sum(CUT[how](x)) + tf.reduce_sum(3.0 * x)), [3.0, 3.0, 3.0])


OPEN = {
    "a cast to another float": lambda x: tf.cast(x, tf.float64),
    "identity": lambda x: tf.identity(x),
    "unpacking": lambda x: tf.stack(list(x)),
    "iterating": lambda x: sum(t for t in x),
    "sum()": sum,
    "indexing": lambda x: x[0] + x[1] + x[2],
    "convert_to_tensor of its elements": lambda x: tf.convert_to_tensor([x[0], x[1], x[2]]),
    "reduce_sum of a list of its elements": lambda x: tf.reduce_sum([x[0], x[1], x[2]]),
    "times an ndarray": lambda x: x * np.ones(3, np.float32),
    "an ndarray times it": lambda x: np.ones(3, np.float32) * x,
    "a NumPy scalar times it": lambda x: np.float32(1) * x,
    "plus an ndarray": lambda x: np.zeros(3, np.float32) + x,
}


@pytest.mark.parametrize("how", OPEN)
def test_these_keep_the_path(how):
    g = gradient_of(OPEN[how])
    assert g.dtype == tf.float32
    same(g, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("how", ["np_array * t", "np.float32(3) * t", "np_array - t", "np_array / t"])
def test_numpy_on_the_left_of_an_operator_gives_a_tensor(how):
    t = tf.constant([2.0, 4.0])
    left = np.array([3.0, 3.0], np.float32)
    y = {
        "np_array * t": lambda: left * t,
        "np.float32(3) * t": lambda: np.float32(3) * t,
        "np_array - t": lambda: left - t,
        "np_array / t": lambda: left / t,
    }[how]()
    assert isinstance(y, tf.Tensor)
    assert y.dtype == tf.float32


def test_a_numpy_function_of_a_tensor_returns_numpy():
    t = tf.constant(0.5)
    s = np.sin(t)
    assert not isinstance(s, tf.Tensor)
    assert isinstance(s, (float, np.floating, np.ndarray))
    np.testing.assert_allclose(s, np.sin(np.float32(0.5)), rtol=1e-6)


@needs("py_function")
def test_py_function_is_differentiable():
    same(gradient_of(lambda x: tf.py_function(lambda t: t * t, [x], tf.float32)), 2 * np.array(POINT, np.float32))


@needs("random.shuffle")
def test_a_shuffled_tensor_has_no_gradient_but_other_uses_do():
    same(gradient_of(lambda x: tf.random.shuffle(x) * 0.0 + x), [1.0, 1.0, 1.0])


ZERO = {
    "sign": lambda x: tf.sign(x),
    "zeros_like(x) * x": lambda x: tf.zeros_like(x) * x,
    "x * 0": lambda x: x * 0.0,
    "x - x": lambda x: x - x,
    "relu of negative numbers": lambda x: tf.nn.relu(-x),
}


@pytest.mark.parametrize("how", ZERO)
def test_a_gradient_of_zero_is_not_none(how):
    same(gradient_of(ZERO[how]), [0.0, 0.0, 0.0])


def test_stop_gradient_of_one_factor():
    same(gradient_of(lambda x: tf.stop_gradient(x) * x), np.array(POINT, np.float32))


def test_the_output_of_stop_gradient_is_a_source():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        s = tf.stop_gradient(x)
        y = s * s * x
    all_same(tape.gradient(s, [s, x]), [1.0, None])
    assert float(y) == 27.0


def test_a_watched_result_of_a_cut_op_is_a_source():
    x = tf.constant(2.7)
    with tf.GradientTape() as tape:
        tape.watch(x)
        f = tf.floor(x)
        tape.watch(f)
        y = f * f
    all_same(tape.gradient(y, [f, x]), [4.0, None])


def test_initialising_a_variable_from_a_watched_tensor_cuts():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        v = tf.Variable(x * x)
        y = v * v
    all_same(tape.gradient(y, [v, x]), [18.0, None])


# Ops without a gradient

UNREGISTERED = {
    "IsNan": ("math.is_nan", lambda x: tf.math.is_nan(x)),
    "Bitcast": ("bitcast", lambda x: tf.bitcast(x, tf.float32)),
    "Unique": ("unique", lambda x: tf.unique(x)[0]),
    "Lu": ("linalg.lu", lambda x: tf.linalg.lu(tf.reshape(x, [1, 1, 1, -1])[..., :1])[0]),
    "MatrixLogarithm": (
        "linalg.logm",
        lambda x: tf.math.real(tf.linalg.logm(tf.linalg.diag(tf.complex(x, tf.zeros_like(x))))),
    ),
    "HistogramFixedWidth": ("histogram_fixed_width", lambda x: tf.histogram_fixed_width(x, [0.0, 5.0])),
    "DenseBincount": ("math.bincount", lambda x: tf.math.bincount([0, 1, 1], weights=x)),
}


@pytest.mark.parametrize("op", [pytest.param(op, marks=needs(UNREGISTERED[op][0])) for op in UNREGISTERED])
def test_an_op_without_a_registered_gradient_raises_lookup_error(op):
    with pytest.raises(LookupError, match=f"gradient registry has no entry for: {op}"):
        gradient_of(UNREGISTERED[op][1])
