"""`tf.grad_pass_through`, a function with the gradient of the identity; `tf.recompute_grad`, one that runs again."""

from __future__ import annotations

import pytest

from tests.semantics.support import all_same, differs, needs, same, tf

pytestmark = [needs("grad_pass_through", "recompute_grad")]


# grad_pass_through


def test_forward_the_function_and_backward_the_identity():
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.grad_pass_through(lambda x: x * x)(x)
    same(y, [4.0, 9.0])
    same(tape.gradient(y, x), [1.0, 1.0])


def test_the_example_of_the_documentation():
    """An assignment inside the function: the value is 9, the gradient goes past it."""
    x = tf.Variable(1.0)
    z = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.grad_pass_through(x.assign)(z**2)
    same(y, 9.0)
    same(tape.gradient(y, z), 6.0)
    same(x, 9.0)


def test_a_function_that_has_no_gradient_gets_one():
    x = tf.constant([0.3, 1.7])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.grad_pass_through(tf.round)(x)
    same(y, [0.0, 2.0])
    same(tape.gradient(y, x), [1.0, 1.0])


def test_as_many_results_as_arguments():
    a, b = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y, z = tf.grad_pass_through(lambda a, b: (a * b, a + b))(a, b)
        total = 10.0 * y + 100.0 * z
    all_same(tape.gradient(total, [a, b]), [10.0, 100.0])


def test_fewer_results_than_arguments_are_an_error():
    a, b = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = tf.grad_pass_through(lambda a, b: a * b)(a, b)
    with pytest.raises(ValueError, match="expected to return 2 gradients, but returned 1 instead"):
        tape.gradient(y, [a, b])


def test_variables_inside_get_no_gradient():
    v = tf.Variable(5.0)
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.grad_pass_through(lambda x: x * v)(x)
    same(y, 10.0)
    all_same(tape.gradient(y, [x, v]), [1.0, None])


# recompute_grad


def test_the_same_value_and_gradient_with_a_second_call():
    calls = []

    def f(x):
        calls.append(1)
        return x * x * x

    x = tf.constant(2.0)
    g = tf.recompute_grad(f)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = g(x)
    assert len(calls) == 1
    same(y, 8.0)
    same(tape.gradient(y, x), 12.0)
    assert len(calls) == 2


def test_the_gradients_of_several_arguments_and_of_variables():
    v = tf.Variable(5.0)
    a, b = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = tf.recompute_grad(lambda a, b: a * b * v)(a, b)
    all_same(tape.gradient(y, [a, b, v]), [15.0, 10.0, 6.0])


def test_keyword_arguments_are_not_differentiated_when_recomputed():
    a, b = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = tf.recompute_grad(lambda a, b: a * b)(a, b=b)
    all_same(tape.gradient(y, [a, b]), [3.0, None])


def test_an_argument_that_the_function_does_not_use_has_gradient_zero():
    a, b = tf.constant(2.0), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = tf.recompute_grad(lambda a, b: a * a)(a, b)
    all_same(tape.gradient(y, [a, b]), [4.0, [0.0, 0.0]])


def test_nested_results():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        named = tf.recompute_grad(lambda x: {"square": x * x, "rest": [x * 3.0]})(x)
        y = 10.0 * named["square"] + named["rest"][0]
    same(tape.gradient(y, x), 43.0)


def test_the_function_is_kept_as_wrapped():
    def f(x):
        return x

    assert tf.recompute_grad(f).__wrapped__ is f


def test_what_f_reads_is_read_again():
    """The second run sees the variable as it is then: recomputing trades the snapshot for memory."""
    v = tf.Variable(5.0)
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.recompute_grad(lambda x: x * v)(x)
    v.assign(7.0)
    same(y, 10.0)
    same(tape.gradient(y, x), 7.0)


@differs("TensorFlow raises NotImplementedError: recompute_grad tried to transpose grad of f")
def test_second_derivatives_of_a_recomputed_function():
    x = tf.constant(2.0)
    g = tf.recompute_grad(lambda x: x * x * x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = g(x)
        first = inner.gradient(y, x)
    same(first, 12.0)
    same(outer.gradient(first, x), 12.0)


@differs("TensorFlow raises NotImplementedError: recompute_grad tried to transpose grad of f")
@needs("autodiff.ForwardAccumulator")
def test_tangents_of_a_recomputed_function():
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = tf.recompute_grad(lambda x: x * x * x)(x)
    same(acc.jvp(y), 12.0)
