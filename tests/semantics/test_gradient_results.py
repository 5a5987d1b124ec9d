"""GradientTape.gradient: structure, dtype and shape of results, sum over targets, sources, targets (section 1.5)."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from tests.semantics.support import all_same, differs, needs, same, tf

Pair = collections.namedtuple("Pair", "first second")


def product():
    """A persistent tape, a * b at 3 and 5, a and b."""
    a, b = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([a, b])
        y = a * b
    return tape, y, a, b


# The structure of the result is that of the sources.


def test_a_lone_source_gives_a_lone_result():
    tape, y, a, _ = product()
    same(tape.gradient(y, a), 5.0)


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (lambda a, b: [a, b], list),
        (lambda a, b: (a, b), tuple),
        (lambda a, b: Pair(a, b), Pair),
        (lambda a, b: collections.deque([a, b]), collections.deque),
    ],
    ids=["list", "tuple", "namedtuple", "deque"],
)
def test_sequences(pack, kind):
    tape, y, a, b = product()
    got = tape.gradient(y, pack(a, b))
    assert type(got) is kind
    all_same(list(got), [5.0, 3.0])


@pytest.mark.parametrize("kind", [dict, collections.OrderedDict])
def test_dicts_keep_their_keys_in_their_order(kind):
    tape, y, a, b = product()
    got = tape.gradient(y, kind([("z", a), ("a", b)]))
    assert type(got) is kind
    assert list(got) == ["z", "a"]
    all_same(list(got.values()), [5.0, 3.0])


def test_nested_structures():
    tape, y, a, b = product()
    got = tape.gradient(y, {"x": [a, (b, a)], "y": Pair(b, {})})
    assert list(got) == ["x", "y"]
    assert type(got["x"]) is list and type(got["x"][1]) is tuple and type(got["y"]) is Pair
    all_same([got["x"][0], *got["x"][1], got["y"].first], [5.0, 3.0, 5.0, 3.0])
    assert got["y"].second == {}


@pytest.mark.parametrize("empty", [[], (), {}])
def test_empty_structures(empty):
    tape, y, _, _ = product()
    got = tape.gradient(y, empty)
    assert got == empty
    assert type(got) is type(empty)


def test_the_values_of_a_dict_give_a_list():
    tape, y, a, b = product()
    got = tape.gradient(y, {"z": a, "a": b}.values())
    assert type(got) is list
    all_same(got, [5.0, 3.0])


def test_watched_variables_as_sources_give_a_tuple():
    v, w = tf.Variable(3.0), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        y = v * w
    got = tape.gradient(y, tape.watched_variables())
    assert type(got) is tuple
    all_same(got, [5.0, 3.0])


def test_the_same_source_twice_gives_the_same_object_twice():
    tape, y, a, b = product()
    first, other, second = tape.gradient(y, [a, b, a])
    assert first is second
    same(first, 5.0)
    same(other, 3.0)


def test_none_has_its_place_in_the_structure():
    tape, y, a, _ = product()
    got = tape.gradient(y, {"a": a, "c": [tf.constant(1.0)]})
    same(got["a"], 5.0)
    assert got["c"] == [None]


def test_slices_have_their_place_in_the_structure():
    table, x = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([table, x])
        y = tf.reduce_sum(tf.gather(table, [1])) * x
    got = tape.gradient(y, {"table": table, "x": x})
    assert isinstance(got["table"], tf.IndexedSlices)
    same(got["table"], [[0.0, 0.0], [2.0, 2.0]])
    assert isinstance(got["x"], tf.Tensor)
    same(got["x"], 7.0)


@needs("RaggedTensor", "ragged.constant")
def test_a_ragged_source_gives_a_ragged_tensor():
    ragged = tf.ragged.constant([[1.0, 2.0], [3.0]])
    with tf.GradientTape() as tape:
        tape.watch(ragged.flat_values)
        y = tf.reduce_sum(ragged * ragged)
    got = tape.gradient(y, ragged)
    assert isinstance(got, tf.RaggedTensor)
    assert got.to_list() == [[2.0, 4.0], [6.0]]


# Dtype and shape are the source's.


@pytest.mark.parametrize("through", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_the_dtype_is_the_sources(name, through):
    x = tf.constant([1.0, 2.0], dtype=getattr(tf, name))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(tf.cast(x, getattr(tf, through)), tf.float32) * 3.0
    g = tape.gradient(y, x)
    assert g.dtype == x.dtype
    same(g, [3.0, 3.0])


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 3), (2, 3), (0, 3)])
def test_the_shape_is_the_sources(shape):
    x = tf.constant(np.full(shape, 2.0, np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.ones([2, 3] if 0 not in shape else [0, 3])
    g = tape.gradient(y, x)
    assert g.shape == shape
    same(g, np.full(shape, 6 // max(np.prod(shape), 1)))


# The sum over targets


@pytest.mark.parametrize(
    "pack",
    [lambda y, z: [y, z], lambda y, z: (y, z), lambda y, z: {"z": z, "y": y}, lambda y, z: [{"y": y}, (z, [])], Pair],
    ids=["list", "tuple", "dict", "nested", "namedtuple"],
)
def test_any_nested_structure_of_targets_is_summed(pack):
    x = tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, z = x * x, tf.reduce_sum(x) * 10.0
    same(tape.gradient(pack(y, z), x), [16.0, 18.0])


def test_each_occurrence_of_a_target_counts():
    tape, y, a, _ = product()
    same(tape.gradient([y, y], a), 10.0)
    same(tape.gradient([y, (y, {"y": y})], a), 15.0)


def test_targets_of_different_shapes_and_dtypes():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, z, w = x * x, tf.reduce_sum(x), tf.cast(x, tf.float64) * 2.0
    same(tape.gradient([y, z, w], x), [[5.0, 7.0], [9.0, 11.0]])


def test_a_target_without_a_path_adds_nothing():
    tape, y, a, _ = product()
    same(tape.gradient([y, tf.constant(2.0), tf.constant(3)], a), 5.0)


def test_no_targets_at_all_give_none():
    tape, _, a, b = product()
    all_same(tape.gradient([], [a, b]), [None, None])


def test_the_seed_is_ones_of_the_targets_shape_and_dtype():
    x = tf.constant([1.0, 2.0, 3.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.identity(x)
    g = tape.gradient(y, [y, x])
    all_same(g, [[1.0, 1.0, 1.0]] * 2)
    assert g[0].dtype == tf.float64


# A target that is a source


def test_a_watched_target_that_is_its_own_source_has_gradient_one():
    x = tf.constant([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    same(tape.gradient(x, x), [1.0, 1.0])
    same(tape.gradient([x, x], x), [2.0, 2.0])
    same(tape.gradient([x, y], x), [7.0, 9.0])
    same(tape.gradient(y, y), [1.0, 1.0])


@pytest.mark.parametrize("name", ["float32", "int32", "int64"])
def test_watched_or_not(name):
    x = tf.constant([3, 4], dtype=getattr(tf, name))
    with tf.GradientTape() as tape:
        pass
    g = tape.gradient(x, x)
    same(g, [1, 1])
    assert g.dtype == x.dtype


@differs(
    "TensorFlow gives None for an unwatched target that is its own source once an op on the way to another one read it"
)
def test_that_holds_beside_other_targets_too():
    x, c = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * c
    all_same(tape.gradient([y, c], [x, c]), [5.0, 1.0])


def test_the_gradient_of_a_bool_with_respect_to_itself_is_true():
    x = tf.constant([True, False])
    with tf.GradientTape() as tape:
        pass
    g = tape.gradient(x, x)
    assert g.dtype == tf.bool
    assert g.numpy().tolist() == [True, True]


def test_the_gradient_of_a_string_with_respect_to_itself_is_none():
    x = tf.constant("text")
    with tf.GradientTape() as tape:
        pass
    assert tape.gradient(x, x) is None


# Sources


def test_an_intermediate_may_be_a_source():
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    all_same(tape.gradient(z, [x, y, z]), [32.0, 8.0, 1.0])


def test_the_gradient_is_total_other_sources_are_not_held_constant():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        a = x * x
        b = a * a
    all_same(tape.gradient(b, [x, a]), [32.0, 8.0])


def test_a_tensor_that_is_neither_watched_nor_recorded_gives_none_even_if_a_recorded_op_used_it():
    tape_x, c = tf.constant(2.0), tf.constant(5.0)
    with tf.GradientTape() as tape:
        tape.watch(tape_x)
        y = tape_x * c
    assert tape.gradient(y, c) is None


def test_a_source_that_comes_after_the_target_gives_none():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        later = y * 3.0
    assert tape.gradient(y, later) is None


def test_paths_that_join_again_add():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        a, b = x * 3.0, x * x
        y = a * b + a
    same(tape.gradient(y, x), 9 * 4.0 + 3.0)


def test_a_long_chain():
    """Far longer than Python's recursion limit."""
    x = tf.constant(1.0, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(5000):
            y = y * 1.0001
    same(tape.gradient(y, x), 1.0001**5000, rtol=1e-9)


def test_a_tensor_used_many_times():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.add_n([x * float(i) for i in range(100)])
    same(tape.gradient(y, x), [4950.0, 4950.0])


# Variables as targets and sources


def test_a_variable_may_be_a_target():
    """TensorFlow's documentation promises a ValueError; it gives the gradient."""
    v, w = tf.Variable(3.0), tf.Variable(5.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * w
    same(tape.gradient(v, v), 1.0)
    assert tape.gradient(v, w) is None
    all_same(tape.gradient([y, v], [v, w]), [6.0, 3.0])


def test_what_assign_returns_is_the_variable_as_a_target():
    v, x = tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        u = v.assign(x * x)
    same(tape.gradient(u, v), 1.0)
    assert tape.gradient(u, x) is None


def test_every_read_of_a_variable_counts_before_and_after_an_assignment():
    v = tf.Variable(1.0)
    with tf.GradientTape(persistent=True) as tape:
        a = v * v
        v.assign(10.0)
        b = v * v
    same(tape.gradient([a, b], v), 22.0)
    same(tape.gradient(a, v), 2.0)
    same(tape.gradient(b, v), 20.0)


READS = {
    "value()": lambda v: v.value(),
    "read_value()": lambda v: v.read_value(),
    "convert_to_tensor": lambda v: tf.convert_to_tensor(v),
    "identity": lambda v: tf.identity(v),
    "[...]": lambda v: v[...],
}


@pytest.mark.parametrize("how", READS)
def test_a_value_read_from_a_variable_is_a_source_of_its_own(how):
    v = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        read = READS[how](v)
        y = read * read * v * v
    all_same(tape.gradient(y, [read, v]), [2 * 2.0**3, 4 * 2.0**3])
    assert tape.gradient(v, read) is None
    same(tape.gradient(read, v), 1.0)


def test_the_gradient_through_a_read_value_is_total():
    """8 against 32."""
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        a = v.value() * v.value()
        y = a * a
    all_same(tape.gradient(y, [a, v]), [8.0, 32.0])


def test_what_assign_returns_is_the_variable_as_a_source():
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        u = v.assign(3.0)
        y = u * u
    all_same(tape.gradient(y, [v]), [6.0])


def test_an_integer_variable_gives_none():
    i, v = tf.Variable(3), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * tf.cast(i, tf.float32)
    all_same(tape.gradient(y, [i, v]), [None, 3.0])


# The empty tape


def test_on_an_empty_tape_a_tensors_gradient_is_one_with_respect_to_itself_and_none_otherwise():
    x, z = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape(persistent=True) as tape:
        pass
    same(tape.gradient(x, x), 1.0)
    assert tape.gradient(x, z) is None
    all_same(tape.gradient([x, z], [z]), [1.0])


def test_a_call_without_sources_consumes_the_tape():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.gradient(y, []) == []
    with pytest.raises(
        RuntimeError, match="A non-persistent GradientTape can only be used to compute one set of gradients"
    ):
        tape.gradient(y, x)


# Ops with several outputs


@pytest.mark.parametrize("position", [0, 1, 2])
def test_outputs_without_an_incoming_gradient_count_as_zeros(position):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        parts = tf.unstack(x)
        y = tf.reduce_sum(parts[position] * parts[position])
    expected = np.zeros((3, 2))
    expected[position] = 2 * x.numpy()[position]
    same(tape.gradient(y, x), expected)


@needs("custom_gradient")
def test_a_backward_function_gets_zeros_of_the_outputs_shape_and_dtype():
    seen = []

    @tf.custom_gradient
    def g(x):
        def grad(dy, dz):
            seen.extend([dy, dz])
            return dy

        return (x * 2.0, tf.cast(tf.stack([x, x]), tf.float64)), grad

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, _ = g(x)
    same(tape.gradient(y, x), 1.0)
    all_same(seen, [1.0, [0.0, 0.0]])
    assert seen[1].dtype == tf.float64


# Inside the tape's own context


def test_gradient_inside_the_context_works_and_recording_stops_for_the_rest_of_the_block():
    """TensorFlow's documentation promises a RuntimeError."""
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        dy = tape.gradient(y, x)
        tape_goes_on = x * x * x
    same(dy, 6.0)
    with pytest.raises(
        RuntimeError, match="A non-persistent GradientTape can only be used to compute one set of gradients"
    ):
        tape.gradient(tape_goes_on, x)


def test_an_outer_tape_is_not_stopped_by_it():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
            dy = inner.gradient(y, x)
            z = dy * x
    same(z, 81.0)
    same(outer.gradient(z, x), 81.0)


def test_a_persistent_tape_records_the_backward_ops_inside_its_context():
    """So repeated calls give higher orders: x**3 at 3 gives 27, 18, 6."""
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        dy = tape.gradient(y, x)
        d2y = tape.gradient(dy, x)
    d3y = tape.gradient(d2y, x)
    all_same([dy, d2y, d3y], [27.0, 18.0, 6.0])


def test_a_persistent_tape_goes_on_recording_after_it():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        tape.gradient(y, x)
        z = y * x
    same(tape.gradient(z, x), 27.0)
