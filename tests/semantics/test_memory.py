"""What a tape keeps alive, and when it lets go: counted in arrays of 40 MB (section 0)."""

from __future__ import annotations

import pytest

from tests.semantics.support import arrays_held, big, differs, tf


def test_the_count_counts():
    with arrays_held() as held:
        a, b = big(), big()
        c = a * b
        assert held() == 3
        del a, b
        assert held() == 1
        del c
        assert held() == 0


def test_without_a_tape_nothing_but_the_result_is_kept():
    with arrays_held() as held:
        x = big()
        y = tf.exp(tf.exp(x * x) * 0.0)
        assert held() == 2
        del x, y
        assert held() == 0


def test_a_dead_branch_is_freed_at_once_while_the_tape_is_active():
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        tape.watch(x)
        for _ in range(3):
            branch = tf.sin(tf.cos(x * x) * 1e-3)
            assert held() >= 1
            del branch
            assert held() == 0


@differs("in TensorFlow the record of an op that needs its own output keeps that output, and with it itself, alive")
def test_a_dead_branch_of_ops_that_need_their_outputs_is_freed_at_once_too():
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        tape.watch(x)
        for _ in range(3):
            branch = tf.tanh(tf.exp(x * x) * 1e-3)
            assert held() >= 1
            del branch
            assert held() == 0


def test_ops_that_a_living_tensor_needs_are_kept():
    x = big()
    with arrays_held() as held:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.exp(x * x))
            assert held() >= 1  # exp needs its own result
        assert held() >= 1
        g = tape.gradient(y, x)
        assert held() == 1
        assert float(g[0]) > 0


def test_ops_on_unwatched_tensors_keep_nothing():
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.exp(tf.exp(x)))
        assert held() == 0
        assert tape.gradient(y, x) is None


def test_a_tape_that_is_not_persistent_frees_everything_in_gradient():
    """Though the tape, the loss and a prediction are still there."""
    x = big()
    with arrays_held() as held:
        with tf.GradientTape() as tape:
            tape.watch(x)
            prediction = tf.exp(tf.exp(x) * 0.5)
            loss = tf.reduce_sum(prediction * prediction)
        assert held() >= 2  # the prediction and the inner exp at least
        g = tape.gradient(loss, x)
        assert held() == 2  # the prediction and g
        del g, prediction
        assert held() == 0
        assert float(loss) > 0
        assert tape.watched_variables() == ()


def test_that_holds_inside_its_own_context_too():
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.exp(tf.exp(x) * 0.5))
        g = tape.gradient(y, x)
        assert held() == 1
        del g
        assert held() == 0


def test_a_persistent_tape_keeps_its_ops_until_it_is_deleted():
    x = big()
    with arrays_held() as held:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.exp(tf.exp(x) * 0.5))
        kept = held()
        assert kept >= 2  # the results of the two exps
        for _ in range(2):
            tape.gradient(y, x)
            assert held() == kept
        del tape
        assert held() == 0
        assert float(y) > 0


def test_a_tape_that_is_never_asked_frees_everything_when_it_is_deleted():
    x = big()
    with arrays_held() as held:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.exp(tf.exp(x) * 0.5))
        assert held() >= 2
        del tape
        assert held() == 0
        assert float(y) > 0


def test_reset_frees_everything():
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.exp(tf.exp(x) * 0.5))
        assert held() >= 2
        tape.reset()
        assert held() == 0
        assert float(y) > 0


def test_another_tape_keeps_what_it_recorded():
    x = big()
    with arrays_held() as held:
        with tf.GradientTape() as outer, tf.GradientTape() as inner:
            outer.watch(x)
            inner.watch(x)
            y = tf.reduce_sum(tf.exp(tf.exp(x) * 0.5))
        g = inner.gradient(y, x)
        assert held() >= 3  # g, and what outer still needs
        h = outer.gradient(y, x)
        assert held() == 2
        assert float(g[0]) == float(h[0])


def test_an_assigned_variables_old_value_is_kept_only_while_the_tape_needs_it():
    v = tf.Variable(big())
    other = big()
    with arrays_held() as held:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v * v)
            v.assign(other)
        same_storage = held()
        g = tape.gradient(y, v)
        assert held() <= same_storage + 1
        assert abs(float(g[0]) - 2 * 1.0001) < 1e-9
        del g
        assert (
            held() <= 1
        )  # whether a variable shares its value's array with the tensor assigned to it is the library's business


@pytest.mark.parametrize("steps", [20])
def test_a_training_loop_does_not_grow(steps):
    v = tf.Variable(big())
    with arrays_held() as held:
        for step in range(steps):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.square(v))
            v.assign_sub(1e-3 * tape.gradient(loss, v))
            if step >= 2:
                assert held() <= 2
        assert float(loss) > 0


@differs(
    "TensorFlow forgets to: after the context has been left nothing is freed before gradient() or the end of the tape"
)
def test_a_dead_branch_is_freed_at_once_after_the_context_too():
    x = big()
    with arrays_held() as held:
        with tf.GradientTape() as tape:
            tape.watch(x)
            branch = tf.exp(tf.exp(x * x) * 1e-3)
            y = tf.reduce_sum(x)
        assert held() >= 2
        del branch
        assert held() == 0
        assert float(tape.gradient(y, x)[0]) == 1.0


KEEPS_NOTHING = {
    "adding a constant": lambda x: x + 1.0,
    "a product with a number": lambda x: x * 3.0,
    "negation": lambda x: -x,
    "identity": lambda x: tf.identity(x),
    "reshape": lambda x: tf.reshape(x, [-1, 2]),
}


@differs("TensorFlow keeps inputs that no rule reads, that of `y + 1.` for one")
@pytest.mark.parametrize("how", KEEPS_NOTHING)
def test_an_op_whose_rule_reads_nothing_keeps_nothing(how):
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        tape.watch(x)
        y = x - 1.0
        z = tf.reduce_sum(KEEPS_NOTHING[how](y))
        del y
        assert held() == 0
        assert float(tape.gradient(z, x)[0]) in (1.0, 3.0, -1.0)


@differs("TensorFlow keeps more than the rules read")
def test_exp_keeps_its_result_alone():
    x = big()
    with arrays_held() as held, tf.GradientTape() as tape:
        tape.watch(x)
        y = x - 1.0
        z = tf.reduce_sum(tf.exp(y))
        del y
        assert held() == 1
        assert float(tape.gradient(z, x)[0]) > 0
