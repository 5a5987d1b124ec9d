"""Reductions over axes, and running sums and products. (`reduce_sum` is in `shaping`: un-broadcasting needs it there.)

Attributes are canonical: `axes` is a tuple of non-negative ints, `axis` one of them. Where elements tie for the largest or smallest they
share the cotangent evenly. The products are exact with any number of zeros: their derivatives multiply the other factors and never divide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._core.kinds import FLOATING, NUMERIC, REAL_FLOATING, REAL_NUMERIC, general, linear, nondifferentiable
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec
from gradtape._ops.casting import cast_to
from gradtape._ops.elementwise import exp
from gradtape._ops.logic import equal
from gradtape._ops.masking import masked
from gradtape._ops.matrix import conjugate
from gradtape._ops.shaping import reduce_sum, reshape, spread, transpose

Axes = tuple[int, ...]


def _samples(rng: np.random.Generator) -> list[Sample]:
    drawn = [Sample(rng.normal(size=(2, 3)), axes=a, keepdims=k) for a in ((), (0,), (1,), (0, 1)) for k in (False, True)]
    return [
        *drawn,
        Sample(rng.normal(size=(2, 3, 2)), axes=(0, 2), keepdims=False),
        Sample(np.asarray(rng.normal()), axes=(), keepdims=True),
        Sample(rng.normal(size=(0, 3)), axes=(1,), keepdims=False),
    ]


def _count(shape: tuple[int, ...], axes: Axes) -> int:
    return math.prod(shape[a] for a in axes)


def kept_shape(shape: tuple[int, ...], axes: Axes) -> tuple[int, ...]:
    """The shape of a reduction with keepdims."""
    return tuple(1 if a in axes else n for a, n in enumerate(shape))


def reduced_spec(x: Spec, *, axes: Axes, keepdims: bool) -> Spec:
    """The spec of a reduction that keeps the dtype."""
    if keepdims:
        return Spec(kept_shape(x.shape, axes), x.dtype)
    return Spec(tuple(n for a, n in enumerate(x.shape) if a not in axes), x.dtype)


def _inside(axes: Axes) -> Axes:
    """The axes of every example of a batch."""
    return tuple(a + 1 for a in axes)


# Means ----------------------------------------------------------------------------------------------------------------


@linear(vjp=dict(x=lambda dy, x_spec, axes, keepdims: spread(dy / _count(x_spec.shape, axes), x_spec.shape, axes, keepdims)),
        types=NUMERIC, infer=reduced_spec, samples=_samples,
        batch=lambda size, x, *, axes, keepdims: reduce_mean(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_mean(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """The mean over `axes`; of integers, rounded towards zero."""
    total = np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=keepdims)
    count = _count(x.shape, axes)
    if x.dtype.kind in "iu":
        return (total / count).astype(x.dtype) if count else total
    return np.divide(total, x.dtype.type(count), out=total if total.__class__ is np.ndarray else None)


def _variance_rule(dy: Any, x: Any, x_spec: Spec, axes: Axes, keepdims: bool) -> Any:
    """The mean is subtracted twice: it is rounded, and where it is large beside the distances the second time takes that off."""
    shape = x_spec.shape
    distance = x - reduce_mean(x, axes=axes, keepdims=True)
    return spread(dy * 2 / max(_count(shape, axes), 1), shape, axes, keepdims) * (distance - reduce_mean(distance, axes=axes, keepdims=True))


@general(vjp=dict(x=_variance_rule), types=REAL_FLOATING, infer=reduced_spec, samples=_samples,
         batch=lambda size, x, *, axes, keepdims: reduce_variance(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_variance(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """The mean of the squared distances from the mean."""
    distance = x - reduce_mean.forward(x, axes=axes, keepdims=True)
    squares = np.square(distance, out=distance if distance.__class__ is np.ndarray else None)
    return reduce_mean.forward(squares, axes=axes, keepdims=keepdims)


# Extremes -------------------------------------------------------------------------------------------------------------


def _among(x: Any, y: Any, axes: Axes, keepdims: bool) -> Any:
    """Where x is the extreme that its reduction found."""
    return equal(x, y if keepdims or not axes else reshape(y, shape=kept_shape(tuple(x.shape), axes)))


def _shared(dy: Any, x: Any, x_spec: Spec, y: Any, axes: Axes, keepdims: bool) -> Any:
    winners = _among(x, y, axes, keepdims)
    count = reduce_sum(cast_to(winners, x_spec.dtype), axes=axes, keepdims=keepdims)
    return cast_to(winners, x_spec.dtype) * spread(dy / count, x_spec.shape, axes, keepdims)


def _shared_tangent(x: Any, x_spec: Spec, y: Any, dx: Any, axes: Axes, keepdims: bool) -> Any:
    winners = _among(x, y, axes, keepdims)
    count = reduce_sum(cast_to(winners, x_spec.dtype), axes=axes, keepdims=keepdims)
    return reduce_sum(masked(winners, dx, when=True), axes=axes, keepdims=keepdims) / count


def _extreme(ufunc: np.ufunc, x: Any, axes: Axes, keepdims: bool, largest: bool) -> Any:
    if x.size:
        return ufunc.reduce(x, axis=axes, keepdims=keepdims)
    if x.dtype.kind in "iu":
        limits = np.iinfo(x.dtype)
        empty: Any = limits.min if largest else limits.max
    else:
        empty = -np.inf if largest else np.inf
    return ufunc.reduce(x, axis=axes, keepdims=keepdims, initial=x.dtype.type(empty))


@general(vjp=dict(x=_shared), jvp=_shared_tangent, types=REAL_NUMERIC, infer=reduced_spec, samples=_samples,
         batch=lambda size, x, *, axes, keepdims: reduce_max(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_max(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """The largest over `axes`: of nothing, minus infinity or the least integer."""
    return _extreme(np.maximum, x, axes, keepdims, True)


@general(vjp=dict(x=_shared), jvp=_shared_tangent, types=REAL_NUMERIC, infer=reduced_spec, samples=_samples,
         batch=lambda size, x, *, axes, keepdims: reduce_min(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_min(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """The smallest over `axes`: of nothing, infinity or the greatest integer."""
    return _extreme(np.minimum, x, axes, keepdims, False)


def _place_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(rng.normal(size=(2, 3)), axis=a, dtype=np.dtype(np.int64)) for a in (0, 1)]


def _place_spec(x: Spec, *, axis: int, dtype: np.dtype) -> Spec:
    return Spec(x.shape[:axis] + x.shape[axis + 1 :], dtype)


def _place(find: Callable[..., Any], x: Any, axis: int, dtype: np.dtype, worst: float) -> Any:
    if not x.shape[axis]:
        raise ValueError(f"Reduction axis {axis} is empty in shape {list(x.shape)}")
    if x.dtype.kind == "f" and np.isnan(np.maximum.reduce(x, axis=None)):
        x = np.where(np.isnan(x), worst, x)  # TensorFlow passes over what is not a number
    return find(x, axis).astype(dtype, copy=False)


@nondifferentiable(types="fiub", infer=_place_spec, samples=_place_samples,
                   batch=lambda size, x, *, axis, dtype: argmax(x, axis=axis + 1, dtype=dtype))  # fmt: skip
def argmax(x: Any, *, axis: int, dtype: np.dtype) -> Any:
    """Where along an axis the largest element is, the first of equal ones."""
    return _place(np.argmax, x, axis, dtype, -np.inf)


@nondifferentiable(types="fiub", infer=_place_spec, samples=_place_samples,
                   batch=lambda size, x, *, axis, dtype: argmin(x, axis=axis + 1, dtype=dtype))  # fmt: skip
def argmin(x: Any, *, axis: int, dtype: np.dtype) -> Any:
    """Where along an axis the smallest element is, the first of equal ones."""
    return _place(np.argmin, x, axis, dtype, np.inf)


# Norms and sums of exponentials ---------------------------------------------------------------------------------------


def _norm_rule(dy: Any, x: Any, y: Any, x_spec: Spec, axes: Axes, keepdims: bool) -> Any:
    return spread(dy / y, x_spec.shape, axes, keepdims) * x


@general(vjp=dict(x=_norm_rule), types=NUMERIC, infer=reduced_spec, samples=_samples,
         batch=lambda size, x, *, axes, keepdims: reduce_euclidean_norm(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_euclidean_norm(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """The square root of the sum of squared magnitudes over `axes`; of integers, the whole part of it."""
    squares = np.square(x) if x.dtype.kind != "c" else (x * np.conjugate(x)).real
    return np.sqrt(np.add.reduce(squares, axis=axes, dtype=squares.dtype, keepdims=keepdims)).astype(x.dtype, copy=False)


def _softmax_over(x: Any, y: Any, x_spec: Spec, axes: Axes, keepdims: bool) -> Any:
    return exp(x - (y if keepdims or not axes else reshape(y, shape=kept_shape(x_spec.shape, axes))))


@general(vjp=dict(x=lambda dy, x, y, x_spec, axes, keepdims:
                  _softmax_over(x, y, x_spec, axes, keepdims) * spread(dy, x_spec.shape, axes, keepdims)),
         jvp=lambda x, y, x_spec, dx, axes, keepdims:
             reduce_sum(_softmax_over(x, y, x_spec, axes, keepdims) * dx, axes=axes, keepdims=keepdims),
         types=REAL_FLOATING, infer=reduced_spec, samples=_samples,
         batch=lambda size, x, *, axes, keepdims: reduce_logsumexp(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_logsumexp(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over `axes`, without overflow: the largest element is taken out first."""
    top = _extreme(np.maximum, x, axes, True, True)
    top = np.where(np.isfinite(top), top, np.zeros((), x.dtype))
    e = x - top
    e = np.exp(e, out=e if e.__class__ is np.ndarray else None)
    y = np.log(np.add.reduce(e, axis=axes, dtype=x.dtype, keepdims=True)) + top
    return y if keepdims else y.reshape(reduced_spec(x, axes=axes, keepdims=False).shape)[()]


# Products -------------------------------------------------------------------------------------------------------------


def _product_samples(rng: np.random.Generator) -> list[Sample]:
    zeros = np.array([[-1.5, 0.0, 0.7], [0.0, 1.2, 0.0]])
    return [*_samples(rng), *(Sample(zeros, axes=a, keepdims=False) for a in ((0,), (1,), (0, 1)))]


def _product_rule(dy: Any, x: Any, x_spec: Spec, axes: Axes, keepdims: bool) -> Any:
    """dy times the product of the other elements: of those before (an exclusive running product) and of those after."""
    shape = x_spec.shape
    order = (*axes, *(a for a in range(len(shape)) if a not in axes))
    laid = transpose(x, perm=order)
    flat = reshape(laid, shape=(_count(shape, axes), math.prod(n for a, n in enumerate(shape) if a not in axes)))
    others = cumprod(flat, axis=0, exclusive=True, reverse=False) * cumprod(flat, axis=0, exclusive=True, reverse=True)
    back = tuple(order.index(a) for a in range(len(shape)))
    others = transpose(reshape(others, shape=tuple(shape[a] for a in order)), perm=back)
    return spread(dy, shape, axes, keepdims) * conjugate(others)


@general(vjp=dict(x=_product_rule), types=NUMERIC, infer=reduced_spec, samples=_product_samples,
         batch=lambda size, x, *, axes, keepdims: reduce_prod(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_prod(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """The product over `axes`."""
    return np.multiply.reduce(x, axis=axes, dtype=x.dtype, keepdims=keepdims)


# Truth and counts -----------------------------------------------------------------------------------------------------


def _truths(rng: np.random.Generator) -> list[Sample]:
    return [Sample(rng.random((2, 3)) < 0.5, axes=a, keepdims=k) for a in ((), (1,), (0, 1)) for k in (False, True)]


@nondifferentiable(types="b", infer=reduced_spec, samples=_truths,
                   batch=lambda size, x, *, axes, keepdims: reduce_any(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_any(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """Whether some element over `axes` is true."""
    return np.logical_or.reduce(x, axis=axes, keepdims=keepdims)


@nondifferentiable(types="b", infer=reduced_spec, samples=_truths,
                   batch=lambda size, x, *, axes, keepdims: reduce_all(x, axes=_inside(axes), keepdims=keepdims))  # fmt: skip
def reduce_all(x: Any, *, axes: Axes, keepdims: bool = False) -> Any:
    """Whether every element over `axes` is true."""
    return np.logical_and.reduce(x, axis=axes, keepdims=keepdims)


# Running sums and products --------------------------------------------------------------------------------------------


def _running_samples(rng: np.random.Generator) -> list[Sample]:
    ways = [(False, False), (True, False), (False, True), (True, True)]
    drawn = [Sample(rng.normal(size=(3, 4)), axis=a, exclusive=e, reverse=r) for a in (0, 1) for e, r in ways]
    return [*drawn, Sample(rng.normal(size=(2, 0)), axis=1, exclusive=True, reverse=False)]


def _run(ufunc: np.ufunc, start: int, x: Any, axis: int, exclusive: bool, reverse: bool) -> Any:
    """The running reduction; `exclusive` leaves each element's own contribution out, `reverse` runs from the end."""
    if not exclusive and not reverse:
        return ufunc.accumulate(x, axis=axis, dtype=x.dtype)
    along: tuple[Any, ...] = (slice(None),) * axis
    y = np.empty(x.shape, x.dtype)
    source, target = (x[(*along, slice(None, None, -1))], y[(*along, slice(None, None, -1))]) if reverse else (x, y)
    if exclusive:
        target[(*along, slice(0, 1))] = start
        source, target = source[(*along, slice(None, -1))], target[(*along, slice(1, None))]
    ufunc.accumulate(source, axis=axis, out=target)
    return y


@linear(vjp=dict(x=lambda dy, axis, exclusive, reverse: cumsum(dy, axis=axis, exclusive=exclusive, reverse=not reverse)),
        types=NUMERIC, infer=lambda x, **_: x, samples=_running_samples,
        batch=lambda size, x, *, axis, exclusive, reverse: cumsum(x, axis=axis + 1, exclusive=exclusive, reverse=reverse))  # fmt: skip
def cumsum(x: Any, *, axis: int, exclusive: bool, reverse: bool) -> Any:
    """The sums of the elements up to each along an axis."""
    return _run(np.add, 0, x, axis, exclusive, reverse)


def _factor_samples(rng: np.random.Generator) -> list[Sample]:
    ways = [(False, False), (True, False), (False, True), (True, True)]
    zeros = np.array([-1.5, 0.0, 0.7, 0.0, 2.0])
    return [*_running_samples(rng), *(Sample(zeros, axis=0, exclusive=e, reverse=r) for e, r in ways)]


def _cumprod_rule(dy: Any, x: Any, axis: int, exclusive: bool, reverse: bool) -> Any:
    """dx[i] = (product of those before i) * sum over j >= i of dy[j] (product of those between): never a division.

    The sum is the recurrence s[i] = dy[i] + x[i + 1] s[i + 1], run from the other end; the exclusive product's cotangents
    are one place further on.
    """
    before = conjugate(cumprod(x, axis=axis, exclusive=True, reverse=reverse))
    later = shifted(dy, axis=axis, ahead=reverse) if exclusive else dy
    factor = shifted(conjugate(x), axis=axis, ahead=reverse)
    return before * recurrence(factor, later, axis=axis, reverse=not reverse)


@general(vjp=dict(x=_cumprod_rule), types=NUMERIC, infer=lambda x, **_: x, samples=_factor_samples,
         batch=lambda size, x, *, axis, exclusive, reverse: cumprod(x, axis=axis + 1, exclusive=exclusive, reverse=reverse))  # fmt: skip
def cumprod(x: Any, *, axis: int, exclusive: bool, reverse: bool) -> Any:
    """The products of the elements up to each along an axis."""
    return _run(np.multiply, 1, x, axis, exclusive, reverse)


def _shift_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(rng.normal(size=(2, 3)), axis=a, ahead=f) for a in (0, 1) for f in (False, True)]


@linear(vjp=dict(x=lambda dy, axis, ahead: shifted(dy, axis=axis, ahead=not ahead)), infer=lambda x, **_: x,
        samples=_shift_samples, batch=lambda size, x, *, axis, ahead: shifted(x, axis=axis + 1, ahead=ahead))  # fmt: skip
def shifted(x: Any, *, axis: int, ahead: bool) -> Any:
    """x one place further along an axis (or back); a zero comes in, the last element falls out."""
    y = np.zeros(x.shape, x.dtype)
    along: tuple[Any, ...] = (slice(None),) * axis
    first, last = (*along, slice(1, None)), (*along, slice(None, -1))
    if ahead:
        y[first] = x[last]
    else:
        y[last] = x[first]
    return y


def _recurrence_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(rng.normal(size=s), rng.normal(size=s), axis=a, reverse=r)
            for s, a in (((4,), 0), ((3, 2), 0), ((2, 5), 1), ((2, 1), 1), ((2, 0), 1)) for r in (False, True)]  # fmt: skip


def _recurrence_u(dy: Any, a: Any, axis: int, reverse: bool) -> Any:
    return recurrence(shifted(conjugate(a), axis=axis, ahead=reverse), dy, axis=axis, reverse=not reverse)


@general(vjp=dict(a=lambda dy, a, y, axis, reverse: _recurrence_u(dy, a, axis, reverse) * conjugate(shifted(y, axis=axis, ahead=not reverse)),
                  u=lambda dy, a, axis, reverse: _recurrence_u(dy, a, axis, reverse)),
         jvp=lambda a, y, da, du, axis, reverse:
             recurrence(a, du + da * shifted(y, axis=axis, ahead=not reverse), axis=axis, reverse=reverse),
         types=FLOATING, infer=lambda a, u, **_: a, samples=_recurrence_samples,
         batch=lambda size, a, u, *, axis, reverse: recurrence(a, u, axis=axis + 1, reverse=reverse))  # fmt: skip
def recurrence(a: Any, u: Any, *, axis: int, reverse: bool) -> Any:
    """y[i] = u[i] + a[i] y[i - 1] along an axis (a[0] multiplies nothing); from the end with `reverse`.

    By doubling: after k rounds every y covers 2**k terms and every a is the product of as many, so n steps take log2(n) rounds.
    """
    y, a = u.copy(), a.copy()
    along: tuple[Any, ...] = (slice(None),) * axis
    n, distance = u.shape[axis], 1
    while distance < n:
        ahead, behind = (*along, slice(distance, None)), (*along, slice(None, n - distance))
        if reverse:
            ahead, behind = behind, ahead
        y[ahead] += a[ahead] * y[behind]
        a[ahead] = a[ahead] * a[behind]
        distance *= 2
    return y


def _less(a: Any, b: Any) -> Any:
    """a - b, 0 where they are equal even if infinite."""
    return masked(equal(a, b), a - b, when=False)


def _cumulative_rule(dy: Any, x: Any, y: Any, axis: int, reverse: bool) -> Any:
    """dx[i] = sum over j >= i of dy[j] exp(x[i] - y[j]), as a recurrence whose factors exp(y[i] - y[i + 1]) are at most 1."""
    factor = shifted(exp(_less(shifted(y, axis=axis, ahead=not reverse), y)), axis=axis, ahead=reverse)
    return exp(_less(x, y)) * recurrence(factor, dy, axis=axis, reverse=not reverse)


@general(vjp=dict(x=_cumulative_rule), types=REAL_FLOATING, infer=lambda x, **_: x,
         samples=lambda rng: [Sample(rng.normal(size=(3, 4)), axis=a, reverse=r) for a in (0, 1) for r in (False, True)],
         batch=lambda size, x, *, axis, reverse: cumulative_logsumexp(x, axis=axis + 1, reverse=reverse))  # fmt: skip
def cumulative_logsumexp(x: Any, *, axis: int, reverse: bool) -> Any:
    """log(sum(exp(x))) of the elements up to each along an axis."""
    return _run(np.logaddexp, 0, x, axis, False, reverse)


# Sums of several --------------------------------------------------------------------------------------------------------


@linear(vjp=dict(xs=lambda dy, xs_spec: (dy,) * len(xs_spec)), types=NUMERIC, infer=lambda *xs: xs[0],
        batch=lambda size, *xs: add_n(*xs),
        samples=lambda rng: [Sample(*(rng.normal(size=(2, 3)) for _ in range(n))) for n in (1, 2, 3)])  # fmt: skip
def add_n(*xs: Any) -> Any:
    """The sum of arrays of one shape."""
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise ValueError(f"Inputs must have the same size and shape.  Input 0: {list(xs[0].shape)} != input {i}: {list(x.shape)}")
    if len(xs) == 1:
        return xs[0]
    total = xs[0] + xs[1]
    for x in xs[2:]:
        total += x
    return total
