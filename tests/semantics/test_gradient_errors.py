"""What GradientTape.gradient refuses, with which class and words, and whether the tape stays usable (section 1.5)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import differs, needs, same, tf

CONSUMED = r"A non-persistent GradientTape can only be used to compute one set of gradients \(or jacobians\)"
NO_TARGET = (
    r"Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to be "
    r"differentiated, but received None\."
)
NONE_INSIDE = r"Cannot convert the argument `type_value`: None to a TensorFlow DType\."


def square():
    """A tape that is not persistent, x * x at 3, and x."""
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape, y, x


def still_usable(tape, y, x):
    same(tape.gradient(y, x), 6.0)


def test_a_consumed_tape():
    tape, y, x = square()
    tape.gradient(y, x)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=CONSUMED):
            tape.gradient(y, x)


@pytest.mark.parametrize("persistent", [False, True])
def test_a_tape_that_was_never_entered(persistent):
    x = tf.constant(3.0)
    with pytest.raises(RuntimeError, match=CONSUMED):
        tf.GradientTape(persistent=persistent).gradient(x, x)


def test_a_consumed_tape_is_the_first_thing_that_is_checked():
    tape, y, x = square()
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match=CONSUMED):
        tape.gradient(None, x, unconnected_gradients="wrong")


def test_no_target():
    tape, y, x = square()
    with pytest.raises(TypeError, match=NO_TARGET):
        tape.gradient(None, x)
    still_usable(tape, y, x)


def test_no_target_is_checked_before_the_unconnected_value():
    tape, _, x = square()
    with pytest.raises(TypeError, match=NO_TARGET):
        tape.gradient(None, x, unconnected_gradients="wrong")


def test_the_conversions_are_checked_before_the_unconnected_value():
    tape, y, _ = square()
    with pytest.raises(TypeError):
        tape.gradient(y, [None], unconnected_gradients="wrong")


@pytest.mark.parametrize("place", ["target", "sources", "lone source"])
def test_none_inside_a_structure_or_as_the_sources(place):
    tape, y, x = square()
    with pytest.raises(TypeError, match=NONE_INSIDE):
        if place == "target":
            tape.gradient([y, None], x)
        else:
            tape.gradient(y, [x, None] if place == "sources" else None)
    still_usable(tape, y, x)


def test_an_input_error_inside_the_context_stops_the_recording_nevertheless():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with pytest.raises(TypeError, match=NO_TARGET):
            tape.gradient(None, x)
        z = x * x
    same(tape.gradient([y, z], x), 6.0)


@pytest.mark.parametrize("wrong", [{1.0}, (x for x in [1.0])], ids=["set", "generator"])
@pytest.mark.parametrize("place", ["target", "sources"])
def test_sets_and_generators_are_refused(place, wrong):
    tape, y, x = square()
    with pytest.raises((TypeError, AttributeError)):
        tape.gradient(*((wrong, x) if place == "target" else (y, wrong)))
    still_usable(tape, y, x)


def test_a_set_of_references_is_refused():
    tape, y, x = square()
    with pytest.raises((TypeError, AttributeError)):
        tape.gradient(y, {x.ref()})
    still_usable(tape, y, x)


def test_a_dict_of_references_to_floats_is_refused():
    tape, y, x = square()
    with pytest.raises((TypeError, AttributeError)):
        tape.gradient(y, {x.ref(): 1.0})
    still_usable(tape, y, x)


@differs("TensorFlow raises AttributeError: 'float' object has no attribute '_id'")
@pytest.mark.parametrize("wrong", [3.0, 3, np.ones(2), "text"], ids=["float", "int", "ndarray", "str"])
@pytest.mark.parametrize("place", ["target", "sources"])
@pytest.mark.parametrize("packed", ["alone", "in a list"])
def test_a_number_or_an_array_is_refused_by_the_name_of_the_argument(place, wrong, packed):
    tape, y, x = square()
    given = wrong if packed == "alone" else [x, wrong]
    with pytest.raises(TypeError, match=place) as error:
        tape.gradient(*((given, x) if place == "target" else (y, given)))
    assert type(wrong).__name__ in str(error.value)
    still_usable(tape, y, x)


@needs("SparseTensor")
def test_a_sparse_tensor_is_refused():
    tape, y, x = square()
    sparse = tf.SparseTensor([[0]], tf.constant([1.0]), [3])
    with pytest.raises(
        ValueError, match=r"Type SparseTensor is not supported as a gradient source or gradient target\."
    ):
        tape.gradient(y, sparse)
    still_usable(tape, y, x)


@differs("TensorFlow raises AttributeError: 'IndexedSlices' object has no attribute '_id'")
def test_slices_as_sources_are_refused_by_name():
    tape, y, x = square()
    slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([2, 1]))
    with pytest.raises((TypeError, ValueError), match="IndexedSlices") as error:
        tape.gradient(y, slices)
    assert "source" in str(error.value)
    still_usable(tape, y, x)


# Errors in backward functions


@needs("custom_gradient")
@pytest.mark.parametrize("persistent", [False, True])
def test_an_exception_in_a_backward_function_propagates_unchanged(persistent):
    class OurOwnError(Exception):
        pass

    @tf.custom_gradient
    def f(x):
        def grad(dy):
            raise OurOwnError("our own words", 7)

        return x * 2.0, grad

    x = tf.constant(3.0)
    with tf.GradientTape(persistent=persistent) as tape:
        tape.watch(x)
        y = f(x)
    with pytest.raises(OurOwnError) as error:
        tape.gradient(y, x)
    assert type(error.value) is OurOwnError
    assert error.value.args == ("our own words", 7)


@needs("custom_gradient")
def test_a_persistent_tape_is_usable_after_an_exception_in_a_backward_function():
    @tf.custom_gradient
    def f(x):
        def grad(dy):
            raise ZeroDivisionError

        return x * 2.0, grad

    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = f(x), x * x
    with pytest.raises(ZeroDivisionError):
        tape.gradient(y, x)
    same(tape.gradient(z, x), 6.0)


@needs("custom_gradient")
@differs("TensorFlow's tape is broken then: InternalError 'Internal state of the gradient tape is invalid'")
def test_a_tape_that_is_not_persistent_is_consumed_by_it_or_still_usable():
    fails = [True]

    @tf.custom_gradient
    def f(x):
        def grad(dy):
            if fails:
                raise ZeroDivisionError
            return dy * 2.0

        return x * 2.0, grad

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    with pytest.raises(ZeroDivisionError):
        tape.gradient(y, x)
    fails.clear()
    try:
        g = tape.gradient(y, x)
    except RuntimeError as error:
        assert "A non-persistent GradientTape can only be used" in str(error)
    else:
        same(g, 2.0)


@needs("custom_gradient")
def test_recording_goes_on_elsewhere_after_an_exception_in_a_backward_function():
    """The failed backward pass leaves no tape active that was not, and none inactive that was."""

    @tf.custom_gradient
    def f(x):
        def grad(dy):
            with tf.GradientTape() as left_behind:
                left_behind.watch(dy)
                raise ZeroDivisionError

        return x * 2.0, grad

    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        with pytest.raises(ZeroDivisionError):
            inner.gradient(y, x)
        z = x * x
    w = x * x
    same(outer.gradient([z, w], x), 6.0)
