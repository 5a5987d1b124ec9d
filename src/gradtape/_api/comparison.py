"""Comparison, logic and bits, elementwise with broadcasting; tests of numbers. None of these functions has a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._api.arithmetic import operands
from gradtape._core.errors import describe
from gradtape._ops import logic
from gradtape._ops.indexing import get_item
from gradtape._ops.reduction import reduce_all
from gradtape._ops.shaping import reshape
from gradtape._runtime.tensor import Tensor, TensorLike, as_tensor

__all__ = [
    "bitwise_and", "bitwise_or", "bitwise_xor", "equal", "greater", "greater_equal", "invert", "is_finite", "is_inf",
    "is_nan", "is_non_decreasing", "is_strictly_increasing", "left_shift", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "logical_xor", "not_equal", "right_shift",
]  # fmt: skip


# Comparison


def equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x = y, element by element; any dtype. Raises InvalidArgumentError if shapes do not broadcast or dtypes
    differ.

    >>> tf.equal([2, 4], 2)
    <tf.Tensor: shape=(2,), dtype=bool, numpy=array([ True, False])>
    """
    return logic.equal.call(*operands(x, y))


def not_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x and y differ, element by element; any dtype.

    >>> tf.not_equal([2, 4], 2)
    <tf.Tensor: shape=(2,), dtype=bool, numpy=array([False,  True])>
    """
    return logic.not_equal.call(*operands(x, y))


def less(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x < y, element by element; real dtypes.

    >>> tf.less([1, 2, 3], 2)
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([ True, False, False])>
    """
    return logic.less.call(*operands(x, y))


def less_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x <= y, element by element; real dtypes.

    >>> tf.less_equal([1, 2, 3], 2)
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([ True,  True, False])>
    """
    return logic.less_equal.call(*operands(x, y))


def greater(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x > y, element by element; real dtypes.

    >>> tf.greater([1, 2, 3], 2)
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([False, False,  True])>
    """
    return logic.greater.call(*operands(x, y))


def greater_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x >= y, element by element; real dtypes.

    >>> tf.greater_equal([1, 2, 3], 2)
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([False,  True,  True])>
    """
    return logic.greater_equal.call(*operands(x, y))


# Logic


def logical_and(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether both of two bools are true.

    >>> tf.logical_and([True, True], [True, False])
    <tf.Tensor: shape=(2,), dtype=bool, numpy=array([ True, False])>
    """
    return logic.logical_and.call(x, y)


def logical_or(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether one of two bools is true, or both.

    >>> tf.logical_or([True, False], [False, False])
    <tf.Tensor: shape=(2,), dtype=bool, numpy=array([ True, False])>
    """
    return logic.logical_or.call(x, y)


def logical_xor(x: TensorLike, y: TensorLike, name: str | None = "LogicalXor") -> Tensor:
    """Whether exactly one of two bools is true.

    >>> tf.math.logical_xor([True, False], [True, True])
    <tf.Tensor: shape=(2,), dtype=bool, numpy=array([False,  True])>
    """
    return logic.logical_xor.call(x, y)


def logical_not(x: TensorLike, name: str | None = None) -> Tensor:
    """The opposite of a bool.

    >>> tf.logical_not([True, False])
    <tf.Tensor: shape=(2,), dtype=bool, numpy=array([False,  True])>
    """
    return logic.logical_not.call(x)


# Bits of integers


def bitwise_and(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The bits that are set in both integers.

    >>> tf.bitwise.bitwise_and([12, 5], 6)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([4, 4], dtype=int32)>
    """
    return logic.bitwise_and.call(*operands(x, y))


def bitwise_or(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The bits that are set in either integer.

    >>> tf.bitwise.bitwise_or([12, 5], 6)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([14,  7], dtype=int32)>
    """
    return logic.bitwise_or.call(*operands(x, y))


def bitwise_xor(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The bits in which two integers differ.

    >>> tf.bitwise.bitwise_xor([12, 5], 6)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([10,  3], dtype=int32)>
    """
    return logic.bitwise_xor.call(*operands(x, y))


def invert(x: TensorLike, name: str | None = None) -> Tensor:
    """Every bit of an integer turned over.

    >>> tf.bitwise.invert([0, 5])
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([-1, -6], dtype=int32)>
    """
    return logic.invert.call(x)


def left_shift(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """x with its bits moved y places up. A y beyond the number of bits is taken as the largest that is not.

    >>> tf.bitwise.left_shift([1, 3], 2)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([ 4, 12], dtype=int32)>
    """
    return logic.left_shift.call(*operands(x, y))


def right_shift(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """x with its bits moved y places down; the sign of a signed integer stays.

    >>> tf.bitwise.right_shift([8, -8], 1)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([ 4, -4], dtype=int32)>
    """
    return logic.right_shift.call(*operands(x, y))


# Tests of numbers


def is_nan(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether each float is not a number.

    >>> tf.math.is_nan([1.0, np.nan, np.inf])
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([False,  True, False])>
    """
    return logic.is_nan.call(x)


def is_inf(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether each float is infinite, of either sign.

    >>> tf.math.is_inf([1.0, np.nan, -np.inf])
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([False, False,  True])>
    """
    return logic.is_inf.call(x)


def is_finite(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether each float is neither infinite nor not a number.

    >>> tf.math.is_finite([1.0, np.nan, np.inf])
    <tf.Tensor: shape=(3,), dtype=bool, numpy=array([ True, False, False])>
    """
    return logic.is_finite.call(x)


def is_non_decreasing(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether no element is smaller than the one before it, in row-major order; true for fewer than two elements.

    Raises TypeError for bools and strings, InvalidArgumentError for complex numbers.

    >>> tf.math.is_non_decreasing([1.0, 2.0, 2.0])
    <tf.Tensor: shape=(), dtype=bool, numpy=True>
    """
    return _ordered("tf.math.is_non_decreasing", logic.less_equal, x)


def is_strictly_increasing(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether every element is larger than the one before it, in row-major order; true for fewer than two elements.

    Raises TypeError for bools and strings, InvalidArgumentError for complex numbers.

    >>> tf.math.is_strictly_increasing([1.0, 2.0, 2.0])
    <tf.Tensor: shape=(), dtype=bool, numpy=False>
    """
    return _ordered("tf.math.is_strictly_increasing", logic.less, x)


def _ordered(function: str, compare: Any, x: Any) -> Tensor:
    t = as_tensor(x)
    spec = t._spec()
    if spec.dtype.kind in "bO":
        raise TypeError(describe(function, "x", got=t.dtype.name, expected="a real numeric dtype"))
    flat = reshape.call(t, shape=(int(np.prod(spec.shape)),))
    before, after = get_item.call(flat, index=(slice(None, -1),)), get_item.call(flat, index=(slice(1, None),))
    return reduce_all.call(compare.call(before, after), axes=(0,))
