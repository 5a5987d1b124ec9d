"""`tf.stop_gradient`: the value goes through, the gradient does not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, needs, same, tf


def test_the_value_goes_through_and_the_gradient_stops():
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.stop_gradient(x * x)
    same(y, [4.0, 9.0])
    same(tape.gradient(y, x), None)


def test_the_stopped_tensor_is_constant_in_what_follows():
    """d/dx of x * stop(x) is x, not 2x."""
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.stop_gradient(x)
    same(tape.gradient(y, x), 3.0)


def test_the_stopped_tensor_is_a_tensor_of_its_own():
    x = tf.constant(3.0)
    s = tf.stop_gradient(x)
    assert s is not x
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = s * s
    same(tape.gradient(y, x), None)


def test_zeros_for_what_is_stopped_on_request():
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.stop_gradient(x * x)
    same(tape.gradient(y, x, unconnected_gradients="zero"), [0.0, 0.0])


def test_a_stopped_target_that_is_its_own_source():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        s = tf.stop_gradient(x * x)
        y = s * 5.0
    same(tape.gradient(s, s), 1.0)
    same(tape.gradient(y, s), None)  # not watched, and its op was not recorded


def test_a_stopped_tensor_that_is_watched_counts_from_there():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        s = tf.stop_gradient(x * x)
        tape.watch(s)
        y = s * 5.0 + x
    all_same(tape.gradient(y, [s, x]), [5.0, 1.0])


def test_a_variable_becomes_a_tensor():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        s = tf.stop_gradient(v)
        y = v * s
    assert isinstance(s, tf.Tensor)
    same(tape.gradient(y, v), [1.0, 2.0])


def test_a_list_is_stacked_and_a_number_converted():
    a, b = tf.constant(1.0), tf.constant(2.0)
    stacked = tf.stop_gradient([a, b])
    same(stacked, [1.0, 2.0])
    number = tf.stop_gradient(2.5)
    assert number.dtype == tf.float32
    same(number, 2.5)
    same(tf.stop_gradient(np.array([1, 2])), [1, 2])


@pytest.mark.parametrize("value", [3, True, "text", 2.0 + 1j], ids=repr)
def test_any_dtype_goes_through(value):
    s = tf.stop_gradient(tf.constant(value))
    assert s.dtype == tf.constant(value).dtype
    assert s.numpy() == (value.encode() if isinstance(value, str) else value)


def test_it_takes_a_name():
    same(tf.stop_gradient(tf.constant(1.0), name="stopped"), 1.0)
    same(tf.stop_gradient(input=tf.constant(1.0)), 1.0)


def test_softmax_with_a_stopped_maximum_has_the_gradient_of_softmax():
    x = tf.constant([1.0, 2.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        e = tf.exp(x - tf.stop_gradient(tf.reduce_max(x)))
        y = (e / tf.reduce_sum(e))[0]
        reference = tf.nn.softmax(x)[0]
    same(tape.gradient(y, x), tape.gradient(reference, x).numpy(), rtol=1e-5)


def test_a_straight_through_estimator():
    """round(x) forward, identity backward."""
    x = tf.constant([0.3, 1.7])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x + tf.stop_gradient(tf.round(x) - x)
    same(y, [0.0, 2.0])
    same(tape.gradient(y, x), [1.0, 1.0])


def test_second_derivatives_do_not_see_what_is_stopped():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        g = inner.gradient(y, x)
        stopped = tf.stop_gradient(g) * x
    same(outer.gradient(stopped, x), 27.0)


@needs("autodiff.ForwardAccumulator")
def test_tangents_stop_as_well():
    x = tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        s = tf.stop_gradient(x * x)
        y = s * x
    assert acc.jvp(s) is None
    same(acc.jvp(y), 9.0)
