"""Batching: many calls of a program as one, by giving every value an axis more.

A `Batched` value looks, to the program that computes with it, like one example; it holds all of them, the batch axis
first. Ops on it follow the op's batch rule, computed by the values one level below: bare arrays where nobody observes,
else tensors, so that tapes outside see through. A rule may be

    "align"                          the op broadcasts over leading axes: align the ranks and call it
    f(size, *args, **attrs)          every argument comes with the batch axis first, and so must the result
    none                             call the op once per example

`tape.jacobian` is one batched sweep over the rows of an identity; `tf.vectorized_map` is a batched call.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from gradtape._core.context import Scope, current, recording_under
from gradtape._core.primitive import Primitive
from gradtape._core.spec import Spec
from gradtape._ops import indexing, shaping
from gradtape._runtime.eager import record
from gradtape._runtime.tensor import Tensor, plain

__all__ = ["Batched", "Level", "batch", "unbatch"]

_serial = count(1)


class Level:
    """One batching in progress: how many examples, and who records outside it."""

    __slots__ = ("depth", "scope", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.scope: Scope | None = current()
        self.depth = next(_serial)  # an inner level starts later


class Batched(Tensor):
    """One tensor per example, computed together."""

    __slots__ = ("_level", "_value")
    _level: Level
    _value: Any

    @property
    def _depth(self) -> int:  # type: ignore[override]
        return self._level.depth

    def _shape(self) -> tuple[int, ...]:
        return tuple(_raw_shape(self._value)[1:])

    def _spec(self) -> Spec:
        value = self._value
        dtype = value._spec().dtype if isinstance(value, Tensor) else value.dtype
        return Spec(self._shape(), dtype)

    def _payload(self) -> Any:
        return batch(self._value, self._level)

    def _rewrapped(self, node: Any) -> Batched:
        """The same value under a node."""
        again = batch(self._value, self._level)
        again._node = node
        return again

    def numpy(self) -> Any:
        raise TypeError(
            "numpy() of a tensor inside tf.vectorized_map: it stands for all examples at once and has no single value. "
            "Compute with tf ops, or use tf.map_fn, which calls the function once per example."
        )

    __array__ = __bool__ = __int__ = __float__ = __complex__ = __index__ = lambda self, *_, **__: self.numpy()  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<batched tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, {self._level.size} examples>"

    __str__ = __repr__

    def _interpret(self, op: Primitive, operands: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
        """Runs an op of which this is the operand of the innermost level."""
        level = self._level
        inside = current()
        if inside is level.scope:
            values = _quietly(op, operands, attrs, level)
        else:
            with recording_under(level.scope):
                values = _quietly(op, operands, attrs, level)
        outputs = tuple(batch(v, level) for v in values) if op.several else (batch(values, level),)
        if inside is not level.scope:
            record(op, operands, outputs, attrs)
        return outputs if op.several else outputs[0]


def batch(value: Any, level: Level) -> Batched:
    """A value with the batch axis first, seen as one example."""
    t = object.__new__(Batched)
    t._value = value
    t._level = level
    t._node = None
    return t


def unbatch(value: Any, level: Level) -> Any:
    """The value one level below, batch axis first; a value that does not depend on the example is repeated."""
    if isinstance(value, Batched) and value._level is level:
        return value._value
    return _repeat(_below(value, level), level.size)


def _raw_shape(value: Any) -> tuple[int, ...]:
    return value._shape() if isinstance(value, Tensor) else value.shape


def _below(t: Any, level: Level) -> Any:
    """An operand that is not batched at this level, as the level below computes with it."""
    return t._array if level.scope is None and t.__class__ is Tensor else t


def _repeat(value: Any, size: int) -> Any:
    return shaping.broadcast_to(value, shape=(size, *_raw_shape(value)))


def _quietly(op: Primitive, operands: Sequence[Any], attrs: dict[str, Any], level: Level) -> Any:
    """`apply`, and again in silence where a user has turned NumPy's warnings into errors."""
    try:
        return apply(op, operands, attrs, level)
    except (RuntimeWarning, FloatingPointError):
        with np.errstate(all="ignore"):
            return apply(op, operands, attrs, level)


def apply(op: Primitive, operands: Sequence[Any], attrs: dict[str, Any], level: Level) -> Any:
    """The op's result on all examples, batch axis first (a tuple of them for several outputs)."""
    batched = [t.__class__ is Batched and t._level is level for t in operands]
    values = [t._value if b else _below(t, level) for t, b in zip(operands, batched, strict=True)]
    if op.batch == "align":
        ranks = [len(_raw_shape(v)) - b for v, b in zip(values, batched, strict=True)]
        rank = max(ranks)
        aligned = [
            shaping.lead(v, level.size, rank) if b and r < rank else v
            for v, b, r in zip(values, batched, ranks, strict=True)
        ]
        return op(*aligned, **attrs)
    if op.batch is not None:
        full = [v if b else _repeat(v, level.size) for v, b in zip(values, batched, strict=True)]
        return op.batch(level.size, *full, **attrs)
    return _one_by_one(op, values, batched, attrs, level.size)


def _one_by_one(op: Primitive, values: list[Any], batched: list[bool], attrs: dict[str, Any], size: int) -> Any:
    if size == 0:
        return _no_examples(op, values, batched, attrs)
    rows = [
        op(*[indexing.get_item(v, index=(i,)) if b else v for v, b in zip(values, batched, strict=True)], **attrs)
        for i in range(size)
    ]
    if op.several:
        return tuple(shaping.stack(*outs, axis=0) for outs in zip(*rows, strict=True))
    return shaping.stack(*rows, axis=0)


def _no_examples(op: Primitive, values: list[Any], batched: list[bool], attrs: dict[str, Any]) -> Any:
    specs = []
    for v, b in zip(values, batched, strict=True):
        spec = v._spec() if isinstance(v, Tensor) else Spec.of(v)
        specs.append(Spec(spec.shape[1:], spec.dtype) if b else spec)
    out = op.infer(*specs, **attrs)
    empty = tuple(plain(np.zeros((0, *spec.shape), spec.dtype)) for spec in (out if op.several else (out,)))
    return empty if op.several else empty[0]
