"""Writing into a copy: parts erased, replaced, added to, or raised to a maximum, at coordinates as `gather_nd` reads
them.

`batch_dims` leading axes go together in the array, the indices and the updates.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._core.kinds import general, linear
from gradtape._core.primitive import Sample
from gradtape._ops.casting import cast_to, numpy_dtype
from gradtape._ops.indexing import add_rows, coordinates, gather_nd
from gradtape._ops.logic import equal


def _written(x: Any, indices: Any, updates: Any, batch_dims: int) -> tuple[np.ndarray, np.ndarray, Any, Any]:
    """A copy of x, the same memory as rows, the numbers of the rows to write, and what to write there."""
    positions, count, axes = coordinates(x.shape, indices, batch_dims)
    _check_updates(updates.shape, indices.shape[:-1] + x.shape[axes:])
    y = np.array(x, order="C")
    width = math.prod(x.shape[axes:])
    return y, y.reshape(count, width), positions.reshape(-1), updates.reshape(positions.size, width)


def _check_updates(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(
            f"updates has shape {list(shape)}, expected {list(expected)}: for each index, what that index names"
        )


def _update_samples(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(2, 3))
    return [
        Sample(x, np.array([[1, 0], [0, 1]], np.int32), rng.normal(size=2), batch_dims=0),
        Sample(x, np.array([[1]]), rng.normal(size=(1, 3)), batch_dims=0),
        Sample(x, np.array([[[1], [0]], [[0], [2]]]), rng.normal(size=(2, 2)), batch_dims=1),
    ]


def _repeated_samples(rng: np.random.Generator) -> list[Sample]:
    indices = np.array([[1, 0], [0, 1], [1, 0]], np.int32)
    return [*_update_samples(rng), Sample(rng.normal(size=(2, 3)), indices, rng.normal(size=3), batch_dims=0)]


@linear(
    vjp=dict(x=lambda dy, indices, batch_dims: erase(dy, indices, batch_dims=batch_dims)),
    constants=("indices",),
    infer=lambda x, indices, *, batch_dims: x,
    samples=lambda rng: [Sample(*s.args[:2], **s.attrs) for s in _repeated_samples(rng)],
    batch=lambda size, x, indices, *, batch_dims: erase(x, indices, batch_dims=batch_dims + 1),
)
def erase(x: Any, indices: Any, *, batch_dims: int) -> Any:
    """x with zeros where the indices point."""
    y, rows, positions, _ = _written(x, indices, np.zeros(_part_shape(x, indices, batch_dims), x.dtype), batch_dims)
    rows[positions] = 0
    return y


def _part_shape(x: Any, indices: Any, batch_dims: int) -> tuple[int, ...]:
    return indices.shape[:-1] + x.shape[batch_dims + indices.shape[-1] :]


@linear(
    name="tensor_scatter_nd_update",
    vjp=dict(
        x=lambda dy, indices, batch_dims: erase(dy, indices, batch_dims=batch_dims),
        updates=lambda dy, indices, batch_dims: gather_nd(dy, indices, batch_dims=batch_dims),
    ),
    constants=("indices",),
    infer=lambda x, indices, updates, *, batch_dims: x,
    samples=_update_samples,
    batch=lambda size, x, indices, updates, *, batch_dims: overwrite(x, indices, updates, batch_dims=batch_dims + 1),
)
def overwrite(x: Any, indices: Any, updates: Any, *, batch_dims: int) -> Any:
    """x with `updates` in place of what the indices name; of equal indices the last one wins, and all get its
    cotangent.
    """
    y, rows, positions, parts = _written(x, indices, updates, batch_dims)
    rows[positions] = parts
    return y


@linear(
    vjp=dict(x=lambda dy: dy, updates=lambda dy, indices, batch_dims: gather_nd(dy, indices, batch_dims=batch_dims)),
    constants=("indices",),
    infer=lambda x, indices, updates, *, batch_dims: x,
    samples=_repeated_samples,
    batch=lambda size, x, indices, updates, *, batch_dims: add_parts(x, indices, updates, batch_dims=batch_dims + 1),
)
def add_parts(x: Any, indices: Any, updates: Any, *, batch_dims: int) -> Any:
    """x with `updates` added to what the indices name."""
    y, rows, positions, parts = _written(x, indices, updates, batch_dims)
    add_rows(rows, positions, parts)
    return y


def _shares(dy: Any, x: Any, indices: Any, updates: Any, y: Any, batch_dims: int) -> tuple[Any, Any, Any]:
    """dy over the number of equal winners of each element, and who is one: x, and each of the updates."""
    own = cast_to(equal(x, y), numpy_dtype(dy))
    theirs = cast_to(equal(updates, gather_nd(y, indices, batch_dims=batch_dims)), numpy_dtype(dy))
    return dy / add_parts(own, indices, theirs, batch_dims=batch_dims), own, theirs


def _to_x(dy: Any, x: Any, indices: Any, updates: Any, y: Any, batch_dims: int) -> Any:
    share, own, _ = _shares(dy, x, indices, updates, y, batch_dims)
    return share * own


def _to_updates(dy: Any, x: Any, indices: Any, updates: Any, y: Any, batch_dims: int) -> Any:
    share, _, theirs = _shares(dy, x, indices, updates, y, batch_dims)
    return gather_nd(share, indices, batch_dims=batch_dims) * theirs


def _extreme_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(*s.args, **s.attrs, largest=largest) for s in _repeated_samples(rng) for largest in (True, False)]


@general(
    vjp=dict(x=_to_x, updates=_to_updates),
    constants=("indices",),
    types="fiu",
    infer=lambda x, indices, updates, *, batch_dims, largest: x,
    samples=_extreme_samples,
    batch=lambda size, x, indices, updates, *, batch_dims, largest: extreme_parts(
        x, indices, updates, batch_dims=batch_dims + 1, largest=largest
    ),
)
def extreme_parts(x: Any, indices: Any, updates: Any, *, batch_dims: int, largest: bool) -> Any:
    """x with the larger (or smaller) of `updates` and what is there where the indices point; ties share the gradient
    evenly.
    """
    y, rows, positions, parts = _written(x, indices, updates, batch_dims)
    (np.maximum if largest else np.minimum).at(rows, positions, parts)
    return y
