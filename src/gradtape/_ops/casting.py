"""Changing the dtype. Between floating dtypes the cotangent is cast back; a cast to or from anything else ends every
path.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.dtypes import DIFFERENTIABLE, from_numpy
from gradtape._core.kinds import general, lacking, linear, nondifferentiable
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec


def _real_part(x: Any, dtype: np.dtype) -> Any:
    """A complex number loses its imaginary part in a cast to reals (NumPy would warn)."""
    return x.real if x.dtype.kind == "c" and dtype.kind != "c" else x


@linear(
    vjp=dict(x=lambda dy, x_spec: cast(dy, dtype=x_spec.dtype)),
    types="fc",
    batch=lambda size, x, *, dtype: cast(x, dtype=dtype),
    infer=lambda x, *, dtype: Spec(x.shape, dtype),
    samples=lambda rng: [Sample(rng.normal(size=(2, 3)), dtype=np.dtype(d)) for d in ("float64", "complex128")],
)
def cast(x: Any, *, dtype: np.dtype) -> Any:
    """x in another floating or complex dtype."""
    return _real_part(x, dtype).astype(dtype)


@nondifferentiable(
    batch=lambda size, x, *, dtype: cast_exact(x, dtype=dtype),
    infer=lambda x, *, dtype: Spec(x.shape, dtype),
    samples=lambda rng: [Sample(rng.normal(size=(2, 3)), dtype=np.dtype("int32"))],
)
def cast_exact(x: Any, *, dtype: np.dtype) -> Any:
    """x in another dtype, one of the two not differentiable."""
    return _real_part(x, dtype).astype(dtype)


def numpy_dtype(x: Any) -> np.dtype:
    """The dtype of an array or a tensor, as NumPy has it."""
    dtype = x.dtype
    return dtype if isinstance(dtype, np.dtype) else dtype.np


def cast_to(x: Any, dtype: np.dtype) -> Any:
    """The cast that fits: differentiable where both dtypes are."""
    have = numpy_dtype(x)
    if have == dtype:
        return x
    return (cast if have in DIFFERENTIABLE and dtype in DIFFERENTIABLE else cast_exact)(x, dtype=dtype)


def limits(have: np.dtype, want: np.dtype) -> tuple[Any, Any]:
    """The smallest and largest values of `want` that `have` can hold. (float32 rounds 2**31 - 1 up, out of int32's
    range.)
    """
    source, target = from_numpy(have), from_numpy(want)
    low, high = max(source.min, target.min), min(source.max, target.max)
    if have.kind in "iu":
        return int(low), int(high)
    low, high = (np.asarray(v).astype(have) for v in (low, high))
    if want.kind in "iu" and int(high) > int(target.max):
        high = np.nextafter(high, have.type(0))
    return low, high


@nondifferentiable(
    infer=lambda x, *, dtype: Spec(x.shape, dtype),
    batch=lambda size, x, *, dtype: saturate(x, dtype=dtype),
    types="fiu",
    samples=lambda rng: [Sample(300 * rng.normal(size=(2, 3)), dtype=np.dtype("int8"))],
)
def saturate(x: Any, *, dtype: np.dtype) -> Any:
    """x in another dtype, one of the two not differentiable, clipped to its range."""
    return np.clip(x, *limits(x.dtype, dtype)).astype(dtype)


def _bitcast_shape(shape: tuple[int, ...], have: int, want: int) -> tuple[int, ...]:
    if have == want:
        return shape
    if have > want:
        return (*shape, have // want)
    if not shape or shape[-1] * have != want:
        raise ValueError(
            f"Cannot bitcast from {have * 8} to {want * 8} bits: the last axis of shape {list(shape)} must be "
            f"{want // have}"
        )
    return shape[:-1]


def _bitcast_samples(rng: np.random.Generator) -> list[Sample]:
    drawn = [((2, 1), np.int64, "uint64"), ((3,), np.int64, "uint8"), ((3, 2), np.int32, "int64")]
    return [Sample(rng.integers(0, 9, shape, have), dtype=np.dtype(want)) for shape, have, want in drawn]


@general(
    vjp=dict(x=lacking("Bitcast")),
    batch=lambda size, x, *, dtype: bitcast(x, dtype=dtype),
    infer=lambda x, *, dtype: Spec(_bitcast_shape(x.shape, x.dtype.itemsize, dtype.itemsize), dtype),
    samples=_bitcast_samples,
)
def bitcast(x: Any, *, dtype: np.dtype) -> Any:
    """The bytes of x read as another dtype."""
    shape = _bitcast_shape(x.shape, x.dtype.itemsize, dtype.itemsize)
    return np.frombuffer(x.tobytes(), dtype).reshape(shape)


@linear(
    vjp=dict(
        re=lambda dy, re_spec: cast(dy, dtype=re_spec.dtype), im=lambda dy, im_spec: cast(dy * -1j, dtype=im_spec.dtype)
    ),
    types="f",
    broadcasts=True,
    batch="align",
    infer=lambda re, im: Spec(np.broadcast_shapes(re.shape, im.shape), np.result_type(re.dtype, np.complex64)),
    samples=lambda rng: [
        Sample(rng.normal(size=a), rng.normal(size=b)) for a, b in (((2, 3), (2, 3)), ((), (3,)), ((2, 1), (3,)))
    ],
)
def complex_of(re: Any, im: Any) -> Any:
    """re + i im."""
    y = np.empty(np.broadcast_shapes(re.shape, im.shape), np.result_type(re.dtype, np.complex64))
    y.real = re
    y.imag = im
    return y


@nondifferentiable(
    types="iu",
    infer=lambda x, *, depth, axis, on, off: Spec((*x.shape[:axis], depth, *x.shape[axis:]), np.asarray(on).dtype),
    batch=lambda size, x, *, depth, axis, on, off: one_hot(x, depth=depth, axis=axis + 1, on=on, off=off),
    samples=lambda rng: [
        Sample(np.array([[0, 2], [-1, 3]]), depth=3, axis=a, on=on, off=off)
        for a in (0, 2)
        for on, off in ((np.float32(1), np.float32(0)), (np.int32(5), np.int32(2)))
    ],
)
def one_hot(x: Any, *, depth: int, axis: int, on: Any, off: Any) -> Any:
    """`on` where a new axis counts to the index, elsewhere `off`."""
    shape = x.shape
    places = np.arange(depth).reshape((depth,) + (1,) * (len(shape) - axis))
    hot = x.reshape((*shape[:axis], 1, *shape[axis:])) == places
    dtype = on.dtype
    return (
        hot.astype(dtype)
        if dtype.kind != "O" and on == 1 and off == 0
        else np.where(hot, on, off).astype(dtype, copy=False)
    )
