"""`GradientTape`: what users hold of a tape. Records while it is entered; `gradient` sweeps what it recorded."""

from __future__ import annotations

import enum
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradtape._autodiff.sweep import resolve, sweep
from gradtape._core import nest
from gradtape._core.context import Tape, current, pop, push
from gradtape._core.dtypes import DIFFERENTIABLE
from gradtape._core.errors import describe
from gradtape._core.indexed_slices import IndexedSlices
from gradtape._runtime.tensor import Tensor, as_tensor, densify, plain
from gradtape._runtime.variable import Variable
from gradtape._runtime.watching import tracked_by

__all__ = ["GradientTape", "UnconnectedGradients"]

logger = logging.getLogger("gradtape")


class UnconnectedGradients(enum.Enum):
    """What `gradient` answers for a source that no path of differentiable ops connects to the target: None, or zeros of its shape."""

    NONE = "none"
    ZERO = "zero"


class GradientTape:
    """Records ops for automatic differentiation while its `with` block runs."""

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True, *, strict: bool = False) -> None:
        self._persistent = bool(persistent)
        self._auto_watch = bool(watch_accessed_variables)
        self._strict = bool(strict)
        self._tape: Tape | None = None
        self._recording = False
        self._seen: dict[int, Any] = {}
        self._created = False

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        self._start()
        return self

    def __exit__(self, *_: Any) -> None:
        if self._recording:
            self._stop()

    def __del__(self) -> None:
        tape = getattr(self, "_tape", None)
        if tape is not None:
            tape.release()

    def _start(self) -> None:
        if self._tape is None:
            self._tape = Tape(self._auto_watch)
            self._created = True
        push(self._tape)
        self._recording = True

    def _stop(self) -> None:
        if not self._recording or self._tape is None:
            raise ValueError("Tape is not recording.")
        pop(self._tape)
        self._recording = False

    def watch(self, tensor: Any) -> None:
        """Tracks a tensor, a variable, or every one in a nested structure of them."""
        for t in nest.flatten(tensor, expand_composites=True):
            if not isinstance(t, (Tensor, Variable)):
                raise ValueError(f"Passed in object {t!r} of type {type(t).__name__!r}, not tf.Tensor or tf.Variable or ExtensionType.")
            self._watch_one(t)

    def _watch_one(self, t: Tensor | Variable) -> None:
        tape = self._tape
        if tape is None:
            raise RuntimeError("GradientTape.watch needs a tape that has been entered: call it inside `with tf.GradientTape() as tape:`")
        if isinstance(t, Variable):
            tape.variables[t._serial] = t
        dtype = t.dtype
        if dtype.np not in DIFFERENTIABLE:
            logger.warning("The dtype of the watched tensor must be floating (e.g. tf.float32), got %r", dtype)
            return
        if current() is not None:
            t._node = tracked_by(t._node, (tape,))

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Records nothing for the length of a `with` block."""
        if self._tape is None:
            raise RuntimeError("Trying to stop recording a tape which is not recording.")
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forgets everything recorded and watched so far, and goes on recording."""
        self._stop()
        self._forget()
        self._start()

    def _forget(self) -> None:
        if self._tape is not None:
            self._seen = self._tape.variables
            self._tape.release()
            self._tape = None

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables watched so far, in the order of their construction."""
        seen = self._tape.variables if self._tape is not None else self._seen
        return tuple(seen[serial] for serial in sorted(seen))

    def gradient(self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """The gradient of the **sum** of all elements of all targets with respect to each source, in the structure of `sources`."""
        tape = self._tape
        if tape is None:
            raise RuntimeError("A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)")
        if self._recording:
            if not self._persistent:
                self._stop()
            else:
                logger.warning("Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient")
        if target is None:
            raise TypeError("Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to be differentiated, but received None.")
        targets = [_differentiable(t, "target") for t in nest.flatten(target)]
        flat = [_differentiable(s, "sources") for s in nest.flatten(sources)]
        try:
            unconnected = UnconnectedGradients(unconnected_gradients)
        except ValueError:
            raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}") from None
        seeds = _seeds(targets, output_gradients)
        raw = _unobserved(tape, targets, seeds)
        pairs = [(_key(t, tape), seed._array if raw else seed) for t, seed in zip(targets, seeds, strict=True)]
        keys = [_key(s, tape) for s in flat]
        try:
            cotangents = sweep(tape, pairs, keys, raw=raw, free=not self._persistent)
        finally:
            if not self._persistent:
                self._forget()
        done: dict[Any, Any] = {}
        for key, s, g in zip(keys, flat, cotangents, strict=True):
            if key not in done:
                done[key] = _result(g, s, raw, unconnected)
        return nest.pack_sequence_as(sources, [done[key] for key in keys])


def _differentiable(value: Any, argument: str) -> Any:
    if isinstance(value, (Tensor, Variable)):
        return value
    if isinstance(value, IndexedSlices) and argument == "target":
        return densify(value)
    raise TypeError(
        describe("GradientTape.gradient", argument, got=f"{value!r} of type {type(value).__name__}", expected="tf.Tensor or tf.Variable",
                 remedy="Make it a tensor inside the tape's context: tf.convert_to_tensor(x).")
    )  # fmt: skip


def _key(value: Any, tape: Tape) -> Any:
    """What identifies a tensor or variable on a tape: its node there, or else the object itself."""
    node = resolve(value._node, tape)
    return id(value) if node is None else node


def _unobserved(tape: Tape, targets: list[Any], seeds: list[Any]) -> bool:
    """Whether the sweep may run on bare arrays: nobody else who records here can see what it computes.

    A tape tracks the result of every op on something it tracks; so a target that no other living tape tracks has nothing behind it that one does.
    """
    here = current()
    if any(seed.__class__ is not Tensor for seed in seeds) or any(t.__class__ is not Tensor and isinstance(t, Tensor) for t in targets):
        return False
    if here is None:
        return True
    if here.observers or tape in here.tapes:
        return False
    for t in (*targets, *seeds):
        if t._node is not None and any(other is not tape and other in here.tapes for other in t._node.scope.tapes):
            return False
    return True


def _seeds(targets: list[Any], output_gradients: Any) -> list[Tensor]:
    if output_gradients is None:
        return [_ones(t) for t in targets]
    given = nest.flatten(output_gradients)
    if len(given) < len(targets):
        raise ValueError(
            describe("GradientTape.gradient", "output_gradients", got=f"{len(given)} entries", expected=f"one per target, {len(targets)}")
        )
    return [_ones(t) if g is None else _seed(t, g) for t, g in zip(targets, given, strict=False)]


def _ones(t: Any) -> Tensor:
    spec = t._spec() if isinstance(t, Tensor) else t._read()._spec()
    if spec.dtype.kind == "O":
        return plain(np.array(b"", object))
    return plain(np.ones(spec.shape, spec.dtype) if spec.shape else spec.dtype.type(1))


def _seed(target: Any, given: Any) -> Tensor:
    seed = as_tensor(given, prefer=target.dtype.np)
    return seed


def _result(g: Any, source: Any, raw: bool, unconnected: UnconnectedGradients) -> Any:
    if g is None:
        if unconnected is UnconnectedGradients.NONE:
            return None
        return plain(np.zeros(tuple(source.shape), source.dtype.np))
    if not raw:
        return g
    if isinstance(g, IndexedSlices):
        return IndexedSlices(plain(g.values), plain(g.indices), plain(np.asarray(g.dense_shape)))
    return plain(g)
