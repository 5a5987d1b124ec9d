"""Order: sorting, the largest entries, and what order makes possible (search, distinct values).

Every order here is stable: of equal entries the one with the lower index comes first, as in TensorFlow, also in
descending order. NaNs come last in ascending order. The last axis is the one that is sorted unless an op has an `axis`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._core.kinds import general, lacking, nondifferentiable
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec
from gradtape._ops.indexing import put_along, take_along
from gradtape._ops.shaping import reshape

_INT32 = np.dtype(np.int32)


def _order_samples(rng: np.random.Generator) -> list[Sample]:
    drawn = [(rng.permutation(12).reshape(3, 4), axis) for axis in (0, 1)] + [(rng.permutation(5), 0)]
    return [
        Sample(x.astype(np.float64), axis=axis, descending=descending)
        for x, axis in drawn
        for descending in (False, True)
    ]


@nondifferentiable(
    batch=lambda size, x, *, axis, descending: argsort(x, axis=axis + 1, descending=descending),
    types="fiub",
    infer=lambda x, *, axis, descending: Spec(x.shape, _INT32),
    samples=_order_samples,
)
def argsort(x: Any, *, axis: int, descending: bool) -> Any:
    """The indices that put x in order along an axis."""
    return _order(x, axis, descending).astype(_INT32)


def _order(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return x.argsort(axis, kind="stable")
    if x.dtype.kind in "fi":
        # In an order from the end backwards, equal entries would come out in the wrong order.
        return (
            np.negative(x).argsort(axis, kind="stable")
            if x.dtype.kind == "f"
            else np.invert(x).argsort(axis, kind="stable")
        )
    back = np.flip(x, axis).argsort(axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - back, axis)


@general(
    vjp=dict(
        x=lambda dy, x, x_spec, axis, descending: put_along(
            dy, argsort(x, axis=axis, descending=descending), axis=axis, size=x_spec.shape[axis]
        )
    ),
    jvp=lambda x, dx, axis, descending: take_along(dx, argsort(x, axis=axis, descending=descending), axis=axis),
    types="fiub",
    infer=lambda x, *, axis, descending: x,
    samples=_order_samples,
    batch=lambda size, x, *, axis, descending: sort(x, axis=axis + 1, descending=descending),
)
def sort(x: Any, *, axis: int, descending: bool) -> Any:
    """The entries of x in order along an axis. Only a gradient asks for their indices, which take three times as long.
    """
    if x.dtype.kind == "b" or x.dtype.char not in "fdFDbBhHiIlLqQ":
        return take_along.forward(x, _order(x, axis, descending), axis=axis)
    y = np.sort(x, axis)
    return y[(slice(None),) * axis + (slice(None, None, -1),)] if descending else y


def _largest(x: np.ndarray, k: int) -> np.ndarray:
    """The indices of the k largest entries of each row, largest first; of equal ones the first."""
    n = x.shape[-1]
    if not k or k * 4 > n or n < 1000:
        return _order(x, x.ndim - 1, True)[..., :k]
    bound = np.partition(x, n - k, -1)[..., n - k, None]  # the k-th largest
    above, equal = x > bound, x == bound
    chosen = above | (equal & (equal.cumsum(-1) <= k - above.sum(-1, keepdims=True)))
    places = np.nonzero(chosen)[-1]
    if places.size != math.prod(x.shape[:-1]) * k:  # nan compares with nothing
        return _order(x, x.ndim - 1, True)[..., :k]
    places = places.reshape(*x.shape[:-1], k)
    best = take_along.forward(x, places, axis=x.ndim - 1)
    return take_along.forward(places, _order(best, x.ndim - 1, True), axis=x.ndim - 1)


def _top_samples(rng: np.random.Generator) -> list[Sample]:
    drawn = [((3, 4), 2), ((5,), 5), ((3,), 0), ((2, 1000), 3)]
    return [Sample(rng.permutation(math.prod(shape)).reshape(shape).astype(np.float64), k=k) for shape, k in drawn]


@general(
    outputs=("values", "indices"),
    types="fiu",
    vjp=dict(
        x=lambda dvalues, indices, x_spec: put_along(
            dvalues, indices, axis=len(x_spec.shape) - 1, size=x_spec.shape[-1]
        )
    ),
    infer=lambda x, *, k: (Spec((*x.shape[:-1], k), x.dtype), Spec((*x.shape[:-1], k), _INT32)),
    batch=lambda size, x, *, k: top_k(x, k=k),
    samples=_top_samples,
)
def top_k(x: Any, *, k: int) -> Any:
    """The k largest entries along the last axis, and their indices, largest first."""
    indices = _largest(x, k)
    return take_along.forward(x, indices, axis=x.ndim - 1), indices.astype(_INT32)


def _search_samples(rng: np.random.Generator) -> list[Sample]:
    table = np.array([[0.0, 1.0, 1.0, 2.0], [0.0, 0.0, 3.0, 4.0]])
    pairs = [(table[0], rng.uniform(-1, 3, 3)), (table, rng.uniform(-1, 4, (2, 3)))]
    return [Sample(*pair, right=right) for pair in pairs for right in (False, True)]


@nondifferentiable(
    types="fiu",
    infer=lambda sequence, values, *, right: Spec(values.shape, np.dtype(np.int64)),
    batch=lambda size, sequence, values, *, right: searchsorted(sequence, values, right=right),
    samples=_search_samples,
)
def searchsorted(sequence: Any, values: Any, *, right: bool) -> Any:
    """Where `values` would go in the sorted `sequence` to keep it sorted: before equal entries, or after them
    (`right`).

    With several axes, each row of the one is searched for the entries in the same row of the other.
    """
    side = "right" if right else "left"
    if sequence.shape[:-1] != values.shape[:-1]:
        raise ValueError(f"leading axes must agree: {list(sequence.shape)} against {list(values.shape)}")
    if sequence.ndim == 1:
        return sequence.searchsorted(values, side)
    rows = sequence.reshape(-1, sequence.shape[-1])
    out = np.empty(values.shape, np.int64)
    flat = out.reshape(len(rows), -1)
    for i, wanted in enumerate(values.reshape(len(rows), -1)):
        flat[i] = rows[i].searchsorted(wanted, side)
    return out


@general(
    outputs=("values", "indices", "counts"),
    vjp=dict(x=lacking("Unique")),
    types="fiucbS",
    infer=lambda x: (Spec((-1,), x.dtype), Spec(x.shape, np.dtype(np.int64)), Spec((-1,), np.dtype(np.int64))),
    samples=lambda rng: [Sample(np.array(x, np.int64)) for x in ([3, 1, 3, 2, 1], [2, 2], [])],
)
def unique(x: Any) -> Any:
    """The distinct entries of a vector in order of first occurrence, which of them each entry is, and how often each
    occurs.
    """
    values, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = first.argsort(kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return values[order], rank[inverse.reshape(-1)], counts[order]


@nondifferentiable(
    one_dtype=False,
    infer=lambda x, targets, *, k: Spec(targets.shape, np.dtype(bool)),
    batch=lambda size, x, targets, *, k: _in_top_k_batch(x, targets, k),
    samples=lambda rng: [Sample(rng.normal(size=(3, 4)), np.array([2, 0, 3], np.int32), k=k) for k in (1, 2)],
)
def in_top_k(x: Any, targets: Any, *, k: int) -> Any:
    """Whether fewer than k entries of row i of x exceed x[i, targets[i]]; False where that is not finite or not there.
    """
    rows = np.arange(len(targets))
    valid = (targets >= 0) & (targets < x.shape[1])
    chosen = x[rows, np.where(valid, targets, 0)]
    return valid & np.isfinite(chosen) & ((x > chosen[:, None]).sum(1) < k)


def _in_top_k_batch(x: Any, targets: Any, k: int) -> Any:
    size, count, width = tuple(x.shape)
    return reshape(
        in_top_k(reshape(x, shape=(size * count, width)), reshape(targets, shape=(size * count,)), k=k),
        shape=(size, count),
    )
