"""GradientTape.stop_recording and reset (sections 1.2 and 1.3)."""

from __future__ import annotations

import pytest

from tests.semantics.support import all_same, same, tf

STOP_WITHOUT_TAPE = r"Trying to stop recording a tape which is not recording\."
NOT_RECORDING = r"Tape is not recording\."


# stop_recording


def test_ops_inside_the_block_are_missing():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        a = x * x
        with tape.stop_recording():
            b = x * x
            c = a * x
        d = x * x * x
    all_same([tape.gradient(t, x) for t in (a, b, c, d)], [6.0, None, None, 27.0])


def test_it_yields_none():
    with tf.GradientTape() as tape, tape.stop_recording() as given:
        assert given is None


def test_tensors_that_were_watched_stay_watched():
    x, v = tf.constant(3.0), tf.Variable(5.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, v])
        with tape.stop_recording():
            pass
        y = x * v
    all_same(tape.gradient(y, [x, v]), [5.0, 3.0])


def test_variables_read_inside_the_block_are_not_watched():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape, tape.stop_recording():
        v.read_value()
    assert tape.watched_variables() == ()


@pytest.mark.parametrize("which", ["outer", "inner"])
def test_other_tapes_go_on_recording(which):
    x = tf.constant(3.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        stopped, other = (outer, inner) if which == "outer" else (inner, outer)
        with stopped.stop_recording():
            y = x * x
        z = x * x
    same(other.gradient([y, z], x), 12.0)
    same(stopped.gradient([y, z], x), 6.0)


def test_it_can_be_used_again_and_again():
    x = tf.constant(3.0)
    total = []
    with tf.GradientTape() as tape:
        tape.watch(x)
        for _ in range(3):
            with tape.stop_recording():
                total.append(x * x)
            total.append(x * x)
    same(tape.gradient(total, x), 18.0)


def test_gradients_computed_inside_the_block_of_a_persistent_tape_are_not_recorded():
    """The documented use: several gradients in the middle of a context, without the cost of recording them."""
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        with tape.stop_recording():
            dy = tape.gradient(y, x)
        same(dy, 27.0)
    assert tape.gradient(dy, x) is None
    same(tape.gradient(y, x), 27.0)


def test_a_tape_consumed_inside_the_block_resumes_as_a_fresh_one():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            same(tape.gradient(y, x), 6.0)
        z = x * y
        tape.watch(x)
        w = x * x * x
    all_same(tape.gradient([z, w], [x, y]), [27.0, None])


def test_an_exception_inside_the_block_lets_recording_resume():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(ZeroDivisionError), tape.stop_recording():
            raise ZeroDivisionError
        y = x * x
    same(tape.gradient(y, x), 6.0)


def test_a_tape_that_was_entered_again_inside_the_block_cannot_resume():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        stopped = tape.stop_recording()
        stopped.__enter__()
        tape.__enter__()
        with pytest.raises(ValueError, match="Tape is still recording"):
            stopped.__exit__(None, None, None)
        y = x * x
    z = x * x
    same(tape.gradient([y, z], x), 6.0)


def test_a_tape_that_was_never_entered_cannot_be_stopped():
    with pytest.raises(RuntimeError, match=STOP_WITHOUT_TAPE), tf.GradientTape().stop_recording():
        pass


def test_a_consumed_tape_cannot_be_stopped():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match=STOP_WITHOUT_TAPE), tape.stop_recording():
        pass


def test_a_tape_that_was_left_cannot_be_stopped():
    """A ValueError, where TensorFlow's documentation promises a RuntimeError."""
    with tf.GradientTape() as tape:
        pass
    with pytest.raises(ValueError, match=NOT_RECORDING), tape.stop_recording():
        pass


# reset


def test_reset_forgets_watches_and_ops():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
        unwatched = x * x
        tape.watch(x)
        z = x * x * x
    all_same([tape.gradient(t, x) for t in (y, unwatched, z)], [None, None, 27.0])


def test_reset_forgets_the_variables():
    v, w = tf.Variable(3.0), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        y = v * v
        tape.reset()
        z = w * w
    assert [u is w for u in tape.watched_variables()] == [True]
    all_same(tape.gradient([y, z], [v, w]), [None, 10.0])


def test_a_result_from_before_the_reset_is_a_constant_after_it():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
        tape.watch(x)
        z = x * y
    all_same(tape.gradient(z, [x, y]), [9.0, None])


def test_reset_keeps_the_tapes_options():
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.reset()
        x = tf.constant(2.0)
        tape.watch(x)
        y = v * x
    for _ in range(2):
        all_same(tape.gradient(y, [x, v]), [3.0, None])


def test_reset_leaves_other_tapes_alone():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        y = x * x
        outer.reset()
        z = x * x
    same(inner.gradient([y, z], x), 12.0)
    assert outer.gradient([y, z], x) is None


@pytest.mark.parametrize("state", ["never entered", "left", "consumed"])
def test_a_tape_that_does_not_record_cannot_be_reset(state):
    tape = tf.GradientTape()
    if state != "never entered":
        with tape:
            x = tf.constant(3.0)
            tape.watch(x)
            y = x * x
    if state == "consumed":
        tape.gradient(y, x)
    with pytest.raises(ValueError, match=NOT_RECORDING):
        tape.reset()
