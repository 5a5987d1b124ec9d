"""Derivatives where there is none: kinks, ties, poles, zeros. TensorFlow's numbers, which training runs depend on.

The functions over more shapes and dtypes are in tests/recorded; here is what SEMANTICS calls the numbers that a
replacement must reproduce, one by one, with the reason where there is one.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import differs, same, tf

NAN, INF = np.nan, np.inf


def slope(f, *xs, dtype="float32"):
    """The gradients of f by its arguments."""
    ts = [tf.constant(x, getattr(tf, dtype)) for x in xs]
    with tf.GradientTape() as tape:
        tape.watch(ts)
        y = f(*ts)
    gs = tape.gradient(y, ts)
    return gs[0] if len(gs) == 1 else gs


KINKS = {
    "relu": (lambda x: tf.nn.relu(x), 0.0, 0.0),
    "relu6 at 0": (lambda x: tf.nn.relu6(x), 0.0, 0.0),
    "relu6 at 6": (lambda x: tf.nn.relu6(x), 6.0, 0.0),
    "leaky_relu": (lambda x: tf.nn.leaky_relu(x), 0.0, 0.2),
    "leaky_relu, alpha 0.5": (lambda x: tf.nn.leaky_relu(x, alpha=0.5), 0.0, 0.5),
    "elu": (lambda x: tf.nn.elu(x), 0.0, 1.0),
    "abs": (lambda x: tf.abs(x), 0.0, 0.0),
    "sign at 0": (lambda x: tf.sign(x), 0.0, 0.0),
    "sign at 2": (lambda x: tf.sign(x), 2.0, 0.0),
    "maximum(x, 0)": (lambda x: tf.maximum(x, 0.0), 0.0, 1.0),
    "maximum(0, x)": (lambda x: tf.maximum(0.0, x), 0.0, 0.0),
    "minimum(x, 0)": (lambda x: tf.minimum(x, 0.0), 0.0, 1.0),
    "minimum(0, x)": (lambda x: tf.minimum(0.0, x), 0.0, 0.0),
    "clip_by_value, lower bound": (lambda x: tf.clip_by_value(x, -1.0, 1.0), -1.0, 1.0),
    "clip_by_value, upper bound": (lambda x: tf.clip_by_value(x, -1.0, 1.0), 1.0, 1.0),
    "clip_by_value, outside": (lambda x: tf.clip_by_value(x, -1.0, 1.0), 1.5, 0.0),
    "floormod": (lambda x: tf.math.floormod(x, 2.0), 3.0, 1.0),
    "norm": (lambda x: tf.norm(x), 0.0, NAN),
    "sqrt": (lambda x: tf.sqrt(x), 0.0, INF),
    "x ** 0.5": (lambda x: x**0.5, 0.0, INF),
    "x ** 2": (lambda x: x**2, 0.0, 0.0),
    "x ** 0": (lambda x: x**0, 0.0, NAN),
    "x ** x": (lambda x: x**x, 0.0, NAN),
    "log": (lambda x: tf.math.log(x), 0.0, INF),
    "xlogy(x, x)": (lambda x: tf.math.xlogy(x, x), 0.0, 0.0),
    "divide_no_nan": (lambda x: tf.math.divide_no_nan(x, x), 0.0, 0.0),
    "multiply_no_nan(log x, x)": (lambda x: tf.math.multiply_no_nan(tf.math.log(x), x), 0.0, NAN),
    "x / x": (lambda x: x / x, 0.0, NAN),
    "where(x > 0, log x, 0) at 0": (lambda x: tf.where(x > 0, tf.math.log(x), 0.0), 0.0, NAN),
    "double where": (lambda x: tf.where(x > 0, tf.math.log(tf.where(x > 0, x, 1.0)), 0.0), 0.0, 0.0),
    "l2_loss": (lambda x: tf.nn.l2_loss(x), 0.0, 0.0),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", KINKS)
def test_the_derivative_at_a_kink(name, dtype):
    f, x, expected = KINKS[name]
    same(slope(f, x, dtype=dtype), expected)


def test_where_keeps_the_sign_of_a_zero():
    """0 times 1/x at -1 is -0: the branch that was not taken is multiplied by zero, not left out."""
    g = slope(lambda x: tf.where(x > 0, tf.math.log(x), 0.0), -1.0).numpy()
    assert g == 0.0
    assert np.signbit(g)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_first_argument_wins_a_tie(name):
    a, b = slope(lambda a, b: getattr(tf, name)(a, b), [1.0, 2.0], [1.0, 3.0])
    same(a, [1.0, 0.0 if name == "maximum" else 1.0])
    same(b, [0.0, 1.0 if name == "maximum" else 0.0])


@pytest.mark.parametrize("name", ["reduce_max", "reduce_min"])
def test_ties_of_an_extremum_share_it(name):
    f = getattr(tf, name)
    same(slope(lambda x: f(x), [2.0, 2.0]), [0.5, 0.5])
    same(slope(lambda x: f(x), [5.0, 5.0, 5.0, 5.0]), [0.25] * 4)
    other = 3.0 if name == "reduce_min" else 1.0
    same(slope(lambda x: f(x), [2.0, other, 2.0]), [0.5, 0.0, 0.5])
    winner = [0.0, 1.0] if name == "reduce_max" else [1.0, 0.0]
    same(slope(lambda x: f(x, axis=1), [[2.0, 2.0], [1.0, 4.0]]), [[0.5, 0.5], winner])


def test_the_tie_of_a_maximum_differs_from_that_of_a_reduction():
    same(slope(lambda x: tf.maximum(x[0], x[1]), [2.0, 2.0]), [1.0, 0.0])
    same(slope(lambda x: tf.reduce_max(x), [2.0, 2.0]), [0.5, 0.5])


def test_relu_passes_nothing_below_and_everything_above():
    same(slope(lambda x: tf.nn.relu(x), [-1.0, -0.0, 0.0, 1e-30, 2.0]), [0.0, 0.0, 0.0, 1.0, 1.0])


def test_the_standard_deviation_of_equal_numbers_has_no_slope_and_their_variance_has_slope_zero():
    same(slope(lambda x: tf.math.reduce_std(x), [2.0, 2.0, 2.0]), [NAN] * 3)
    same(slope(lambda x: tf.math.reduce_variance(x), [2.0, 2.0, 2.0]), [0.0] * 3)


def test_l2_normalize_at_zero():
    """1 / sqrt(epsilon), with epsilon 1e-12."""
    same(slope(lambda x: tf.math.l2_normalize(x), [0.0, 0.0]), [1e6, 1e6], rtol=1e-5)


def test_logsumexp_of_equal_numbers():
    same(slope(lambda x: tf.reduce_logsumexp(x), [0.0, 0.0, 0.0]), [1 / 3] * 3)


@pytest.mark.parametrize(
    ("x", "expected"),
    [([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]), ([0.0, 3.0, 4.0], [12.0, 0.0, 0.0]), ([0.0, 3.0, 0.0], [0.0, 0.0, 0.0])],
    ids=["no zero", "one zero", "two zeros"],
)
def test_the_product_is_exact_with_zeros(x, expected):
    same(slope(lambda x: tf.reduce_prod(x), x), expected)


@differs("TensorFlow 2.21 gives [1, 0, 0]; later versions are right")
def test_the_running_product_is_exact_with_zeros():
    """[x, x y, x y z] at [-1, 0, 1]: 1 + y + y z, x + x z, x y."""
    same(slope(lambda x: tf.math.cumprod(x), [-1.0, 0.0, 1.0]), [1.0, -2.0, 0.0])
    same(slope(lambda x: tf.math.cumprod(x), [2.0, 0.0, 0.0]), [1.0, 2.0, 0.0])


def test_the_running_product_without_zeros():
    same(slope(lambda x: tf.math.cumprod(x), [2.0, 3.0, 4.0]), [1 + 3 + 12.0, 2 + 8.0, 6.0])


def test_powers_of_zero_by_both_arguments():
    """log 0 counts as 0 in the derivative by the exponent."""
    base, exponent = slope(lambda a, b: a**b, [0.0, 0.0, 0.0], [2.0, 1.0, 0.5])
    same(base, [0.0, 1.0, INF])
    same(exponent, [0.0, 0.0, 0.0])


def test_powers_of_negative_numbers():
    base, exponent = slope(lambda a, b: a**b, [-2.0, -2.0], [3.0, 2.0])
    same(base, [12.0, -4.0])
    same(exponent, [0.0, 0.0])


def test_a_zero_gradient_is_not_none():
    """`sign` has the gradient zero; `floor` has none."""
    same(slope(lambda x: tf.sign(x), 2.0), 0.0)
    same(slope(lambda x: tf.zeros_like(x) * x, 2.0), 0.0)
    for none in (tf.floor, tf.math.ceil, tf.round, tf.math.rint, tf.zeros_like, tf.ones_like):
        assert slope(lambda x, f=none: f(x), 2.5) is None


def test_the_fake_quantisation_passes_the_gradient_inside_its_range():
    if not hasattr(tf, "quantization"):
        pytest.skip("there is no tf.quantization yet")
    f = lambda x: tf.quantization.fake_quant_with_min_max_args(x, -1.0, 1.0)
    same(slope(f, [-2.0, 0.3, 2.0]), [0.0, 1.0, 0.0])


# Broadcasting


def test_gradients_are_summed_back_to_the_shape_of_the_input():
    same(slope(lambda x: x * tf.ones([2, 3]), 2.0), 6.0)
    same(slope(lambda x: x * tf.ones([2, 3]), [1.0, 2.0, 3.0]), [2.0, 2.0, 2.0])
    same(slope(lambda x: x * tf.ones([2, 3]), [[1.0], [2.0]]), [[3.0], [3.0]])
    same(slope(lambda x: x + tf.ones([4, 2, 3]), [[1.0], [2.0]]), [[12.0], [12.0]])


@pytest.mark.parametrize(
    "f", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a**b,
          lambda a, b: tf.maximum(a, b), lambda a, b: tf.math.squared_difference(a, b)],
    ids=["+", "-", "*", "/", "**", "maximum", "squared_difference"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("a", "b"),
    [((), (2, 3)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((1,), (2, 3)), ((2, 1, 3), (4, 1)), ((0, 3), (3,)), ((1, 1), ())],
)
def test_each_gradient_has_the_shape_of_its_input(f, a, b):
    x1, x2 = np.full(a, 2.0), np.full(b, 3.0)
    g1, g2 = slope(f, x1, x2)
    assert g1.shape == a
    assert g2.shape == b
    count = np.broadcast(x1, x2).size
    one1, one2 = slope(f, 2.0, 3.0)
    same(g1, np.full(a, one1.numpy() * (count / x1.size if x1.size else 0)))
    same(g2, np.full(b, one2.numpy() * (count / x2.size if x2.size else 0)))


def test_broadcasting_in_a_second_derivative():
    x, y = tf.constant(2.0), tf.constant([1.0, 3.0])
    with tf.GradientTape() as outer:
        outer.watch([x, y])
        with tf.GradientTape() as inner:
            inner.watch(x)
            z = x * x * y
        g = inner.gradient(z, x)  # 2 x (1 + 3)
    same(g, 16.0)
    gx, gy = outer.gradient(g, [x, y])
    same(gx, 8.0)
    same(gy, [4.0, 4.0])
