"""tf.IndexedSlices as a container, and its spec. Conversion and what the tape makes of it are tested further up."""

import copy
import operator
import pickle

import numpy as np
import pytest

from gradtape._core import dtypes, nest
from gradtape._core.indexed_slices import IndexedSlices, IndexedSlicesSpec
from gradtape._core.shapes import TensorShape
from gradtape._core.spec import TensorSpec, TypeSpec

VALUES = np.array([[1, 2], [3, 4]], np.float32)
INDICES = np.array([0, 2], np.int32)
DENSE_SHAPE = np.array([3, 2], np.int32)


@pytest.fixture
def slices():
    return IndexedSlices(VALUES, INDICES, DENSE_SHAPE)


def test_it_keeps_what_it_is_given(slices):
    assert slices.values is VALUES and slices.indices is INDICES and slices.dense_shape is DENSE_SHAPE
    assert IndexedSlices(values=VALUES, indices=INDICES).dense_shape is None


def test_nothing_is_validated():
    assert IndexedSlices(1, 2, 3).values == 1
    assert IndexedSlices(None, None).indices is None
    assert IndexedSlices(VALUES, np.array([0])).indices.shape == (1,)


@pytest.mark.parametrize("dense_shape", [DENSE_SHAPE, [3, 2], (3, 2), TensorShape([3, 2])])
def test_shape_is_the_dense_shape(dense_shape):
    shape = IndexedSlices(VALUES, INDICES, dense_shape).shape
    assert type(shape) is TensorShape and shape == [3, 2]
    assert all(type(d) is int for d in shape)


def test_shape_is_unknown_without_a_dense_shape():
    assert IndexedSlices(VALUES, INDICES).shape.rank is None


def test_dtype_is_that_of_the_values(slices):
    assert slices.dtype is VALUES.dtype


def test_device_op_graph_and_name_are_those_of_the_values(slices):
    class Values:
        device, op, graph, name = "CPU:0", "op", "graph", "name"

    other = IndexedSlices(Values(), INDICES)
    assert (other.device, other.op, other.graph, other.name) == ("CPU:0", "op", "graph", "name")
    for attribute in ("op", "graph", "name"):
        with pytest.raises(AttributeError):
            getattr(slices, attribute)


def test_text(slices):
    assert str(slices) == f"{slices}" == "IndexedSlices(indices=[0 2], values=[[1. 2.]\n [3. 4.]], dense_shape=[3 2])"
    assert str(IndexedSlices(VALUES[0], INDICES)) == "IndexedSlices(indices=[0 2], values=[1. 2.])"


def test_unary_minus_negates_the_values_and_keeps_the_rest(slices):
    negative = -slices
    assert type(negative) is IndexedSlices
    np.testing.assert_array_equal(negative.values, -VALUES)
    assert negative.indices is INDICES and negative.dense_shape is DENSE_SHAPE
    assert (-IndexedSlices(VALUES, INDICES)).dense_shape is None


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv, operator.matmul])
def test_there_is_no_other_arithmetic(slices, operation):
    for pair in ((slices, slices), (slices, 2.0), (2.0, slices)):
        with pytest.raises(TypeError, match="unsupported operand type"):
            operation(*pair)


@pytest.mark.parametrize("use", [len, iter, list, float, int, abs, operator.pos, lambda s: s[0], lambda s: s < s])
def test_it_is_no_sequence_and_no_number(slices, use):
    with pytest.raises(TypeError):
        use(slices)


@pytest.mark.parametrize("make", [np.array, np.asarray, np.sum, lambda s: np.array([s, s]), lambda s: np.ones(2) * s])
def test_numpy_is_told_to_convert_first(slices, make):
    # TensorFlow silently gives an array of objects.
    with pytest.raises(TypeError, match=r"tf\.convert_to_tensor\(slices\)"):
        make(slices)


def test_it_has_no_numpy_method(slices):
    with pytest.raises(AttributeError):
        slices.numpy()


def test_identity_truth_and_hash(slices):
    assert slices and slices == slices and slices != IndexedSlices(VALUES, INDICES, DENSE_SHAPE)
    assert {slices: 1}[slices] == 1


def test_attributes_are_read_only(slices):
    for attribute in ("values", "indices", "dense_shape"):
        with pytest.raises(AttributeError):
            setattr(slices, attribute, 1)


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_copies(slices, clone):
    twin = clone(slices)
    for attribute in ("values", "indices", "dense_shape"):
        np.testing.assert_array_equal(getattr(twin, attribute), getattr(slices, attribute))


def test_it_is_a_leaf_unless_composites_are_expanded(slices):
    without = IndexedSlices(VALUES, INDICES)
    assert nest.flatten([slices]) == [slices] and not nest.is_nested(slices)
    assert list(map(id, nest.flatten(slices, expand_composites=True))) == [id(VALUES), id(INDICES), id(DENSE_SHAPE)]
    assert list(map(id, nest.flatten([without], True))) == [id(VALUES), id(INDICES)]
    packed = nest.pack_sequence_as([slices, 1], [10, 20, 30, 40], expand_composites=True)
    assert packed[1] == 40
    assert (packed[0].values, packed[0].indices, packed[0].dense_shape) == (10, 20, 30)
    doubled = nest.map_structure(lambda x: x * 2, [slices], expand_composites=True)[0]
    np.testing.assert_array_equal(doubled.values, 2 * VALUES)


def test_same_structure_means_compatible_specs_when_expanded(slices):
    taller = IndexedSlices(VALUES, INDICES, np.array([4, 2], np.int32))
    without = IndexedSlices(VALUES, INDICES)
    nest.assert_same_structure(slices, taller, expand_composites=True)
    nest.assert_same_structure(slices, without)
    with pytest.raises(ValueError, match="Incompatible CompositeTensor TypeSpecs"):
        nest.assert_same_structure(slices, without, expand_composites=True)
    with pytest.raises(ValueError, match="is a sequence"):
        nest.assert_same_structure(slices, 1, expand_composites=True)
    with pytest.raises(TypeError, match="same sequence type"):
        nest.assert_same_structure(slices, [1, 2, 3], expand_composites=True)


# --- IndexedSlicesSpec ---


def test_spec_text_and_defaults():
    assert repr(IndexedSlicesSpec()) == (
        "IndexedSlicesSpec(TensorShape(None), tf.float32, tf.int64, None, TensorShape([None]))"
    )
    full = IndexedSlicesSpec([3, 2], "float64", "int32", dtypes.int64, [2])
    assert repr(full) == "IndexedSlicesSpec(TensorShape([3, 2]), tf.float64, tf.int32, tf.int64, TensorShape([2]))"
    assert isinstance(full, TypeSpec) and full.value_type is IndexedSlices


def test_spec_of_a_value(slices):
    assert slices._type_spec == IndexedSlicesSpec([3, 2], "float32", "int32", "int32", [2])
    assert IndexedSlices(VALUES, INDICES)._type_spec == IndexedSlicesSpec([None, 2], "float32", "int32", None, [2])


def test_spec_equality_hash_and_copies():
    spec = IndexedSlicesSpec([3, 2])
    assert spec == IndexedSlicesSpec([3, 2]) and hash(spec) == hash(IndexedSlicesSpec([3, 2]))
    assert spec != IndexedSlicesSpec([4, 2]) and spec != IndexedSlicesSpec([3, 2], indices_dtype="int32") and spec != 3
    assert pickle.loads(pickle.dumps(spec)) == copy.deepcopy(spec) == spec


def test_spec_compatibility(slices):
    fitting = IndexedSlicesSpec([3, 2], indices_dtype="int32", dense_shape_dtype="int32")
    assert fitting.is_compatible_with(slices) and slices._type_spec.is_compatible_with(slices)
    assert fitting != slices._type_spec
    assert not IndexedSlicesSpec([3, 2]).is_compatible_with(slices)
    assert IndexedSlicesSpec([3, 2]).is_compatible_with(IndexedSlicesSpec([None, 2]))
    assert not IndexedSlicesSpec([3]).is_compatible_with(3)
    assert IndexedSlicesSpec([3, 2]).is_subtype_of(IndexedSlicesSpec([None, 2]))
    assert not IndexedSlicesSpec([None, 2]).is_subtype_of(IndexedSlicesSpec([3, 2]))


def test_spec_most_specific_types():
    spec = IndexedSlicesSpec([3, 2])
    assert spec.most_specific_compatible_type(IndexedSlicesSpec([4, 2])) == IndexedSlicesSpec([None, 2])
    for other in (IndexedSlicesSpec([3, 2], "int32"), 3):
        with pytest.raises(ValueError, match="No TypeSpec is compatible with both IndexedSlicesSpec"):
            spec.most_specific_compatible_type(other)


def test_spec_components(slices):
    assert slices._type_spec._component_specs == (
        TensorSpec([2, 2]),
        TensorSpec([2], "int32"),
        TensorSpec([2], "int32"),
    )
    assert IndexedSlicesSpec()._component_specs == (TensorSpec(None), TensorSpec([None], "int64"))
    assert IndexedSlicesSpec([3, 2], indices_shape=[5])._component_specs[0] == TensorSpec([5, 2])
