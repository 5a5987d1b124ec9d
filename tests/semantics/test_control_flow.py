"""cond, case, while_loop, map_fn, folds, scan, vectorized_map, TensorArray, py_function: values, gradients, errors."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from tests.semantics.support import differs, same, tf


def slope(f, x):
    """df/dx at x."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


E = [1.0, 2.0, 3.0]


# cond, case, switch_case


def test_cond_calls_one_branch_and_returns_what_it_returns():
    called = []
    assert tf.cond(tf.constant(True), lambda: called.append("yes") or [1], lambda: called.append("no")) == [1]
    assert called == ["yes"]
    assert tf.cond(False, lambda: 1, lambda: (2, 3)) == (2, 3)
    assert tf.cond(True, lambda: None, lambda: 3) is None
    same(tf.cond(tf.constant([1]), lambda: tf.constant(1.0), lambda: 2), 1.0)


def test_cond_is_differentiable():
    x = tf.constant(3.0)
    same(slope(lambda t: tf.cond(t > 2.0, lambda: t * t, lambda: t), x), 6.0)
    same(slope(lambda t: tf.cond(t > 5.0, lambda: t * t, lambda: t), x), 1.0)


def test_conds_errors():
    with pytest.raises(TypeError, match="'true_fn' must be callable"):
        tf.cond(True, 1, lambda: 2)
    with pytest.raises(TypeError, match="'false_fn'"):
        tf.cond(True, lambda: 2)
    with pytest.raises(ValueError):
        tf.cond(None, lambda: 1, lambda: 2)


def test_case_takes_the_first_true_predicate():
    yes, no = tf.constant(True), tf.constant(False)
    assert tf.case([(no, lambda: 1), (yes, lambda: 2), (yes, lambda: 3)]) == 2
    assert tf.case([(no, lambda: 1)], default=lambda: 5) == 5
    with pytest.raises(tf.errors.InvalidArgumentError, match="None of conditions evaluated as True"):
        tf.case([(no, lambda: 1)])
    with pytest.raises(TypeError, match="pred must be a Tensor, got: True"):
        tf.case([(True, lambda: 1)])
    with pytest.raises(TypeError, match="'pred_fn_pairs' must be a list, tuple, or dict"):
        tf.case(3)
    with pytest.raises(TypeError, match="must be a 2-tuple"):
        tf.case([(yes,)])
    with pytest.raises(ValueError):
        tf.case([])


@differs("TensorFlow fails with AttributeError while it writes the message")
def test_an_exclusive_case_refuses_two_true_predicates():
    yes = tf.constant(True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most one may be"):
        tf.case([(yes, lambda: 1), (yes, lambda: 2)], exclusive=True)


def test_switch_case():
    branches = [lambda: 10, lambda: 20]
    assert tf.switch_case(tf.constant(1), branches) == 20
    assert tf.switch_case(tf.constant(7), branches) == 20
    assert tf.switch_case(tf.constant(-7), branches) == 20
    assert tf.switch_case(tf.constant(0), {1: branches[1], 0: branches[0]}) == 10
    with pytest.raises(ValueError):
        tf.switch_case(tf.constant(5), {0: branches[0], 5: branches[1]})
    assert tf.switch_case(tf.constant(3), [(0, branches[0]), (1, branches[1])], default=lambda: "x") == "x"
    with pytest.raises(TypeError, match="'branch_index' must be a Tensor"):
        tf.switch_case(1, branches)


# while_loop


def test_while_loop_counts():
    (i,) = tf.while_loop(lambda i: i < 10, lambda i: (i + 1,), [tf.constant(0)])
    same(i, 10)
    i, x = tf.while_loop(lambda i, x: i < 10, lambda i, x: (i + 1, x * 2.0), (0, 1.0))
    same(i, 10)
    same(x, 1024.0)
    state = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, {"a": s["a"] + 1}), [0, {"a": 1.0}])
    same(state[1]["a"], 4.0)
    Pair = collections.namedtuple("Pair", "a b")
    pair = tf.while_loop(lambda a, b: a < 3, lambda a, b: Pair(a + 1, b * 2), Pair(0, 1.0))
    assert isinstance(pair, Pair)
    same(pair.b, 8.0)


def test_while_loop_gives_tensors_even_without_a_turn():
    v, array = tf.while_loop(lambda *_: False, lambda a, b: (a, b), [tf.Variable(3.0), np.zeros(2)])
    assert tf.is_tensor(v)
    assert not isinstance(v, tf.Variable)
    assert array.dtype == tf.float64


def test_while_loop_is_differentiable():
    x = tf.constant(2.0)
    same(slope(lambda t: tf.while_loop(lambda i, y: i < 3, lambda i, y: [i + 1, y * t], [0, t])[1], x), 32.0)


def test_maximum_iterations():
    i, x = tf.while_loop(lambda i, x: True, lambda i, x: [i + 1, x * 2.0], [0, 1.0], maximum_iterations=3)
    same(i, 3)
    same(x, 8.0)


@differs("TensorFlow takes these in graphs, not in eager code")
def test_a_body_may_return_a_bare_value_or_a_tuple_for_a_list():
    same(tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])[0], 3)
    same(tf.while_loop(lambda i: i < 9, lambda i: (i + 1,), [0], maximum_iterations=4)[0], 4)


def test_while_loops_errors():
    with pytest.raises(TypeError, match="'cond' must be callable"):
        tf.while_loop(3, lambda i: i, [0])
    with pytest.raises(TypeError, match="'body' must be callable"):
        tf.while_loop(lambda i: True, 3, [0])
    with pytest.raises(ValueError, match="'loop_vars' must be provided"):
        tf.while_loop(lambda: True, lambda: None, [])
    with pytest.raises(TypeError, match="'parallel_iterations' must be a positive integer"):
        tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0], parallel_iterations=0)
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.while_loop(lambda i, j: i < 3, lambda i, j: (i + 1,), [0, 1.0])
    with pytest.raises(TypeError):
        tf.while_loop(lambda i: i < 3, lambda i: None, [0])


# map_fn, foldl, foldr, scan


def test_map_fn():
    same(tf.map_fn(lambda x: x * 2, tf.constant(E)), [2.0, 4.0, 6.0])
    same(tf.map_fn(lambda x: 3, tf.constant(E)), [3.0, 3.0, 3.0])
    pair = tf.map_fn(lambda x: (x, tf.cast(x, tf.int32)), tf.constant(E), fn_output_signature=(tf.float32, tf.int32))
    assert isinstance(pair, tuple)
    assert pair[1].dtype == tf.int32
    same(tf.map_fn(lambda x: x[0] * x[1], (tf.constant(E), tf.constant(E)), dtype=tf.float32), [1.0, 4.0, 9.0])
    mapping = {"a": tf.constant(E), "b": tf.constant(E)}
    sums = tf.map_fn(lambda x: {"s": x["a"] + x["b"]}, mapping, fn_output_signature={"s": tf.float32})
    same(sums["s"], [2.0, 4.0, 6.0])
    as_int = tf.map_fn(lambda x: tf.cast(x, tf.int32), tf.constant(E), fn_output_signature=tf.TensorSpec([], tf.int32))
    same(as_int, [1, 2, 3])


def test_map_fn_without_elements():
    assert tf.map_fn(lambda x: x * 2, tf.zeros([0, 2])).shape == [0]
    assert tf.map_fn(lambda x: x, tf.zeros([0, 3]), fn_output_signature=tf.TensorSpec([3], tf.float32)).shape == [0, 3]


def test_map_fn_is_differentiable():
    same(slope(lambda t: tf.map_fn(lambda x: x * x, t), tf.constant(E)), [2.0, 4.0, 6.0])


def test_map_fns_errors():
    with pytest.raises(ValueError, match="Elements in elems must be 1\\+ dimensional"):
        tf.map_fn(lambda x: x, 3.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32"):
        tf.map_fn(lambda x: tf.cast(x, tf.int32), tf.constant(E))
    with pytest.raises(ValueError, match="same nested structure"):
        tf.map_fn(lambda x: (x, x), tf.constant(E))
    with pytest.raises(ValueError, match="are not compatible"):
        tf.map_fn(lambda x: x[0], (tf.constant(E), tf.constant([1.0])), fn_output_signature=tf.float32)
    with pytest.raises(ValueError, match="Incompatible shape for value"):
        tf.map_fn(lambda x: tf.zeros([tf.cast(x, tf.int32)]), tf.constant(E))
    with pytest.raises(ValueError):
        tf.map_fn(lambda x: None, tf.constant(E))
    with pytest.raises(ValueError, match="elems must be a Tensor"):
        tf.map_fn(lambda x: x, [])


def test_folds():
    e = tf.constant(E)
    same(tf.foldl(lambda a, x: a - x, e), -4.0)
    same(tf.foldr(lambda a, x: a - x, e), 0.0)
    same(tf.foldl(lambda a, x: a + x, e, initializer=10), 16.0)
    total, product = tf.foldl(lambda a, x: (a[0] + x, a[1] * x), e, initializer=(0.0, 1.0))
    same(total, 6.0)
    same(product, 6.0)
    same(tf.foldl(lambda a, x: a + x[0] * x[1], (e, e), initializer=0.0), 14.0)
    same(tf.foldl(lambda a, x: tf.concat([a, [x]], 0), e, initializer=tf.zeros([0])), E)
    same(tf.foldl(lambda a, x: a, tf.zeros([0]), initializer=1.0), 1.0)
    with pytest.raises(tf.errors.OutOfRangeError):
        tf.foldl(lambda a, x: a, tf.zeros([0]))
    same(slope(lambda t: tf.foldl(lambda a, x: a * x, t), e), [6.0, 3.0, 2.0])


def test_scan():
    e = tf.constant(E)
    same(tf.scan(lambda a, x: a + x, e), [1.0, 3.0, 6.0])
    same(tf.scan(lambda a, x: a + x, e, reverse=True), [6.0, 5.0, 3.0])
    same(tf.scan(lambda a, x: a + x, e, initializer=10.0), [11.0, 13.0, 16.0])
    same(tf.scan(lambda a, x: a + x, e, initializer=10.0, reverse=True), [16.0, 15.0, 13.0])
    fibonacci = tf.scan(lambda a, x: (a[1], a[0] + a[1]), tf.zeros([4]), initializer=(0.0, 1.0))
    same(fibonacci[1], [1.0, 2.0, 3.0, 5.0])
    assert tf.scan(lambda a, x: a, tf.zeros([0]), initializer=1.0).shape == [0]
    same(slope(lambda t: tf.scan(lambda a, x: a * x, t), e), [9.0, 4.0, 2.0])
    with pytest.raises(tf.errors.OutOfRangeError):
        tf.scan(lambda a, x: a, tf.zeros([0]))
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.scan(lambda a, x: tf.cast(x, tf.int32), e)
    with pytest.raises(ValueError, match="same nested structure"):
        tf.scan(lambda a, x: [x, x], e, initializer=0.0)


# vectorized_map


def test_vectorized_map():
    e = tf.constant(E)
    same(tf.vectorized_map(lambda x: x * x, e), [1.0, 4.0, 9.0])
    square, row, constant = tf.vectorized_map(lambda x: (x * x, x[None], 3.0), e)
    same(square, [1.0, 4.0, 9.0])
    same(row, [[1.0], [2.0], [3.0]])
    same(constant, [3.0, 3.0, 3.0])
    same(tf.vectorized_map(lambda x: x[0] + x[1], (e, tf.constant([[1.0]]))), [[2.0], [3.0], [4.0]])
    same(tf.vectorized_map(lambda x: {"a": [x]}, e)["a"][0], E)
    assert tf.vectorized_map(lambda x: x * 2, tf.zeros([0, 2])).shape == [0, 2]
    assert tf.vectorized_map(lambda x: None, e) is None
    same(tf.vectorized_map(lambda x: tf.tensordot(x, x, axes=0), tf.ones([4, 3])), np.ones([4, 3, 3]))


def test_per_example_gradients():
    w = tf.constant([1.0, -2.0])
    data = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(w)
            loss = tf.reduce_sum(w * x) ** 2
        return tape.gradient(loss, w)

    expected = [2 * (x[0] - 2 * x[1]) * x for x in data.numpy()]
    same(tf.vectorized_map(gradient, data), expected)
    same(tf.map_fn(gradient, data), expected)


def test_a_tape_sees_through_vectorized_map():
    same(slope(lambda t: tf.vectorized_map(lambda x: x * x, t), tf.constant(E)), [2.0, 4.0, 6.0])


@differs("TensorFlow refuses Python control flow on a batched tensor")
def test_vectorized_map_goes_over_to_a_loop():
    e = tf.constant(E)
    same(tf.vectorized_map(lambda x: x if x > 1 else x * 2, e, warn=False), [2.0, 2.0, 3.0])
    same(tf.vectorized_map(lambda x: float(x.numpy()) * 2, e, warn=False), [2.0, 4.0, 6.0])
    with pytest.raises(TypeError, match=r"inside tf\.vectorized_map"):
        tf.vectorized_map(lambda x: x.numpy(), e, fallback_to_while_loop=False)


# TensorArray


def test_a_tensor_array_collects():
    ta = tf.TensorArray(tf.float32, size=3)
    ta = ta.write(0, 1.0).write(2, 3)
    same(ta.stack(), [1.0, 0.0, 3.0])
    same(ta.size(), 3)
    assert (ta.dtype, ta.element_shape, ta.dynamic_size) == (tf.float32, [], False)
    grown = tf.TensorArray(tf.float32, size=0, dynamic_size=True).write(3, 1.0)
    same(grown.stack(), [0.0, 0.0, 0.0, 1.0])


def test_an_element_is_read_once_unless_told_otherwise():
    ta = tf.TensorArray(tf.float32, size=2).write(0, 1.0)
    same(ta.read(0), 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not read index 0 twice"):
        ta.read(0)
    kept = tf.TensorArray(tf.float32, size=2, clear_after_read=False).write(0, 1.0)
    same(kept.read(0) + kept.read(0), 2.0)


def test_all_elements_of_a_tensor_array():
    def new(size=2):
        return tf.TensorArray(tf.float32, size=size)

    same(new().unstack([1.0, 2.0]).stack(), [1.0, 2.0])
    same(new().scatter([1, 0], [1.0, 2.0]).stack(), [2.0, 1.0])
    same(new().split([1.0, 2.0, 3.0], [1, 2]).concat(), [1.0, 2.0, 3.0])
    same(new().unstack([[1.0, 2.0], [3.0, 4.0]]).concat(), [1.0, 2.0, 3.0, 4.0])
    same(new(3).unstack([1.0, 2.0, 3.0]).gather([2, 0]), [3.0, 1.0])
    same(tf.TensorArray(tf.float32, size=0, element_shape=[2]).stack(), np.zeros([0, 2]))
    same(tf.TensorArray(tf.float32, size=2, element_shape=[2]).stack(), np.zeros([2, 2]))


def test_tensor_arrays_errors():
    ta = tf.TensorArray(tf.float32, size=3).write(0, [1.0, 2.0])
    for index in (5, -1):
        with pytest.raises(tf.errors.OutOfRangeError):
            ta.read(index)
        with pytest.raises(tf.errors.OutOfRangeError):
            ta.write(index, [1.0, 2.0])
    with pytest.raises(ValueError, match="Incompatible shape for value"):
        ta.write(1, [1.0, 2.0, 3.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="dtype is float32 but Op is trying to write dtype int32"):
        ta.write(1, tf.constant([1, 2]))
    with pytest.raises(ValueError, match="Size must be declared"):
        tf.TensorArray(tf.float32).write(0, 1.0)
    with pytest.raises(ValueError):
        tf.TensorArray(tf.float32, size=3).stack()
    with pytest.raises(ValueError, match="Cannot unstack 3 tensors into a TensorArray of static size 2"):
        tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0, 3.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected sum of lengths"):
        tf.TensorArray(tf.float32, size=2).split([1.0, 2.0, 3.0], [1, 1])
    with pytest.raises(NotImplementedError):
        ta.grad("a")


def test_gradients_flow_through_a_tensor_array():
    def f(x):
        ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        for i in range(3):
            ta = ta.write(i, x * i)
        return ta.stack()

    same(slope(f, tf.constant([1.0, 2.0])), [3.0, 3.0])


# py_function and numpy_function


def test_py_function():
    x = tf.constant(3.0)
    same(tf.py_function(lambda t: t * 2, [x], tf.float32), 6.0)
    results = tf.py_function(lambda a, b: (a * 2, b), [x, 3], [tf.float32, tf.int32])
    assert isinstance(results, list)
    same(results[1], 3)
    same(tf.py_function(lambda t: t.numpy() * 2, [x], tf.float32), 6.0)
    same(tf.py_function(lambda t: np.float64(3), [x], tf.float32), 3.0)
    assert tf.py_function(lambda: None, [], []) == []
    same(slope(lambda t: tf.py_function(lambda u: u * u, [t], tf.float32), x), 6.0)


def test_py_functions_errors():
    x = tf.constant(1.0)
    with pytest.raises(tf.errors.UnknownError, match="ZeroDivisionError"):
        tf.py_function(lambda t: 1 / 0, [x], tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Tensor conversion requested dtype int32"):
        tf.py_function(lambda t: t, [x], tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.py_function(lambda t: None, [x], tf.float32)
    with pytest.raises(ValueError, match="Expected func to be callable"):
        tf.py_function(3, [x], tf.float32)


def test_numpy_function():
    x = tf.constant([3.0])
    assert tf.numpy_function(lambda a: type(a).__name__, [x], tf.string).numpy() == b"ndarray"
    assert tf.numpy_function(lambda a: a.astype(np.float64), [x], tf.float32).dtype == tf.float64
    assert isinstance(tf.numpy_function(lambda a: (a, a), [x], [tf.float32] * 2), list)
    assert slope(lambda t: tf.numpy_function(lambda a: a**2, [t], tf.float32), x) is None
    with pytest.raises(ZeroDivisionError):
        tf.numpy_function(lambda a: 1 / 0, [x], tf.float32)
