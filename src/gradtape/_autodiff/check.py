"""The registry's checks: what every op must satisfy, on its own samples, in float64.

    forward     runs on read-only inputs, leaves them alone, keeps the dtype; `infer` tells the real spec
    jvp         equals the central difference of the forward
    adjoint     <w, J v> = <J* w, v>, for the sweep on bare arrays and the one on tensors
    batch       the op on a batch is the stack of the op on each example
    second      the sweep over a recorded sweep equals the central difference of the gradient
    executors   the quick path, `execute` and the raw forward agree

Each check raises `CheckFailure` with the op, the sample and the two values. The checks themselves are tested with
seeded faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._autodiff.batching import Level, batch, unbatch
from gradtape._autodiff.forward import jvp, vjp
from gradtape._autodiff.sweep import sweep
from gradtape._core.context import Tape, pop, push
from gradtape._core.dtypes import DIFFERENTIABLE
from gradtape._core.indexed_slices import IndexedSlices
from gradtape._core.primitive import Primitive, Sample
from gradtape._core.samples import samples_of
from gradtape._core.spec import Spec
from gradtape._runtime.eager import execute
from gradtape._runtime.tensor import Tensor, plain
from gradtape._runtime.watching import tracked_by

__all__ = ["CHECKS", "CheckFailure", "check_op"]


class CheckFailure(AssertionError):
    """An op breaks a law; the message says which op, on which sample, and by how much."""


def check_op(op: Primitive, seed: int = 0) -> int:
    """Runs every check on every sample; returns how many samples there were. Raises CheckFailure."""
    count = 0
    for sample in samples_of(op, np.random.default_rng(seed)):
        count += 1
        for name, check in CHECKS.items():
            try:
                check(op, sample, np.random.default_rng(seed + 1))
            except CheckFailure:
                raise
            except LookupError as error:
                if "gradient registry has no entry" not in str(error):  # an op that has no gradient, and says so
                    raise CheckFailure(f"{op.name}: check {name!r} on {sample}: {error}") from error
            except Exception as error:
                raise CheckFailure(f"{op.name}: check {name!r} on {sample}: {type(error).__name__}: {error}") from error
    return count


def _arrays(sample: Sample) -> list[np.ndarray]:
    arrays = [np.array(a) for a in sample.args]
    for a in arrays:
        a.flags.writeable = False
    return arrays


def _outputs(op: Primitive, result: Any) -> list[Any]:
    return list(result) if op.several else [result]


def _flowing(op: Primitive, arrays: list[np.ndarray]) -> list[int]:
    """The positions of the inputs that carry tangents."""
    return [i for i, a in enumerate(arrays) if (op.variadic or op.inputs[i] in op.vjp) and a.dtype in DIFFERENTIABLE]


def _random_like(rng: np.random.Generator, array: Any) -> np.ndarray:
    value = rng.normal(size=np.shape(array))
    if np.asarray(array).dtype.kind == "c":
        value = value + 1j * rng.normal(size=np.shape(array))
    return np.asarray(value, dtype=np.asarray(array).dtype)


def _close(op: Primitive, sample: Sample, check: str, got: Any, want: Any, bound: float) -> None:
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        raise CheckFailure(f"{op.name}: {check} on {sample}: shape {got.shape}, expected {want.shape}")
    if got.dtype.kind not in "fc":
        if not np.array_equal(got, want):
            raise CheckFailure(f"{op.name}: {check} on {sample}: {got}, expected {want}")
        return
    scale = 1 + (np.max(np.abs(want[np.isfinite(want)]), initial=0.0))
    error = np.max(np.abs(got - want)[~(np.isnan(got) & np.isnan(want)) & ~(got == want)], initial=0.0) / scale
    if not error <= bound:
        raise CheckFailure(
            f"{op.name}: {check} on {sample}: error {error:.2e} > {bound:.0e}; got {got}, expected {want}"
        )


def check_forward(op: Primitive, sample: Sample, rng: np.random.Generator) -> None:
    arrays = _arrays(sample)
    before = [a.copy() for a in arrays]
    with np.errstate(all="ignore"):
        result = op.forward(*arrays, **sample.attrs)
    for a, b in zip(arrays, before, strict=True):
        if not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            raise CheckFailure(f"{op.name}: forward changed its input on {sample}")
    inferred = op.infer(*map(Spec.of, arrays), **sample.attrs)
    for got, spec in zip(_outputs(op, result), _outputs(op, inferred), strict=True):
        if not isinstance(got, (np.ndarray, np.generic)):
            raise CheckFailure(f"{op.name}: forward returned a {type(got).__name__} on {sample}, not a NumPy value")
        if not _fits(Spec.of(got), spec):
            raise CheckFailure(f"{op.name}: infer says {spec} on {sample}, the forward gives {Spec.of(got)}")
    _check_narrow(op, sample, arrays)


def _fits(real: Spec, inferred: Spec) -> bool:
    """Whether the real spec is the inferred one, where -1 stands for a length that only the values tell."""
    if real.dtype != inferred.dtype or len(real.shape) != len(inferred.shape):
        return False
    return all(m in (n, -1) for n, m in zip(real.shape, inferred.shape, strict=True))


def _check_narrow(op: Primitive, sample: Sample, arrays: list[np.ndarray]) -> None:
    """In float32 the output's dtype follows: nothing drifts to float64."""
    if op.kind == "none" or not op.one_dtype or any(a.dtype == np.complex128 for a in arrays):
        return
    if any(isinstance(v, np.dtype) for v in sample.attrs.values()):
        return
    narrow = [a.astype(np.float32) if a.dtype == np.float64 else a for a in arrays]
    with np.errstate(all="ignore"):
        wide = _outputs(op, op.forward(*arrays, **sample.attrs))
        for w, n in zip(wide, _outputs(op, op.forward(*narrow, **sample.attrs)), strict=True):
            if (
                w.dtype == np.float64
                and arrays
                and any(a.dtype == np.float64 for a in arrays)
                and n.dtype != np.float32
            ):
                raise CheckFailure(f"{op.name}: float32 inputs give {n.dtype} on {sample}")


def check_executors(op: Primitive, sample: Sample, rng: np.random.Generator) -> None:
    arrays = _arrays(sample)
    with np.errstate(all="ignore"):
        want = _outputs(op, op.forward(*arrays, **sample.attrs))
    quick = _outputs(op, op.call(*map(plain, arrays), **sample.attrs))
    slow = _outputs(op, execute(op, tuple(map(plain, arrays)), {**op.defaults, **sample.attrs}))
    for w, q, s in zip(want, quick, slow, strict=True):
        _close(op, sample, "quick path against forward", q._array, w, 0)
        _close(op, sample, "execute against forward", s._array, w, 0)


def check_jvp(op: Primitive, sample: Sample, rng: np.random.Generator) -> None:
    arrays = _arrays(sample)
    flowing = _flowing(op, arrays)
    if not op.differentiable or not flowing or not sample.smooth:
        return
    directions = {i: _random_like(rng, arrays[i]) for i in flowing}
    tensors = list(map(plain, arrays))
    outputs = _outputs(op, op.call(*tensors, **sample.attrs))
    tangents = [plain(directions[i]) if i in directions else None for i in range(len(arrays))]
    got = jvp(op, tensors, outputs, {**op.defaults, **sample.attrs}, tangents)
    want = _central_difference(op, sample, arrays, directions)
    for y, g, w in zip(outputs, got, want, strict=True):
        if y._array.dtype in DIFFERENTIABLE:
            _close(op, sample, "jvp against central difference", np.zeros_like(w) if g is None else g._array, w, 1e-6)


def _central_difference(
    op: Primitive, sample: Sample, arrays: list[np.ndarray], directions: dict[int, np.ndarray]
) -> list[Any]:
    """Fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h."""
    h = 1e-3

    def at(step: float) -> list[Any]:
        moved = [a + step * directions[i] if i in directions else a for i, a in enumerate(arrays)]
        return _outputs(op, op.forward(*moved, **sample.attrs))

    with np.errstate(all="ignore"):
        ys = [at(step) for step in (h, -h, 2 * h, -2 * h)]
    return [
        (8 * (a - b) - (c - d)) / (12 * h) if np.asarray(a).dtype in DIFFERENTIABLE else None
        for a, b, c, d in zip(*ys, strict=True)
    ]


def check_adjoint(op: Primitive, sample: Sample, rng: np.random.Generator) -> None:
    arrays = _arrays(sample)
    flowing = _flowing(op, arrays)
    if not op.differentiable or not flowing:
        return
    tensors = list(map(plain, arrays))
    attrs = {**op.defaults, **sample.attrs}
    outputs = _outputs(op, op.call(*tensors, **sample.attrs))
    ws = [_random_like(rng, y._array) if y._array.dtype in DIFFERENTIABLE else None for y in outputs]
    vs = {i: _random_like(rng, arrays[i]) for i in flowing}
    tangents = jvp(op, tensors, outputs, attrs, [plain(vs[i]) if i in vs else None for i in range(len(arrays))])
    left = sum(_dot(w, t._array) for w, t in zip(ws, tangents, strict=True) if w is not None and t is not None)
    for raw in (True, False):
        cotangents = _gradients(op, arrays, sample.attrs, ws, flowing, raw)
        for i, g in cotangents.items():
            if g is not None and np.shape(g) != arrays[i].shape:
                raise CheckFailure(
                    f"{op.name}: cotangent of input {i} has shape {np.shape(g)} on {sample}, expected {arrays[i].shape}"
                )
            if g is not None and np.asarray(g).dtype != arrays[i].dtype:
                raise CheckFailure(
                    f"{op.name}: cotangent of input {i} has dtype {np.asarray(g).dtype} on {sample}, expected "
                    f"{arrays[i].dtype}"
                )
        right = sum(_dot(g, vs[i]) for i, g in cotangents.items() if g is not None)
        scale = 1 + abs(left) + sum(float(np.sum(np.abs(g))) for g in cotangents.values() if g is not None)
        if not abs(left - right) <= 1e-11 * scale:
            raise CheckFailure(
                f"{op.name}: adjoint identity ({'raw' if raw else 'tensor'} sweep) on {sample}: <w, Jv> = {left}, "
                f"<J*w, v> = {right}"
            )


def _dot(a: Any, b: Any) -> float:
    return float(np.sum(np.conj(np.asarray(a)) * np.asarray(b)).real)


def _gradients(
    op: Primitive, arrays: list[np.ndarray], attrs: dict[str, Any], ws: list[Any], flowing: list[int], raw: bool
) -> dict[int, Any]:
    tape = Tape(auto_watch=False)
    push(tape)
    try:
        tensors = list(map(plain, arrays))
        for i in flowing:
            tensors[i]._node = tracked_by(None, (tape,))
        outputs = _outputs(op, op.call(*tensors, **attrs))
    finally:
        pop(tape)
    pairs = [
        (y._node, w if raw else plain(w))
        for y, w in zip(outputs, ws, strict=True)
        if w is not None and y._node is not None
    ]
    found = sweep(tape, pairs, [tensors[i]._node for i in flowing], raw=raw, free=False)
    return {i: _as_array(g) for i, g in zip(flowing, found, strict=True)}


def _as_array(g: Any) -> Any:
    if isinstance(g, IndexedSlices):
        values, indices = (v._array if isinstance(v, Tensor) else v for v in (g.values, g.indices))
        out = np.zeros(tuple(np.asarray(g.dense_shape)), values.dtype)
        np.add.at(out, indices, values)
        return out
    return g._array if isinstance(g, Tensor) else g


def check_batch(op: Primitive, sample: Sample, rng: np.random.Generator) -> None:
    """Every subset of inputs batched would be 2**n; all of them, and each alone, find what there is to find."""
    arrays = _arrays(sample)
    if not arrays:
        return
    everything = list(range(len(arrays)))
    for chosen in [everything, *([i] for i in everything if len(arrays) > 1)]:
        for size in (2, 3):
            _check_batch_of(op, sample, arrays, chosen, size, rng)


def _check_batch_of(
    op: Primitive, sample: Sample, arrays: list[np.ndarray], chosen: list[int], size: int, rng: np.random.Generator
) -> None:
    level = Level(size)
    stacks = {i: np.stack([_varied(arrays[i], k, rng) for k in range(size)]) for i in chosen}
    operands = tuple(batch(stacks[i], level) if i in stacks else plain(a) for i, a in enumerate(arrays))
    got = [unbatch(y, level) for y in _outputs(op, op.call(*operands, **sample.attrs))]
    with np.errstate(all="ignore"):
        rows = [
            _outputs(
                op, op.forward(*[stacks[i][k] if i in stacks else a for i, a in enumerate(arrays)], **sample.attrs)
            )
            for k in range(size)
        ]
    for g, *ws in zip(got, *rows, strict=True):
        _close(
            op,
            sample,
            f"batch over inputs {chosen} against the stack of single calls",
            _as_array(g),
            np.stack(ws),
            1e-12,
        )


def _varied(array: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """A different example that stays in the op's domain: the same numbers in another order."""
    return array if k == 0 else rng.permutation(array.flatten()).reshape(array.shape)


def check_second_order(op: Primitive, sample: Sample, rng: np.random.Generator) -> None:
    """d/dx <J*(x) w, v> two ways: a sweep over the recorded sweep, and the central difference of J*(x) w."""
    arrays = _arrays(sample)
    flowing = _flowing(op, arrays)
    if not op.differentiable or not flowing or not sample.smooth or op.kind == "linear":
        return
    ws = [_random_like(rng, y) for y in _outputs(op, op.forward(*arrays, **sample.attrs))]
    us = {i: _random_like(rng, arrays[i]) for i in flowing}
    reverse = _reverse_over_reverse(op, arrays, sample.attrs, ws, us)
    numeric = _difference_of_gradients(op, arrays, sample.attrs, ws, us)
    left = sum(_dot(us[i], g) for i, g in reverse.items() if g is not None)
    right = sum(_dot(us[i], g) for i, g in numeric.items() if g is not None)
    scale = 1 + abs(right)
    if not abs(left - right) <= 1e-6 * scale:
        raise CheckFailure(
            f"{op.name}: second order on {sample}: reverse over reverse {left}, difference of gradients {right}"
        )


def _reverse_over_reverse(
    op: Primitive, arrays: list[np.ndarray], attrs: dict[str, Any], ws: list[Any], us: dict[int, Any]
) -> dict[int, Any]:
    outer = Tape(auto_watch=False)
    push(outer)
    try:
        tensors = list(map(plain, arrays))
        for i in us:
            tensors[i]._node = tracked_by(None, (outer,))
        outputs = _outputs(op, op.call(*tensors, **attrs))
        merged = {**op.defaults, **attrs}
        kept = [plain(w) for w in ws]
        gs = vjp(op, tensors, outputs, merged, kept)
    finally:
        pop(outer)
    pairs = [
        (g._node, plain(us[i]))
        for i, g in zip(us, _by_position(op, gs, us), strict=True)
        if g is not None and g._node is not None
    ]
    found = sweep(outer, pairs, [tensors[i]._node for i in us], raw=False, free=False)
    return {i: _as_array(g) for i, g in zip(us, found, strict=True)}


def _by_position(op: Primitive, gs: list[Any], us: dict[int, Any]) -> list[Any]:
    if op.variadic:
        return [gs[i] for i in us]
    names = list(op.vjp)
    return [gs[names.index(op.inputs[i])] for i in us]


def _difference_of_gradients(
    op: Primitive, arrays: list[np.ndarray], attrs: dict[str, Any], ws: list[Any], us: dict[int, Any]
) -> dict[int, Any]:
    h = 1e-3
    flowing = list(us)

    def at(step: float) -> dict[int, Any]:
        moved = [a + step * us[i] if i in us else a for i, a in enumerate(arrays)]
        found = _gradients(op, moved, attrs, ws, flowing, raw=True)
        return {i: 0.0 if g is None else g for i, g in found.items()}

    a, b, c, d = (at(step) for step in (h, -h, 2 * h, -2 * h))
    return {i: (8 * (a[i] - b[i]) - (c[i] - d[i])) / (12 * h) for i in flowing}


CHECKS: dict[str, Callable[[Primitive, Sample, np.random.Generator], None]] = {
    "forward": check_forward,
    "executors": check_executors,
    "jvp": check_jvp,
    "adjoint": check_adjoint,
    "batch": check_batch,
    "second": check_second_order,
}
