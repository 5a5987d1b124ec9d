"""What a tape is: which ops it records, what identifies a tensor, what it knows of the values (section 0)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, differs, fresh, needs, same, tf

DIFFERENTIABLE = ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
OTHERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_ops_on_watched_tensors_of_a_differentiable_dtype_are_recorded(name):
    x = tf.cast(tf.constant(3.0), getattr(tf, name))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    g = tape.gradient(y, x)
    assert g.dtype == x.dtype
    assert complex(tf.cast(g, tf.complex64).numpy()) == 6.0


@pytest.mark.parametrize("name", OTHERS)
def test_ops_on_watched_integers_are_not_recorded(name):
    x = tf.constant(3, dtype=getattr(tf, name))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x if name in ("int32", "int64") else tf.cast(x, tf.float32)
    assert tape.gradient(y, x) is None


def test_one_watched_input_is_enough_and_others_stay_unwatched():
    a, b = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as tape:
        tape.watch(a)
        y = a * b
    all_same(tape.gradient(y, [a, b]), [5.0, None])


def test_all_outputs_of_a_recorded_op_are_watched():
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        first, second = tf.split(x, 2)
        y = tf.reduce_sum(first * second)
    all_same(tape.gradient(y, [x, first, second]), [[3.0, 4.0, 1.0, 2.0], [3.0, 4.0], [1.0, 2.0]])


@needs("math.top_k")
def test_an_integer_output_of_a_recorded_op_carries_no_gradient():
    x = tf.constant([1.0, 4.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        values, indices = tf.math.top_k(x, k=2)
        y = tf.reduce_sum(values * values)
        z = tf.cast(indices, tf.float32) * 2.0
    same(tape.gradient(y, x), [0.0, 8.0, 6.0])
    assert tape.gradient(z, x) is None


def test_identity_is_the_objects_not_the_values():
    a, b = tf.constant(3.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(a)
        y = a + b
    all_same(tape.gradient(y, [a, b]), [1.0, None])


@pytest.mark.parametrize("convert", ["constant", "convert_to_tensor"])
def test_converting_a_tensor_gives_the_tensor_itself(convert):
    t = tf.constant(3.0)
    u = getattr(tf, convert)(t)
    assert u is t
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = u * u
    same(tape.gradient(y, t), 6.0)


def test_identity_gives_a_new_tensor():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        u = tf.identity(x)
        y = x * u
    assert u is not x
    same(tape.gradient(y, u), 3.0)
    same(tape.gradient(y, x), 6.0)


def test_an_identity_taken_before_watching_is_not_connected():
    x = tf.constant(3.0)
    u = tf.identity(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = u * u
    assert tape.gradient(y, x) is None


def test_watching_is_not_retroactive():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        before = x * x
        tape.watch(x)
        after = x * x
    assert tape.gradient(before, x) is None
    same(tape.gradient(after, x), 6.0)
    same(tape.gradient([before, after], x), 6.0)


def test_an_op_between_an_unrecorded_result_and_a_watched_tensor_counts_for_the_latter_only():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        before = x * x
        tape.watch(x)
        y = before * x
    same(tape.gradient(y, x), 9.0)


@differs("TensorFlow does go back where another watched input had the op recorded: it gives 3.0")
def test_that_holds_for_ops_that_were_recorded_for_another_input_too():
    x, w = tf.constant(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * w
        tape.watch(x)
    all_same(tape.gradient(y, [x, w]), [None, 2.0])


@differs("TensorFlow records these ops too, without a gradient, so it gives 4.0 and 6.0")
def test_the_result_of_an_op_without_gradient_is_a_constant_until_it_is_watched():
    x = tf.constant(2.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        floor, zero = tf.floor(x), tf.zeros_like(x)
        y = floor * floor + 6.0 * zero
    all_same(tape.gradient(y, [floor, zero, x]), [None, None, None])


def test_values_are_captured_when_the_op_runs():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * v
    v.assign(100.0)
    same(tape.gradient(y, v), 6.0)


def test_changing_a_numpy_array_later_changes_no_tensor():
    array = np.array([1.0, 2.0])
    x = tf.constant(array)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    array[:] = 100.0
    same(tape.gradient(y, x), [2.0, 4.0])


def test_python_control_flow_is_just_executed():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        while y < 100.0:
            y = y * y
    same(y, 256.0)
    same(tape.gradient(y, x), 1024.0)


@pytest.mark.parametrize(("start", "slope"), [(2.0, 12.0), (-2.0, -1.0)])
def test_only_the_branch_that_python_took_is_differentiated(start, slope):
    x = tf.constant(start)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * x if x > 0 else -x
    same(tape.gradient(y, x), slope)


def test_all_active_tapes_record_independently():
    x, z = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as a:
        a.watch(x)
        with tf.GradientTape() as b:
            b.watch(z)
            y = x * z * z
    all_same(a.gradient(y, [x, z]), [25.0, None])
    all_same(b.gradient(y, [x, z]), [None, 30.0])


@pytest.mark.parametrize("first_out", ["inner", "outer"])
def test_the_order_of_nesting_is_irrelevant_for_first_order(first_out):
    """Tapes need not even be left in the reverse of the order in which they were entered."""
    x = tf.constant(3.0)
    tapes = {"outer": tf.GradientTape(), "inner": tf.GradientTape()}
    tapes["outer"].__enter__()
    tapes["inner"].__enter__()
    for tape in tapes.values():
        tape.watch(x)
    y = x * x
    other = "outer" if first_out == "inner" else "inner"
    tapes[first_out].__exit__(None, None, None)
    z = y * x
    tapes[other].__exit__(None, None, None)
    all_same(tapes[first_out].gradient([y, z], [x, y]), [6.0, 1.0])  # z was not recorded here any more
    all_same(tapes[other].gradient(z, [x, y]), [27.0, 3.0])


def test_the_backward_pass_of_an_inner_tape_is_recorded_by_an_outer_one():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        dy = inner.gradient(y, x)
    same(dy, 27.0)
    same(outer.gradient(dy, x), 18.0)


def test_ops_outside_every_context_are_not_recorded():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    z = y * x
    assert tape.gradient(z, x) is None
    assert tape.gradient(z, y) is None
    same(tape.gradient(y, x), 6.0)


@pytest.mark.parametrize("name", ["int32", "string", "bool"])
def test_watching_a_dtype_that_is_not_differentiable_warns(name):
    said = fresh(f"""
        value = {{"int32": 3, "string": "s", "bool": True}}[{name!r}]
        with complaints() as said, tf.GradientTape() as tape:
            tape.watch(tf.constant(value))
        answer(said)
    """)
    assert len(said) == 1
    assert "The dtype of the watched tensor must be floating (e.g. tf.float32), got" in said[0]
    assert name in said[0]


def test_that_warning_comes_at_most_five_times():
    said = fresh("""
        with complaints() as said, tf.GradientTape() as tape:
            for i in range(20):
                tape.watch(tf.constant(i))
        answer(said)
    """)
    assert len(said) == 5


def test_a_gradient_inside_a_persistent_tapes_context_warns_about_once():
    said = fresh("""
        x = tf.constant(3.0)
        with complaints() as said, tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            for _ in range(5):
                tape.gradient(y, x)
        answer(said)
    """)
    assert len(said) == 1
    assert "inside its context" in said[0]


@pytest.mark.parametrize(
    "program",
    [
        "tape.gradient(tf.constant(1), x)",
        "tape.gradient(x * 2.0, tf.constant(1))",
        "tape.gradient(x * 2.0, x, unconnected_gradients='zero')",
    ],
)
def test_integer_targets_and_sources_do_not_warn(program):
    said = fresh(f"""
        x = tf.constant(3.0)
        with complaints() as said:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = x * 2.0
            {program}
        answer(said)
    """)
    assert said == []
