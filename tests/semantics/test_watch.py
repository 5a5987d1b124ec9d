"""GradientTape.watch: what it takes, what it does, when it does nothing (section 1.1)."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from tests.semantics.support import all_same, complaints, differs, needs, same, tf


def test_it_takes_a_tensor_and_returns_none():
    with tf.GradientTape() as tape:
        assert tape.watch(tf.constant(3.0)) is None


@pytest.mark.parametrize("empty", [[], (), {}])
def test_it_takes_an_empty_structure(empty):
    with tf.GradientTape() as tape:
        assert tape.watch(empty) is None


Pair = collections.namedtuple("Pair", "first second")


@pytest.mark.parametrize(
    "pack",
    [
        lambda a, b: [a, b],
        lambda a, b: (a, b),
        lambda a, b: {"a": a, "b": b},
        lambda a, b: collections.OrderedDict(z=a, b=b),
        lambda a, b: Pair(a, b),
        lambda a, b: collections.deque([a, b]),
        lambda a, b: [{"a": (a,)}, [[b]]],
    ],
    ids=["list", "tuple", "dict", "OrderedDict", "namedtuple", "deque", "nested"],
)
def test_it_takes_a_nested_structure(pack):
    a, b = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as tape:
        tape.watch(pack(a, b))
        y = a * b
    all_same(tape.gradient(y, [a, b]), [5.0, 3.0])


def test_it_takes_variables_alone_or_among_tensors():
    x, v = tf.constant(3.0), tf.Variable(5.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, v])
        y = x * v
    all_same(tape.gradient(y, [x, v]), [5.0, 3.0])


def test_slices_are_watched_in_all_their_component_tensors():
    values = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    slices = tf.IndexedSlices(values, tf.constant([0, 2], tf.int64), tf.constant([3, 2], tf.int64))
    with complaints(), tf.GradientTape() as tape:  # TensorFlow warns of the integers
        tape.watch(slices)
        y = values * values
    same(tape.gradient(y, values), [[2.0, 4.0], [6.0, 8.0]])


@needs("SparseTensor")
def test_a_sparse_tensor_is_watched_in_all_its_component_tensors():
    sparse = tf.SparseTensor([[0], [2]], tf.constant([1.0, 2.0]), [3])
    with complaints(), tf.GradientTape() as tape:
        tape.watch(sparse)
        y = sparse.values * sparse.values
    same(tape.gradient(y, sparse.values), [2.0, 4.0])


@needs("RaggedTensor", "ragged.constant")
def test_a_ragged_tensor_is_watched_in_all_its_component_tensors():
    ragged = tf.ragged.constant([[1.0, 2.0], [3.0]])
    with complaints(), tf.GradientTape() as tape:
        tape.watch(ragged)
        y = ragged.flat_values * ragged.flat_values
    same(tape.gradient(y, ragged.flat_values), [2.0, 4.0, 6.0])


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [(np.ones(2), "ndarray"), (3.0, "float"), ("text", "str"), (None, "NoneType"), ([1.0, 2.0], "float")],
    ids=["ndarray", "float", "str", "None", "list of floats"],
)
def test_anything_else_is_refused(wrong, kind):
    refusal = rf"Passed in object (.|\n)* of type '{kind}', not tf\.Tensor or tf\.Variable or ExtensionType\."
    with tf.GradientTape() as tape, pytest.raises(ValueError, match=refusal):
        tape.watch(wrong)


@pytest.mark.parametrize("name", ["int32", "int64", "bool", "string"])
def test_watching_another_dtype_has_no_effect_on_gradients(name):
    x = tf.constant({"bool": True, "string": "s"}.get(name, 3), dtype=getattr(tf, name))
    z = tf.constant(2.0)
    with complaints(), tf.GradientTape() as tape:
        tape.watch([x, z])
        y = z * z
    all_same(tape.gradient(y, [x, z]), [None, 4.0])


def test_variables_that_are_not_trainable_can_be_watched():
    v = tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        tape.watch(v)
        y = v * v
    assert [u is v for u in tape.watched_variables()] == [True]
    same(tape.gradient(y, v), 6.0)


def test_watching_an_intermediate_changes_nothing():
    """The gradient still flows through it."""
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.watch(y)
        z = y * 3.0
    all_same(tape.gradient(z, [x, y]), [12.0, 3.0])


def test_watching_twice_is_fine():
    x, v = tf.constant(3.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        tape.watch([x, x])
        tape.watch(v)
        tape.watch(v)
        y = x * x * v
    all_same(tape.gradient(y, [x, v]), [18.0, 9.0])
    assert len(tape.watched_variables()) == 1


def test_of_a_variable_that_is_watched_late_only_later_ops_count():
    v = tf.Variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        before = v * v
        tape.watch(v)
        after = v * v * v
    same(tape.gradient([before, after], v), 27.0)


def test_after_leaving_with_no_tape_active_it_does_nothing():
    x, z = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * z
    tape.watch(z)
    assert tape.gradient(y, z) is None
    with tape:
        w = z * z
    assert tape.gradient(w, z) is None


def test_after_leaving_with_any_tape_active_it_takes_effect_for_the_tape_it_is_called_on():
    x, z = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
    with tf.GradientTape(persistent=True) as other:
        tape.watch(z)
        unseen = z * z
    with tape:
        w = z * z
    same(tape.gradient(w, z), 10.0)
    assert tape.gradient(unseen, z) is None
    assert other.gradient(unseen, z) is None


def test_it_watches_for_the_tape_it_is_called_on_alone():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        y = x * x
    same(outer.gradient(y, x), 6.0)
    assert inner.gradient(y, x) is None


@differs("TensorFlow raises AttributeError: 'NoneType' object has no attribute '_tape'")
@pytest.mark.parametrize("what", ["tensor", "variable"])
def test_on_a_tape_that_was_never_entered_it_says_what_to_do(what):
    x = tf.constant(3.0) if what == "tensor" else tf.Variable(3.0)
    with pytest.raises(RuntimeError, match="watch") as error:
        tf.GradientTape().watch(x)
    assert "with" in str(error.value)
