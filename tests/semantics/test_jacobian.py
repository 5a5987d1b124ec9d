"""`jacobian` and `batch_jacobian` (sections 1.6 and 1.7)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import same, tf


def recorded(f, value, **options):
    x = tf.constant(value)
    with tf.GradientTape(**options) as tape:
        tape.watch(x)
        y = f(x)
    return tape, y, x


def test_its_shape_is_the_targets_followed_by_the_sources():
    tape, y, x = recorded(lambda x: tf.reshape(x, [3, 2])[:2] * 2.0, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    j = tape.jacobian(y, x)
    assert j.shape == (2, 2, 2, 3)
    same(tf.reshape(j, [4, 6]), 2 * np.eye(6)[:4])


def test_a_scalar_target_has_the_shape_of_the_source():
    tape, y, x = recorded(lambda x: tf.reduce_sum(x * x), [1.0, 2.0])
    same(tape.jacobian(y, x), [2.0, 4.0])


def test_the_structure_is_that_of_the_sources_with_none_where_unconnected():
    x, z = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, z])
        y = x * x
    j = tape.jacobian(y, {"a": x, "b": [z]})
    same(j["a"], [[2.0, 0.0], [0.0, 4.0]])
    assert j["b"] == [None]
    zero = tape.jacobian(y, {"a": x, "b": [z]}, unconnected_gradients="zero")
    same(zero["b"][0], np.zeros((2, 2)))


def test_a_variable_is_a_source():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = v * v * v
    same(tape.jacobian(y, v), [[3.0, 0.0], [0.0, 12.0]])


def test_a_variable_as_target_is_itself():
    v, w = tf.Variable([1.0, 2.0]), tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = v * w
    del y
    same(tape.jacobian(v, v), np.eye(2))
    assert tape.jacobian(v, w) is None


def test_an_integer_target_gives_none():
    v, n = tf.Variable([1.0, 2.0]), tf.constant([1, 2])
    with tf.GradientTape() as tape:
        y = v * 1.0
    del y
    assert tape.jacobian(n, v) is None


def test_sparse_gradients_are_made_dense():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [2, 0])
    j = tape.jacobian(y, v)
    assert j.shape == (2, 2, 3, 2)
    expected = np.zeros((2, 2, 3, 2))
    for row, column in ((0, 2), (1, 0)):
        for k in range(2):
            expected[row, k, column, k] = 1
    same(j, expected)


def test_an_empty_target_gives_no_rows():
    tape, y, x = recorded(lambda x: x[:0] * 2.0, [1.0, 2.0])
    assert tape.jacobian(y, x).shape == (0, 2)


def test_inside_its_own_context():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        same(tape.jacobian(x * x, x), [[2.0, 0.0], [0.0, 4.0]])


def test_the_hessian_is_the_jacobian_of_a_gradient():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        g = inner.gradient(y, x)
    same(outer.jacobian(g, x), np.diag([6.0, 12.0]))


def test_a_jacobian_of_a_jacobian():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        j = inner.jacobian(y, x)
    jj = outer.jacobian(j, x)
    assert jj.shape == (2, 2, 2)
    expected = np.zeros((2, 2, 2))
    expected[0, 0, 0], expected[1, 1, 1] = 6.0, 12.0
    same(jj, expected)


def test_complex_holomorphic_is_the_conjugate():
    tape, y, x = recorded(lambda c: c * (2 + 3j), [1 + 2j])
    same(tape.jacobian(y, x), [[2 - 3j]])


def test_a_consumed_tape_is_refused():
    tape, y, x = recorded(lambda x: x * x, [1.0])
    tape.jacobian(y, x)
    with pytest.raises(RuntimeError, match="can only be used to compute one set of gradients"):
        tape.jacobian(y, x)


def test_without_pfor_a_tape_must_be_persistent_and_is_not_consumed():
    tape, y, x = recorded(lambda x: x * x, [1.0, 2.0])
    with pytest.raises(
        RuntimeError, match="must be created with persistent=True to compute the jacobian with eager execution enabled"
    ):
        tape.jacobian(y, x, experimental_use_pfor=False)
    same(tape.jacobian(y, x), [[2.0, 0.0], [0.0, 4.0]])


def test_without_pfor_on_a_persistent_tape():
    tape, y, x = recorded(lambda x: x * x, [1.0, 2.0], persistent=True)
    same(tape.jacobian(y, x, experimental_use_pfor=False), [[2.0, 0.0], [0.0, 4.0]])


@pytest.mark.parametrize("rows", [2, 3, 4])
def test_a_bound_on_the_rows_at_a_time_changes_nothing(rows):
    tape, y, x = recorded(lambda x: x * x, [1.0, 2.0, 3.0, 4.0], persistent=True)
    same(tape.jacobian(y, x, parallel_iterations=rows), np.diag([2.0, 4.0, 6.0, 8.0]))


def test_no_rows_at_a_time_is_refused():
    tape, y, x = recorded(lambda x: x * x, [1.0, 2.0], persistent=True)
    with pytest.raises(ValueError):
        tape.jacobian(y, x, parallel_iterations=0)


@pytest.mark.differs("TensorFlow takes one tensor; gradtape a structure of them")
def test_a_structure_of_targets_gives_a_structure():
    tape, y, x = recorded(lambda x: {"a": x * x, "b": tf.reduce_sum(x)}, [1.0, 2.0])
    j = tape.jacobian(y, x)
    same(j["a"], [[2.0, 0.0], [0.0, 4.0]])
    same(j["b"], [1.0, 1.0])


@pytest.mark.differs("TensorFlow fails with an AttributeError")
@pytest.mark.parametrize("target", [None, 3.0, np.ones(2)], ids=["None", "float", "array"])
def test_a_target_that_is_no_tensor_is_named(target):
    tape, y, x = recorded(lambda x: x * x, [1.0])
    with pytest.raises(TypeError, match="`target`"):
        tape.jacobian(target, x)
    same(tape.jacobian(y, x), [[2.0]])


def test_batch_jacobian_has_one_small_jacobian_per_example():
    tape, y, x = recorded(lambda x: x * x, [[1.0, 2.0], [3.0, 4.0]])
    same(tape.batch_jacobian(y, x), [np.diag([2.0, 4.0]), np.diag([6.0, 8.0])])


def test_batch_jacobian_of_further_axes():
    tape, y, x = recorded(
        lambda x: tf.reduce_sum(x, axis=2) * x[:, :, 0], np.arange(12.0, dtype=np.float32).reshape(2, 3, 2)
    )
    j = tape.batch_jacobian(y, x)
    assert j.shape == (2, 3, 3, 2)
    v = np.arange(12.0).reshape(2, 3, 2)
    expected = np.zeros((2, 3, 3, 2))
    for b in range(2):
        for i in range(3):
            expected[b, i, i] = [2 * v[b, i, 0] + v[b, i, 1], v[b, i, 0]]
    same(j, expected)


def test_batch_jacobian_sums_what_other_examples_contribute():
    tape, y, x = recorded(lambda x: x * tf.reduce_sum(x), [[1.0], [2.0]])
    # d y[b] / d x[c] = sum(x) [b = c] + x[b]; summed over b for each c
    same(tape.batch_jacobian(y, x), [[[3.0 + 3.0]], [[3.0 + 3.0]]])


@pytest.mark.differs("check= is gradtape's own")
def test_batch_jacobian_finds_examples_that_depend_on_each_other_on_request():
    tape, y, x = recorded(lambda x: x * tf.reduce_sum(x), [[1.0], [2.0]], persistent=True)
    with pytest.raises(ValueError, match="depends on other examples"):
        tape.batch_jacobian(y, x, check=True)
    tape, y, x = recorded(lambda x: tf.sin(x) * x, [[1.0], [2.0]], persistent=True)
    same(tape.batch_jacobian(y, x, check=True), tape.batch_jacobian(y, x))


@pytest.mark.parametrize("option", ["none", "zero"])
def test_batch_jacobian_of_the_unconnected_is_zero(option):
    x, z = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0, 5.0]])
    with tf.GradientTape() as tape:
        tape.watch([x, z])
        y = x * x
    same(tape.batch_jacobian(y, z, unconnected_gradients=option), np.zeros((1, 2, 3)))


def test_batch_jacobian_wants_a_rank_of_two():
    tape, y, x = recorded(lambda x: x * x, [1.0, 2.0])
    with pytest.raises(ValueError, match="must have rank at least 2"):
        tape.batch_jacobian(y, x)


def test_batch_jacobian_wants_equal_first_dimensions():
    tape, y, x = recorded(lambda x: tf.reshape(x, [3, 2]) * 1.0, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    with pytest.raises(ValueError, match="Need first dimension of target shape"):
        tape.batch_jacobian(y, x)


def test_batch_jacobian_of_rows_without_elements():
    tape, y, x = recorded(lambda x: x * 2.0, np.zeros((1, 0), np.float32))
    assert tape.batch_jacobian(y, x).shape == (1, 0, 0)


@pytest.mark.differs("TensorFlow divides by zero")
def test_batch_jacobian_of_no_examples():
    tape, y, x = recorded(lambda x: x * 2.0, np.zeros((0, 2), np.float32))
    assert tape.batch_jacobian(y, x).shape == (0, 2, 2)


def test_batch_jacobian_without_pfor_wants_persistence():
    tape, y, x = recorded(lambda x: x * x, [[1.0, 2.0]])
    with pytest.raises(RuntimeError, match="persistent=True to compute the batch_jacobian"):
        tape.batch_jacobian(y, x, experimental_use_pfor=False)


def test_batch_jacobian_on_a_consumed_tape_is_refused():
    tape, y, x = recorded(lambda x: x * x, [[1.0, 2.0]])
    tape.gradient(y, x)
    with pytest.raises(RuntimeError):
        tape.batch_jacobian(y, x)
