"""Elementwise functions, reductions and cross-entropies where the registry's small samples do not look: large arrays
take other paths, products have zeros, outputs are dropped, halves stay halves."""

from __future__ import annotations

import math

import numpy as np
import pytest

import gradtape as tf

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0]


def drawn(dtype, size=20_000):
    x = (3 * np.random.default_rng(0).normal(size=size)).astype(dtype)
    if x.dtype.kind == "f":
        x[: len(SPECIAL)] = SPECIAL
    return x


BOUNDED = {
    "maximum": lambda x: tf.maximum(x, 1),
    "minimum": lambda x: tf.minimum(x, 1),
    "maximum the other way": lambda x: tf.maximum(1, x),
    "clip_by_value": lambda x: tf.clip_by_value(x, -1, 1),
    "clip_by_value, bounds crossed": lambda x: tf.clip_by_value(x, 1, -1),
    "relu": tf.nn.relu,
    "relu6": tf.nn.relu6,
}
SMOOTH = {
    "elu": tf.nn.elu,
    "softplus": tf.nn.softplus,
    "log_sigmoid": tf.math.log_sigmoid,
    "leaky_relu": tf.nn.leaky_relu,
}
TYPED = [(name, dtype) for name in [*BOUNDED, *SMOOTH] for dtype in ("float32", "float64", "float16")]


@pytest.mark.parametrize(("name", "dtype"), [*TYPED, *((name, "int32") for name in BOUNDED)])
def test_a_large_array_gives_what_its_parts_give(name, dtype):
    f = {**BOUNDED, **SMOOTH}[name]
    x = drawn(dtype)
    whole = f(tf.constant(x)).numpy()
    parts = np.concatenate([f(tf.constant(x[i : i + 100])).numpy() for i in range(0, x.size, 100)])
    assert whole.dtype == parts.dtype
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("name", [*BOUNDED, *SMOOTH])
def test_the_gradient_of_a_large_array_is_that_of_its_parts(name):
    f = {**BOUNDED, **SMOOTH}[name]

    def gradient(x):
        t = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(t)
            y = f(t)
        return tape.gradient(y, t).numpy()

    x = drawn("float64")
    parts = np.concatenate([gradient(x[i : i + 100]) for i in range(0, x.size, 100)])
    np.testing.assert_array_equal(gradient(x), parts)


@pytest.mark.parametrize("f", [lambda x: tf.maximum(x, 0.0), lambda x: tf.clip_by_value(x, 0.0, 4.0)])
def test_an_infinite_cotangent_does_not_reach_the_number_that_lost(f):
    x = tf.constant([-1.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.sqrt(f(x))
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [0.0, 0.5])


def test_a_power_by_a_whole_number_agrees_with_numpys():
    x = drawn("float64", 1000)[len(SPECIAL) :]
    for n in (0, 1, 2, 3, 4, 5, -1, -2):
        np.testing.assert_allclose(tf.pow(x, float(n)).numpy(), x**n, rtol=1e-15)
    counts = np.array([2, -3, 5], np.int32)
    np.testing.assert_array_equal(tf.pow(counts, 3).numpy(), counts**3)


# Products with zeros


def second_derivatives(f, x):
    t = tf.constant(x)
    with tf.GradientTape() as outer:
        outer.watch(t)
        with tf.GradientTape() as inner:
            inner.watch(t)
            y = f(t)
        g = inner.gradient(y, t)
    return g.numpy(), outer.jacobian(g, t).numpy()


@pytest.mark.parametrize(
    "x", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0], [1e-200, 1e-200, 1e200]]
)
def test_the_derivatives_of_a_product_are_products_of_the_others(x):
    gradient, hessian = second_derivatives(tf.reduce_prod, np.array(x))
    a, b, c = x
    np.testing.assert_allclose(gradient, [b * c, a * c, a * b])
    np.testing.assert_allclose(hessian, [[0, c, b], [c, 0, a], [b, a, 0]])


@pytest.mark.parametrize("x", [[2.0, 3.0, 4.0], [-1.0, 0.0, 1.0], [0.0, 0.0, 4.0]])
def test_the_derivatives_of_running_products_are_products_of_the_others(x):
    gradient, hessian = second_derivatives(tf.math.cumprod, np.array(x))  # of a + a b + a b c
    a, b, c = x
    np.testing.assert_allclose(gradient, [1 + b + b * c, a + a * c, a * b])
    np.testing.assert_allclose(hessian, [[0, 1 + c, b], [1 + c, 0, a], [b, a, 0]])


def test_a_long_running_product_is_differentiated_without_division():
    x = np.random.default_rng(0).choice([-1.0, 0.0, 0.5, 2.0], 300, p=[0.4, 0.02, 0.18, 0.4])
    t = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = tf.math.cumprod(t, reverse=True)
    expected = np.zeros(300)
    for i in range(300):
        ones = np.where(np.arange(300) == i, 1.0, x)
        expected[i] = np.cumprod(ones[::-1])[::-1][: i + 1].sum()
    np.testing.assert_allclose(tape.gradient(y, t).numpy(), expected, rtol=1e-12)


# Cross-entropies keep their softmax aside


@pytest.mark.parametrize("sparse", [True, False])
def test_the_second_derivative_of_a_cross_entropy_goes_through_the_softmax_that_nobody_holds(sparse):
    logits = np.array([[0.5, -1.0, 2.0]])
    labels = np.array([2]) if sparse else np.array([[0.0, 0.0, 1.0]])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits if sparse else tf.nn.softmax_cross_entropy_with_logits
    gradient, hessian = second_derivatives(lambda x: loss(labels, x), logits)
    p = np.exp(logits[0]) / np.exp(logits[0]).sum()
    np.testing.assert_allclose(gradient[0], p - [0, 0, 1], rtol=1e-14)
    np.testing.assert_allclose(hessian[0, :, 0], np.diag(p) - np.outer(p, p), rtol=1e-14)


def test_a_class_of_label_zero_and_probability_zero_counts_nothing():
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0]], logits=[[-np.inf, 3.0]])
    np.testing.assert_array_equal(loss.numpy(), [0.0])


def test_many_labels_are_checked_like_few():
    logits = tf.zeros([100, 3])
    for bad in (3, -1):
        labels = np.zeros(100, np.int64)
        labels[70] = bad
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"label value of {bad} which is outside"):
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


# Dtypes

HALVES = {
    "sqrt": tf.sqrt,
    "rsqrt": tf.math.rsqrt,
    "gelu": tf.nn.gelu,
    "approximate gelu": lambda x: tf.nn.gelu(x, approximate=True),
    "selu": tf.nn.selu,
    "silu": tf.nn.silu,
    "erf": tf.math.erf,
    "leaky_relu": tf.nn.leaky_relu,
    "softmax": tf.nn.softmax,
    "reduce_variance": tf.math.reduce_variance,
    "reduce_logsumexp": tf.reduce_logsumexp,
    "l2_loss": tf.nn.l2_loss,
    "clip_by_value": lambda x: tf.clip_by_value(x, 0.0, 1.5),
    "bessel_i1e": tf.math.bessel_i1e,
}


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
@pytest.mark.parametrize("name", HALVES)
def test_halves_stay_halves(name, dtype):
    x = tf.constant([1.0, 2.0], dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = HALVES[name](x)
    assert y.dtype == dtype
    assert tape.gradient(y, x).dtype == dtype


@pytest.mark.parametrize("f", [tf.logical_and, tf.math.logical_xor, tf.bitwise.bitwise_or])
def test_an_op_without_floats_refuses_them(f):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not in the list of allowed values"):
        f(tf.constant([1.0]), tf.constant([2.0]))


# Special functions


@pytest.mark.parametrize("a", [0.05, 0.7, 1.0, 4.0, 60.0])
@pytest.mark.parametrize("ratio", [0.02, 0.9, 1.0, 1.3, 6.0])
def test_igamma_is_differentiated_by_its_shape(a, ratio):
    shape, x, h = tf.constant(a, tf.float64), tf.constant(a * ratio, tf.float64), a * 1e-3
    with tf.GradientTape() as tape:
        tape.watch(shape)
        y = tf.math.igamma(shape, x)
    f = [float(tf.math.igamma(tf.constant(a + k * h, tf.float64), x)) for k in (-2, -1, 1, 2)]
    expected = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
    assert math.isclose(float(tape.gradient(y, shape)), expected, rel_tol=1e-7, abs_tol=1e-9)


def test_bessel_functions_of_order_one_have_a_slope_at_the_origin():
    x = tf.constant(0.0, tf.float64)
    for f in (tf.math.bessel_i1, tf.math.bessel_i1e, tf.math.special.bessel_j1):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        assert float(tape.gradient(y, x)) == 0.5
