"""Writing a tf.Variable: assign and its kin, slices, scatters (section 9)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import all_same, complaints, same, tf

# assign, assign_add, assign_sub


def test_assign_and_its_kin():
    v = tf.Variable([1.0, 2.0])
    v.assign([3.0, 4.0])
    same(v, [3.0, 4.0])
    v.assign_add([10.0, 20.0])
    same(v, [13.0, 24.0])
    v.assign_sub([1.0, 2.0])
    same(v, [12.0, 22.0])


METHODS = {"assign": [3.0, 4.0], "assign_add": [4.0, 6.0], "assign_sub": [-2.0, -2.0]}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "value",
    [[3.0, 4.0], [3, 4], (3.0, 4.0), np.array([3.0, 4.0]), np.array([3, 4]), np.array([3, 4], np.float16)],
    ids=["floats", "ints", "tuple", "float64 array", "int64 array", "float16 array"],
)
def test_numbers_and_arrays_are_converted(method, value):
    v = tf.Variable([1.0, 2.0])
    getattr(v, method)(value)
    assert v.dtype == tf.float32
    same(v, METHODS[method])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "make", [lambda: tf.constant([3.0, 4.0]), lambda: tf.Variable([3.0, 4.0])], ids=["tensor", "Variable"]
)
def test_tensors_and_variables_of_the_same_dtype(method, make):
    v = tf.Variable([1.0, 2.0])
    getattr(v, method)(make())
    same(v, METHODS[method])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["float64", "int32"])
def test_a_tensor_of_another_dtype_is_refused(method, name):
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match=f"Tensor conversion requested dtype float32 for Tensor with dtype {name}"):
        getattr(v, method)(tf.constant([3, 4], getattr(tf, name)))
    same(v, [1.0, 2.0])


@pytest.mark.parametrize("value", [1.0, [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]], ids=["scalar", "1", "3", "1x2"])
def test_assign_does_not_broadcast(value):
    v = tf.Variable([1.0, 2.0], name="w")
    with pytest.raises(ValueError, match="Cannot assign value to variable ' w:0': Shape mismatch") as error:
        v.assign(value)
    assert "(2,)" in str(error.value)
    assert str(np.shape(value)) in str(error.value)
    same(v, [1.0, 2.0])


@pytest.mark.parametrize("method", ["assign_add", "assign_sub"])
@pytest.mark.parametrize(
    ("value", "shape"), [(1.0, r"\[\]"), ([1.0], r"\[1\]"), ([1.0, 2.0, 3.0], r"\[3\]"), ([[1.0, 2.0]], r"\[1,2\]")]
)
def test_assign_add_and_assign_sub_do_not_broadcast_either(method, value, shape):
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match=rf"Cannot update variable with shape \[2\] using a Tensor with shape {shape}",
    ):
        getattr(v, method)(value)
    same(v, [1.0, 2.0])


def test_assign_refuses_none():
    with pytest.raises(ValueError, match="None"):
        tf.Variable(1.0).assign(None)


@pytest.mark.parametrize("method", METHODS)
def test_what_they_return_stands_for_the_variable(method):
    v = tf.Variable([1.0, 2.0], name="w")
    u = getattr(v, method)([3.0, 4.0])
    assert u is not v
    assert isinstance(u, tf.Variable)
    assert repr(u).startswith("<tf.Variable 'UnreadVariable' shape=(2,) dtype=float32, numpy=array([")
    same(u, METHODS[method])


def test_what_they_return_has_the_same_storage():
    v = tf.Variable([1.0, 2.0])
    u = v.assign([3.0, 4.0])
    v.assign([5.0, 6.0])
    same(u, [5.0, 6.0])
    u.assign([7.0, 8.0])
    same(v, [7.0, 8.0])


def test_they_can_be_chained():
    v = tf.Variable(1.0)
    same(v.assign(2.0).assign_add(3.0).assign_sub(1.0) * 10.0, 40.0)
    same(v, 4.0)


@pytest.mark.parametrize("method", METHODS)
def test_with_read_value_false_they_return_none(method):
    v = tf.Variable([1.0, 2.0])
    assert getattr(v, method)([3.0, 4.0], read_value=False) is None
    same(v, METHODS[method])


@pytest.mark.parametrize("method", METHODS)
def test_the_other_arguments(method):
    v = tf.Variable([1.0, 2.0])
    assert getattr(v, method)([3.0, 4.0], False, "name", False) is None
    same(v, METHODS[method])


@pytest.mark.parametrize("method", METHODS)
def test_they_are_not_differentiable(method):
    v, x = tf.Variable(1.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        u = getattr(v, method)(x * x)
        y = u * u * x
    value = float(v)
    all_same(tape.gradient(y, [x, v]), [value**2, 2 * value * 3.0])


@pytest.mark.parametrize("method", METHODS)
def test_with_read_value_false_they_are_no_access(method):
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        getattr(v, method)(3.0, read_value=False)
    assert tape.watched_variables() == ()


def test_assigning_a_variables_own_value():
    v = tf.Variable([1.0, 2.0])
    v.assign(v * 2.0 + v)
    same(v, [3.0, 6.0])
    v.assign(v)
    same(v, [3.0, 6.0])


def test_two_variables_never_share_their_value():
    v, w = tf.Variable([1.0, 2.0]), tf.Variable([0.0, 0.0])
    w.assign(v)
    w.assign_add([1.0, 1.0])
    w[0].assign(50.0)
    same(v, [1.0, 2.0])
    same(w, [50.0, 3.0])


def test_a_tensor_that_was_assigned_does_not_change_with_the_variable():
    t, v = tf.constant([1.0, 2.0]), tf.Variable([0.0, 0.0])
    v.assign(t)
    v.assign_add([1.0, 1.0])
    v[0].assign(50.0)
    v.scatter_add(tf.IndexedSlices(tf.constant([5.0]), tf.constant([1])))
    same(t, [1.0, 2.0])


def test_an_array_that_was_assigned_may_change_afterwards():
    array, v = np.array([1.0, 2.0], np.float32), tf.Variable([0.0, 0.0])
    v.assign(array)
    array[:] = 9.0
    same(v, [1.0, 2.0])


def test_a_training_step():
    v = tf.Variable([1.0, 2.0])
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(v * v)
        v.assign_sub(0.25 * tape.gradient(loss, v))
    same(v, np.array([1.0, 2.0]) * 0.125)


def test_strings_and_bools_can_be_assigned():
    s, b = tf.Variable("a"), tf.Variable([True, False])
    s.assign("b")
    b.assign([False, True])
    assert s.numpy() == b"b"
    assert b.numpy().tolist() == [False, True]


# v[...].assign


SLICES = {
    "v[0]": (lambda v: v[0].assign(9.0), [9.0, 2.0, 3.0, 4.0]),
    "v[-1]": (lambda v: v[-1].assign(9.0), [1.0, 2.0, 3.0, 9.0]),
    "v[1:3]": (lambda v: v[1:3].assign([8.0, 9.0]), [1.0, 8.0, 9.0, 4.0]),
    "v[1:3], a scalar": (lambda v: v[1:3].assign(9.0), [1.0, 9.0, 9.0, 4.0]),
    "v[::-2]": (lambda v: v[::-2].assign([8.0, 9.0]), [1.0, 9.0, 3.0, 8.0]),
    "v[...]": (lambda v: v[...].assign([5.0, 6.0, 7.0, 8.0]), [5.0, 6.0, 7.0, 8.0]),
    "v[:2], a tensor": (lambda v: v[:2].assign(tf.constant([8.0, 9.0])), [8.0, 9.0, 3.0, 4.0]),
    "v[:2], an array": (lambda v: v[:2].assign(np.array([8.0, 9.0])), [8.0, 9.0, 3.0, 4.0]),
    "v[:0]": (lambda v: v[:0].assign([]), [1.0, 2.0, 3.0, 4.0]),
}


@pytest.mark.parametrize("how", SLICES)
def test_a_slice_can_be_assigned(how):
    f, expected = SLICES[how]
    v = tf.Variable([1.0, 2.0, 3.0, 4.0])
    u = f(v)
    same(v, expected)
    assert isinstance(u, tf.Variable)
    same(u, expected)


def test_slices_of_a_matrix():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    v[:, 1].assign([8.0, 9.0])
    same(v, [[1.0, 8.0], [3.0, 9.0]])
    v[1, 0].assign(7.0)
    same(v, [[1.0, 8.0], [7.0, 9.0]])
    v[0].assign([0.0, 0.0])
    same(v, [[0.0, 0.0], [7.0, 9.0]])


def test_a_slice_refuses_a_value_that_does_not_fit():
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(tf.errors.InvalidArgumentError):
        v[0].assign([1.0, 2.0])
    with pytest.raises(tf.errors.InvalidArgumentError):
        v[7].assign(1.0)
    same(v, [1.0, 2.0])


def test_a_slice_is_still_a_tensor():
    v = tf.Variable([1.0, 2.0])
    assert isinstance(v[0], tf.Tensor)
    same(v[0] * 10.0, 10.0)


def test_assigning_a_slice_does_not_change_what_was_recorded_before():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = v * v
        v[0].assign(50.0)
        z = v * v
    same(tape.gradient([y, z], v), [102.0, 8.0])


# scatter_*, with IndexedSlices


SCATTERS = {  # on [1, 100], with [10, 20, 1] at [1, 1, 0]
    "scatter_add": [2.0, 130.0],
    "scatter_sub": [0.0, 70.0],
    "scatter_update": [1.0, 20.0],
    "scatter_mul": [1.0, 20000.0],
    "scatter_div": [1.0, 0.5],
    "scatter_max": [1.0, 100.0],
    "scatter_min": [1.0, 10.0],
}


@pytest.mark.parametrize("method", SCATTERS)
def test_duplicates_accumulate_and_the_last_update_wins(method):
    v = tf.Variable([1.0, 100.0])
    delta = tf.IndexedSlices(tf.constant([10.0, 20.0, 1.0]), tf.constant([1, 1, 0]))
    u = getattr(v, method)(delta)
    same(v, SCATTERS[method])
    assert isinstance(u, tf.Variable)
    same(u, SCATTERS[method])


def test_duplicates_on_one():
    """The figures of the specification: from 1, with 10 and 20."""
    expected = {
        "scatter_add": 31.0,
        "scatter_sub": -29.0,
        "scatter_update": 20.0,
        "scatter_mul": 200.0,
        "scatter_div": 0.005,
    }
    for method, value in expected.items():
        v = tf.Variable([1.0])
        getattr(v, method)(tf.IndexedSlices(tf.constant([10.0, 20.0]), tf.constant([0, 0])))
        same(v, [value])


def test_scattering_rows():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    v.scatter_sub(tf.IndexedSlices(tf.constant([[1.0, 1.0], [2.0, 2.0]]), tf.constant([2, 0], tf.int64)))
    same(v, [[-1.0, 0.0], [3.0, 4.0], [4.0, 5.0]])


@pytest.mark.parametrize("method", SCATTERS)
def test_anything_but_slices_is_refused(method):
    v = tf.Variable([1.0, 100.0])
    with pytest.raises(TypeError, match=r"Argument `sparse_delta` must be a `tf\.IndexedSlices`"):
        getattr(v, method)(tf.ones([2]))
    same(v, [1.0, 100.0])


@pytest.mark.parametrize("index", [5, -1])
@pytest.mark.parametrize("method", SCATTERS)
def test_an_index_out_of_range_is_refused(method, index):
    v = tf.Variable([1.0, 100.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=str(index)):
        getattr(v, method)(tf.IndexedSlices(tf.constant([1.0]), tf.constant([index])))
    same(v, [1.0, 100.0])


def test_a_sparse_gradient_can_be_applied_as_it_is():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [1, 1]) ** 2)
    g = tape.gradient(y, v)
    v.scatter_sub(tf.IndexedSlices(g.values * 0.1, g.indices))
    same(v, [[1.0, 2.0], [3.0 - 0.1 * 12.0, 4.0 - 0.1 * 16.0]])


# scatter_nd_*


SCATTERS_ND = {  # on [1, 100, 5], with [7, 8, 3] at [0, 2, 2]
    "scatter_nd_add": [8.0, 100.0, 16.0],
    "scatter_nd_sub": [-6.0, 100.0, -6.0],
    "scatter_nd_update": [7.0, 100.0, 3.0],
    "scatter_nd_max": [7.0, 100.0, 8.0],
    "scatter_nd_min": [1.0, 100.0, 3.0],
}


@pytest.mark.parametrize("method", SCATTERS_ND)
def test_scatter_nd(method):
    v = tf.Variable([1.0, 100.0, 5.0])
    u = getattr(v, method)([[0], [2], [2]], [7.0, 8.0, 3.0])
    same(v, SCATTERS_ND[method])
    assert isinstance(u, tf.Variable)


def test_scatter_nd_with_full_indices():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    v.scatter_nd_update([[0, 1], [1, 0]], [20.0, 30.0])
    same(v, [[1.0, 20.0], [30.0, 4.0]])


@pytest.mark.parametrize("method", SCATTERS_ND)
def test_scatter_nd_refuses_an_index_out_of_range(method):
    v = tf.Variable([1.0, 100.0, 5.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[3\]"):
        getattr(v, method)([[3]], [7.0])
    same(v, [1.0, 100.0, 5.0])


def test_batch_scatter_update():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with complaints():  # it is deprecated
        v.batch_scatter_update(tf.IndexedSlices(tf.constant([[9.0], [8.0]]), tf.constant([[0], [1]])))
    same(v, [[9.0, 2.0], [3.0, 8.0]])


@pytest.mark.parametrize("write", ["scatter_add", "scatter_nd_add"])
def test_scatters_cut_the_gradient_of_what_is_written(write):
    v, x = tf.Variable([1.0, 2.0]), tf.constant([3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        if write == "scatter_add":
            v.scatter_add(tf.IndexedSlices(x * x, tf.constant([1])))
        else:
            v.scatter_nd_add([[1]], x * x)
        y = v * v
    all_same(tape.gradient(y, [x, v]), [None, [2.0, 22.0]])
