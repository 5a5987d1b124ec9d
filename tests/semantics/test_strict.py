"""`GradientTape(strict=True)`, gradtape's own option: TensorFlow's docstring where its behaviour differs."""

from __future__ import annotations

import inspect

import pytest

from tests.semantics.support import all_same, complaints, differs, same, tf

pytestmark = differs("strict is an option of gradtape's own")


def test_it_is_an_option_by_name_and_off_by_default():
    parameter = inspect.signature(tf.GradientTape).parameters["strict"]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default is False


@pytest.mark.parametrize("persistent", [False, True])
def test_gradient_inside_the_context_is_refused(persistent):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=persistent, strict=True) as tape:
        tape.watch(x)
        y = x * x
        with pytest.raises(RuntimeError, match="gradient") as error:
            tape.gradient(y, x)
        assert "context" in str(error.value)
        assert "strict" in str(error.value)


def test_the_refusal_neither_consumes_the_tape_nor_stops_it():
    x = tf.constant(3.0)
    with tf.GradientTape(strict=True) as tape:
        tape.watch(x)
        y = x * x
        with pytest.raises(RuntimeError):
            tape.gradient(y, x)
        z = y * x
    same(tape.gradient(z, x), 27.0)


def test_gradient_inside_stop_recording_is_allowed():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True, strict=True) as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            same(tape.gradient(y, x), 6.0)


def test_gradient_inside_another_tapes_context_is_allowed():
    x = tf.constant(3.0)
    with tf.GradientTape(strict=True) as outer:
        outer.watch(x)
        z = tf.identity(x)
        with tf.GradientTape(strict=True) as inner:
            inner.watch(z)
            y = z * z * z
        dy = inner.gradient(y, z)
    same(outer.gradient(dy, x), 18.0)


@pytest.mark.parametrize(
    "pack", [lambda v, y: v, lambda v, y: [y, v], lambda v, y: {"a": [v]}], ids=["alone", "in a list", "nested"]
)
def test_a_variable_as_target_is_refused(pack):
    v = tf.Variable(3.0)
    with tf.GradientTape(strict=True) as tape:
        y = v * v
    with pytest.raises(ValueError, match="target") as error:
        tape.gradient(pack(v, y), v)
    assert "Variable" in str(error.value)
    same(tape.gradient(y, v), 6.0)  # not consumed


def test_variables_as_sources_are_fine():
    v, w = tf.Variable(3.0), tf.Variable(5.0)
    with tf.GradientTape(strict=True) as tape:
        y = v * w
    all_same(tape.gradient(y, [v, w]), [5.0, 3.0])


def nested(apart, strict=True):
    x = tf.constant(2.0)
    with tf.GradientTape(strict=strict) as outer:
        outer.watch(x)
        z = tf.identity(x) if apart else x
        with tf.GradientTape(strict=strict) as inner:
            inner.watch(z)
            y = z * z * x
        return inner.gradient(y, z)


def test_watching_what_an_outer_tape_watches_warns_and_names_the_remedy():
    with complaints() as said:
        g = nested(apart=False)
    same(g, 12.0)
    assert len(said) == 1
    assert "watch" in said[0]
    assert "tf.identity" in said[0]


def test_the_remedy_silences_it():
    with complaints() as said:
        g = nested(apart=True)
    same(g, 8.0)
    assert said == []


def test_without_strict_nothing_is_said():
    with complaints() as said:
        nested(apart=False, strict=False)
    assert said == []


def test_a_tensor_that_a_tape_watches_twice_is_no_such_case():
    x = tf.constant(2.0)
    with complaints() as said, tf.GradientTape(strict=True) as tape:
        tape.watch(x)
        tape.watch(x)
    assert said == []


def test_a_tape_that_has_ended_is_no_such_case():
    x = tf.constant(2.0)
    with complaints() as said:
        for _ in range(2):
            with tf.GradientTape(strict=True) as tape:
                tape.watch(x)
                y = x * x
            same(tape.gradient(y, x), 4.0)
    assert said == []
