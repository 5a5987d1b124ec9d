"""Sorting, and the largest entries."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from gradtape._api.arguments import axis_of, index_dtype, integer
from gradtape._core.dtypes import int32
from gradtape._core.errors import describe, invalid_argument
from gradtape._ops import sorting
from gradtape._ops.casting import cast_to
from gradtape._runtime.tensor import Tensor, TensorLike, as_tensor

__all__ = ["argsort", "in_top_k", "sort", "top_k"]

TopKV2 = namedtuple("TopKV2", "values indices")


def sort(values: TensorLike, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Tensor:
    """The entries in order along an axis, "ASCENDING" or "DESCENDING". Differentiable: each cotangent goes back to where its entry was.

    >>> tf.sort([1, 10, 26.9, 2.8, 166.32, 62.3], direction="DESCENDING").numpy().tolist()[:2]
    [166.32000732421875, 62.29999923706055]
    """
    t, place = _sorted_along(values, axis, "tf.sort")
    return sorting.sort.call(t, axis=place, descending=_descending(direction, "tf.sort"))


def argsort(values: TensorLike, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None) -> Tensor:
    """The indices that put the entries in order along an axis, as int32; of equal entries the first comes first. Not differentiable.

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


def top_k(input: TensorLike, k: Any = 1, sorted: bool = True, index_type: Any = int32, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The `k` largest entries along the last axis, largest first, and their indices; of equal entries the first comes first.

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
    """For each row of `predictions` whether the entry that `targets` names is among its k largest: fewer than k entries exceed it.

    Not differentiable; a row with a target out of range, or not finite there, gives False.

    >>> tf.math.in_top_k([1, 0], [[0.1, 0.9], [0.2, 0.8]], k=1).numpy().tolist()
    [True, False]
    """
    t, p = as_tensor(targets), as_tensor(predictions)
    if len(p._shape()) != 2 or t._shape() != p._shape()[:1]:
        raise invalid_argument(
            describe("tf.math.in_top_k", "targets", got=f"shape {t.shape}", expected=f"one per row of predictions, whose shape is {p.shape}")
        )
    return sorting.in_top_k.call(p, t, k=integer(k, "k"))
