"""How often each whole number occurs. The length of the answer depends on the numbers, so `infer` says -1 there."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.kinds import general, lacking, nondifferentiable
from gradtape._core.primitive import Sample
from gradtape._core.spec import Spec


def _samples(rng: np.random.Generator) -> list[Sample]:
    values = rng.integers(0, 5, (2, 3))
    return [
        Sample(values, shortest=6, longest=b, binary=c, dtype=np.dtype(np.int32)) for b, c in ((6, False), (6, True))
    ]


@nondifferentiable(types="iu", samples=_samples, infer=lambda x, *, dtype, **_: Spec((*x.shape[:-1], -1), dtype))
def bincount(x: Any, *, shortest: int, longest: int | None, binary: bool, dtype: np.dtype) -> Any:
    """For each row, how often 0, 1, 2 ... occur in it; with `binary` whether they do. Numbers from `longest` on do not
    count.
    """
    return _counted(x, None, shortest, longest, binary).astype(dtype)


def _weighted_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample(rng.integers(0, 5, (2, 3)), rng.normal(size=(2, 3)), shortest=6, longest=6)]


@general(
    vjp=dict(weights=lacking("DenseBincount")),
    constants=("x",),
    one_dtype=False,
    samples=_weighted_samples,
    infer=lambda x, weights, **_: Spec((*x.shape[:-1], -1), weights.dtype),
)
def weighted_bincount(x: Any, weights: Any, *, shortest: int, longest: int | None) -> Any:
    """For each row, the sums of the weights of its elements that are 0, 1, 2 ..."""
    return _counted(x, weights, shortest, longest, False).astype(weights.dtype)


def _counted(x: Any, weights: Any, shortest: int, longest: int | None, binary: bool) -> Any:
    if x.size and x.min() < 0:
        raise ValueError("Input arr must be non-negative!")
    width = max(int(x.max()) + 1 if x.size else 0, shortest)
    if longest is not None:
        width = min(width, longest)
    lead = x.shape[:-1]
    rows = x.reshape(-1, x.shape[-1]).astype(np.intp)
    places = (rows + width * np.arange(len(rows))[:, None])[rows < width]
    chosen = None if weights is None else weights.reshape(rows.shape)[rows < width]
    counts = np.bincount(places, chosen, minlength=len(rows) * width)
    return (np.minimum(counts, 1) if binary else counts).reshape(*lead, width)
