"""Order: sorting, the largest entries, search in what is sorted, distinct values, permutations."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from gradtape._api.arguments import axis_of, index_dtype, indices_of, integer
from gradtape._core.dtypes import int32
from gradtape._core.errors import describe, invalid_argument
from gradtape._ops import shaping, sorting
from gradtape._ops.casting import cast_to
from gradtape._runtime.tensor import Tensor, TensorLike, as_tensor, plain

__all__ = [
    "argsort", "in_top_k", "invert_permutation", "searchsorted", "sort", "top_k", "unique", "unique_with_counts",
]  # fmt: skip

TopKV2 = namedtuple("TopKV2", "values indices")
Unique = namedtuple("Unique", "y idx")
UniqueWithCounts = namedtuple("UniqueWithCounts", "y idx count")


def sort(values: TensorLike, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Tensor:
    """The entries in order along an axis, "ASCENDING" or "DESCENDING". Differentiable: each cotangent goes back to
    where its entry was.

    >>> tf.sort([1, 10, 26.9, 2.8, 166.32, 62.3], direction="DESCENDING").numpy().tolist()[:2]
    [166.32000732421875, 62.29999923706055]
    """
    t, place = _sorted_along(values, axis, "tf.sort")
    return sorting.sort.call(t, axis=place, descending=_descending(direction, "tf.sort"))


def argsort(
    values: TensorLike, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Tensor:
    """The indices that put the entries in order along an axis, as int32; of equal entries the first comes first. Not
    differentiable.

    >>> tf.argsort([3, 1, 2]).numpy().tolist()
    [1, 2, 0]
    """
    t, place = _sorted_along(values, axis, "tf.argsort")
    return sorting.argsort.call(t, axis=place, descending=_descending(direction, "tf.argsort"))


def _sorted_along(values: TensorLike, axis: Any, op: str) -> tuple[Tensor, int]:
    t = as_tensor(values)
    return t, axis_of(axis, len(t._shape()), op)


def _descending(direction: str, op: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(describe(op, "direction", got=direction, expected="'ASCENDING' or 'DESCENDING'"))
    return direction == "DESCENDING"


def top_k(
    input: TensorLike, k: Any = 1, sorted: bool = True, index_type: Any = int32, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The `k` largest entries along the last axis, largest first, and their indices; of equal entries the first comes
    first.

    Differentiable in the values.

    >>> values, indices = tf.math.top_k([1.0, 5.0, 3.0], k=2)
    >>> values.numpy().tolist(), indices.numpy().tolist()
    ([5.0, 3.0], [1, 2])
    """
    t, count = as_tensor(input), integer(k, "k")
    shape = t._shape()
    if not shape:
        raise invalid_argument(describe("tf.math.top_k", "input", got="a scalar", expected="rank 1 or higher"))
    if not 0 <= count <= shape[-1]:
        raise invalid_argument(f"tf.math.top_k: input must have at least k columns. Had {shape[-1]}, needed {count}")
    values, indices = sorting.top_k.call(t, k=count)
    return TopKV2(values, cast_to(indices, index_dtype(index_type, "tf.math.top_k", "index_type")))


def in_top_k(targets: TensorLike, predictions: TensorLike, k: Any, name: str | None = None) -> Tensor:
    """For each row of `predictions` whether the entry that `targets` names is among its k largest: fewer than k entries
    exceed it.

    Not differentiable; a row with a target out of range, or not finite there, gives False.

    >>> tf.math.in_top_k([1, 0], [[0.1, 0.9], [0.2, 0.8]], k=1).numpy().tolist()
    [True, False]
    """
    t, p = as_tensor(targets), as_tensor(predictions)
    if len(p._shape()) != 2 or t._shape() != p._shape()[:1]:
        raise invalid_argument(
            describe(
                "tf.math.in_top_k",
                "targets",
                got=f"shape {t.shape}",
                expected=f"one per row of predictions, whose shape is {p.shape}",
            )
        )
    return sorting.in_top_k.call(p, t, k=integer(k, "k"))


def searchsorted(
    sorted_sequence: TensorLike, values: TensorLike, side: str = "left", out_type: Any = int32, name: str | None = None
) -> Tensor:
    """Where each value would be put into the sorted last axis to keep it sorted: before equal entries ("left") or after
    them ("right").

    The leading axes of both must agree. Not differentiable.

    >>> tf.searchsorted([1, 3, 5], [3, 4]).numpy().tolist()
    [1, 2]
    """
    if side not in ("left", "right"):
        raise ValueError(describe("tf.searchsorted", "side", got=side, expected="'left' or 'right'"))
    s = as_tensor(sorted_sequence)
    v = values if isinstance(values, Tensor) else as_tensor(values, s.dtype)
    shape = v._shape()
    if not shape or not s._shape():
        raise invalid_argument(
            describe(
                "tf.searchsorted", "values", got=f"shape {v.shape} for {s.shape}", expected="rank 1 or higher in both"
            )
        )
    if len(shape) != len(s._shape()):  # TensorFlow counts rows, however they are laid out
        s, v = (shaping.reshape.call(t, shape=(math.prod(t._shape()[:-1]), t._shape()[-1])) for t in (s, v))
    places = sorting.searchsorted.call(s, v, right=side == "right")
    places = places if v._shape() == shape else shaping.reshape.call(places, shape=shape)
    return cast_to(places, index_dtype(out_type, "tf.searchsorted"))


def unique(x: TensorLike, out_idx: Any = int32, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The distinct entries `y` of a vector in order of first occurrence, and `idx` with x[i] = y[idx[i]]. Not
    differentiable.

    >>> y, idx = tf.unique([3, 1, 3, 2])
    >>> y.numpy().tolist(), idx.numpy().tolist()
    ([3, 1, 2], [0, 1, 0, 2])
    """
    return Unique(*unique_with_counts(x, out_idx)[:2])


def unique_with_counts(x: TensorLike, out_idx: Any = int32, name: str | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """As `tf.unique`, and `count`: how often each of the distinct entries occurs.

    >>> y, idx, count = tf.unique_with_counts([3, 1, 3, 2])
    >>> count.numpy().tolist()
    [2, 1, 1]
    """
    t, dtype = as_tensor(x), index_dtype(out_idx, "tf.unique", "out_idx")
    if len(t._shape()) != 1:
        raise invalid_argument(f"tf.unique: unique expects a 1D vector, got shape {t.shape}")
    values, places, counts = sorting.unique.call(t)
    return UniqueWithCounts(values, cast_to(places, dtype), cast_to(counts, dtype))


def invert_permutation(x: TensorLike, name: str | None = None) -> Tensor:
    """y with y[x[i]] = i. Raises InvalidArgumentError unless `x` holds each of 0 ... n - 1 once.

    >>> tf.math.invert_permutation([2, 0, 1]).numpy().tolist()
    [1, 2, 0]
    """
    t = indices_of(x, "tf.math.invert_permutation", "x")
    numbers = np.asarray(t)
    if numbers.ndim != 1:
        raise invalid_argument(
            f"tf.math.invert_permutation: invert_permutation expects a 1D vector, got shape {t.shape}"
        )
    if not np.array_equal(np.sort(numbers), np.arange(numbers.size)):
        raise invalid_argument(
            describe(
                "tf.math.invert_permutation",
                "x",
                got=numbers.tolist(),
                expected=f"each of 0 to {numbers.size - 1} once",
            )
        )
    y = np.empty_like(numbers)
    y[numbers] = np.arange(numbers.size, dtype=numbers.dtype)
    return plain(y)
