"""Reading and writing parts of arrays: basic indexing, gathers by number, scatters, and their transposes.

Basic indices are canonical: tuples of ints, slices of ints, None and Ellipsis. The cotangent of a part stays small: an `into` rule adds it
into one buffer of the whole, and a gather of rows answers with `IndexedSlices`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._core.indexed_slices import IndexedSlices
from gradtape._core.kinds import linear
from gradtape._core.primitive import Sample
from gradtape._ops.shaping import reshape


def _add_part(buffer: np.ndarray, dy: np.ndarray, index: tuple[Any, ...]) -> None:
    buffer[index] += dy


@linear(vjp=dict(x=lambda dy, x_spec, index: put_item(dy, index=index, shape=x_spec.shape)), into=dict(x=_add_part),
        batch=lambda size, x, *, index: get_item(x, index=(slice(None), *index)),
        samples=lambda rng: [Sample(rng.normal(size=(4, 3)), index=i) for i in
            ((1,), (slice(1, 3),), (slice(None), -1), (Ellipsis, None, slice(None, None, -2)), (2, 1), (slice(3, 1),))])  # fmt: skip
def get_item(x: Any, *, index: tuple[Any, ...]) -> Any:
    """x[index], basic indexing."""
    return x[index]


@linear(vjp=dict(x=lambda dy, index: get_item(dy, index=index)),
        batch=lambda size, x, *, index, shape: put_item(x, index=(slice(None), *index), shape=(size, *shape)),
        samples=lambda rng: [Sample(rng.normal(size=3), index=(1,), shape=(4, 3)), Sample(rng.normal(size=(2, 3)), index=(slice(1, 3),), shape=(4, 3))])  # fmt: skip
def put_item(x: Any, *, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with x at `index`: the transpose of basic indexing."""
    y = np.zeros(shape, x.dtype)
    y[index] = x
    return y


def _row_slices(dy: Any, params_spec: Any, indices: Any, indices_spec: Any) -> IndexedSlices:
    """The cotangent of a table whose rows were gathered: those rows, by number, duplicates and all."""
    shape = params_spec.shape
    count = math.prod(indices_spec.shape)
    return IndexedSlices(reshape(dy, shape=(count, *shape[1:])), reshape(indices, shape=(count,)), np.array(shape, np.int32))


@linear(vjp=dict(params=_row_slices), constants=("indices",),
        samples=lambda rng: [Sample(rng.normal(size=(4, 3)), np.array(i, np.int32)) for i in ([2, 0, 2], 1, [[0, 3], [3, 1]], [])])  # fmt: skip
def gather_rows(params: Any, indices: Any) -> Any:
    """y[i..., :] = params[indices[i...], :]. The gradient is IndexedSlices."""
    check_indices(indices, params.shape[0], 0)
    return params[indices]


def check_indices(indices: np.ndarray, size: int, axis: int) -> None:
    """Refuses indices outside [0, size), as TensorFlow does on the CPU; NumPy would count negative ones from the end."""
    bad = (indices < 0) | (indices >= size)
    if np.any(bad):
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        value = int(np.asarray(indices)[where])
        raise IndexError(f"indices[{','.join(map(str, where))}] = {value} is not in [0, {size}) (axis {axis})")


@linear(vjp=dict(values=lambda dy, indices: gather_rows(dy, indices)), constants=("indices",),
        samples=lambda rng: [Sample(rng.normal(size=(3, 2)), np.array([2, 0, 2], np.int32), size=4)])  # fmt: skip
def scatter_rows(values: Any, indices: Any, *, size: int) -> Any:
    """Zeros of `size` rows with values[i] added to row indices[i]."""
    y = np.zeros((size, *values.shape[indices.ndim:]), values.dtype)
    np.add.at(y, indices, values)
    return y
