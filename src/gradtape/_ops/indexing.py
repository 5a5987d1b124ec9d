"""Reading and writing parts of arrays: basic indexing, gathers by number, scatters, and their transposes.

Basic indices are canonical: tuples of ints, slices of ints, None and Ellipsis. Indices by number are checked, never
wrapped around. Whatever scatters adds, by `add_rows`, and what an index does not name stays zero.

The cotangent of a part stays small: an `into` rule adds it into one buffer of the whole, so a loop over the rows of a
matrix costs one buffer and not one dense array per row; and a gather of rows answers with `IndexedSlices`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._core.indexed_slices import IndexedSlices
from gradtape._core.kinds import linear
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec
from gradtape._ops.shaping import reshape

# Basic indexing


def _add_part(buffer: np.ndarray, dy: np.ndarray, index: tuple[Any, ...]) -> None:
    buffer[index] += dy


def _item_samples(rng: np.random.Generator) -> list[Sample]:
    everything = slice(None)
    indices = (
        (1,),
        (slice(1, 3),),
        (everything, -1),
        (..., None, slice(None, None, -2)),
        (2, 1),
        (slice(3, 1),),
        (..., 0),
    )
    return [Sample(rng.normal(size=(4, 3)), index=i) for i in indices]


@linear(
    vjp=dict(x=lambda dy, x_spec, index: put_item(dy, index=index, shape=x_spec.shape)),
    into=dict(x=_add_part),
    batch=lambda size, x, *, index: get_item(x, index=(slice(None), *index)),
    samples=_item_samples,
)
def get_item(x: Any, *, index: tuple[Any, ...]) -> Any:
    """x[index], basic indexing."""
    try:
        y = x[index]
    except IndexError:
        raise IndexError(_what_is_wrong(x.shape, index)) from None
    return y if y.__class__ is not bytes else boxed(y)


def boxed(text: bytes) -> np.ndarray:
    """A string as a tensor holds it: an array of rank 0, for NumPy has no scalar for it."""
    return np.array(text, dtype=object)


def _what_is_wrong(shape: tuple[int, ...], index: tuple[Any, ...]) -> str:
    """Why `shape` cannot be indexed so, in TensorFlow's words."""
    if index.count(Ellipsis) > 1:
        return "Multiple ellipses are not allowed"
    named = [part for part in index if part is not None]
    if len(named) - named.count(Ellipsis) > len(shape):
        return f"Index out of range using input dim {len(shape)}; input has only {len(shape)} dims"
    before = named.index(Ellipsis) if Ellipsis in named else len(named)
    after = max(len(named) - before - 1, 0)
    axes = [*range(before), *range(len(shape) - after, len(shape))]
    for axis, part in zip(axes, (p for p in named if p is not Ellipsis), strict=False):
        if isinstance(part, int) and not -shape[axis] <= part < shape[axis]:
            return f"slice index {part} of dimension {axis} out of bounds."
    return f"index {index} does not fit shape {list(shape)}"


def _put_samples(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(rng.normal(size=3), index=(1,), shape=(4, 3)),
        Sample(rng.normal(size=(2, 3)), index=(slice(1, 3),), shape=(4, 3)),
        Sample(rng.normal(size=(4, 1, 2)), index=(..., None, slice(None, None, -2)), shape=(4, 3)),
    ]


@linear(
    vjp=dict(x=lambda dy, index: get_item(dy, index=index)),
    batch=lambda size, x, *, index, shape: put_item(x, index=(slice(None), *index), shape=(size, *shape)),
    infer=lambda x, *, index, shape: Spec(shape, x.dtype),
    samples=_put_samples,
)
def put_item(x: Any, *, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with x at `index`: the transpose of basic indexing."""
    y = zeros_of(shape, x.dtype)
    y[index] = x
    return y


def zeros_of(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros, False, or empty strings."""
    return np.zeros(shape, dtype) if dtype.kind != "O" else np.full(shape, b"", dtype)


# Bare rows: every gather below takes rows of a matrix by number, every scatter adds rows into one


def check_indices(indices: Any, size: int) -> None:
    """Refuses indices outside [0, size), as TensorFlow does on the CPU; NumPy would count negative ones from the end.
    """
    if not _within(indices, size):
        bad = np.argwhere((indices < 0) | (indices >= size))[0].tolist()
        name = f"indices[{','.join(map(str, bad))}]" if bad else "indices"
        raise IndexError(f"{name} = {int(np.asarray(indices)[tuple(bad)])} is not in [0, {size})")


def _within(indices: Any, size: int) -> bool:
    count = indices.size
    if count >= 64:
        return bool(indices.min() >= 0 and indices.max() < size)
    if not count:
        return True
    listed = indices.ravel().tolist()  # 0.3 us where two reductions take 2
    return min(listed) >= 0 and max(listed) < size


_FEW = 256  # elements; below it np.add.at by rows costs no more than it does by elements
_MANY = 16384  # elements; from here on a sparse product (30 us to set up) beats np.add.at at 2.4 ns per element


def add_rows(rows: np.ndarray, positions: Any, values: Any) -> None:
    """rows[positions[i]] += values[i] for every i, in place; `rows` and `values` are matrices, and a position may
    recur.

    np.add.at is quick on vectors only: 100,000 rows of 64 float32 take it 56 ms, 20 ms element by element, and a sparse
    product 1.8 ms.
    """
    count, width = values.shape
    if count * width < _FEW:
        np.add.at(rows, positions, values)
    elif count * width < _MANY or rows.size > 8 * values.size or values.dtype.char not in "fdFDilq":
        if width > 1:
            positions = (positions.astype(np.intp)[:, None] * width + np.arange(width)).reshape(-1)
        np.add.at(rows.reshape(-1), positions, values.reshape(-1))
    else:
        rows += _product(positions, values, len(rows))


def add_slices(buffer: np.ndarray, indices: np.ndarray, values: np.ndarray) -> None:
    """buffer[indices[i]] += values[i] for every i, in place: rows of a bare array of any rank."""
    if not values.size:
        return
    if buffer.flags.c_contiguous:
        add_rows(buffer.reshape(len(buffer), -1), indices, values.reshape(len(indices), -1))
    else:
        np.add.at(buffer, indices, values)


def _product(positions: Any, values: Any, size: int) -> np.ndarray:
    from scipy.sparse import csc_array  # lazy: 0.1 s of import time

    count = len(positions)
    selection = csc_array((np.ones(count, values.dtype), positions, np.arange(count + 1)), shape=(size, count))
    return selection @ values


def _summed_rows(positions: Any, values: Any, size: int, shape: tuple[int, ...]) -> np.ndarray:
    """Zeros of `shape`, seen as `size` rows, with `values` (seen as rows too) added at `positions`."""
    out = np.zeros(shape, values.dtype)
    if values.size:
        width = out.size // size
        add_rows(out.reshape(size, width), positions.reshape(-1), values.reshape(-1, width))
    return out


# Rows by number


def _row_slices(dy: Any, params_spec: Any, indices: Any, indices_spec: Any) -> IndexedSlices:
    """The cotangent of a table whose rows were gathered: those rows, by number, duplicates and all."""
    shape = params_spec.shape
    count = math.prod(indices_spec.shape)
    return IndexedSlices(
        reshape(dy, shape=(count, *shape[1:])), reshape(indices, shape=(count,)), np.array(shape, np.int32)
    )


def _gather_rows_spec(params: Spec, indices: Spec) -> Spec:
    return Spec(indices.shape + params.shape[1:], params.dtype)


def _row_samples(rng: np.random.Generator) -> list[Sample]:
    some = [
        Sample(rng.normal(size=(4, 3)), np.array(i, np.int32)) for i in ([2, 0, 2], 1, [[0, 3], [3, 1]], np.zeros(0))
    ]
    return [*some, Sample(rng.normal(size=5), np.array([4, 4, 0]))]


@linear(
    vjp=dict(params=_row_slices),
    constants=("indices",),
    infer=_gather_rows_spec,
    samples=_row_samples,
    batch=lambda size, params, indices: gather(params, indices, axis=1, batch_dims=1),
)
def gather_rows(params: Any, indices: Any) -> Any:
    """y[i..., :] = params[indices[i...], :]. The gradient is IndexedSlices."""
    check_indices(indices, params.shape[0])
    if indices.ndim:
        return params.take(indices, 0)
    y = params[indices]
    return y if y.__class__ is not bytes else boxed(y)


def _scatter_rows_spec(values: Spec, indices: Spec, *, size: int) -> Spec:
    return Spec((size, *values.shape[len(indices.shape) :]), values.dtype)


def _scatter_row_samples(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(rng.normal(size=(3, 2)), np.array([2, 0, 2], np.int32), size=4),
        Sample(rng.normal(size=3), np.array([0, 0, 1]), size=2),
        Sample(rng.normal(size=2), np.array(1), size=3),
        Sample(rng.normal(size=(0, 2)), np.zeros(0, np.int32), size=3),
    ]


@linear(
    vjp=dict(values=lambda dy, indices: gather_rows(dy, indices)),
    constants=("indices",),
    infer=_scatter_rows_spec,
    samples=_scatter_row_samples,
    batch=lambda n, values, indices, *, size: scatter(values, indices, axis=1, batch_dims=1, size=size),
)
def scatter_rows(values: Any, indices: Any, *, size: int) -> Any:
    """Zeros of `size` rows with values[i] added to row indices[i]: the transpose of `gather_rows`."""
    check_indices(indices, size)
    return _summed_rows(indices, values, size, (size, *values.shape[indices.ndim :]))


# Parts along any axis, with batch axes that indices and params share


def _positions(lead: tuple[int, ...], outer: tuple[int, ...], size: int, indices: Any) -> np.ndarray:
    """The numbers of the rows meant, where the axes lead + outer + (size,) of an array number its rows: indexed [lead,
    outer, rest].
    """
    batches, copies = math.prod(lead), math.prod(outer)
    flat = indices.reshape(batches, 1, -1 if indices.size else 0).astype(np.intp, copy=False)
    return flat + np.arange(0, batches * copies * size, size or 1).reshape(batches, copies, 1)


def _gather_spec(params: Spec, indices: Spec, *, axis: int, batch_dims: int) -> Spec:
    return Spec(params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1 :], params.dtype)


def _gather_into(buffer: np.ndarray, dy: Any, indices: Any, axis: int, batch_dims: int) -> None:
    shape = buffer.shape
    if dy.size and buffer.flags.c_contiguous:
        positions = _positions(shape[:batch_dims], shape[batch_dims:axis], shape[axis], indices)
        width = math.prod(shape[axis + 1 :])
        add_rows(buffer.reshape(-1, width), positions.reshape(-1), dy.reshape(-1, width))
    else:
        buffer += scatter.forward(dy, indices, axis=axis, batch_dims=batch_dims, size=shape[axis])


def _gather_samples(rng: np.random.Generator) -> list[Sample]:
    table = rng.normal(size=(2, 3, 4))
    return [
        Sample(table, np.array([2, 0, 2], np.int32), axis=1, batch_dims=0),
        Sample(table, np.array([[3, 0], [1, 1]]), axis=2, batch_dims=0),
        Sample(table, np.array(1), axis=2, batch_dims=0),
        Sample(table, np.array([[2, 0], [1, 1]]), axis=1, batch_dims=1),
        Sample(table, np.array([3, 1]), axis=2, batch_dims=1),
        Sample(table, rng.integers(0, 4, (2, 3, 2)), axis=2, batch_dims=2),
        Sample(table, np.zeros((2, 0), np.int32), axis=1, batch_dims=1),
    ]


@linear(
    vjp=dict(
        params=lambda dy, params_spec, indices, axis, batch_dims: scatter(
            dy, indices, axis=axis, batch_dims=batch_dims, size=params_spec.shape[axis]
        )
    ),
    into=dict(params=_gather_into),
    constants=("indices",),
    infer=_gather_spec,
    samples=_gather_samples,
    batch=lambda size, params, indices, *, axis, batch_dims: gather(
        params, indices, axis=axis + 1, batch_dims=batch_dims + 1
    ),
)
def gather(params: Any, indices: Any, *, axis: int, batch_dims: int) -> Any:
    """y[b..., o..., i..., :] = params[b..., o..., indices[b..., i...], :], where b counts `batch_dims` axes and o those
    up to `axis`.
    """
    shape = params.shape
    check_indices(indices, shape[axis])
    if not batch_dims:
        return params.take(indices, axis)
    positions = _positions(shape[:batch_dims], shape[batch_dims:axis], shape[axis], indices)
    rows = params.reshape(math.prod(shape[: axis + 1]), math.prod(shape[axis + 1 :]))
    return rows.take(positions.reshape(-1), 0).reshape(shape[:axis] + indices.shape[batch_dims:] + shape[axis + 1 :])


def _scattered_shape(shape: tuple[int, ...], rank: int, axis: int, batch_dims: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + rank - batch_dims :])


def _scatter_samples(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(rng.normal(size=(2, 3)), np.array([2, 0, 2]), axis=1, batch_dims=0, size=4),
        Sample(rng.normal(size=(2, 3, 2)), rng.integers(0, 2, (2, 3)), axis=1, batch_dims=1, size=2),
        Sample(rng.normal(size=(2, 3, 2)), np.array([[0, 1], [1, 1]]), axis=2, batch_dims=1, size=3),
    ]


@linear(
    vjp=dict(values=lambda dy, indices, axis, batch_dims: gather(dy, indices, axis=axis, batch_dims=batch_dims)),
    constants=("indices",),
    infer=lambda values, indices, *, axis, batch_dims, size: Spec(
        _scattered_shape(values.shape, len(indices.shape), axis, batch_dims, size), values.dtype
    ),
    samples=_scatter_samples,
    batch=lambda n, values, indices, *, axis, batch_dims, size: scatter(
        values, indices, axis=axis + 1, batch_dims=batch_dims + 1, size=size
    ),
)
def scatter(values: Any, indices: Any, *, axis: int, batch_dims: int, size: int) -> Any:
    """Zeros with `size` entries along `axis`, `values` added where `gather` would have read them."""
    check_indices(indices, size)
    shape = _scattered_shape(values.shape, indices.ndim, axis, batch_dims, size)
    positions = _positions(shape[:batch_dims], shape[batch_dims:axis], size, indices)
    return _summed_rows(positions, values, math.prod(shape[: axis + 1]), shape)


# One index per element along an axis: how sorted values are picked


def _along(shape: tuple[int, ...], indices: Any, axis: int) -> np.ndarray:
    """The flat positions of x[..., indices, ...] in an array of `shape`."""
    size, inner = shape[axis], math.prod(shape[axis + 1 :])
    flat = indices.reshape(math.prod(shape[:axis]), indices.shape[axis], inner).astype(np.intp, copy=False)
    return (
        flat * inner + np.arange(0, math.prod(shape), size * inner or 1).reshape(-1, 1, 1) + np.arange(inner)
    ).reshape(-1)


def _along_samples(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(2, 3))
    return [
        Sample(x, x.argsort(0), axis=0),
        Sample(x, x.argsort(1)[:, :2], axis=1),
        Sample(x, rng.integers(0, 2, (4, 3)), axis=0),
    ]


@linear(
    vjp=dict(x=lambda dy, x_spec, indices, axis: put_along(dy, indices, axis=axis, size=x_spec.shape[axis])),
    constants=("indices",),
    batch=lambda size, x, indices, *, axis: take_along(x, indices, axis=axis + 1),
    infer=lambda x, indices, *, axis: Spec(indices.shape, x.dtype),
    samples=_along_samples,
)
def take_along(x: Any, indices: Any, *, axis: int) -> Any:
    """y[i, j, k] = x[i, indices[i, j, k], k], j along `axis`."""
    return x.reshape(-1).take(_along(x.shape, indices, axis)).reshape(indices.shape)


@linear(
    vjp=dict(x=lambda dy, indices, axis: take_along(dy, indices, axis=axis)),
    constants=("indices",),
    batch=lambda n, x, indices, *, axis, size: put_along(x, indices, axis=axis + 1, size=size),
    infer=lambda x, indices, *, axis, size: Spec((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype),
    samples=lambda rng: [
        Sample(s.args[0][:2], s.args[1], axis=s.attrs["axis"], size=3) for s in _along_samples(rng)[:1]
    ],
)
def put_along(x: Any, indices: Any, *, axis: int, size: int) -> Any:
    """Zeros with `size` entries along `axis`, x added where `take_along` would have read it."""
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    return _summed_rows(_along(shape, indices, axis), x, math.prod(shape), shape)


# Several coordinates per index


def coordinates(shape: tuple[int, ...], indices: Any, batch_dims: int) -> tuple[np.ndarray, int, int]:
    """The rows that the coordinates in the last axis of `indices` name, how many rows there are, and how many axes
    number them.
    """
    depth = indices.shape[-1]
    axes = batch_dims + depth
    if axes > len(shape):
        raise ValueError(
            f"the last axis of indices, {depth}, must be at most the rank of params, {len(shape) - batch_dims}"
        )
    flat: Any = None
    for number, size in enumerate(shape[batch_dims:axes]):
        column = indices[..., number]
        if not _within(column, size):
            raise IndexError(_outside(shape[batch_dims:], indices, depth))
        flat = column.astype(np.intp) if flat is None else flat * size + column
    if flat is None:
        flat = np.zeros(indices.shape[:-1], np.intp)
    if batch_dims:
        each = math.prod(shape[batch_dims:axes])
        starts = np.arange(0, math.prod(shape[:axes]), each or 1).reshape(
            shape[:batch_dims] + (1,) * (flat.ndim - batch_dims)
        )
        flat = flat + starts
    return flat, math.prod(shape[:axes]), axes


def _outside(shape: tuple[int, ...], indices: Any, depth: int) -> str:
    bad = np.argwhere(((indices < 0) | (indices >= np.array(shape[:depth]))).any(-1))[0].tolist()
    name = f"indices[{','.join(map(str, bad))}]"
    return f"{name} = {indices[tuple(bad)].tolist()} does not index into param shape {list(shape)}"


def _gather_nd_into(buffer: np.ndarray, dy: Any, indices: Any, batch_dims: int) -> None:
    shape = buffer.shape
    if dy.size and buffer.flags.c_contiguous:
        positions, count, axes = coordinates(shape, indices, batch_dims)
        width = math.prod(shape[axes:])
        add_rows(buffer.reshape(count, width), positions.reshape(-1), dy.reshape(-1, width))
    else:
        buffer += scatter_nd.forward(dy, indices, shape=shape, batch_dims=batch_dims)


def _gather_nd_samples(rng: np.random.Generator) -> list[Sample]:
    table = rng.normal(size=(2, 3, 4))
    return [
        Sample(table, np.array([[0, 1], [1, 0], [0, 1]], np.int32), batch_dims=0),
        Sample(table, np.array([[1], [0]]), batch_dims=0),
        Sample(table, np.array([1, 0, 1]), batch_dims=0),
        Sample(table, np.array([[[2], [0]], [[1], [1]]]), batch_dims=1),
        Sample(table, np.zeros((2, 0), np.int32), batch_dims=0),
        Sample(table, np.zeros((0, 2), np.int32), batch_dims=0),
    ]


@linear(
    vjp=dict(
        params=lambda dy, params_spec, indices, batch_dims: scatter_nd(
            dy, indices, shape=params_spec.shape, batch_dims=batch_dims
        )
    ),
    into=dict(params=_gather_nd_into),
    constants=("indices",),
    samples=_gather_nd_samples,
    infer=lambda params, indices, *, batch_dims: Spec(
        indices.shape[:-1] + params.shape[batch_dims + indices.shape[-1] :], params.dtype
    ),
    batch=lambda size, params, indices, *, batch_dims: gather_nd(params, indices, batch_dims=batch_dims + 1),
)
def gather_nd(params: Any, indices: Any, *, batch_dims: int) -> Any:
    """y[b..., i..., :] = params[b..., indices[b..., i..., 0], indices[b..., i..., 1], ..., :]."""
    shape = params.shape
    positions, count, axes = coordinates(shape, indices, batch_dims)
    width = math.prod(shape[axes:])
    return params.reshape(count, width).take(positions.reshape(-1), 0).reshape(indices.shape[:-1] + shape[axes:])


def _scatter_nd_samples(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(rng.normal(size=(3, 4)), np.array([[0, 1], [1, 0], [0, 1]], np.int32), shape=(2, 3, 4), batch_dims=0),
        Sample(rng.normal(size=2), np.array([[3], [0]]), shape=(5,), batch_dims=0),
        Sample(rng.normal(size=(2, 2)), np.array([[[1], [0]], [[0], [0]]]), shape=(2, 3), batch_dims=1),
    ]


@linear(
    vjp=dict(updates=lambda dy, indices, batch_dims: gather_nd(dy, indices, batch_dims=batch_dims)),
    constants=("indices",),
    infer=lambda updates, indices, *, shape, batch_dims: Spec(shape, updates.dtype),
    samples=_scatter_nd_samples,
    batch=lambda size, updates, indices, *, shape, batch_dims: scatter_nd(
        updates, indices, shape=(size, *shape), batch_dims=batch_dims + 1
    ),
)
def scatter_nd(updates: Any, indices: Any, *, shape: tuple[int, ...], batch_dims: int) -> Any:
    """Zeros of `shape` with `updates` added where `gather_nd` would have read them."""
    positions, count, axes = coordinates(shape, indices, batch_dims)
    expected = indices.shape[:-1] + shape[axes:]
    if updates.shape != expected:
        raise ValueError(
            f"updates has shape {list(updates.shape)}, expected {list(expected)}: one part of shape "
            f"{list(shape[axes:])} per index"
        )
    return _summed_rows(positions, updates, count, shape)
