"""GradientTape's constructor and context: its options, entering, leaving, entering again (section 1)."""

from __future__ import annotations

import inspect

import pytest

from tests.semantics.support import all_same, differs, needs, same, tf

CONSUMED = r"A non-persistent GradientTape can only be used to compute one set of gradients \(or jacobians\)"


def test_it_is_exported_twice():
    assert tf.autodiff.GradientTape is tf.GradientTape


def test_the_public_methods():
    public = {name for name in dir(tf.GradientTape) if not name.startswith("_")}
    assert public == {"watch", "stop_recording", "reset", "watched_variables", "gradient", "jacobian", "batch_jacobian"}


def test_the_constructors_arguments():
    parameters = inspect.signature(tf.GradientTape).parameters
    assert list(parameters)[:2] == ["persistent", "watch_accessed_variables"]
    assert parameters["persistent"].default is False
    assert parameters["watch_accessed_variables"].default is True
    x = tf.constant(3.0)
    with tf.GradientTape(True, False) as tape:
        tape.watch(x)
        y = x * tf.Variable(2.0)
    same(tape.gradient(y, x), 2.0)
    same(tape.gradient(y, x), 2.0)
    assert tape.watched_variables() == ()


def test_a_tape_gives_one_set_of_gradients_unless_it_is_persistent():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    same(tape.gradient(y, x), 6.0)
    with pytest.raises(RuntimeError, match=CONSUMED):
        tape.gradient(y, x)


def test_one_call_may_ask_for_many_sources():
    x, z = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as tape:
        tape.watch([x, z])
        y = x * z
    all_same(tape.gradient(y, [x, z, y]), [5.0, 3.0, 1.0])


def test_a_persistent_tape_gives_any_number():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    for _ in range(3):
        same(tape.gradient(z, x), 108.0)
        same(tape.gradient(y, x), 6.0)
        same(tape.gradient(z, y), 18.0)


@differs("TensorFlow's core takes only the literal True: the second call fails with an InternalError")
@pytest.mark.parametrize("truth", [1, "yes"])
def test_persistent_is_a_truth_value(truth):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=truth) as tape:
        tape.watch(x)
        y = x * x
    same(tape.gradient(y, x), 6.0)
    same(tape.gradient(y, x), 6.0)


def test_a_trainable_variable_is_watched_when_it_is_read():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * v
    same(tape.gradient(y, v), 6.0)
    assert [u is v for u in tape.watched_variables()] == [True]


def test_a_read_before_the_context_does_not_count():
    v = tf.Variable(3.0)
    y = v * v
    with tf.GradientTape() as tape:
        z = y * 2.0
    assert tape.gradient(z, v) is None


def test_a_variable_that_is_not_trainable_is_not_watched_when_it_is_read():
    v = tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        y = v * v
    assert tape.watched_variables() == ()
    assert tape.gradient(y, v) is None


def test_without_watch_accessed_variables_only_watch_counts():
    v, w = tf.Variable(3.0), tf.Variable(5.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(w)
        y = v * w
    assert [u is w for u in tape.watched_variables()] == [True]
    all_same(tape.gradient(y, [v, w]), [None, 3.0])


@needs("function")
def test_a_variable_read_inside_a_tf_function_is_watched():
    v = tf.Variable(3.0)

    @tf.function
    def f():
        return v * v

    with tf.GradientTape() as tape:
        y = f()
    same(tape.gradient(y, v), 6.0)


@needs("function")
def test_watch_accessed_variables_holds_inside_a_tf_function_too():
    v = tf.Variable(3.0)

    @tf.function
    def f():
        return v * v

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        y = f()
    assert tape.gradient(y, v) is None


def test_entering_gives_the_tape():
    tape = tf.GradientTape()
    with tape as entered:
        assert entered is tape


def test_entering_an_active_tape_is_refused():
    again = r"Tape is still recording, This can happen if you try to re-enter an already-active tape\."
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(ValueError, match=again), tape:
            pass
        y = x * x  # the tape goes on recording
    same(tape.gradient(y, x), 6.0)


def test_entering_again_after_leaving_continues_the_same_tape():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    w = y * 2.0  # not recorded
    with tape:
        z = y * 7.0
        u = w * 5.0
    same(tape.gradient(y, x), 6.0)
    same(tape.gradient(z, x), 42.0)
    assert tape.gradient(w, x) is None
    assert tape.gradient(u, x) is None


def test_a_tape_that_is_not_persistent_continues_likewise():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    with tape:
        z = y * x
    same(tape.gradient(z, x), 27.0)


def test_entering_a_consumed_tape_starts_a_fresh_one():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    same(tape.gradient(y, x), 4.0)
    with tape:
        unwatched = x * x
        tape.watch(x)
        z = x * x * x
    same(tape.gradient([unwatched, z], x), 12.0)
    with pytest.raises(RuntimeError, match=CONSUMED):
        tape.gradient(z, x)


def test_the_fresh_tape_knows_nothing_of_the_old_one():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with tape:
        z = y * 3.0
    all_same(tape.gradient(z, [x, y]), [None, None])


def test_leaving_a_tape_that_does_not_record_does_nothing():
    x = tf.constant(3.0)
    tape = tf.GradientTape()
    assert not tape.__exit__(None, None, None)
    with tape:
        tape.watch(x)
        y = x * x
    assert not tape.__exit__(None, None, None)
    same(tape.gradient(y, x), 6.0)


def test_an_exception_leaves_the_context_and_what_was_recorded_stays_usable():
    x = tf.constant(3.0)
    tape = tf.GradientTape()
    with pytest.raises(ZeroDivisionError), tape:
        tape.watch(x)
        y = x * x
        raise ZeroDivisionError
    z = y * 2.0  # the context has been left: not recorded
    same(tape.gradient([y, z], x), 6.0)


def test_an_exception_in_an_inner_context_leaves_the_outer_recording():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with pytest.raises(ZeroDivisionError), tf.GradientTape():
            raise ZeroDivisionError
        y = x * x
    same(outer.gradient(y, x), 6.0)


def test_an_op_that_fails_is_not_recorded_and_the_tape_goes_on():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.matmul(tf.reshape(x, [1, 2]), tf.reshape(x, [1, 2]))
        y = x * x
    same(tape.gradient(y, x), [2.0, 4.0])
