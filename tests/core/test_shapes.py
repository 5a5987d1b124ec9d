"""tf.TensorShape as TensorFlow 2.21 behaves, texts included."""

import copy
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtape._core.shapes import TensorShape

UNKNOWN = TensorShape(None)


class IntegerTensor:
    """Like a scalar integer tensor: usable as an index, and nothing more."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


@pytest.mark.parametrize(
    "dims, as_list",
    [
        ([2, 3], [2, 3]),
        ((2,), [2]),
        ([], []),
        ([None, 3], [None, 3]),
        (5, [5]),
        (0, [0]),
        (np.int64(3), [3]),
        ([np.int64(3)], [3]),
        (np.array([2, 3]), [2, 3]),
        (np.array(3), [3]),
        (range(3), [0, 1, 2]),
        ((d for d in (1, 2)), [1, 2]),
        ({1: 2}, [1]),
        (TensorShape([2]), [2]),
        ([IntegerTensor(2), 3], [2, 3]),
        (10**30, [10**30]),
    ],
)
def test_construction(dims, as_list):
    shape = TensorShape(dims)
    assert shape.as_list() == as_list
    assert all(d is None or type(d) is int for d in shape)


def test_dims_is_required_and_may_be_given_by_name():
    assert TensorShape(dims=[2]) == [2]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'dims'"):
        TensorShape()


@pytest.mark.parametrize("dims", [3.5, [2.0], ["2"], [[1]], object(), slice(1), [np.float64(2)], [1, [2]]])
def test_what_is_no_dimension_is_a_type_error(dims):
    with pytest.raises(
        TypeError, match="Dimension value must be integer or None or have an __index__ method, got value"
    ):
        TensorShape(dims)


# TensorFlow takes "" for [] and b"ab" for [97, 98].
@pytest.mark.parametrize("dims", ["ab", "", b"ab", np.array([2.0, 3.0]), np.array([[1]])])
def test_what_is_no_shape_is_a_type_error(dims):
    with pytest.raises(TypeError, match=r"Failed to convert .* to a shape: .*could not be converted to a dimension"):
        TensorShape(dims)


@pytest.mark.parametrize("dims", [-3, [-3], [None, -3]])
def test_negative_dimensions_are_value_errors(dims):
    with pytest.raises(ValueError, match="Dimension -3 must be >= 0"):
        TensorShape(dims)


def test_of_trusts_its_tuple():
    dims = (2, 3)
    shape = TensorShape._of(dims)
    assert shape == TensorShape([2, 3])
    assert shape._dims is dims


@pytest.mark.parametrize(
    "dims, text, representation",
    [
        ([2, 3], "(2, 3)", "TensorShape([2, 3])"),
        ([2], "(2,)", "TensorShape([2])"),
        ([], "()", "TensorShape([])"),
        ([None], "(None,)", "TensorShape([None])"),
        (None, "<unknown>", "TensorShape(None)"),
    ],
)
def test_text(dims, text, representation):
    shape = TensorShape(dims)
    assert str(shape) == f"{shape}" == text
    assert repr(shape) == representation


@pytest.mark.parametrize(
    "dims, rank, defined, elements",
    [
        ([2, 3], 2, True, 6),
        ([], 0, True, 1),
        ([0, 3], 2, True, 0),
        ([None, 3], 2, False, None),
        ([0, None], 2, False, None),
        (None, None, False, None),
    ],
)
def test_rank_and_size(dims, rank, defined, elements):
    shape = TensorShape(dims)
    assert shape.rank == shape.ndims == rank
    assert shape.dims == dims
    assert shape.is_fully_defined() is defined
    assert shape.num_elements() == elements


def test_sequence_behaviour():
    shape = TensorShape([2, 3])
    assert len(shape) == 2
    assert list(shape) == [2, 3] and tuple(shape) == (2, 3) and list(reversed(shape)) == [3, 2]
    assert 2 in shape and 5 not in shape
    assert (max(shape), sum(shape)) == (3, 5)
    assert shape[0] == 2 and shape[-1] == 3 and shape[np.int64(1)] == 3 and shape[IntegerTensor(1)] == 3
    assert type(shape[0]) is int
    assert TensorShape([None, 3])[0] is None


def test_slices_are_shapes():
    shape = TensorShape([2, None, 4])
    for key in (slice(0, 1), slice(1, None), slice(None, -1), slice(None, None, 2), slice(5, None)):
        assert type(shape[key]) is TensorShape
        assert shape[key].as_list() == [2, None, 4][key]


@pytest.mark.parametrize("index", [2, -3])
def test_index_out_of_range(index):
    with pytest.raises(IndexError, match="tuple index out of range"):
        _ = TensorShape([2, 3])[index]


@pytest.mark.parametrize("index", ["a", None, 1.0, (0, 1)])
def test_index_of_the_wrong_type(index):
    with pytest.raises(TypeError, match="tuple indices must be integers or slices"):
        _ = TensorShape([2, 3])[index]


def test_unknown_rank_as_a_sequence():
    assert UNKNOWN[0] is None and UNKNOWN[-1] is None
    assert UNKNOWN[1:3] == [None, None] and UNKNOWN[:2] == [None, None] and UNKNOWN[3:1] == []
    for unknown in (UNKNOWN[1:], UNKNOWN[:-1], UNKNOWN[-2:], UNKNOWN[-3:-1]):
        assert unknown.rank is None
    with pytest.raises(ValueError, match="Steps are not yet handled"):
        _ = UNKNOWN[::2]
    with pytest.raises(ValueError, match=r"Cannot take the length of shape with unknown rank\."):
        len(UNKNOWN)
    with pytest.raises(ValueError, match=r"Cannot iterate over a shape with unknown rank\."):
        list(UNKNOWN)
    with pytest.raises(ValueError, match=r"as_list\(\) is not defined on an unknown TensorShape\."):
        UNKNOWN.as_list()


def test_truth_is_whether_the_rank_is_known():
    assert TensorShape([]) and TensorShape([0]) and TensorShape([None])
    assert not UNKNOWN


def test_numpy_takes_it_for_a_shape():
    shape = TensorShape([2, 3])
    assert np.zeros(shape).shape == (2, 3)
    assert np.arange(6).reshape(shape).shape == (2, 3)
    assert np.prod(shape) == 6
    assert np.array(shape).tolist() == [2, 3]


@pytest.mark.parametrize("other", [[2, None], (2, None), TensorShape([2, None])])
def test_equal(other):
    shape = TensorShape([2, None])
    assert shape == other and other == shape
    assert not operator.ne(shape, other)


@pytest.mark.parametrize(
    "other", [None, [2, 3], (2,), 2, "ab", 3.5, object(), [2, "a"], [2.0, None], (2.0, None), UNKNOWN]
)
def test_unequal(other):
    shape = TensorShape([2, None])
    assert shape != other and other != shape
    assert not operator.eq(shape, other)


def test_equality_with_things_that_convert():
    assert TensorShape([2]) == 2
    assert TensorShape([2, 3]) == np.array([2, 3])
    assert operator.eq(UNKNOWN, None) and UNKNOWN == TensorShape(None)
    assert TensorShape([2]) != [-1]  # TensorFlow raises ValueError


def test_hash_is_that_of_the_tuple():
    assert hash(TensorShape([2, 3])) == hash((2, 3))
    assert {TensorShape([2, 3]): "here"}[(2, 3)] == "here"
    assert hash(TensorShape(None)) == hash(UNKNOWN)


@pytest.mark.parametrize("dims", [[2, None], [], None])
def test_copies_are_equal(dims):
    shape = TensorShape(dims)
    assert pickle.loads(pickle.dumps(shape)) == copy.copy(shape) == copy.deepcopy(shape) == shape


def test_shapes_do_not_change():
    with pytest.raises(AttributeError):
        TensorShape([2]).dims = [3]
    with pytest.raises(AttributeError):
        TensorShape([2]).remark = 1
    with pytest.raises(TypeError):
        TensorShape([2])[0] = 1
    shape = TensorShape([2, 3])
    shape.as_list().append(4)
    shape.dims.append(4)
    assert shape == [2, 3]


def test_concatenation():
    shape = TensorShape([3])
    for result in (shape + [2], shape + (2,), shape + 2, shape + TensorShape([2]), shape.concatenate(2)):
        assert type(result) is TensorShape and result == [3, 2]
    for result in ([2] + shape, (2,) + shape, 2 + shape):
        assert type(result) is TensorShape and result == [2, 3]
    for result in (shape + None, None + shape, shape + UNKNOWN, UNKNOWN + shape, shape.concatenate(None)):
        assert result.rank is None
    with pytest.raises(TypeError, match="Failed to convert"):
        shape + "a"
    with pytest.raises(TypeError):
        shape * 2
    with pytest.raises(TypeError):
        _ = shape < shape


def test_merge_with():
    assert TensorShape([2, None]).merge_with([None, 4]) == [2, 4]
    assert TensorShape([2, 3]).merge_with(None) == UNKNOWN.merge_with([2, 3]) == [2, 3]
    assert UNKNOWN.merge_with(None).rank is None
    for ours, theirs, text in (
        ([2, 3], [2], r"Shapes \(2, 3\) and \(2,\) are not compatible"),
        ([2, 3], [2, 4], r"Shapes \(2, 3\) and \(2, 4\) are not compatible"),
        ([2, 3], 5, r"Shapes \(2, 3\) and \(5,\) are not compatible"),
    ):
        with pytest.raises(ValueError, match=text):
            TensorShape(ours).merge_with(theirs)


def test_is_compatible_with():
    shape = TensorShape([None, 3])
    assert shape.is_compatible_with([2, 3]) and shape.is_compatible_with([2, None]) and shape.is_compatible_with(None)
    assert UNKNOWN.is_compatible_with([1])
    assert not shape.is_compatible_with([2, 4]) and not shape.is_compatible_with([3])
    with pytest.raises(TypeError, match="Failed to convert"):
        shape.is_compatible_with("x")


def test_assertions_pass():
    shape = TensorShape([2, 3])
    assert shape.assert_has_rank(2) is None
    assert shape.assert_same_rank([None, 1]) is None
    assert shape.assert_is_fully_defined() is None
    assert shape.assert_is_compatible_with([2, None]) is None
    assert shape.with_rank(2) == shape.with_rank_at_least(2) == shape.with_rank_at_most(2) == shape
    assert UNKNOWN.assert_has_rank(2) is None and UNKNOWN.assert_same_rank([1]) is None
    assert UNKNOWN.with_rank(2) == [None, None]
    assert UNKNOWN.with_rank_at_least(2).rank is None and UNKNOWN.with_rank_at_most(2).rank is None


@pytest.mark.parametrize(
    "dims, method, argument, text",
    [
        ([2, 3], "assert_has_rank", 1, r"Shape \(2, 3\) must have rank 1"),
        ([2, 3], "with_rank", 1, r"Shape \(2, 3\) must have rank 1"),
        ([2, 3], "with_rank_at_least", 3, r"Shape \(2, 3\) must have rank at least 3"),
        ([2, 3], "with_rank_at_most", 1, r"Shape \(2, 3\) must have rank at most 1"),
        ([2, 3], "assert_same_rank", [2], r"Shapes \(2, 3\) and \(2,\) must have the same rank"),
        ([2, 3], "assert_is_compatible_with", [2, 4], r"Shapes \(2, 3\) and \[2, 4\] are incompatible"),
    ],
)
def test_assertions_fail(dims, method, argument, text):
    with pytest.raises(ValueError, match=text):
        getattr(TensorShape(dims), method)(argument)


@pytest.mark.parametrize("dims, shown", [([2, None], r"\(2, None\)"), (None, "<unknown>")])
def test_not_fully_defined(dims, shown):
    with pytest.raises(ValueError, match=f"Shape {shown} is not fully defined"):
        TensorShape(dims).assert_is_fully_defined()


def test_most_specific_shapes():
    shape = TensorShape([2, 3])
    assert shape.most_specific_compatible_shape([2, 4]) == [2, None]
    assert shape.most_specific_compatible_shape([2, 3]) == [2, 3]
    assert shape.most_specific_compatible_shape([2]).rank is None
    assert shape.most_specific_compatible_shape(None).rank is None
    assert shape.most_specific_common_supertype([TensorShape([2, 4]), TensorShape([1, 3])]) == [None, None]
    assert shape.most_specific_common_supertype([TensorShape([2])]).rank is None
    assert shape.most_specific_common_supertype([3]) is None


def test_is_subtype_of():
    shape = TensorShape([2, 3])
    assert shape.is_subtype_of(TensorShape([None, 3])) and shape.is_subtype_of(UNKNOWN) and shape.is_subtype_of(shape)
    assert not TensorShape([None, 3]).is_subtype_of(shape) and not UNKNOWN.is_subtype_of(shape)
    assert not shape.is_subtype_of(TensorShape([2])) and not shape.is_subtype_of([2, 3])


dimensions = st.one_of(st.none(), st.integers(0, 3))
shapes = st.builds(TensorShape, st.one_of(st.none(), st.lists(dimensions, max_size=4)))


@given(shapes, shapes)
def test_merging_is_what_both_know_and_the_common_supertype_is_what_both_say(a, b):
    common = a.most_specific_compatible_shape(b)
    assert a.is_subtype_of(common) and b.is_subtype_of(common)
    assert common == b.most_specific_compatible_shape(a)
    assert a.is_compatible_with(b) == b.is_compatible_with(a)
    if a.is_compatible_with(b):
        merged = a.merge_with(b)
        assert merged.is_subtype_of(a) and merged.is_subtype_of(b)
        assert merged == b.merge_with(a)
    else:
        with pytest.raises(ValueError, match="are not compatible"):
            a.merge_with(b)
