"""In-place updates of arrays by index, for the scatter family of variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.errors import invalid_argument
from gradtape._ops import indexing, shaping

__all__ = [
    "add_rows",
    "check_rows",
    "divide_rows",
    "gather_nd",
    "places",
    "set_batched_rows",
    "set_rows",
    "subtract_rows",
]


def check_rows(method: str, shape: tuple[int, ...], indices: np.ndarray, rows: tuple[int, ...]) -> None:
    """Refuses indices outside the first axis, and rows that do not have the shape of the array's (or are scalars)."""
    bad = (indices < 0) | (indices >= shape[0])
    if np.any(bad):
        where = np.argwhere(bad)[0]
        raise invalid_argument(
            f"{method}: indices{[int(i) for i in where]} = {indices[tuple(where)]} is not in [0, {shape[0]})"
        )
    wanted = (*indices.shape, *shape[1:])
    if rows and rows != wanted:
        raise invalid_argument(
            f"{method}: updates of shape {list(rows)}, expected {list(wanted)}: indices.shape followed by the "
            "variable's shape[1:]"
        )


def add_rows(array: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> None:
    if rows.shape == (*indices.shape, *array.shape[1:]) and array.size:
        indexing.add_rows(array.reshape(array.shape[0], -1), indices.reshape(-1), rows.reshape(indices.size, -1))
    else:  # one scalar for all
        np.add.at(array, indices, rows)


def subtract_rows(array: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> None:
    add_rows(array, indices, -rows)


def divide_rows(array: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> None:
    (np.floor_divide if array.dtype.kind in "iu" else np.divide).at(array, indices, rows)


def set_rows(array: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> None:
    array[indices] = rows


def set_batched_rows(array: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> None:
    """array[b..., indices[b..., k]] = rows[b..., k]."""
    examples = np.indices(indices.shape, sparse=True)[:-1]
    array[(*examples, indices)] = rows


def places(method: str, shape: tuple[int, ...], indices: np.ndarray) -> tuple[np.ndarray, ...]:
    """NumPy's index for rows of `indices` that each name a place (or a slice) of an array of `shape`."""
    depth = indices.shape[-1] if indices.ndim else 0
    if depth > len(shape):
        raise invalid_argument(
            f"{method}: indices of shape {list(indices.shape)} name {depth} axes, but the array has {len(shape)}: "
            f"{list(shape)}"
        )
    for axis in range(depth):
        column = indices[..., axis]
        if np.any((column < 0) | (column >= shape[axis])):
            raise invalid_argument(
                f"{method}: indices {indices.tolist()} are not all in the array's shape {list(shape)} (axis {axis})"
            )
    return tuple(indices[..., axis] for axis in range(depth))


def gather_nd(params: Any, indices: Any, batch_dims: int = 0) -> Any:
    """The slices of `params` that the rows of `indices` name, as an op: of rows where one number names each, so that
    the gradient is slices.
    """
    shape = indices._shape()
    if not batch_dims and len(shape) == 2 and shape[1] == 1 and params._shape():
        return indexing.gather_rows.call(params, shaping.reshape.call(indices, shape=shape[:1]))
    return indexing.gather_nd.call(params, indices, batch_dims=batch_dims)
