"""Where the registry's checks draw their inputs from. Plain NumPy; drawn on request, never at import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape._core.primitive import Primitive, Sample

__all__ = [
    "ABOVE_ONE", "ANGLE", "BIG", "NONZERO", "POSITIVE", "PROBABILITY", "REAL", "UNIT", "Domain", "draw", "samples_of",
]  # fmt: skip

Domain = Callable[..., Any]  # (rng, shape) -> array; naming np.random.Generator here would import it: 9 ms


def _away_from_integers(values: np.ndarray) -> np.ndarray:
    """Moves points off the integers, where kinks and steps are, far enough for a central difference."""
    fraction = values - np.floor(values)
    return np.floor(values) + 0.1 + 0.8 * fraction


def REAL(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(-2, 2), clear of the integers."""
    return _away_from_integers(rng.uniform(-2, 2, shape))


def NONZERO(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """0.3 to 2 in size, either sign."""
    return rng.uniform(0.3, 1.9, shape) * rng.choice([-1.0, 1.0], shape)


def POSITIVE(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.3, 2.7, shape)


def UNIT(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(-1, 1)."""
    return rng.uniform(-0.9, 0.9, shape)


def PROBABILITY(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """(0, 1)."""
    return rng.uniform(0.1, 0.9, shape)


def ABOVE_ONE(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(1.2, 3.0, shape)


def ANGLE(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Clear of the poles of tan."""
    return rng.uniform(-1.2, 1.2, shape)


def BIG(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(-6, 6, shape)


_SHAPES: dict[int, tuple[tuple[tuple[int, ...], ...], ...]] = {
    1: (((),), ((3,),), ((2, 3),), ((0, 2),)),
    2: (((), ()), ((3,), (3,)), ((2, 3), (3,)), ((), (2, 2)), ((2, 1), (1, 3)), ((3,), (2, 1, 3)), ((0, 2), (2,))),
    3: (((), (), ()), ((2, 3), (3,), ()), ((2, 1), (3,), (2, 3))),
}


def draw(*domains: Domain) -> Callable[[np.random.Generator], Iterator[Sample]]:
    """Samples of an elementwise op: every broadcasting pattern for its number of inputs."""

    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        for shapes in _SHAPES[len(domains)]:
            yield Sample(*(np.asarray(d(rng, s)) for d, s in zip(domains, shapes, strict=True)))

    return samples


def samples_of(op: Primitive, rng: np.random.Generator) -> Iterator[Sample]:
    """The op's own samples, drawn from `rng`."""
    declared: Any = op.samples
    if declared is None:
        return iter(())
    if op.kind == "elementwise" or isinstance(declared, tuple):
        domain, smooth = declared
        domains = domain if isinstance(domain, tuple) else (domain,) * len(op.inputs)
        drawn = draw(*domains)(rng)
        return (Sample(*s.args, smooth=smooth, **s.attrs) for s in drawn)
    return iter(declared(rng))
