"""Compares an array with a recorded one: same dtype, same shape, values within the bound of the case's group. Imports
NumPy only.

Infinities and not-a-numbers equal themselves. A complex number's parts are each held to the bound of the whole number,
since a rounding of the larger part may move the smaller one; where a part is infinite or not a number, the other
library must have the same there.
"""

from __future__ import annotations

import numpy as np

from tests.recorded.cases.case import Bound

ROUNDS = {"y": 1, "g": 2, "u": 2, "h": 4}  # as Bound's docstring says
EPS = {"bfloat16": 2.0**-7}  # NumPy's finfo does not know it


def inexact(dtype: np.dtype) -> bool:
    return dtype.kind in "fc" or dtype.name in EPS


def allowed(wanted: np.ndarray, bound: Bound, kind: str, dtype: np.dtype) -> np.ndarray:
    """The distance from each wanted value that counts as equal in that dtype."""
    size = np.abs(wanted.astype(np.complex128 if wanted.dtype.kind == "c" else np.float64))
    finite = size[np.isfinite(size)]
    largest = float(finite.max()) if finite.size else 0.0
    eps = EPS.get(dtype.name) or float(np.finfo(dtype).eps)
    return np.asarray(ROUNDS[kind] * eps * (bound.ulp * size + bound.floor * largest))


def difference(
    actual: np.ndarray | None, wanted: np.ndarray | None, bound: Bound, kind: str, off: dict[str, float] | None
) -> str | None:
    """What is different, in words; None where nothing is. `off` adds to the allowed distance at single elements."""
    if actual is None or wanted is None:
        return None if actual is wanted else f"is {shown(actual)}, recorded {shown(wanted)}"
    if actual.dtype != wanted.dtype:
        return f"has dtype {actual.dtype}, recorded {wanted.dtype}"
    if actual.shape != wanted.shape:
        return f"has shape {actual.shape}, recorded {wanted.shape}"
    bad = unequal(actual.reshape(-1), wanted.reshape(-1), bound, kind, off or {})
    if not bad.any():
        return None
    i = int(np.flatnonzero(bad)[0])
    where = [int(k) for k in np.unravel_index(i, wanted.shape)]
    return f"is {actual.flat[i]} at {where}, recorded {wanted.flat[i]}; {int(bad.sum())} of {bad.size} differ"


def unequal(a: np.ndarray, w: np.ndarray, bound: Bound, kind: str, off: dict[str, float]) -> np.ndarray:
    if not inexact(w.dtype):
        return a != w
    limit = allowed(w, bound, kind, w.dtype)
    for i, extra in off.items():
        limit[int(i)] += extra
    if w.dtype.kind == "c":
        return far(a.real, w.real, limit) | far(a.imag, w.imag, limit)
    return far(a, w, limit)


def far(a: np.ndarray, w: np.ndarray, limit: np.ndarray) -> np.ndarray:
    a, w = a.astype(np.float64), w.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.isfinite(a) & np.isfinite(w) & (np.abs(a - w) <= limit)
    return ~(near | (a == w) | (np.isnan(a) & np.isnan(w)))


def shown(a: np.ndarray | None) -> str:
    return "None" if a is None else f"an array {a.dtype}{list(a.shape)}"
