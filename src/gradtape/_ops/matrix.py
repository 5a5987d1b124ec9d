"""Products of matrices and of tensors, and the diagonals of matrices.

`matmul` multiplies matrices, `contract` sums over any labelled axes: both end in BLAS where they can. Transposes are
views, which BLAS reads as they are. Halves are multiplied as float32: NumPy's own loop for them is 200 times slower,
and rounds at every addition.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from gradtape._core.kinds import NUMERIC, bilinear, linear
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec
from gradtape._ops.casting import numpy_dtype
from gradtape._ops.shaping import reshape

F32 = np.dtype(np.float32)


def _is_half(dtype: np.dtype) -> bool:
    return dtype.itemsize == 2 and (dtype.char == "e" or dtype.name == "bfloat16")  # the name of a dtype takes 4 us


# Matrices


def _matrix_pairs(rng: np.random.Generator) -> Any:
    shapes = (
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (2, 3, 4)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 2)),
        ((2, 0, 3), (3, 2)),
    )
    for a, b in shapes:
        yield Sample(rng.normal(size=a), rng.normal(size=b))


def _matmul_spec(a: Spec, b: Spec) -> Spec:
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return Spec((*lead, a.shape[-2], b.shape[-1]), a.dtype)


def _times_stack(a: Any, dy: Any) -> Any:
    """a* dy. Where one matrix multiplied a stack, the products would be summed over it: a single product of the stacks
    laid out flat.
    """
    if a.ndim > 2 and dy.ndim == a.ndim:
        shape = tuple(a.shape)
        if shape[:-2] == tuple(dy.shape)[:-2]:
            rows = math.prod(shape[:-1])
            return matmul(adjoint(reshape(a, shape=(rows, shape[-1]))), reshape(dy, shape=(rows, tuple(dy.shape)[-1])))
    return matmul(adjoint(a), dy)


def _for_second(a: Any, dy: Any, b_spec: Spec) -> Any:
    return _times_stack(a, dy) if len(b_spec.shape) == 2 else matmul(adjoint(a), dy)


@bilinear(
    vjp=dict(a=lambda dy, b: matmul(dy, adjoint(b)), b=_for_second),
    broadcasts=True,
    types=NUMERIC,
    batch="align",
    infer=_matmul_spec,
    samples=_matrix_pairs,
)
def matmul(a: Any, b: Any) -> Any:
    """Matrix product over the last two axes: ``y[..., i, j] = sum_k a[..., i, k] b[..., k, j]``."""
    if a.dtype.itemsize == 2 and _is_half(a.dtype):
        return matmul.forward(a.astype(F32), b.astype(F32)).astype(a.dtype)
    if b.ndim == 2:
        if a.ndim == 2:
            return a.dot(b)  # 0.4 us for small ones, np.matmul takes 1.0
        if a.ndim > 2 and a.shape[-1] == b.shape[0]:
            shape = a.shape
            return a.reshape(math.prod(shape[:-1]), shape[-1]).dot(b).reshape((*shape[:-1], b.shape[1]))
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError(
            f"In[0] and In[1] must have at least 2 axes, got shapes {a.shape} and {b.shape}; for vectors use "
            "tf.linalg.matvec"
        )
    return np.matmul(a, b)


@linear(
    vjp=dict(x=lambda dy: swap(dy)),
    batch=lambda size, x: swap(x),
    infer=lambda x: Spec((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype),
    samples=lambda rng: [Sample(rng.normal(size=(2, 3))), Sample(rng.normal(size=(4, 2, 3)))],
)
def swap(x: Any) -> Any:
    """The matrix transpose: the last two axes exchanged."""
    return x.swapaxes(-1, -2)


@linear(
    vjp=dict(x=lambda dy: conj(dy)),
    batch="align",
    types="fc",
    infer=lambda x: x,
    samples=lambda rng: [Sample(rng.normal(size=(2, 3))), Sample(rng.normal(size=3) + 1j * rng.normal(size=3))],
)
def conj(x: Any) -> Any:
    """The complex conjugate; linear over the reals."""
    return np.conjugate(x)


def conjugate(x: Any) -> Any:
    """The complex conjugate, without an op where x is real."""
    return conj(x) if numpy_dtype(x).kind == "c" else x


def adjoint(x: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    if x.__class__ is np.ndarray:
        return x.swapaxes(-1, -2) if x.dtype.kind != "c" else x.swapaxes(-1, -2).conj()
    return conjugate(swap(x))


# Labelled axes


def _labels(equation: str) -> tuple[str, str, str]:
    inputs, out = equation.split("->")
    first, second = inputs.split(",")
    return first, second, out


def _spare(used: str) -> str:
    """A label that does not occur."""
    return next(c for c in map(chr, range(ord("A"), 0x10FFFF)) if c not in used)


def _contract_batch(size: int, a: Any, b: Any, *, equation: str) -> Any:
    first, second, out = _labels(equation)
    z = _spare(equation)
    return contract(a, b, equation=f"{z}{first},{z}{second}->{z}{out}")


def _contract_spec(a: Spec, b: Spec, *, equation: str) -> Spec:
    first, second, out = _labels(equation)
    length = dict(zip(first + second, a.shape + b.shape, strict=True))
    return Spec(tuple(length[c] for c in out), a.dtype)


@lru_cache(maxsize=1000)
def _turned(equation: str) -> tuple[str, str]:
    """The equations of the two cotangents: dy with b gives a's, dy with a gives b's."""
    first, second, out = _labels(equation)
    return f"{out},{second}->{first}", f"{out},{first}->{second}"


_EQUATIONS = (
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("bij,bkj->bik", (2, 3, 4), (2, 5, 4)),
    ("ij,j->i", (2, 3), (3,)),
    ("i,i->", (3,), (3,)),
    ("i,j->ij", (2,), (3,)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,ij->i", (2, 3), (2, 3)),
    (",i->i", (), (3,)),
    ("aibj,bkja->iak", (2, 3, 4, 2), (4, 2, 2, 2)),
    ("bhqd,bkhd->bhqk", (2, 2, 3, 4), (2, 3, 2, 4)),
    ("kj,ki->ij", (3, 2), (3, 4)),
)


@bilinear(
    vjp=dict(
        a=lambda dy, b, equation: contract(dy, conjugate(b), equation=_turned(equation)[0]),
        b=lambda a, dy, equation: contract(dy, conjugate(a), equation=_turned(equation)[1]),
    ),
    types=NUMERIC,
    batch=_contract_batch,
    infer=_contract_spec,
    samples=lambda rng: [Sample(rng.normal(size=a), rng.normal(size=b), equation=e) for e, a, b in _EQUATIONS],
)
def contract(a: Any, b: Any, *, equation: str) -> Any:
    """The sum of products over the labels that the result lacks: ``contract(a, b, equation="bij,bjk->bik")``.

    No label occurs twice in one operand, and every label occurs in two of the three places.
    """
    return _plan(equation, a.shape, b.shape)(a, b)


Step = Callable[[Any, Any], Any]


@lru_cache(maxsize=1000)
def _plan(equation: str, a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> Step:
    """How to contract arrays of these shapes: an elementwise product where nothing is summed, else a matrix product."""
    first, second, out = _labels(equation)
    if len(first) != len(a_shape) or len(second) != len(b_shape):
        raise ValueError(f"{equation!r} does not fit shapes {list(a_shape)} and {list(b_shape)}")
    length = dict(zip(first, a_shape, strict=True))
    for label, n in zip(second, b_shape, strict=True):
        if length.setdefault(label, n) != n:
            raise ValueError(
                f"axis {label!r} of {equation!r} has {length[label]} entries in the first operand, {n} in the second"
            )
    summed = [c for c in first if c in second and c not in out]
    return _matrix_plan(first, second, out, summed, length) if summed else _product_plan(first, second, out, length)


def _product_plan(first: str, second: str, out: str, length: dict[str, int]) -> Step:
    """Nothing is summed: both operands laid out along the result's axes, multiplied with broadcasting."""
    to_a, to_b = (_layout(labels, [c for c in out if c in labels]) for labels in (first, second))
    a_shape, b_shape = (tuple(length[c] if c in labels else 1 for c in out) for labels in (first, second))

    def product(a: Any, b: Any) -> Any:
        return a.transpose(to_a).reshape(a_shape) * b.transpose(to_b).reshape(b_shape)

    return product


def _layout(labels: str, order: list[str]) -> tuple[int, ...]:
    return tuple(labels.index(c) for c in order)


def _matrix_plan(first: str, second: str, out: str, summed: list[str], length: dict[str, int]) -> Step:
    """Both operands as (stacks of) matrices: views where their axes lie well, copies where not."""
    shared = [c for c in out if c in first and c in second]
    rows = [c for c in out if c in first and c not in second]
    columns = [c for c in out if c in second and c not in first]
    left = _as_matrix(first, shared, rows, summed, length)
    right = _as_matrix(second, shared, summed, columns, length)
    made = [*shared, *rows, *columns]
    shape = tuple(length[c] for c in made)
    order = _layout("".join(made), list(out))
    in_order = order == tuple(range(len(out)))

    def contracted(a: Any, b: Any) -> Any:
        if _is_half(a.dtype):
            return contracted(a.astype(F32), b.astype(F32)).astype(a.dtype)
        y = np.matmul(left(a), right(b)) if shared else left(a).dot(right(b))
        y = y.reshape(shape)
        return y if in_order else y.transpose(order)

    return contracted


def _as_matrix(
    labels: str, shared: list[str], rows: list[str], columns: list[str], length: dict[str, int]
) -> Callable[[Any], Any]:
    """Lays an operand out as [shared..., rows, columns]. If its rows and columns lie the other way round, the swap is a
    view.
    """
    lead = tuple(length[c] for c in shared)
    m, n = (math.prod(length[c] for c in group) for group in (rows, columns))
    if list(labels) == [*shared, *rows, *columns]:
        return lambda x: x.reshape((*lead, m, n))
    if list(labels) == [*shared, *columns, *rows]:
        return lambda x: x.reshape((*lead, n, m)).swapaxes(-1, -2)
    order = _layout(labels, [*shared, *rows, *columns])
    return lambda x: x.transpose(order).reshape((*lead, m, n))


# Diagonals


def _diagonal_length(rows: int, columns: int, k: int) -> int:
    return max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns))


@linear(
    vjp=dict(x=lambda dy, x_spec, k: diag(dy, k=k, rows=x_spec.shape[-2], columns=x_spec.shape[-1])),
    batch=lambda size, x, *, k: diag_part(x, k=k),
    infer=lambda x, *, k: Spec((*x.shape[:-2], _diagonal_length(x.shape[-2], x.shape[-1], k)), x.dtype),
    samples=lambda rng: [
        Sample(rng.normal(size=s), k=k) for s, k in (((3, 3), 0), ((2, 3, 4), 1), ((4, 3), -2), ((2, 2), 2))
    ],
)
def diag_part(x: Any, *, k: int) -> Any:
    """The k-th diagonal of each matrix: k = 0 the main one, above it positive."""
    return x.diagonal(k, -2, -1)


@linear(
    vjp=dict(x=lambda dy, k: diag_part(dy, k=k)),
    batch=lambda size, x, *, k, rows, columns: diag(x, k=k, rows=rows, columns=columns),
    infer=lambda x, *, k, rows, columns: Spec((*x.shape[:-1], rows, columns), x.dtype),
    samples=lambda rng: [
        Sample(rng.normal(size=s), k=k, rows=r, columns=c)
        for s, k, r, c in (((3,), 0, 3, 3), ((2, 3), 1, 3, 4), ((2, 2), -2, 4, 3), ((0,), 2, 2, 2))
    ],
)
def diag(x: Any, *, k: int, rows: int, columns: int) -> Any:
    """Zero matrices with x on their k-th diagonals: the transpose of `diag_part`."""
    lead = x.shape[:-1]
    y = np.zeros((*lead, rows * columns), x.dtype)
    start = k if k >= 0 else -k * columns
    y[..., start : start + x.shape[-1] * (columns + 1) : columns + 1] = x
    return y.reshape((*lead, rows, columns))
