"""Activations of neural networks, elementwise. At 0 relu and relu6 pass nothing, leaky_relu its slope, elu 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._core.kinds import FLOATING, REAL_FLOATING, REAL_NUMERIC, elementwise, general
from gradtape._core.primitive import Sample
from gradtape._core.samples import BIG, NONZERO
from gradtape._ops.elementwise import abs, exp, square
from gradtape._ops.masking import select
from gradtape._ops.special import erfc

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_LARGE = 8192  # elements; from here on two bounds in one pass (0.2 ns) beat a maximum with a scalar (0.5 ns)

# Operands of the hot forwards: against a Python number, an array of rank 0 saves NumPy 0.3 us.
_ZEROS, _ONES = ({dtype: np.array(v, dtype) for dtype in (_F32, _F64)} for v in (0, 1))


def _zero(x: Any) -> Any:
    found = _ZEROS.get(x.dtype)
    return found if found is not None else np.zeros((), x.dtype)


def _one(x: Any) -> Any:
    found = _ONES.get(x.dtype)
    return found if found is not None else np.ones((), x.dtype)


def own(x: Any) -> Any:
    """A temporary of the forward's own as a place for the next result; NumPy scalars cannot be one."""
    return x if x.__class__ is np.ndarray else None


def positive_part(x: Any) -> Any:
    return np.maximum(x, _zero(x)) if x.size < _LARGE or x.dtype.kind != "f" else x.clip(0, np.inf)


def _negative_part(x: Any) -> Any:
    return np.minimum(x, _zero(x)) if x.size < _LARGE or x.dtype.kind != "f" else x.clip(-np.inf, 0)


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)): where exp overflows, 1 / inf is the right 0."""
    one = _one(x)
    y = np.negative(x)
    y = np.exp(y, out=own(y))
    y = np.add(y, one, out=own(y))
    return np.divide(one, y, out=own(y))


def _log1p_exp(x: Any) -> Any:
    """log(1 + exp(-|x|)), between 0 and log 2."""
    y = np.abs(x)
    y = np.negative(y, out=own(y))
    y = np.exp(y, out=own(y))
    return np.log1p(y, out=own(y))


def softplus_forward(x: Any) -> Any:
    y = _log1p_exp(x)
    return np.add(y, positive_part(x), out=own(y))


def _log_sigmoid(x: Any) -> Any:
    y = _log1p_exp(x)
    return np.subtract(_negative_part(x), y, out=own(y))


def _elu(x: Any) -> Any:
    y = _negative_part(x)
    y = np.expm1(y, out=own(y))
    return np.add(y, positive_part(x), out=own(y))


_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_DEPTH = _SELU_SCALE * 1.6732632423543772848170429916717


def _wide(forward: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A forward that computes halves as float32: several roundings fewer, and a Python number would widen bfloat16
    anyhow.
    """

    def computed(x: Any) -> Any:
        return forward(x.astype(_F32)).astype(x.dtype) if x.dtype.itemsize == 2 else forward(x)

    return computed


@_wide
def _selu(x: Any) -> Any:
    return _SELU_DEPTH * np.expm1(np.minimum(x, 0)) + _SELU_SCALE * np.maximum(x, 0)


_ROOT_HALF = math.sqrt(0.5)
_DENSITY_AT_0 = math.sqrt(0.5 / math.pi)
_CUBIC = 0.044715
_TANH_SCALE = 2 * math.sqrt(2 / math.pi)


@_wide
def _gelu(x: Any) -> Any:
    return 0.5 * x * erfc.forward(-_ROOT_HALF * x)


@_wide
def _gelu_tanh(x: Any) -> Any:
    """0.5 x (1 + tanh(u)), as x sigmoid(2 u): nothing cancels for x far below 0."""
    return x * _sigmoid(_TANH_SCALE * x * (1 + _CUBIC * x * x))


def _gelu_tanh_slope(x: Any) -> Any:
    squares = x * x
    u = _TANH_SCALE * x * (1 + _CUBIC * squares)
    s = sigmoid(u)
    return s + x * s * sigmoid(-u) * (_TANH_SCALE * (1 + 3 * _CUBIC * squares))


def _selu_slope(y: Any) -> Any:
    return negative_part(y) + (_SELU_SCALE + (_SELU_DEPTH - _SELU_SCALE) * step(-y))


def _gelu_slope(x: Any) -> Any:
    return 0.5 * erfc(-_ROOT_HALF * x) + _DENSITY_AT_0 * x * exp(-0.5 * x * x)


def _silu_slope(x: Any, y: Any) -> Any:
    s = sigmoid(x)
    return s + y * (1 - s)


# fmt: off
step        = elementwise("step", lambda x: (x > 0).astype(x.dtype), 0,         types=REAL_NUMERIC,  domain=NONZERO)
negative_part = elementwise("negative_part", _negative_part, lambda x: step(-x), types=REAL_FLOATING, domain=NONZERO)
relu        = elementwise("relu", positive_part, lambda y: step(y),             types=REAL_NUMERIC,  domain=NONZERO)
relu6       = elementwise("relu6", lambda x: np.minimum(np.maximum(x, 0), 6), lambda y: step(y) * step(6 - y),
                                                                                types=REAL_NUMERIC,  domain=NONZERO)
elu         = elementwise("elu", _elu, lambda y: negative_part(y) + 1,          types=REAL_FLOATING, domain=NONZERO)
selu        = elementwise("selu", _selu, _selu_slope,                           types=REAL_FLOATING, domain=NONZERO)
sigmoid     = elementwise("sigmoid", _sigmoid, lambda y: y * (1 - y),           types=FLOATING,      domain=BIG)
softplus    = elementwise("softplus", softplus_forward, lambda x: sigmoid(x),   types=REAL_FLOATING, domain=BIG)
log_sigmoid = elementwise("log_sigmoid", _log_sigmoid, lambda x: sigmoid(-x),   types=REAL_FLOATING, domain=BIG)
softsign    = elementwise("softsign", lambda x: x / (1 + np.abs(x)), lambda x: 1 / square(1 + abs(x)),
                                                                                types=REAL_FLOATING, domain=NONZERO)
silu        = elementwise("silu", _wide(lambda x: x * _sigmoid(x)), _silu_slope, types=FLOATING)
gelu        = elementwise("gelu", _gelu, _gelu_slope,                           types=REAL_FLOATING)
gelu_tanh   = elementwise("gelu_tanh", _gelu_tanh, _gelu_tanh_slope,            types=REAL_FLOATING)
# fmt: on


def _samples(rng: np.random.Generator) -> list[Sample]:
    drawn = (((), 0.2), ((2, 3), 0.2), ((3,), 1.5), ((3,), 0.0), ((0, 2), -0.5))
    return [Sample(np.asarray(NONZERO(rng, s)), alpha=a) for s, a in drawn]


@general(vjp=dict(x=lambda dy: dy * 0), jvp=lambda dx: dx * 0, types=REAL_FLOATING, infer=lambda x, *, alpha: x,
         samples=_samples, batch=lambda size, x, *, alpha: leaky_slope(x, alpha=alpha))
def leaky_slope(x: Any, *, alpha: float) -> Any:
    """1 where x > 0, elsewhere alpha: the derivative of `leaky_relu`."""
    return select.forward(x > 0, _one(x), np.array(alpha, x.dtype))


@general(vjp=dict(x=lambda dy, x, alpha: dy * leaky_slope(x, alpha=alpha)),
         jvp=lambda x, dx, alpha: dx * leaky_slope(x, alpha=alpha), types=REAL_FLOATING, infer=lambda x, *, alpha: x,
         samples=_samples, batch=lambda size, x, *, alpha: leaky_relu(x, alpha=alpha))
def leaky_relu(x: Any, *, alpha: float) -> Any:
    """x where it is positive, elsewhere alpha x."""
    scaled = x * np.array(alpha, x.dtype)
    return np.maximum(x, scaled) if 0 < alpha <= 1 else np.where(x > 0, x, scaled)
