"""Changing the dtype. Between floating dtypes the cotangent is cast back; a cast to or from anything else ends every path."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.dtypes import DIFFERENTIABLE
from gradtape._core.kinds import linear, nondifferentiable
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec


def _real_part(x: Any, dtype: np.dtype) -> Any:
    """A complex number loses its imaginary part in a cast to reals (NumPy would warn)."""
    return x.real if x.dtype.kind == "c" and dtype.kind != "c" else x


@linear(vjp=dict(x=lambda dy, x_spec: cast(dy, dtype=x_spec.dtype)), types="fc",
        batch=lambda size, x, *, dtype: cast(x, dtype=dtype), infer=lambda x, *, dtype: Spec(x.shape, dtype),
        samples=lambda rng: [Sample(rng.normal(size=(2, 3)), dtype=np.dtype(d)) for d in ("float64", "complex128")])  # fmt: skip
def cast(x: Any, *, dtype: np.dtype) -> Any:
    """x in another floating or complex dtype."""
    return _real_part(x, dtype).astype(dtype)


@nondifferentiable(batch=lambda size, x, *, dtype: cast_exact(x, dtype=dtype), infer=lambda x, *, dtype: Spec(x.shape, dtype),
                   samples=lambda rng: [Sample(rng.normal(size=(2, 3)), dtype=np.dtype("int32"))])  # fmt: skip
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
