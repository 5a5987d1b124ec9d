"""Ops that move elements and compute nothing: linear, each with its transpose as its rule.

Attributes are canonical here: shapes are tuples of ints without -1, axes are non-negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.kinds import linear
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec

_SMALL = 4096  # elements; below it a filled copy is faster than NumPy's 3 us for a broadcast view


def _matrix(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape)


@linear(vjp=dict(x=lambda dy, x_spec: reshape(dy, shape=x_spec.shape)),
        batch=lambda size, x, *, shape: reshape(x, shape=(size, *shape)),
        infer=lambda x, *, shape: Spec(shape, x.dtype),
        samples=lambda rng: [Sample(_matrix(rng, 2, 3), shape=(3, 2)), Sample(_matrix(rng, 2, 3), shape=(6,)), Sample(_matrix(rng), shape=(1, 1))])  # fmt: skip
def reshape(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The same elements, in row-major order, in another shape."""
    return x.reshape(shape)


@linear(vjp=dict(x=lambda dy, perm: transpose(dy, perm=inverse_permutation(perm))),
        batch=lambda size, x, *, perm: transpose(x, perm=(0, *(p + 1 for p in perm))),
        samples=lambda rng: [Sample(_matrix(rng, 2, 3, 4), perm=(2, 0, 1)), Sample(_matrix(rng), perm=())])  # fmt: skip
def transpose(x: Any, *, perm: tuple[int, ...]) -> Any:
    """y[i_perm[0], i_perm[1], ...] = x[i_0, i_1, ...]."""
    return x.transpose(perm)


def inverse_permutation(perm: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(perm.index(i) for i in range(len(perm)))


@linear(vjp=dict(x=lambda dy, x_spec: unbroadcast(dy, x_spec.shape)),
        batch=lambda size, x, *, shape: broadcast_to(lead(x, size, len(shape)), shape=(size, *shape)),
        infer=lambda x, *, shape: Spec(shape, x.dtype),
        samples=lambda rng: [Sample(_matrix(rng, 3, 1), shape=(2, 3, 4)), Sample(_matrix(rng), shape=(2, 2)), Sample(_matrix(rng, 2), shape=(0, 2))])  # fmt: skip
def broadcast_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated along its axes of length 1 and along new leading axes."""
    if x.shape == shape:
        return x
    size = 1
    for n in shape:
        size *= n
    if size > _SMALL or x.ndim > len(shape):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def lead(x: Any, size: int, rank: int) -> Any:
    """A batched value (batch axis first) with 1s put in so that it has `rank` further axes."""
    shape = tuple(x.shape)
    return reshape(x, shape=(size, *(1,) * (rank - len(shape) + 1), *shape[1:]))


@linear(vjp=dict(x=lambda dy, x_spec, axes, keepdims: spread(dy, x_spec.shape, axes, keepdims)),
        batch=lambda size, x, *, axes, keepdims: reduce_sum(x, axes=tuple(a + 1 for a in axes), keepdims=keepdims),
        samples=lambda rng: [Sample(_matrix(rng, 2, 3), axes=a, keepdims=k) for a in ((), (0,), (1,), (0, 1)) for k in (False, True)]
        + [Sample(_matrix(rng, 0, 3), axes=(0,), keepdims=False)])  # fmt: skip
def reduce_sum(x: Any, *, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """The sum over `axes`."""
    return np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=keepdims)


def spread(dy: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> Any:
    """The transpose of a sum: every element gets the cotangent of the sum it went into."""
    if not keepdims and axes and len(axes) < len(shape):
        dy = reshape(dy, shape=tuple(1 if a in axes else n for a, n in enumerate(shape)))
    return broadcast_to(dy, shape=shape)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting `shape` to g's shape: sums over the axes that were repeated."""
    have = tuple(g.shape)
    if have == shape:
        return g
    extra = len(have) - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and have[i + extra] != 1)
    g = reduce_sum(g, axes=axes, keepdims=False) if axes else g
    return g if tuple(g.shape) == shape else reshape(g, shape=shape)


@linear(vjp=dict(xs=lambda dy, xs_spec, axis: unstack(dy, axis=axis, num=len(xs_spec))),
        batch=lambda size, *xs, axis: stack(*xs, axis=axis + 1),
        samples=lambda rng: [Sample(_matrix(rng, 2, 3), _matrix(rng, 2, 3), axis=a) for a in (0, 1, 2)])  # fmt: skip
def stack(*xs: Any, axis: int) -> Any:
    """Joins arrays of one shape along a new axis."""
    return np.stack(xs, axis)


@linear(vjp=dict(x=lambda dy, axis: stack(*dy, axis=axis)), outputs=("*y",),
        batch=lambda size, x, *, axis, num: unstack(x, axis=axis + 1, num=num),
        samples=lambda rng: [Sample(_matrix(rng, 2, 3), axis=0, num=2), Sample(_matrix(rng, 2, 3), axis=1, num=3)])  # fmt: skip
def unstack(x: Any, *, axis: int, num: int) -> Any:
    """The slices of x along an axis, that axis removed."""
    return tuple(np.moveaxis(x, axis, 0))


@linear(vjp=dict(x=lambda dy: dy), batch=lambda size, x: x, samples=lambda rng: [Sample(_matrix(rng, 2, 3))])
def identity(x: Any) -> Any:
    """x itself, under a new identity on the tape."""
    return x


@linear(vjp=dict(x=lambda dy: dy), batch=lambda size, x: x, samples=lambda rng: [Sample(_matrix(rng, 2, 3))])
def watched(x: Any) -> Any:
    """x itself: where a further tape begins to watch a tensor that another tape already tracks."""
    return x


@linear(vjp=dict(xs=lambda dy, xs_spec, axis: _parts(dy, tuple(s.shape[axis] for s in xs_spec), axis)),
        batch=lambda size, *xs, axis: concat(*xs, axis=axis + 1),
        samples=lambda rng: [Sample(_matrix(rng, 2, 3), _matrix(rng, 2, 1), axis=1), Sample(_matrix(rng, 2, 3), _matrix(rng, 0, 3), axis=0)])  # fmt: skip
def concat(*xs: Any, axis: int) -> Any:
    """Joins arrays along an axis."""
    return np.concatenate(xs, axis)


def _parts(dy: Any, sizes: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    return split(dy, sizes=sizes, axis=axis)


@linear(vjp=dict(x=lambda dy, axis: concat(*dy, axis=axis)), outputs=("*y",),
        batch=lambda size, x, *, sizes, axis: split(x, sizes=sizes, axis=axis + 1),
        samples=lambda rng: [Sample(_matrix(rng, 2, 5), sizes=(2, 0, 3), axis=1), Sample(_matrix(rng, 4), sizes=(4,), axis=0)])  # fmt: skip
def split(x: Any, *, sizes: tuple[int, ...], axis: int) -> Any:
    """x cut along an axis into parts of the given sizes."""
    return tuple(np.split(x, np.cumsum(sizes[:-1]), axis))
