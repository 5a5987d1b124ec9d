"""tf.TensorSpec as TensorFlow 2.21 behaves, and the light Spec that rules return."""

import copy
import pickle

import numpy as np
import pytest

from gradtape._core import dtypes
from gradtape._core.indexed_slices import IndexedSlices, IndexedSlicesSpec
from gradtape._core.shapes import TensorShape
from gradtape._core.spec import Spec, TensorSpec, TypeSpec


class FakeTensor:
    """What a spec looks at in a tensor."""

    def __init__(self, shape, dtype):
        self.shape = TensorShape(shape)
        self.dtype = dtypes.as_dtype(dtype)


@pytest.mark.parametrize(
    "spec, text",
    [
        (TensorSpec([2, 3]), "TensorSpec(shape=(2, 3), dtype=tf.float32, name=None)"),
        (TensorSpec([2, 3], dtypes.int32, "n"), "TensorSpec(shape=(2, 3), dtype=tf.int32, name='n')"),
        (TensorSpec(None), "TensorSpec(shape=<unknown>, dtype=tf.float32, name=None)"),
        (TensorSpec([None, 2], "float64"), "TensorSpec(shape=(None, 2), dtype=tf.float64, name=None)"),
        (TensorSpec(5, np.int32), "TensorSpec(shape=(5,), dtype=tf.int32, name=None)"),
        (TensorSpec((), dtypes.bfloat16), "TensorSpec(shape=(), dtype=tf.bfloat16, name=None)"),
    ],
)
def test_text(spec, text):
    assert repr(spec) == str(spec) == f"{spec}" == text


def test_attributes_and_their_types():
    spec = TensorSpec(shape=(2, None), dtype=np.float64, name="n")
    assert type(spec.shape) is TensorShape and spec.shape == [2, None]
    assert spec.dtype is dtypes.float64
    assert spec.name == "n"
    assert isinstance(spec, TypeSpec)
    with pytest.raises(AttributeError):
        spec.name = "m"


@pytest.mark.parametrize(
    "arguments, text",
    [
        (([2], None), "None to a TensorFlow DType"),
        (([2], "zz"), "'zz' to a TensorFlow DType"),
        (([2], int), "<class 'int'> to a TensorFlow DType"),
        (("a",), "Failed to convert ''a'' to a shape"),
        ((), "missing 1 required positional argument: 'shape'"),
    ],
)
def test_bad_arguments(arguments, text):
    with pytest.raises(TypeError, match=text):
        TensorSpec(*arguments)


def test_equality_and_hash():
    spec = TensorSpec([2], name="a")
    assert spec == TensorSpec([2], "float32", "a")
    assert spec != TensorSpec([2]) and spec != TensorSpec([2], name="b")
    assert TensorSpec([2]) != TensorSpec([3]) and TensorSpec([2]) != TensorSpec([2], "int32")
    assert TensorSpec([2]) != [2]
    assert TensorSpec(None) == TensorSpec(None) and TensorSpec([None]) == TensorSpec([None])
    assert hash(spec) == hash(TensorSpec([2], name="b"))  # the name takes no part


def test_copies_are_equal():
    spec = TensorSpec([2, None], "int32", "a")
    assert pickle.loads(pickle.dumps(spec)) == copy.copy(spec) == copy.deepcopy(spec) == spec


def test_from_tensor():
    tensor = FakeTensor([2, 3], "float64")
    assert TensorSpec.from_tensor(tensor) == TensorSpec([2, 3], "float64")
    assert TensorSpec.from_tensor(tensor, name="q").name == "q"


@pytest.mark.parametrize(
    "value", [np.ones(2), 3.0, TensorSpec([2]), IndexedSlices(FakeTensor([2], "float32"), FakeTensor([2], "int32"))]
)
def test_from_tensor_wants_a_tensor(value):
    with pytest.raises(ValueError, match=r"`tensor` should be a tf.Tensor, but got type <class"):
        TensorSpec.from_tensor(value)


def test_from_spec():
    spec = TensorSpec([2], "int32", "a")
    assert TensorSpec.from_spec(spec) == spec
    assert TensorSpec.from_spec(spec, name="z") == TensorSpec([2], "int32", "z")


def test_is_compatible_with():
    tensor = FakeTensor([2, 3], "float32")
    assert TensorSpec([2, 3]).is_compatible_with(tensor) and TensorSpec([None, 3]).is_compatible_with(tensor)
    assert TensorSpec([2, 3], name="a").is_compatible_with(TensorSpec([None, 3], name="b"))
    assert not TensorSpec([2, 3]).is_compatible_with(TensorSpec([2, 3], "int32"))
    assert not TensorSpec([2]).is_compatible_with(tensor)
    for other in (np.ones((2, 3), "f4"), [[1.0]], 3.0, None, IndexedSlicesSpec([2, 3])):
        assert not TensorSpec([2, 3]).is_compatible_with(other)


def test_is_subtype_of():
    assert TensorSpec([2, 3]).is_subtype_of(TensorSpec([None, 3]))
    assert not TensorSpec([None, 3]).is_subtype_of(TensorSpec([2, 3]))
    assert not TensorSpec([2, 3]).is_subtype_of(3)
    assert TensorSpec([2]).is_subtype_of(TensorSpec([2], name="b"))
    assert not TensorSpec([2], name="a").is_subtype_of(TensorSpec([2], name="b"))
    assert not TensorSpec([2], name="a").is_subtype_of(TensorSpec([2]))


def test_most_specific_types():
    spec = TensorSpec([2, 3], name="a")
    assert spec.most_specific_compatible_type(TensorSpec([2, 4], name="a")) == TensorSpec([2, None], name="a")
    assert TensorSpec([2, 3]).most_specific_compatible_type(TensorSpec([2])) == TensorSpec(None)
    assert spec.most_specific_common_supertype([TensorSpec([2, 3], "int32", "a")]) is None
    for other in (TensorSpec([2, 3], "int32", "a"), TensorSpec([2, 3], name="b"), 3):
        with pytest.raises(ValueError, match=r"No TypeSpec is compatible with both TensorSpec.* and "):
            spec.most_specific_compatible_type(other)


def test_spec_of_an_array():
    array = np.ones((2, 3), "f4")
    spec = Spec.of(array)
    assert spec.shape == (2, 3) and spec.dtype is array.dtype
    assert spec == Spec((2, 3), np.dtype("float32")) and hash(spec) == hash(Spec.of(array.copy()))
    assert spec != Spec((2, 3), np.dtype("float64")) and spec != Spec((3,), array.dtype) and spec != (2, 3)
    assert repr(spec) == "Spec((2, 3), float32)"
    with pytest.raises(AttributeError):
        spec.name = "n"
