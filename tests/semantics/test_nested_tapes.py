"""Tapes inside tapes: higher orders, and tensors that two tapes both watch (section 0)."""

from __future__ import annotations

import pytest

from tests.semantics.support import all_same, same, tf


def test_the_order_is_the_number_of_tapes():
    x = tf.constant(2.0)
    with tf.GradientTape() as t1:
        t1.watch(x)
        with tf.GradientTape() as t2:
            t2.watch(x)
            with tf.GradientTape() as t3:
                t3.watch(x)
                y = x**5
            d1 = t3.gradient(y, x)
        d2 = t2.gradient(d1, x)
    d3 = t1.gradient(d2, x)
    all_same([d1, d2, d3], [80.0, 160.0, 240.0])


def test_variables_need_no_watching_at_any_order():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(v**3)
        g = inner.gradient(y, v)
        norm = tf.reduce_sum(g * g)
    same(outer.gradient(norm, v), [36.0, 288.0])


def test_an_inner_gradient_taken_after_the_outer_context_is_not_recorded_by_it():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
    dy = inner.gradient(y, x)
    same(dy, 27.0)
    assert outer.gradient(dy, x) is None


def test_an_inner_gradient_depends_on_what_only_the_outer_tape_watches():
    x, a = tf.constant(3.0), tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(a)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = a * a * x * x
        dy = inner.gradient(y, x)
    same(dy, 24.0)
    same(outer.gradient(dy, a), 2 * 2.0 * 2 * 3.0)


def test_a_linear_function_has_no_second_derivative():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * 5.0
        dy = inner.gradient(y, x)
    same(dy, 5.0)
    assert outer.gradient(dy, x) is None


def test_mixed_derivatives_from_one_pair_of_tapes():
    x, z = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([x, z])
        with tf.GradientTape() as inner:
            inner.watch([x, z])
            y = x * x * z * z * z
        dx, dz = inner.gradient(y, [x, z])
    all_same([dx, dz], [108.0, 108.0])
    all_same(outer.gradient(dx, [x, z]), [54.0, 108.0])
    all_same(outer.gradient(dz, [x, z]), [108.0, 72.0])


def test_a_tape_may_be_used_in_a_function_that_another_tape_differentiates():
    def slope(f, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    x = tf.constant(0.5, tf.float64)
    same(slope(lambda a: slope(lambda b: slope(tf.exp, b), a), x), 1.6487212707001282, rtol=1e-12)


# Each tape knows only what it recorded itself.


@pytest.mark.parametrize("what", ["tensor", "variable"])
def test_what_was_computed_before_the_inner_tape_is_a_constant_to_it(what):
    x = tf.constant(3.0) if what == "tensor" else tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        y = x * x
        with tf.GradientTape() as inner:
            inner.watch(x)
            z = y * x
        dz = inner.gradient(z, x)
    same(dz, 9.0)
    same(outer.gradient(z, x), 27.0)
    same(outer.gradient(dz, x), 6.0)


def test_an_inner_tape_may_begin_at_an_intermediate_of_the_outer_one():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        y = x * x
        with tf.GradientTape() as inner:
            inner.watch(y)
            z = y * y * x
        dz_dy, dz_dx = inner.gradient(z, [y, x])
    same(dz_dy, 54.0)
    assert dz_dx is None
    all_same(outer.gradient(z, [x, y]), [5 * 81.0, 54.0])
    all_same(outer.gradient(dz_dy, [x, y]), [6 * 9.0, 6.0])


def test_one_tensor_on_many_tapes_one_after_the_other():
    """Each inner tape ends before the next begins; the outer one sees them all."""
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        total = tf.zeros([])
        for power in range(1, 6):
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x**power
            total += inner.gradient(y, x)
    same(total, sum(p * 2.0 ** (p - 1) for p in range(1, 6)))
    same(outer.gradient(total, x), sum(p * (p - 1) * 2.0 ** (p - 2) for p in range(2, 6)))


def test_a_tape_that_was_left_can_be_entered_inside_another_one():
    x = tf.constant(3.0)
    with tf.GradientTape() as first:
        first.watch(x)
        y = x * x
    with tf.GradientTape() as second:
        second.watch([x, y])
        with first:
            z = y * x
    all_same(first.gradient(z, [x, y]), [27.0, 3.0])
    all_same(second.gradient(z, [x, y]), [9.0, 3.0])


def test_a_persistent_tape_answers_for_an_outer_one_again_and_again():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            ys = [x**2, x**3]
        gs = [inner.gradient(y, x) for y in ys]
    all_same([outer.gradient(g, x) for g in gs], [[2.0, 2.0], [6.0, 12.0]])


# The same tensor object in two tapes


def partial(a, b, apart=False):
    """d(a * a * b) / da with b held constant, or so it seems."""
    if apart:
        a = tf.identity(a)
    with tf.GradientTape() as tape:
        tape.watch(a)
        y = a * a * b
    return tape.gradient(y, a)


def test_one_object_in_two_roles_is_differentiated_in_both():
    """Identity is identity: 3 x**2 = 12 where the partial derivative is 2 x b = 8."""
    x, copy = tf.constant(2.0), tf.constant(2.0)
    same(partial(x, copy), 8.0)
    same(partial(x, x), 12.0)


def test_identity_before_watch_separates_the_roles():
    x = tf.constant(2.0)
    same(partial(x, x, apart=True), 8.0)


@pytest.mark.parametrize(("apart", "first", "second"), [(False, 12.0, 12.0), (True, 8.0, 8.0)])
def test_under_an_outer_tape_that_watches_the_same_object(apart, first, second):
    """Apart: p(x) = 2 x * x, so dp/dx = 4 x = 8. Not apart: p(x) = 3 x**2, so dp/dx = 6 x = 12."""
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        p = partial(x, x, apart)
    same(p, first)
    same(outer.gradient(p, x), second)


@pytest.mark.parametrize("apart", [False, True])
def test_an_inner_descent_from_the_outer_start_point(apart):
    """One step of gradient descent from the outer point s on (x - 3 s)**2 / 2, whose derivative in x at s is -2 s.

    With x an object of its own the step goes to s + 0.2 s. With x the object s itself the inner tape differentiates
    2 s**2, and the step goes the other way, to s - 0.4 s, without a word.
    """
    s, rate = tf.constant(1.0), 0.1
    with tf.GradientTape() as outer:
        outer.watch(s)
        x = tf.identity(s) if apart else s
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = 0.5 * (x - 3.0 * s) ** 2
        x = x - rate * inner.gradient(loss, x)
    if apart:
        same(x, 1.2)
        same(outer.gradient(x, s), 1.2)
    else:
        same(x, 0.6)
        same(outer.gradient(x, s), 0.6)
