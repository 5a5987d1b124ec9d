"""Comparison, logic and bits: ops without gradient, elementwise with broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._core.kinds import INTEGER, NUMERIC, REAL_NUMERIC
from gradtape._core.primitive import Primitive, Sample
from gradtape._core.spec import Spec


def _pairs(rng: np.random.Generator) -> Any:
    yield Sample(rng.normal(size=(2, 3)), rng.normal(size=3))


def _ints(rng: np.random.Generator) -> Any:
    yield Sample(rng.integers(0, 9, (2, 3)), rng.integers(0, 9, 3))


def _bools(rng: np.random.Generator) -> Any:
    yield Sample(rng.integers(0, 2, (2, 3)).astype(bool), rng.integers(0, 2, 3).astype(bool))


def _row(name: str, forward: Callable[..., Any], arity: int, types: str, samples: Any, result: str | None = "bool") -> Primitive:
    def infer(*specs: Spec) -> Spec:
        return Spec(np.broadcast_shapes(*(s.shape for s in specs)), specs[0].dtype if result is None else np.dtype(result))

    def drawn(rng: np.random.Generator) -> Any:
        return (Sample(*s.args[:arity]) for s in samples(rng))

    inputs = ("x",) if arity == 1 else ("x1", "x2")
    return Primitive(name, "none", forward, inputs=inputs, types=types, batch="align", infer=infer, broadcasts=arity > 1, samples=drawn)


# fmt: off
equal         = _row("equal",         np.equal,         2, NUMERIC + "bS", _pairs)
not_equal     = _row("not_equal",     np.not_equal,     2, NUMERIC + "bS", _pairs)
less          = _row("less",          np.less,          2, REAL_NUMERIC,   _pairs)
less_equal    = _row("less_equal",    np.less_equal,    2, REAL_NUMERIC,   _pairs)
greater       = _row("greater",       np.greater,       2, REAL_NUMERIC,   _pairs)
greater_equal = _row("greater_equal", np.greater_equal, 2, REAL_NUMERIC,   _pairs)

logical_and   = _row("logical_and",   np.logical_and,   2, "b",            _bools)
logical_or    = _row("logical_or",    np.logical_or,    2, "b",            _bools)
logical_xor   = _row("logical_xor",   np.logical_xor,   2, "b",            _bools)
logical_not   = _row("logical_not",   np.logical_not,   1, "b",            _bools)

bitwise_and   = _row("bitwise_and",   np.bitwise_and,   2, INTEGER,        _ints,  None)
bitwise_or    = _row("bitwise_or",    np.bitwise_or,    2, INTEGER,        _ints,  None)
bitwise_xor   = _row("bitwise_xor",   np.bitwise_xor,   2, INTEGER,        _ints,  None)
invert        = _row("invert",        np.invert,        1, INTEGER,        _ints,  None)
# fmt: on
