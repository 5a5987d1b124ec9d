"""Special functions, by SciPy. It is imported when the first of them is called (0.2 s), never before.

Bessel functions carry their order as an attribute, since a derivative leads to the neighbouring orders; the quotients
y / x of the text-book formulas for order 1 would be 0 / 0 at the origin. Where TensorFlow has no derivative by a
parameter (the order of polygamma, the exponent of zeta, a and b of betainc), there is none here: the parameter is a
constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._core.kinds import REAL_FLOATING, elementwise, general
from gradtape._core.primitive import Primitive, Sample
from gradtape._core.samples import POSITIVE, PROBABILITY, UNIT, Domain, draw
from gradtape._core.spec import Spec
from gradtape._ops.elementwise import cos, exp, log, sign, sin, xlog1py, xlogy

_F32 = np.dtype(np.float32)


def _scipy(name: str) -> Callable[..., Any]:
    """The function of that name in scipy.special, imported at the first call; halves are computed as float32."""
    found: Any = None

    def forward(*xs: Any) -> Any:
        nonlocal found
        if found is None:
            from scipy import special  # lazy: 0.2 s of import time

            found = getattr(special, name)
        dtype = xs[-1].dtype
        if dtype.itemsize == 2:
            return found(*(x.astype(_F32) for x in xs)).astype(dtype)
        y = found(*xs)
        return y if y.dtype == dtype else y.astype(dtype)

    return forward


def _row(name: str, scipy_name: str, derivative: Callable[..., Any], domain: Domain) -> Primitive:
    return elementwise(name, _scipy(scipy_name), derivative, types=REAL_FLOATING, domain=domain)


_gammaln = _scipy("gammaln")


def _lgamma(x: Any) -> Any:
    """SciPy has -inf at -inf, where log |Gamma| is no limit but infinite by C's and TensorFlow's convention."""
    y = _gammaln(x)
    below = np.isneginf(y)
    return np.where(below, -y, y) if below.any() else y


_ROOT_PI, _ROOT_2PI = math.sqrt(math.pi), math.sqrt(2 * math.pi)


def WIDE(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(-2.4, 2.4, shape)


def _up_to_two(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.2, 1.8, shape)


# fmt: off
erf         = _row("erf",         "erf",      lambda x: 2 / _ROOT_PI * exp(-x * x),             WIDE)
erfc        = _row("erfc",        "erfc",     lambda x: -2 / _ROOT_PI * exp(-x * x),            WIDE)
erfinv      = _row("erfinv",      "erfinv",   lambda y: _ROOT_PI / 2 * exp(y * y),              UNIT)
erfcinv     = _row("erfcinv",     "erfcinv",  lambda y: -_ROOT_PI / 2 * exp(y * y),             _up_to_two)
ndtri       = _row("ndtri",       "ndtri",    lambda y: _ROOT_2PI * exp(0.5 * y * y),           PROBABILITY)
lgamma      = elementwise("lgamma", _lgamma, lambda x: digamma(x), types=REAL_FLOATING, domain=POSITIVE)
digamma     = _row("digamma",     "psi",      lambda x: polygamma(1, x),                        POSITIVE)
dawsn       = _row("dawsn",       "dawsn",    lambda x, y: 1 - 2 * x * y,                       WIDE)
expint      = _row("expint",      "expi",     lambda x: exp(x) / x,                             POSITIVE)
# fmt: on


def _fresnel(part: int) -> Callable[[Any], Any]:
    both = _scipy_pair("fresnel")
    return lambda x: both(x)[part]


def _scipy_pair(name: str) -> Callable[[Any], Any]:
    def forward(x: Any) -> Any:
        from scipy import special  # lazy: 0.2 s of import time

        return tuple(np.asarray(y, x.dtype)[()] for y in getattr(special, name)(x))

    return forward


# fmt: off
fresnel_sin = elementwise("fresnel_sin", _fresnel(0), lambda x: sin(math.pi / 2 * x * x), types=REAL_FLOATING, domain=WIDE)
fresnel_cos = elementwise("fresnel_cos", _fresnel(1), lambda x: cos(math.pi / 2 * x * x), types=REAL_FLOATING, domain=WIDE)
spence      = elementwise("spence",      _scipy("spence"), lambda x: log_quotient(x),     types=REAL_FLOATING, domain=POSITIVE)


def _log_quotient(x: Any) -> Any:
    return np.where(x == 1, -np.ones((), x.dtype), np.log(x) / (1 - x))


log_quotient = elementwise("log_quotient", _log_quotient, lambda x, y: (1 / x + y) / (1 - x), types=REAL_FLOATING, domain=POSITIVE)
"""log(x) / (1 - x), -1 at 1."""
# fmt: on


# Bessel functions -----------------------------------------------------------------------------------------------------


def _bessel(name: str, plain: tuple[str, str], other: Callable[..., Any], slope: Callable[..., Any], domain: Domain) -> Primitive:
    """A family by order; SciPy has quicker functions for the orders 0 and 1."""
    quick = tuple(map(_scipy, plain))

    def forward(x: Any, *, order: int) -> Any:
        return quick[order](x) if order < 2 else other(np.array(order, x.dtype), x)

    def samples(rng: np.random.Generator) -> list[Sample]:
        return [Sample(np.asarray(domain(rng, s)), order=n) for s, n in (((), 0), ((3,), 0), ((2, 3), 1), ((3,), 2), ((0, 2), 1))]

    def rule(dy: Any, x: Any, y: Any, order: int) -> Any:
        return dy * slope(x, y, order)

    def push(x: Any, y: Any, dx: Any, order: int) -> Any:
        return dx * slope(x, y, order)

    declare = general(vjp=dict(x=rule), jvp=push, name=name, types=REAL_FLOATING, samples=samples, infer=lambda x, *, order: x,
                      batch=lambda size, x, *, order: op(x, order=order))  # fmt: skip
    op = declare(forward)
    return op


def _neighbours(family: Any, x: Any, order: int, sign_above: int) -> Any:
    return (family(x, order=order - 1) + sign_above * family(x, order=order + 1)) / 2


def _slope_j(x: Any, y: Any, order: int) -> Any:
    return -bessel_j(x, order=1) if order == 0 else _neighbours(bessel_j, x, order, -1)


def _slope_y(x: Any, y: Any, order: int) -> Any:
    return -bessel_y(x, order=1) if order == 0 else _neighbours(bessel_y, x, order, -1)


def _slope_i(x: Any, y: Any, order: int) -> Any:
    return bessel_i(x, order=1) if order == 0 else _neighbours(bessel_i, x, order, 1)


def _slope_k(x: Any, y: Any, order: int) -> Any:
    return -bessel_k(x, order=1) if order == 0 else -bessel_k(x, order=order - 1) - y * (order / x)


def _slope_ie(x: Any, y: Any, order: int) -> Any:
    return (bessel_ie(x, order=1) if order == 0 else _neighbours(bessel_ie, x, order, 1)) - sign(x) * y


def _slope_ke(x: Any, y: Any, order: int) -> Any:
    return y - bessel_ke(x, order=1) if order == 0 else y * (1 - order / x) - bessel_ke(x, order=order - 1)


_ive = _scipy("ive")


def _scaled_i(order: Any, x: Any) -> Any:
    """exp(-|x|) I(x), which SciPy gives up far out; two terms of its expansion there are good to 1e-13."""
    far = np.abs(x) > 1e6
    if not np.any(far):
        return _ive(order, x)
    size = np.where(far, np.abs(x), np.ones((), x.dtype))
    beyond = np.sign(x) ** order * (1 - (4 * order * order - 1) / (8 * size)) / np.sqrt(size) * (1 / _ROOT_2PI)
    return np.where(far, beyond, _ive(order, np.where(far, np.ones((), x.dtype), x))).astype(x.dtype, copy=False)


bessel_j = _bessel("bessel_j", ("j0", "j1"), _scipy("jv"), _slope_j, WIDE)
bessel_y = _bessel("bessel_y", ("y0", "y1"), _scipy("yv"), _slope_y, POSITIVE)
bessel_i = _bessel("bessel_i", ("i0", "i1"), _scipy("iv"), _slope_i, WIDE)
bessel_k = _bessel("bessel_k", ("k0", "k1"), _scipy("kv"), _slope_k, POSITIVE)
bessel_ie = _bessel("bessel_ie", ("i0e", "i1e"), _scaled_i, _slope_ie, WIDE)
bessel_ke = _bessel("bessel_ke", ("k0e", "k1e"), _scipy("kve"), _slope_ke, POSITIVE)


# Functions of several arguments ---------------------------------------------------------------------------------------


def _broadcast(*specs: Spec) -> Spec:
    return Spec(np.broadcast_shapes(*(s.shape for s in specs)), specs[-1].dtype)


def _orders(rng: np.random.Generator) -> list[Sample]:
    return [Sample(np.asarray(rng.integers(0, 4, a).astype(float)), np.asarray(POSITIVE(rng, x))) for a, x in (((), ()), ((2, 1), (3,)), ((3,), (2, 3)))]


_plain_zeta = _scipy("zeta")


def _zeta(x: Any, q: Any) -> Any:
    """SciPy's, with the limit for an infinite exponent; an exponent that is not a number gives none."""
    y = np.where(np.isposinf(x) & (q > 1), np.zeros((), x.dtype), _plain_zeta(x, q))
    return np.where(np.isnan(x), x, y)


_gamma = _scipy("gamma")
_psi = _scipy("psi")


@general(vjp=dict(x=lambda dy, a, x: dy * polygamma(a + 1, x)), jvp=lambda a, x, dx: dx * polygamma(a + 1, x), constants=("a",),
         broadcasts=True, types=REAL_FLOATING, batch="align", infer=_broadcast, samples=_orders)  # fmt: skip
def polygamma(a: Any, x: Any) -> Any:
    """The a-th derivative of digamma, for a = 0, 1, 2 ...; nan for any other a."""
    a = np.asarray(a, x.dtype)
    whole = (a >= 0) & (a == np.floor(a))
    n = np.where(whole, a, np.ones((), a.dtype))
    y = np.where(n % 2 == 0, -1, 1).astype(x.dtype) * _gamma(n + 1) * _zeta(n + 1, x)
    return np.where(whole, np.where(n == 0, _psi(x), y), np.array(np.nan, x.dtype))


@general(vjp=dict(q=lambda dy, x, q: -dy * x * zeta(x + 1, q)), jvp=lambda x, q, dq: -dq * x * zeta(x + 1, q), constants=("x",),
         broadcasts=True, types=REAL_FLOATING, batch="align", infer=_broadcast,
         samples=lambda rng: [Sample(s.args[0] + 1.5, s.args[1]) for s in _orders(rng)])  # fmt: skip
def zeta(x: Any, q: Any) -> Any:
    """Hurwitz' zeta function, the sum of (q + k)**-x over k = 0, 1, 2 ..."""
    return _zeta(x.astype(q.dtype), q)


_incomplete_beta = _scipy("betainc")


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - (lgamma(a) + lgamma(b) - lgamma(a + b)))


def _beta_samples(rng: np.random.Generator) -> list[Sample]:
    shapes = (((), (), ()), ((2, 3), (2, 3), (2, 3)), ((2, 1), (), (3,)))
    return [Sample(*(np.asarray(d(rng, s)) for d, s in zip((POSITIVE, POSITIVE, PROBABILITY), triple, strict=True))) for triple in shapes]


@general(vjp=dict(x=lambda dy, a, b, x: dy * _beta_density(a, b, x)), jvp=lambda a, b, x, dx: dx * _beta_density(a, b, x), constants=("a", "b"),
         broadcasts=True, types=REAL_FLOATING, batch="align", infer=_broadcast, samples=_beta_samples)  # fmt: skip
def betainc(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function I_x(a, b)."""
    return _incomplete_beta(a.astype(x.dtype), b.astype(x.dtype), x)


# The incomplete gamma functions, and their derivatives by the shape parameter -----------------------------------------


def gamma_density(a: Any, x: Any) -> Any:
    """x**(a - 1) exp(-x) / Gamma(a), the derivative of igamma by x."""
    return exp(xlogy(a - 1, x) - x - lgamma(a))


_lower, _upper = _scipy("gammainc"), _scipy("gammaincc")


def _nan_unless_positive(a: Any, y: Any) -> Any:
    return np.where(a > 0, y, np.array(np.nan, y.dtype))


igamma = elementwise("igamma", lambda x1, x2: _nan_unless_positive(x1, _lower(x1, x2)),
                     lambda x1, x2: igamma_by_shape(x1, x2, order=1), lambda x1, x2: gamma_density(x1, x2),
                     types=REAL_FLOATING, domain=POSITIVE)  # fmt: skip
igammac = elementwise("igammac", lambda x1, x2: _nan_unless_positive(x1, _upper(x1, x2)),
                      lambda x1, x2: -igamma_by_shape(x1, x2, order=1), lambda x1, x2: -gamma_density(x1, x2),
                      types=REAL_FLOATING, domain=POSITIVE)  # fmt: skip


def _moments(first: Any, a: Any, order: int, trigamma: Callable[[int, Any], Any]) -> Any:
    """The n-th derivative by a of exp(phi), over exp(phi), where phi' = `first` and phi^(k) = -polygamma(k - 1, a): a
    Bell polynomial.
    """
    cumulants = [first, *(-trigamma(k, a) for k in range(1, order))]
    moments: list[Any] = [1.0]
    for n in range(order):
        moments.append(sum(math.comb(n, k) * moments[n - k] * cumulants[k] for k in range(n + 1)))
    return moments[order]


def _density_by_shape(a: Any, x: Any, order: int) -> Any:
    """The n-th derivative by a of the density."""
    return gamma_density(a, x) * _moments(log(x) - digamma(a), a, order, lambda k, a: polygamma(a * 0 + k, a))


_STEP = 0.05  # of the trapezoidal rule in u: 1e-8 at worst, for a near 0.001; 1e-12 for ordinary a
_NODES = np.arange(-3.7, 6.0, _STEP)
_DISTANCE = np.exp(_NODES - np.exp(-_NODES))
_WEIGHT = _STEP * _DISTANCE * (1 + np.exp(-_NODES))


@general(vjp=dict(a=lambda dy, a, x, order: dy * igamma_by_shape(a, x, order=order + 1),
                  x=lambda dy, a, x, order: dy * _density_by_shape(a, x, order)),
         jvp=lambda a, x, da, dx, order: da * igamma_by_shape(a, x, order=order + 1) + dx * _density_by_shape(a, x, order),
         broadcasts=True, types=REAL_FLOATING, batch="align", infer=lambda a, x, *, order: _broadcast(a, x),
         samples=lambda rng: [Sample(*s.args, order=n) for s in draw(POSITIVE, POSITIVE)(rng) for n in (1, 2)])  # fmt: skip
def igamma_by_shape(a: Any, x: Any, *, order: int) -> Any:
    """The n-th derivative by a of igamma(a, x) = the integral of t**(a - 1) exp(-t) / Gamma(a) from 0 to x.

    The derivative is taken under the integral, over whichever tail of the density holds less (the whole integral is 1,
    so the two tails' derivatives are opposite). With t = x exp(-+s) and s = c exp(u - exp(-u)) the trapezoidal rule in
    u converges exponentially.
    """
    from scipy import special  # lazy: 0.2 s of import time

    dtype = x.dtype
    a, x = np.broadcast_arrays(a[..., None].astype(np.float64), x[..., None].astype(np.float64))
    below = x < a
    log_x = np.log(x)
    s = _DISTANCE * np.where(below, 1 / (np.abs(a - x) + np.minimum(a, np.sqrt(a))), np.log1p(1 / (np.abs(x - a) + np.sqrt(x))))
    log_t = log_x + np.where(below, -s, s)
    weight = np.exp(a * log_t - np.exp(log_t) - special.gammaln(a)) * s / _DISTANCE * _WEIGHT
    y = np.sum(_moments(log_t - special.psi(a), a, order, special.polygamma) * np.where(below, weight, -weight), -1)
    y = np.where((x[..., 0] == 0) | np.isinf(x[..., 0]), 0.0, y)
    return np.asarray(np.where(a[..., 0] > 0, y, np.nan), dtype)[()]
