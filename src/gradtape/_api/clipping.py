"""Norms of lists of tensors, and gradients scaled down to a norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._api.reductions import axes_to_reduce
from gradtape._core.indexed_slices import IndexedSlices
from gradtape._ops import elementwise as ew
from gradtape._ops import extremes, losses, reduction
from gradtape._ops.masking import select
from gradtape._ops.shaping import reduce_sum
from gradtape._runtime.tensor import Tensor, TensorLike, as_tensor, plain

__all__ = ["clip_by_global_norm", "clip_by_norm", "global_norm"]


def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """sqrt of the sum of squares of all elements of all tensors of a list; an entry None counts nothing.

    Of IndexedSlices the values count as they are: rows of the same index are not added first. TypeError if `t_list` is
    no list or tuple.

    >>> tf.linalg.global_norm([tf.constant([3.0]), None, tf.constant([[4.0]])])
    <tf.Tensor: shape=(), dtype=float32, numpy=5.0>
    """
    _check_list(t_list)
    halves = [losses.l2_loss.call(as_tensor(_values(t))) for t in t_list if t is not None]
    if not halves:
        return plain(np.float32(0))
    total = halves[0] if len(halves) == 1 else reduction.add_n.call(*halves)
    return ew.sqrt.call(total * 2.0)


def clip_by_global_norm(
    t_list: Any, clip_norm: TensorLike, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """All tensors of a list times clip_norm / max(norm, clip_norm), and the norm: `tf.linalg.global_norm`, or
    `use_norm`.

    Entries None stay None, IndexedSlices stay IndexedSlices. If the norm is infinite or not a number, so is every
    result: not a number. TypeError if `t_list` is no list or tuple.

    >>> gradients, norm = tf.clip_by_global_norm([tf.constant([3.0]), tf.constant([4.0])], 2.5)
    >>> float(norm), [g.numpy().tolist() for g in gradients]
    (5.0, [[1.5], [2.0]])
    """
    _check_list(t_list)
    norm = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    bound = as_tensor(clip_norm, norm.dtype) if not hasattr(clip_norm, "dtype") else as_tensor(clip_norm)
    scale = bound * extremes.minimum.call(1.0 / norm, 1.0 / bound) + (norm - norm)  # inf - inf: not a number
    return [t if t is None else _with_values(t, as_tensor(_values(t)) * scale) for t in t_list], norm


def clip_by_norm(t: Any, clip_norm: TensorLike, axes: Any = None, name: str | None = None) -> Any:
    """t clip_norm / max(norm, clip_norm), where the norm is the square root of the sum of squares over `axes` (all, if
    None).

    IndexedSlices stay IndexedSlices. Raises ValueError if `clip_norm` would make the result larger than `t`.

    >>> tf.clip_by_norm([3.0, 4.0], 2.5)
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1.5, 2. ], dtype=float32)>
    """
    values = as_tensor(_values(t))
    spec = values._spec()
    over = axes_to_reduce(axes, len(spec.shape), "tf.clip_by_norm")
    squares = reduce_sum.call(values * values, axes=over, keepdims=True)
    positive = squares > 0
    safe = select.call(positive, squares, plain(spec.dtype.type(1)))
    norm = select.call(positive, ew.sqrt.call(safe), squares)
    scaled = values * clip_norm
    if scaled._shape() != spec.shape:
        raise ValueError(
            f"Shapes {values.shape} and {scaled.shape} are incompatible: `clip_norm` must broadcast to the shape of "
            "`t`."
        )
    return _with_values(t, scaled / extremes.maximum.call(norm, clip_norm))


def _check_list(t_list: Any) -> None:
    if not isinstance(t_list, (list, tuple)):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")


def _values(t: Any) -> Any:
    return t.values if isinstance(t, IndexedSlices) else t


def _with_values(t: Any, values: Tensor) -> Any:
    return IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else values
