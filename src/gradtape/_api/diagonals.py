"""Diagonals and bands of matrices: read, laid out, replaced, cut off.

A band of several diagonals is held as one row per diagonal, the highest first, padded to the length of the longest: at
the left or at the right, as `align` says for those above and those below the main one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._api.arguments import integer, integers
from gradtape._core.errors import describe, invalid_argument
from gradtape._ops import indexing, masking, matrix, shaping
from gradtape._runtime.tensor import Readable, Tensor, TensorLike, as_tensor, plain

__all__ = ["band_part", "diag", "diag_part", "set_diag", "tensor_diag", "tensor_diag_part", "trace"]


def trace(x: TensorLike, name: str | None = None) -> Tensor:
    """The sum of the main diagonal of each matrix: sum_i x[..., i, i].

    >>> tf.linalg.trace([[1.0, 2.0], [3.0, 4.0]]).numpy()
    np.float32(5.0)
    """
    d = matrix.diag_part.call(_matrices(x, "tf.linalg.trace", "x"), k=0)
    return shaping.reduce_sum.call(d, axes=(len(d._shape()) - 1,), keepdims=False)


def _matrices(x: TensorLike, op: str, argument: str) -> Tensor:
    t = as_tensor(x)
    if len(t._shape()) < 2:
        raise invalid_argument(describe(op, argument, got=f"shape {t.shape}", expected="at least 2 axes"))
    return t


def band_part(input: TensorLike, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Each matrix with zeros outside a band: `num_lower` diagonals below the main one are kept and `num_upper` above
    it; -1 keeps all.

    (-1, 0) is the lower triangle, (0, -1) the upper one, (0, 0) the diagonal.

    >>> tf.linalg.band_part([[1, 2], [3, 4]], 0, -1).numpy().tolist()
    [[1, 2], [0, 4]]
    """
    t = _matrices(input, "tf.linalg.band_part", "input")
    rows, columns = t._shape()[-2:]
    lower, upper = integer(num_lower, "num_lower"), integer(num_upper, "num_upper")
    for bound, limit, argument in ((lower, rows, "num_lower"), (upper, columns, "num_upper")):
        if bound > limit:
            raise invalid_argument(
                describe("tf.linalg.band_part", argument, got=bound, expected=f"negative, or at most {limit}")
            )
    offset = np.arange(columns) - np.arange(rows)[:, None]
    inside = (offset >= -lower if lower >= 0 else True) & (
        offset <= upper if upper >= 0 else np.ones_like(offset, bool)
    )
    return masking.masked.call(plain(inside), t, when=True)


def diag(
    diagonal: TensorLike,
    name: str | None = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices that hold `diagonal` on diagonal k (0: the main one, above it positive) and `padding_value` elsewhere.

    With k = (low, high) `diagonal` holds one row per diagonal, the highest first, padded at the side that `align` says.
    The matrices are square and as small as possible unless `num_rows` and `num_cols` say otherwise.

    >>> tf.linalg.diag([1, 2]).numpy().tolist()
    [[1, 0], [0, 2]]
    """
    t = as_tensor(diagonal)
    low, high = _band(k, "tf.linalg.diag")
    shape = t._shape()
    if not shape or (low != high and len(shape) < 2):
        raise invalid_argument(
            describe(
                "tf.linalg.diag", "diagonal", got=f"shape {t.shape}", expected="one axis, or two for several diagonals"
            )
        )
    rows, columns = _matrix_size(shape[-1], low, high, integer(num_rows, "num_rows"), integer(num_cols, "num_cols"))
    if low == high and not _is_padding(padding_value, t):
        return matrix.diag.call(t, k=low, rows=rows, columns=columns)
    source, inside = _sources(rows, columns, low, high, shape[-1], align)
    if low == high:
        t = shaping.reshape.call(t, shape=(*shape[:-1], 1, shape[-1]))
    lead = t._shape()[:-2]
    flat = shaping.reshape.call(t, shape=(*lead, math.prod(t._shape()[-2:])))
    y = indexing.gather.call(flat, plain(source), axis=len(lead), batch_dims=0)
    return masking.select.call(plain(inside), y, as_tensor(padding_value, t.dtype))


def _is_padding(value: Any, t: Tensor) -> bool:
    return isinstance(value, (Tensor, Readable)) or value != 0 or t.dtype.name == "string"


def _band(k: Any, op: str) -> tuple[int, int]:
    bounds = integers(k, "k")
    if len(bounds) not in (1, 2) or bounds[0] > bounds[-1]:
        raise invalid_argument(
            describe(op, "k", got=k, expected="one diagonal, or the lowest and the highest of several")
        )
    return bounds[0], bounds[-1]


def _matrix_size(longest: int, low: int, high: int, rows: int, columns: int) -> tuple[int, int]:
    """The size of a matrix whose diagonals low to high are at most `longest` long; -1 where it is to be worked out."""
    least_rows, least_columns = longest - min(high, 0), longest + max(low, 0)
    if rows == -1 and columns == -1:
        rows = columns = max(least_rows, least_columns)
    rows = least_rows if rows == -1 else rows
    columns = least_columns if columns == -1 else columns
    if rows < least_rows or columns < least_columns or (rows > least_rows and columns > least_columns):
        raise invalid_argument(
            f"tf.linalg.diag: a matrix of {rows} x {columns} does not fit diagonals {low} to {high} of length {longest}"
        )
    return rows, columns


def _lengths_and_starts(
    rows: int, columns: int, low: int, high: int, longest: int, align: str
) -> tuple[np.ndarray, np.ndarray]:
    """How long each diagonal is, the highest first, and where it begins in its padded row."""
    if align not in ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"):
        raise ValueError(
            describe("tf.linalg.diag", "align", got=align, expected="RIGHT_LEFT, LEFT_RIGHT, LEFT_LEFT or RIGHT_RIGHT")
        )
    numbers = np.arange(high, low - 1, -1)
    lengths = np.minimum(rows + np.minimum(numbers, 0), columns - np.maximum(numbers, 0))
    above, below = align.split("_")
    right = np.where(numbers >= 0, above == "RIGHT", below == "RIGHT")
    return lengths, np.where(right, longest - lengths, 0)


def _sources(rows: int, columns: int, low: int, high: int, longest: int, align: str) -> tuple[np.ndarray, np.ndarray]:
    """For every place of a matrix: which entry of the flattened rows of diagonals belongs there, and whether one does.
    """
    _, starts = _lengths_and_starts(rows, columns, low, high, longest, align)
    i, j = np.arange(rows)[:, None], np.arange(columns)
    inside = (j - i >= low) & (j - i <= high)
    row = np.where(inside, high - (j - i), 0)
    return np.where(inside, row * longest + starts[row] + np.minimum(i, j), 0), inside


def diag_part(
    input: TensorLike, name: str | None = "diag_part", k: Any = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Diagonal k of each matrix (0: the main one, above it positive); with k = (low, high) one row per diagonal, the
    highest first, padded with `padding_value` at the side that `align` says.

    >>> tf.linalg.diag_part([[1, 2], [3, 4]]).numpy().tolist()
    [1, 4]
    """
    t = _matrices(input, "tf.linalg.diag_part", "input")
    low, high = _band(k, "tf.linalg.diag_part")
    rows, columns = t._shape()[-2:]
    if not (-rows < low or low == 0) or not (high < columns or high == 0):
        raise invalid_argument(
            describe("tf.linalg.diag_part", "k", got=k, expected=f"diagonals between {1 - rows} and {columns - 1}")
        )
    if low == high:
        return matrix.diag_part.call(t, k=low)
    longest = min(rows + min(high, 0), columns - max(low, 0))
    lengths, starts = _lengths_and_starts(rows, columns, low, high, longest, align)
    numbers = np.arange(high, low - 1, -1)[:, None]
    along = np.arange(longest) - starts[:, None]
    inside = (along >= 0) & (along < lengths[:, None])
    places = np.where(inside, (along + np.maximum(-numbers, 0)) * columns + along + np.maximum(numbers, 0), 0)
    lead = t._shape()[:-2]
    flat = shaping.reshape.call(t, shape=(*lead, rows * columns))
    y = indexing.gather.call(flat, plain(places), axis=len(lead), batch_dims=0)
    return masking.select.call(plain(inside), y, as_tensor(padding_value, t.dtype))


def set_diag(
    input: TensorLike, diagonal: TensorLike, name: str | None = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """`input` with the entries of `diagonal` on its diagonal k, or on diagonals low to high for k = (low, high).

    >>> tf.linalg.set_diag([[1, 2], [3, 4]], [7, 8]).numpy().tolist()
    [[7, 2], [3, 8]]
    """
    t = _matrices(input, "tf.linalg.set_diag", "input")
    d = as_tensor(diagonal, None if isinstance(diagonal, (Tensor, Readable)) else t.dtype)
    low, high = _band(k, "tf.linalg.set_diag")
    rows, columns = t._shape()[-2:]
    longest = min(rows + min(high, 0), columns - max(low, 0))
    expected = (*t._shape()[:-2], *((high - low + 1,) if low != high else ()), longest)
    if d._shape() != expected:
        raise invalid_argument(
            describe("tf.linalg.set_diag", "diagonal", got=f"shape {d.shape}", expected=f"shape {list(expected)}")
        )
    source, inside = _sources(rows, columns, low, high, longest, align)
    lead = t._shape()[:-2]
    flat = shaping.reshape.call(d, shape=(*lead, (high - low + 1) * longest))
    return masking.select.call(
        plain(inside), indexing.gather.call(flat, plain(source), axis=len(lead), batch_dims=0), t
    )


def tensor_diag(diagonal: TensorLike, name: str | None = None) -> Tensor:
    """The tensor of twice the rank that is `diagonal` where both halves of the indices agree, zero elsewhere.

    >>> tf.linalg.tensor_diag([1, 2]).numpy().tolist()
    [[1, 0], [0, 2]]
    """
    t = as_tensor(diagonal)
    shape, count = t._shape(), math.prod(t._shape())
    if not shape:
        raise invalid_argument(
            describe("tf.linalg.tensor_diag", "diagonal", got="a scalar", expected="rank 1 or higher")
        )
    y = matrix.diag.call(shaping.reshape.call(t, shape=(count,)), k=0, rows=count, columns=count)
    return shaping.reshape.call(y, shape=shape + shape)


def tensor_diag_part(input: TensorLike, name: str | None = None) -> Tensor:
    """The entries of `input`, of shape s + s, where both halves of the indices agree: the inverse of `tensor_diag`.

    >>> tf.linalg.tensor_diag_part([[1, 2], [3, 4]]).numpy().tolist()
    [1, 4]
    """
    t = as_tensor(input)
    shape = t._shape()
    half = shape[: len(shape) // 2]
    if not shape or half + half != shape:
        raise invalid_argument(
            describe(
                "tf.linalg.tensor_diag_part", "input", got=f"shape {t.shape}", expected="a shape that is twice the same"
            )
        )
    count = math.prod(half)
    return shaping.reshape.call(matrix.diag_part.call(shaping.reshape.call(t, shape=(count, count)), k=0), shape=half)
