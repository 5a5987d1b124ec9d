"""Compares an array with a recorded one: same dtype, same shape, values within the bound of the case's group.

Imports NumPy only. Infinities and not-a-numbers equal themselves. A complex number's parts are each held to the bound
of the whole number, since a rounding of the larger part may move the smaller one; where a part is infinite or not a
number, the other library must have the same there.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.recorded.cases.case import Bound

ROUNDS = {"y": 1, "g": 2, "u": 2, "h": 4}  # as Bound's docstring says
EPS = {"bfloat16": 2.0**-7}  # NumPy's finfo does not know it


@dataclasses.dataclass(frozen=True)
class Allowance:
    """What a comparison grants: the bound of the group for this kind of result, and more at single elements.

    `off` is TensorFlow's own error by element; `terms` the size of the first derivatives, of which second derivatives
    are differences; `excused` the elements that are not compared.
    """

    bound: Bound
    kind: str
    off: dict[str, float] | None = None
    terms: float = 0.0
    excused: np.ndarray | None = None


def inexact(dtype: np.dtype) -> bool:
    return dtype.kind in "fc" or dtype.name in EPS


def allowed(wanted: np.ndarray, allowance: Allowance, dtype: np.dtype) -> np.ndarray:
    """The distance from each wanted value that counts as equal in that dtype."""
    size = np.abs(wanted.astype(np.complex128))
    size = np.where(np.isfinite(size), size, 0.0)
    largest = float(size.max(initial=allowance.terms))
    eps = EPS.get(dtype.name) or float(np.finfo(dtype).eps)
    bound = allowance.bound
    return np.asarray(ROUNDS[allowance.kind] * eps * (bound.ulp * size + bound.floor * largest))


def difference(actual: np.ndarray | None, wanted: np.ndarray | None, allowance: Allowance) -> str | None:
    """What is different, in words; None where nothing is."""
    if actual is None or wanted is None:
        return None if actual is wanted else f"is {shown(actual)}, recorded {shown(wanted)}"
    if actual.dtype != wanted.dtype:
        return f"has dtype {actual.dtype}, recorded {wanted.dtype}"
    if actual.shape != wanted.shape:
        return f"has shape {actual.shape}, recorded {wanted.shape}"
    bad = unequal(actual.reshape(-1), wanted.reshape(-1), allowance)
    if allowance.excused is not None and allowance.excused.size == bad.size:
        bad &= ~allowance.excused.reshape(-1)
    if not bad.any():
        return None
    i = int(np.flatnonzero(bad)[0])
    where = [int(k) for k in np.unravel_index(i, wanted.shape)]
    return f"is {actual.flat[i]} at {where}, recorded {wanted.flat[i]}; {int(bad.sum())} of {bad.size} differ"


def unequal(a: np.ndarray, w: np.ndarray, allowance: Allowance) -> np.ndarray:
    if not inexact(w.dtype):
        return a != w
    limit = allowed(w, allowance, w.dtype)
    for i, extra in (allowance.off or {}).items():
        limit[int(i)] += extra
    if w.dtype.kind == "c":
        return far(a.real, w.real, limit) | far(a.imag, w.imag, limit)
    return far(a, w, limit)


def far(a: np.ndarray, w: np.ndarray, limit: np.ndarray) -> np.ndarray:
    a, w = a.astype(np.float64), w.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.isfinite(a) & np.isfinite(w) & (np.abs(a - w) <= limit)
    return ~(near | (a == w) | (np.isnan(a) & np.isnan(w)))


def size_of(arrays: list[np.ndarray | None]) -> float:
    """The largest finite magnitude."""
    sizes = [np.abs(a.astype(np.complex128)) for a in arrays if a is not None and inexact(a.dtype)]
    return max((float(s[np.isfinite(s)].max(initial=0.0)) for s in sizes), default=0.0)


def shown(a: np.ndarray | None) -> str:
    return "None" if a is None else f"an array {a.dtype}{list(a.shape)}"
