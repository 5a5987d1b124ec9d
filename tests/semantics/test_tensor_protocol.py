"""A tensor towards Python and NumPy: attributes, truth and numbers, iteration, identity, arrays, copies.

What a caller gets as an array, TensorFlow 2.21: `.numpy()` is a writable copy of the caller's own; `np.asarray(t)` a
read-only view; nothing that a caller writes changes a tensor.
"""

from __future__ import annotations

import copy
import math
import operator
import pickle

import numpy as np
import pytest

from tests.semantics.support import differs, same, tf

# Attributes


def test_shape_dtype_and_rank():
    t = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert t.shape == (2, 3)
    assert isinstance(t.shape, tf.TensorShape)
    assert t.shape[0] == 2
    assert t.shape.rank == 2
    assert t.get_shape() == t.shape
    assert t.dtype == tf.float32
    assert t.dtype.name == "float32"
    assert t.dtype.as_numpy_dtype is np.float32
    assert t.ndim == 2
    assert tf.constant(1.0).shape == ()
    assert tf.constant(1.0).ndim == 0


def test_a_constant_is_a_tensor():
    assert isinstance(tf.constant(1.0), tf.Tensor)
    assert isinstance(tf.constant(1.0) + 1.0, tf.Tensor)
    assert not isinstance(1.0, tf.Tensor)
    assert tf.is_tensor(tf.constant(1))


def test_the_device_is_the_first_processor():
    assert tf.constant(1.0).device == "/job:localhost/replica:0/task:0/device:CPU:0"


@pytest.mark.parametrize("name", ["name", "op", "graph"])
def test_attributes_of_graphs_are_undefined(name):
    with pytest.raises(AttributeError, match=f"Tensor.{name} is undefined when eager execution is enabled"):
        getattr(tf.constant(1.0), name)


@pytest.mark.parametrize("name", ["size", "T", "reshape", "astype", "mean", "item", "tolist", "no_such_attribute"])
def test_a_tensor_is_not_an_array(name):
    t = tf.constant([1.0])
    assert not hasattr(t, name)
    with pytest.raises(AttributeError, match=name):
        getattr(t, name)


def test_set_shape_checks_the_shape():
    t = tf.constant([1.0, 2.0, 3.0])
    t.set_shape((3,))
    t.set_shape((None,))
    t.set_shape(tf.TensorShape(None))
    with pytest.raises(ValueError, match=r"shape \(3,\) is not compatible with supplied shape \(4,\)"):
        t.set_shape((4,))


# Truth and numbers


@pytest.mark.parametrize(
    ("value", "truth"), [(0.0, False), (0.5, True), (np.nan, True), (0, False), (3, True), (True, True), (False, False),
                         ([1.0], True), ([[0]], False), ("", False), ("text", True)]
)  # fmt: skip
def test_truth(value, truth):
    assert bool(tf.constant(value)) is truth


@pytest.mark.parametrize("value", [[1.0, 2.0], [True, True], [[1], [2]]], ids=repr)
def test_the_truth_of_several_values_is_ambiguous(value):
    with pytest.raises(ValueError, match=r"(?i)truth value of .* more than one element is ambiguous"):
        bool(tf.constant(value))


@pytest.mark.filterwarnings("ignore:The truth value of an empty array:DeprecationWarning")
def test_an_empty_tensor_is_false():
    assert bool(tf.constant([])) is False


def test_python_control_flow():
    x = tf.constant(2.0)
    count = 0
    while x < 100.0:
        x = x * x
        count += 1
    assert count == 3
    assert (1 if x > 200.0 else 2) == 1
    assert not (x < 0.0)
    assert 0.0 < tf.constant(0.5) < 1.0


def test_int_float_complex_and_index():
    assert int(tf.constant(3.7)) == 3
    assert int(tf.constant(7)) == 7
    assert float(tf.constant(1.5)) == 1.5
    assert float(tf.constant(7)) == 7.0
    assert complex(tf.constant(1.5)) == 1.5 + 0j
    assert complex(tf.constant(1 + 2j)) == 1 + 2j
    assert type(int(tf.constant(7, tf.int64))) is int
    assert type(float(tf.constant(1.5))) is float
    assert operator.index(tf.constant(7)) == 7
    assert list(range(tf.constant(3))) == [0, 1, 2]
    assert [10, 20, 30][tf.constant(1)] == 20
    assert [10, 20, 30][tf.constant(1, tf.int64)] == 20
    assert np.zeros((tf.constant(2), 3)).shape == (2, 3)
    assert math.sqrt(tf.constant(4.0)) == 2.0
    assert float(tf.constant("1.5")) == 1.5


@pytest.mark.parametrize("convert", [int, float])
@pytest.mark.parametrize("value", [[1.0, 2.0], [3.0], [[3]]], ids=repr)
def test_only_scalars_become_numbers(convert, value):
    with pytest.raises(TypeError, match=r"only 0-dimensional arrays|scalar"):
        convert(tf.constant(value))


@pytest.mark.parametrize("value", [[1], [1, 2]], ids=repr)
def test_only_scalars_are_indices(value):
    with pytest.raises(TypeError):
        operator.index(tf.constant(value))


def test_a_float_is_no_index():
    with pytest.raises((TypeError, AttributeError), match=r"__index__|integer"):
        operator.index(tf.constant(1.0))


@differs("TensorFlow raises AttributeError: 'numpy.float32' object has no attribute '__index__'")
def test_a_float_as_an_index_is_a_type_error():
    with pytest.raises(TypeError):
        operator.index(tf.constant(1.0))


# Length and iteration


def test_len_is_the_first_dimension():
    assert len(tf.constant([1.0, 2.0, 3.0])) == 3
    assert len(tf.constant([[1.0], [2.0]])) == 2
    assert len(tf.zeros((0, 2))) == 0
    with pytest.raises(TypeError, match=r"Scalar tensor has no `len\(\)`"):
        len(tf.constant(1.0))


def test_iteration_gives_the_rows():
    m = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    rows = list(m)
    assert [r.shape for r in rows] == [(2,), (2,)]
    same(rows[1], [3.0, 4.0])
    a, b = m
    same(a + b, [4.0, 6.0])
    first, *rest = tf.constant([1, 2, 3])
    assert int(first) == 1
    assert [int(t) for t in rest] == [2, 3]
    assert [int(t) for t in reversed(tf.constant([1, 2, 3]))] == [3, 2, 1]
    assert [(i, int(t)) for i, t in enumerate(tf.constant([5, 6]))] == [(0, 5), (1, 6)]
    assert [int(a) + int(b) for a, b in zip(tf.constant([1, 2]), tf.constant([3, 4]), strict=True)] == [4, 6]


def test_a_scalar_is_not_iterable():
    with pytest.raises(TypeError, match="Cannot iterate over a scalar tensor"):
        list(tf.constant(1.0))


def test_unpacking_the_wrong_number_is_a_value_error():
    with pytest.raises(ValueError, match="unpack"):
        _a, _b = tf.constant([1.0, 2.0, 3.0])


def test_iteration_stays_differentiable():
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        total = sum(x)
        a, _, c = x
        product = a * c
        squares = sum(t * t for t in x)
    same(tape.gradient(total, x), [1.0, 1.0, 1.0])
    same(tape.gradient(product, x), [3.0, 0.0, 1.0])
    same(tape.gradient(squares, x), [2.0, 4.0, 6.0])


def test_builtins_over_a_tensor():
    t = tf.constant([2.0, 3.0, 1.0])
    assert float(max(t)) == 3.0
    assert float(min(t)) == 1.0
    assert [float(v) for v in sorted(t)] == [1.0, 2.0, 3.0]
    assert any(tf.constant([False, True]))
    assert not all(tf.constant([False, True]))
    assert 2.0 in t
    assert 5.0 not in t


# Identity


def test_a_tensor_has_no_hash():
    t = tf.constant([1.0])
    with pytest.raises(TypeError, match=r"Tensor is unhashable. Instead, use tensor.ref\(\) as the key"):
        hash(t)
    with pytest.raises(TypeError, match="unhashable"):
        _ = {t: 1}
    with pytest.raises(TypeError, match="unhashable"):
        _ = {t}


def test_a_reference_is_a_key():
    t = tf.constant([1.0])
    other = tf.identity(t)
    assert t.ref() == t.ref()
    assert hash(t.ref()) == hash(t.ref())
    assert t.ref() != other.ref()
    assert t.ref().deref() is t
    assert {t.ref(): 1}[t.ref()] == 1
    assert t.experimental_ref() == t.ref()


@pytest.mark.parametrize("value", [[1.0, 2.0], [1, 2]], ids=["float", "int"])
def test_no_item_assignment_and_no_deletion(value):
    t = tf.constant(value)
    with pytest.raises(TypeError, match="does not support item assignment"):
        t[0] = 5
    with pytest.raises(TypeError, match="deletion"):
        del t[0]


def test_augmented_assignment_makes_a_new_tensor():
    t = tf.constant([1.0, 2.0])
    old = t
    t += 1.0
    assert t is not old
    same(old, [1.0, 2.0])
    same(t, [2.0, 3.0])


# Arrays


def test_numpy_gives_an_array_or_a_numpy_scalar():
    m = tf.constant([[1.0, 2.0]]).numpy()
    assert type(m) is np.ndarray
    assert m.dtype == np.float32
    assert type(tf.constant(1.5).numpy()) is np.float32
    assert type(tf.constant(7).numpy()) is np.int32
    assert type(tf.constant(True).numpy()) is np.bool_
    assert type(tf.constant(1 + 2j).numpy()) is np.complex128
    assert tf.constant("text").numpy() == b"text"
    assert type(tf.constant("text").numpy()) is bytes
    words = tf.constant(["a", "b"]).numpy()
    assert words.dtype == object
    assert words.tolist() == [b"a", b"b"]


def test_the_array_of_numpy_is_the_callers_own():
    t = tf.constant([1.0, 2.0, 3.0])
    a = t.numpy()
    assert a.flags.writeable
    a[0] = 100.0
    same(t, [1.0, 2.0, 3.0])
    assert not np.shares_memory(t.numpy(), t.numpy())


def test_asarray_is_a_view_that_cannot_be_written():
    t = tf.constant([1.0, 2.0, 3.0])
    a = np.asarray(t)
    assert a.dtype == np.float32
    assert not a.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 100.0
    assert np.asarray(tf.constant(1.5)).shape == ()


def test_the_view_cannot_be_made_writable():
    """Otherwise `setflags` would be a way round; TensorFlow's view does not own its memory either."""
    t = tf.constant([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        np.asarray(t).setflags(write=True)


def test_array_is_a_copy():
    t = tf.constant([1.0, 2.0, 3.0])
    a = np.array(t)
    a[0] = 100.0
    same(t, [1.0, 2.0, 3.0])
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    assert np.array(t, dtype=np.int64).tolist() == [1, 2, 3]


def test_a_constant_is_a_copy_of_the_array():
    source = np.array([1.0, 2.0, 3.0], np.float32)
    t = tf.constant(source)
    source[0] = 100.0
    same(t, [1.0, 2.0, 3.0])


@differs("TensorFlow shares the memory of an array that happens to be aligned: writing to it changes the tensor")
@pytest.mark.parametrize("size", [3, 1000, 100_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_a_converted_array_is_never_shared(size, dtype):
    source = np.ones(size, dtype)
    tensors = [tf.convert_to_tensor(source), tf.constant(source), tf.identity(source), tf.reshape(source, [1, size])]
    source[0] = 100
    assert [t.numpy().reshape(-1)[0] for t in tensors] == [1, 1, 1, 1]


@differs("in TensorFlow an aligned array is shared here too")
def test_an_operand_that_changes_later_does_not_change_the_gradient():
    a = np.array([2.0, 3.0], np.float32)
    x = tf.constant([1.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * a
    a[:] = 100.0
    same(tape.gradient(y, x), [2.0, 3.0])


def test_what_a_caller_does_to_results_does_not_change_the_gradient():
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.exp(x)  # the tape keeps y itself
        y.numpy()[:] = 100.0
        np.array(y)[:] = 100.0
    same(tape.gradient(y, x), np.exp(np.float32([2.0, 3.0])))


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # TensorFlow's variables, by NumPy 2
def test_arrays_taken_from_a_variable_are_snapshots():
    """Whatever assignment does to the storage, in place or not."""
    v = tf.Variable([1.0, 2.0])
    read = v.value()
    taken = [v.numpy(), np.asarray(v), np.array(v), np.asarray(read), read.numpy()]
    v.assign_add([1.0, 1.0])
    v.assign([9.0, 9.0])
    v[0].assign(5.0)
    v.scatter_nd_update([[1]], [7.0])
    assert [a.tolist() for a in taken] == [[1.0, 2.0]] * 5
    same(read, [1.0, 2.0])
    same(v, [5.0, 7.0])


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # TensorFlow's variables, by NumPy 2
def test_the_array_of_a_variable_is_the_callers_own():
    v = tf.Variable([1.0, 2.0])
    for a in (v.numpy(), np.array(v)):
        a[0] = 100.0
    same(v, [1.0, 2.0])


def test_a_variable_copies_the_array_it_is_made_from_or_assigned():
    source = np.array([1.0, 2.0], np.float32)
    v = tf.Variable(source)
    source[0] = 100.0
    same(v, [1.0, 2.0])
    v.assign(source)
    source[1] = 100.0
    same(v, [100.0, 2.0])


def test_numpy_functions_take_tensors_and_give_arrays():
    t = tf.constant([1.0, 2.0, 3.0])
    for result in (np.sin(t), np.add(t, 1), np.maximum(t, 2), np.stack([t, t]), np.array([t, t])):
        assert type(result) is np.ndarray
        assert result.dtype == np.float32
    assert np.mean(t) == 2.0
    assert np.argmax(t) == 2
    assert np.array([t[0], t[1]]).tolist() == [1.0, 2.0]
    assert np.allclose(t, [1.0, 2.0, 3.0])
    assert type(np.float32(tf.constant(1.5))) is np.float32


def test_numpy_functions_cut_the_gradient():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.constant(np.sin(x)) + 0.0
    assert tape.gradient(y, x) is None


def test_the_buffer_protocol():
    t = tf.constant([1.0, 2.0])
    assert memoryview(np.asarray(t)).format == "f"


# Copies


def test_copies_are_the_tensor_itself():
    """A tensor is immutable, so its copy is itself, and stays connected."""
    t = tf.constant([1.0, 2.0])
    assert copy.copy(t) is t
    assert copy.deepcopy(t) is t
    nested = copy.deepcopy({"t": t})
    assert nested["t"] is t


@pytest.mark.parametrize("value", [1.5, [1.0, 2.0], [[1, 2]], True, "text", ["a", "b"], 1 + 2j], ids=repr)
def test_a_pickled_tensor_comes_back(value):
    t = tf.constant(value)
    back = pickle.loads(pickle.dumps(t))
    assert isinstance(back, tf.Tensor)
    assert back.dtype == t.dtype
    assert back.shape == t.shape
    assert np.array_equal(back.numpy(), t.numpy())
