"""Products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.kinds import NUMERIC, bilinear, linear
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec


def _matrix_pairs(rng: np.random.Generator) -> Any:
    for a, b in (((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (2, 3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 2))):
        yield Sample(rng.normal(size=a), rng.normal(size=b))


def _matmul_spec(a: Spec, b: Spec) -> Spec:
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return Spec((*lead, a.shape[-2], b.shape[-1]), a.dtype)


@bilinear(vjp=dict(a=lambda dy, b: matmul(dy, adjoint(b)),
                   b=lambda a, dy: matmul(adjoint(a), dy)),
          broadcasts=True, types=NUMERIC, batch="align", infer=_matmul_spec, samples=_matrix_pairs)  # fmt: skip
def matmul(a: Any, b: Any) -> Any:
    """Matrix product over the last two axes: ``y[..., i, j] = sum_k a[..., i, k] b[..., k, j]``."""
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError(f"In[0] and In[1] must have at least 2 axes, got shapes {a.shape} and {b.shape}; for vectors use tf.linalg.matvec")
    return np.matmul(a, b)


@linear(vjp=dict(x=lambda dy: swap(dy)), batch=lambda size, x: swap(x),
        samples=lambda rng: [Sample(rng.normal(size=(2, 3))), Sample(rng.normal(size=(4, 2, 3)))])  # fmt: skip
def swap(x: Any) -> Any:
    """The matrix transpose: the last two axes exchanged."""
    return x.swapaxes(-1, -2)


@linear(vjp=dict(x=lambda dy: conj(dy)), batch=lambda size, x: conj(x), types="fc", samples=lambda rng: [Sample(rng.normal(size=(2, 3)))])
def conj(x: Any) -> Any:
    """The complex conjugate; linear over the reals."""
    return np.conjugate(x)


def adjoint(x: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    y = swap(x)
    return conj(y) if np.dtype(_numpy_dtype(y)).kind == "c" else y


def _numpy_dtype(x: Any) -> Any:
    return getattr(x.dtype, "np", x.dtype)
