"""Parts of complex numbers: ops between a complex dtype and the real one of its parts.

They are linear, or differentiable, over the reals only, so none is a row of the elementwise table. The gradient of a
real L by z = a + bi is dL/da + i dL/db, TensorFlow's convention: that of `real` is 1, of `imag` i, of the magnitude z
/ |z|. The conjugate is in `matrix`, a complex number from its parts in `casting`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.kinds import general, linear
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec
from gradtape._ops.casting import cast_to
from gradtape._ops.elementwise import divide_no_nan
from gradtape._ops.matrix import conj

_REAL: dict[np.dtype, np.dtype] = {np.dtype(np.complex64): np.dtype(np.float32), np.dtype(np.complex128): np.dtype(np.float64)}
_COMPLEX: dict[np.dtype, np.dtype] = {part: whole for whole, part in _REAL.items()}


def _part_spec(x: Spec) -> Spec:
    return Spec(x.shape, _REAL[x.dtype])


def _complex_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(np.asarray(rng.normal(size=s) + 1j * rng.normal(size=s))) for s in ((), (3,), (2, 3), (0, 2))]


def _real_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(np.asarray(rng.normal(size=s))) for s in ((), (2, 3))]


@linear(vjp=dict(x=lambda dy, x_spec: cast_to(dy, x_spec.dtype)), types="c", batch="align", infer=_part_spec, samples=_complex_samples)
def real(x: Any) -> Any:
    """The real part."""
    return x.real


@linear(vjp=dict(x=lambda dy: times_i(dy)), types="c", batch="align", infer=_part_spec, samples=_complex_samples)
def imag(x: Any) -> Any:
    """The imaginary part."""
    return x.imag


@linear(vjp=dict(x=lambda dy: imag(dy)), types="f", batch="align", infer=lambda x: Spec(x.shape, _COMPLEX[x.dtype]), samples=_real_samples)
def times_i(x: Any) -> Any:
    """i x for a real x."""
    y = np.zeros(x.shape, _COMPLEX[x.dtype])
    y.imag = x
    return y


@general(vjp=dict(x=lambda dy, x, x_spec: cast_to(dy, x_spec.dtype) * direction(x)), jvp=lambda x, dx: real(conj(direction(x)) * dx),
         types="c", batch="align", infer=_part_spec, samples=_complex_samples)  # fmt: skip
def magnitude(x: Any) -> Any:
    """|x|. The gradient at 0 is 0."""
    return np.abs(x)


def _across(v: Any, x: Any, y: Any, x_spec: Spec) -> Any:
    """The part of v at right angles to x, over |x|: a direction changes only sideways."""
    along = cast_to(real(conj(y) * v), x_spec.dtype)
    return divide_no_nan(v - along * y, cast_to(magnitude(x), x_spec.dtype))


@general(vjp=dict(x=lambda dy, x, y, x_spec: _across(dy, x, y, x_spec)), jvp=lambda x, y, dx, x_spec: _across(dx, x, y, x_spec),
         types="c", batch="align", infer=lambda x: x, samples=_complex_samples)  # fmt: skip
def direction(x: Any) -> Any:
    """x / |x|, 0 at 0: the sign of a complex number."""
    return np.sign(x)


@general(vjp=dict(x=lambda dy, x: times_i(dy) / conj(x)), jvp=lambda x, dx: imag(dx / x),
         types="c", batch="align", infer=_part_spec, samples=_complex_samples)  # fmt: skip
def angle(x: Any) -> Any:
    """The argument of a complex number, in (-pi, pi]."""
    return np.angle(x)
