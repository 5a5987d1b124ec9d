"""tf.IndexedSlices, the sparse form of a gradient: what it is, and where it converts to a tensor (section 6)."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from tests.semantics.support import differs, needs, same, tf


def slices(dense_shape=True):
    return tf.IndexedSlices(
        tf.constant([[1.0, 2.0], [3.0, 4.0]]),
        tf.constant([0, 2]),
        dense_shape=tf.constant([3, 2]) if dense_shape else None,
    )


DENSE = [[1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]


def test_its_arguments():
    assert list(inspect.signature(tf.IndexedSlices).parameters) == ["values", "indices", "dense_shape"]
    values, indices, dense_shape = tf.constant([1.0]), tf.constant([1]), tf.constant([2])
    s = tf.IndexedSlices(values, indices, dense_shape)
    assert s.values is values
    assert s.indices is indices
    assert s.dense_shape is dense_shape
    assert tf.IndexedSlices(values, indices).dense_shape is None


def test_its_attributes():
    s = slices()
    assert s.dtype == tf.float32
    assert isinstance(s.shape, tf.TensorShape)
    assert s.shape == [3, 2]
    assert s.device == s.values.device


def test_without_a_dense_shape_its_shape_is_unknown():
    s = slices(dense_shape=False)
    assert isinstance(s.shape, tf.TensorShape)
    assert s.shape.rank is None


@pytest.mark.parametrize("attribute", ["name", "op", "graph"])
def test_in_eager_code_these_attributes_raise(attribute):
    with pytest.raises(AttributeError, match="eager"):
        getattr(slices(), attribute)


def test_its_string():
    s = slices()
    assert str(s) == f"IndexedSlices(indices={s.indices!s}, values={s.values!s}, dense_shape={s.dense_shape!s})"
    s = slices(dense_shape=False)
    assert str(s) == f"IndexedSlices(indices={s.indices!s}, values={s.values!s})"


def test_unary_minus_gives_slices():
    s = slices()
    n = -s
    assert isinstance(n, tf.IndexedSlices)
    same(n.values, -s.values.numpy())
    same(n.indices, [0, 2])
    same(n.dense_shape, [3, 2])


def test_nothing_is_validated_when_it_is_made():
    s = tf.IndexedSlices(tf.ones([2]), tf.constant([1, 2, 3]), tf.constant([9]))
    same(s.values, [1.0, 1.0])
    s = tf.IndexedSlices([1.0, 2.0], [0, 1])
    assert s.values == [1.0, 2.0]


@pytest.mark.parametrize(
    "use",
    [
        lambda s: s * 2.0,
        lambda s: 2.0 * s,
        lambda s: s + s,
        lambda s: s - 1.0,
        lambda s: s / 2.0,
        lambda s: s[0],
        len,
        list,
        float,
    ],
    ids=["*", "* on the right", "+", "-", "/", "[]", "len", "iteration", "float"],
)
def test_it_has_no_arithmetic_and_no_sequence_protocol(use):
    with pytest.raises(TypeError):
        use(slices())


def test_it_has_no_numpy_method():
    with pytest.raises(AttributeError, match="numpy"):
        slices().numpy()


@differs("in TensorFlow np.array gives an array of one object, which then computes nonsense")
def test_as_an_array_it_is_dense_or_refused():
    try:
        array = np.asarray(slices())
    except (TypeError, ValueError) as error:
        assert "IndexedSlices" in str(error)
    else:
        np.testing.assert_array_equal(array, DENSE)


# Where an op takes a tensor it becomes one.

CONVERTING = {
    "convert_to_tensor": (lambda s: tf.convert_to_tensor(s), DENSE),
    "add_n": (lambda s: tf.add_n([s, tf.ones([3, 2])]), np.array(DENSE) + 1),
    "add_n of slices": (lambda s: tf.add_n([s, s]), np.array(DENSE) * 2),
    "reduce_sum": (lambda s: tf.reduce_sum(s), 10.0),
    "square": (lambda s: tf.square(s), np.square(DENSE)),
    "multiply": (lambda s: tf.multiply(s, 2.0), np.array(DENSE) * 2),
    "add": (lambda s: tf.add(s, 1.0), np.array(DENSE) + 1),
    "identity in a list": (lambda s: tf.add_n([s]), DENSE),
}


@pytest.mark.parametrize("how", CONVERTING)
def test_it_converts_to_a_tensor_where_an_op_takes_one(how):
    f, expected = CONVERTING[how]
    got = f(slices())
    assert isinstance(got, tf.Tensor)
    same(got, expected)


def test_assign_sub_takes_slices():
    v = tf.Variable(tf.ones([3, 2]))
    v.assign_sub(slices())
    same(v, 1 - np.array(DENSE))


def test_duplicates_add():
    s = tf.IndexedSlices(tf.constant([1.0, 10.0, 100.0]), tf.constant([2, 0, 2]), tf.constant([4]))
    same(tf.convert_to_tensor(s), [10.0, 0.0, 101.0, 0.0])


def test_without_a_dense_shape_it_does_not_convert():
    s = slices(dense_shape=False)
    for convert in (tf.convert_to_tensor, tf.reduce_sum):
        with pytest.raises(
            ValueError, match="Tensor conversion requested for IndexedSlices for argument `value` without dense_shape"
        ):
            convert(s)


@pytest.mark.parametrize("indices", [[0, 3], [5, 0]])
def test_an_index_beyond_the_dense_shape_is_refused(indices):
    s = tf.IndexedSlices(tf.ones([2, 2]), tf.constant(indices), tf.constant([3, 2]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=str(max(indices))):
        tf.convert_to_tensor(s)


# Clipping


@needs("clip_by_norm")
def test_clip_by_norm_keeps_slices():
    s = tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([1]), tf.constant([2, 2]))
    c = tf.clip_by_norm(s, 1.0)
    assert isinstance(c, tf.IndexedSlices)
    same(c.values, [[0.6, 0.8]])
    same(c.indices, [1])
    same(c.dense_shape, [2, 2])


@needs("clip_by_global_norm")
def test_clip_by_global_norm_keeps_slices():
    s = tf.IndexedSlices(tf.constant([[3.0, 0.0]]), tf.constant([1]), tf.constant([2, 2]))
    (clipped, dense), norm = tf.clip_by_global_norm([s, tf.constant([4.0])], 1.0)
    same(norm, 5.0)
    assert isinstance(clipped, tf.IndexedSlices)
    same(clipped.values, [[0.6, 0.0]])
    same(clipped.indices, [1])
    same(dense, [0.8])


@needs("linalg.global_norm")
def test_global_norm_does_not_merge_duplicates():
    s = tf.IndexedSlices(tf.constant([[3.0, 4.0], [1.0, 1.0]]), tf.constant([0, 0]), tf.constant([2, 2]))
    same(tf.linalg.global_norm([s]), np.sqrt(27.0))  # 5.196, where the dense tensor has [4, 5]: 6.403


# Structures and specs


def test_it_is_a_leaf_or_its_components():
    s = slices()
    (leaf,) = tf.nest.flatten(s)
    assert leaf is s
    values, indices, dense_shape = tf.nest.flatten(s, expand_composites=True)
    assert values is s.values and indices is s.indices and dense_shape is s.dense_shape
    again = tf.nest.pack_sequence_as(s, [values, indices, dense_shape], expand_composites=True)
    assert isinstance(again, tf.IndexedSlices)
    assert again.values is values


def test_the_spec_and_its_defaults():
    names = ["shape", "dtype", "indices_dtype", "dense_shape_dtype", "indices_shape"]
    parameters = inspect.signature(tf.IndexedSlicesSpec).parameters
    assert list(parameters) == names
    defaults = [parameters[name].default for name in names]
    assert defaults == [None, tf.float32, tf.int64, None, None]
    spec = tf.IndexedSlicesSpec()
    assert spec.value_type is tf.IndexedSlices
    assert spec == tf.IndexedSlicesSpec()
    assert spec != tf.IndexedSlicesSpec([3, 2], tf.float64)
    assert repr(spec) == "IndexedSlicesSpec(TensorShape(None), tf.float32, tf.int64, None, TensorShape([None]))"
    assert (
        repr(tf.IndexedSlicesSpec([3, 2], tf.float64, tf.int32, tf.int32, [2]))
        == "IndexedSlicesSpec(TensorShape([3, 2]), tf.float64, tf.int32, tf.int32, TensorShape([2]))"
    )
