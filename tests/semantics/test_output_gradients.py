"""The argument `output_gradients` of GradientTape.gradient (section 1.5)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, differs, same, tf


def square(x):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    return tape, y


def test_it_is_the_vector_of_the_vector_jacobian_product():
    x = tf.constant([1.0, 2.0, 3.0])
    tape, y = square(x)
    same(tape.gradient(y, x, output_gradients=tf.constant([1.0, 10.0, 100.0])), [2.0, 40.0, 600.0])
    same(tape.gradient(y, x), [2.0, 4.0, 6.0])


def test_it_may_be_positional():
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    same(tape.gradient(y, x, tf.constant([1.0, 10.0])), [2.0, 40.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.constant([1.0, 10.0]),
        lambda: tf.Variable([1.0, 10.0]),
        lambda: np.array([1.0, 10.0], np.float32),
        lambda: tf.IndexedSlices(tf.constant([1.0, 10.0]), tf.constant([0, 1]), tf.constant([2])),
        lambda: [tf.constant([1.0, 10.0])],
        lambda: [np.array([1.0, 10.0], np.float32)],
    ],
    ids=["tensor", "Variable", "ndarray", "IndexedSlices", "list of a tensor", "list of an ndarray"],
)
def test_what_it_may_be(make):
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    same(tape.gradient(y, x, output_gradients=make()), [2.0, 40.0])


def test_slices_are_made_dense():
    x = tf.constant([1.0, 2.0, 3.0])
    tape, y = square(x)
    seed = tf.IndexedSlices(tf.constant([1.0, 10.0, 100.0]), tf.constant([2, 0, 2]), tf.constant([3]))
    same(tape.gradient(y, x, output_gradients=seed), [20.0, 0.0, 606.0])


def test_there_is_one_for_each_flattened_target():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = x * x, tf.reduce_sum(x)
    seeds = [tf.constant([1.0, 10.0]), tf.constant(1000.0)]
    expected = [1002.0, 1040.0]
    same(tape.gradient([y, z], x, output_gradients=seeds), expected)
    same(tape.gradient({"b": z, "a": y}, x, output_gradients={"b": seeds[1], "a": seeds[0]}), expected)
    same(tape.gradient((y, [z]), x, output_gradients=(seeds[0], [seeds[1]])), expected)
    same(tape.gradient((y, [z]), x, output_gradients=seeds), expected)


def test_a_scalar_for_a_vector_target_broadcasts():
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    same(tape.gradient(y, x, output_gradients=tf.constant(10.0)), [20.0, 40.0])


def test_a_python_number_for_a_scalar_target():
    x = tf.constant(3.0)
    tape, y = square(x)
    same(tape.gradient(y, x, output_gradients=tf.constant(10.0)), 60.0)
    same(tape.gradient(y, x, output_gradients=[10.0]), 60.0)


def test_extra_entries_are_ignored():
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    seeds = [tf.constant([1.0, 10.0]), tf.constant([7.0, 7.0])]
    same(tape.gradient(y, x, output_gradients=seeds), [2.0, 40.0])
    same(tape.gradient([y], x, output_gradients=seeds), [2.0, 40.0])


def test_of_a_target_that_is_its_own_source_it_is_returned_as_it_is():
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    seed = tf.constant([5.0, 7.0])
    same(tape.gradient(x, x, output_gradients=seed), [5.0, 7.0])
    same(tape.gradient(y, y, output_gradients=seed), [5.0, 7.0])
    same(tape.gradient([x, y], x, output_gradients=[seed, seed]), [15.0, 35.0])


def test_of_an_unconnected_target_it_is_ignored():
    x, z = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    tape, y = square(x)
    assert tape.gradient(z, x, output_gradients=tf.constant([5.0, 7.0])) is None
    same(tape.gradient([z, y], x, output_gradients=[tf.constant([5.0, 7.0]), tf.constant([1.0, 1.0])]), [2.0, 4.0])


def test_gradients_flow_through_it_into_an_outer_tape():
    """The vector-Jacobian product is linear in it: the derivative is the Jacobian-vector product."""
    x, seed = tf.constant([1.0, 2.0]), tf.constant([1.0, 1.0])
    with tf.GradientTape() as outer:
        outer.watch([x, seed])
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        g = inner.gradient(y, x, output_gradients=seed)
    all_same(outer.gradient(g, [seed, x]), [[3.0, 12.0], [6.0, 12.0]])


@pytest.mark.parametrize(
    "make", [lambda: np.array([1.0, 10.0]), lambda: tf.constant([1.0, 10.0], tf.float64), lambda: tf.constant([1, 10])]
)
def test_another_dtype_is_refused(make):
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tape.gradient(y, x, output_gradients=make())


@differs("TensorFlow 2.21 raises 'Attempt to convert a value (None)', though its documentation promises ones")
@pytest.mark.parametrize("seeds", [[None], [None, None], (None, [None])])
def test_none_entries_stand_for_ones(seeds):
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    targets = [y] * len(tf.nest.flatten(seeds))
    same(tape.gradient(targets, x, output_gradients=seeds), np.array([2.0, 4.0]) * len(targets))


@differs("TensorFlow 2.21 raises 'Attempt to convert a value (None)', though its documentation promises ones")
def test_none_beside_a_tensor():
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    same(tape.gradient([y, x], x, output_gradients=[None, tf.constant([100.0, 200.0])]), [102.0, 204.0])


@differs("TensorFlow gives a gradient of the wrong shape through some ops, and another op's error through others")
@pytest.mark.parametrize("op", ["identity", "square", "reshape"])
@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_a_shape_that_is_not_the_targets_is_refused(op, shape):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = {"identity": tf.identity, "square": tf.square, "reshape": lambda t: tf.reshape(t, [2])}[op](x)
    with pytest.raises(ValueError, match="output_gradients") as error:
        tape.gradient(y, x, output_gradients=tf.ones(shape))
    assert "2" in str(error.value)
    same(
        tape.gradient(y, x, output_gradients=tf.constant([1.0, 0.0])), [2.0 if op == "square" else 1.0, 0.0]
    )  # not consumed


@differs("TensorFlow uses only the first number of the list: [1., 10.] acts as 1.")
@pytest.mark.parametrize("seed", [[1.0, 10.0], (1.0, 10.0)])
def test_a_list_of_numbers_for_a_single_target_is_refused(seed):
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    with pytest.raises(ValueError, match="output_gradients"):
        tape.gradient(y, x, output_gradients=seed)


@differs("TensorFlow crashes: segmentation fault, exit status 139")
@pytest.mark.parametrize("seeds", [[], [1.0]])
def test_too_few_entries_are_refused(seeds):
    x = tf.constant([1.0, 2.0])
    tape, y = square(x)
    with pytest.raises(ValueError, match="output_gradients") as error:
        tape.gradient([y, y], x, output_gradients=[tf.constant([s, s]) for s in seeds])
    assert "2" in str(error.value)  # how many were expected
    same(tape.gradient([y, y], x), [4.0, 8.0])
