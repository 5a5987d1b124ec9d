"""The larger, the smaller and the clipped of numbers, element by element.

The cotangent goes to the number that was chosen; of equal ones the first takes it all, and a value on a bound of
`clip` passes. It is chosen, not multiplied by 0 or 1: an infinite cotangent (of sqrt at 0) must not turn into nan
where another number won.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.kinds import REAL_NUMERIC, general
from gradtape._core.samples import REAL, draw
from gradtape._core.spec import Spec
from gradtape._ops.masking import masked, select

_LARGE = 8192  # elements


def _broadcast(*specs: Spec) -> Spec:
    return Spec(np.broadcast_shapes(*(s.shape for s in specs)), specs[0].dtype)


def _by_clipping(x1: Any, x2: Any) -> bool:
    """Whether the second is one number for a large array of floats: np.clip takes a third of np.maximum's time then."""
    return x2.ndim == 0 and x1.size >= _LARGE and x1.dtype.kind == "f"


@general(
    vjp=dict(
        x1=lambda dy, x1, x2: masked(x1 >= x2, dy, when=True), x2=lambda dy, x1, x2: masked(x1 >= x2, dy, when=False)
    ),
    jvp=lambda x1, x2, dx1, dx2: select(x1 >= x2, dx1, dx2),
    broadcasts=True,
    types=REAL_NUMERIC,
    batch="align",
    infer=_broadcast,
    samples=draw(REAL, REAL),
)
def maximum(x1: Any, x2: Any) -> Any:
    """The larger of two numbers; nan if one is."""
    return x1.clip(x2, np.inf) if _by_clipping(x1, x2) else np.maximum(x1, x2)


@general(
    vjp=dict(
        x1=lambda dy, x1, x2: masked(x1 <= x2, dy, when=True), x2=lambda dy, x1, x2: masked(x1 <= x2, dy, when=False)
    ),
    jvp=lambda x1, x2, dx1, dx2: select(x1 <= x2, dx1, dx2),
    broadcasts=True,
    types=REAL_NUMERIC,
    batch="align",
    infer=_broadcast,
    samples=draw(REAL, REAL),
)
def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of two numbers; nan if one is."""
    return x1.clip(-np.inf, x2) if _by_clipping(x1, x2) else np.minimum(x1, x2)


def _to_high(dy: Any, x: Any, low: Any, high: Any) -> Any:
    return masked(x <= high, masked(minimum(x, high) >= low, dy, when=True), when=False)


@general(
    vjp=dict(
        x=lambda dy, x, low, high: masked((x >= low) & (x <= high), dy, when=True),
        low=lambda dy, x, low, high: masked(minimum(x, high) >= low, dy, when=False),
        high=_to_high,
    ),
    jvp=lambda x, low, high, dx, dlow, dhigh: select(minimum(x, high) >= low, select(x <= high, dx, dhigh), dlow),
    broadcasts=True,
    types=REAL_NUMERIC,
    batch="align",
    infer=_broadcast,
    samples=draw(REAL, REAL, REAL),
)
def clip(x: Any, low: Any, high: Any) -> Any:
    """x, or the bound that it passes: max(min(x, high), low)."""
    if high.ndim == 0 and low.ndim == 0 and x.size >= _LARGE and low <= high:
        return x.clip(low, high)
    return np.maximum(np.minimum(x, high), low)
