"""Jacobians and Hessians that are mostly zeros, as SciPy sparse matrices.

Columns of the Jacobian that share no row can be computed in one tangent. So: find the pattern (given, or detected by
following which input elements each intermediate element depends on), colour its columns, push one tangent per colour
forward in one batched pass, and put the numbers where they belong. Pattern and colours are found once and kept for
further points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._autodiff.accumulator import ForwardAccumulator
from gradtape._autodiff.batching import Level, batch, unbatch
from gradtape._autodiff.tape import GradientTape
from gradtape._autodiff.unconnected import UnconnectedGradients
from gradtape._core.context import pop, push
from gradtape._core.errors import describe
from gradtape._core.primitive import Primitive
from gradtape._ops import shaping
from gradtape._runtime.tensor import Tensor, as_tensor, plain

__all__ = ["sparse_hessian", "sparse_jacobian", "sparsity_of"]

_EXACT = (
    1 << 20
# entries up to which the pattern of one linear op is found exactly; beyond it every output counts as depending on
# every input
)


def sparse_jacobian(f: Callable[[Any], Any], sparsity: Any = None) -> Callable[[Any], Any]:
    """A function that computes the Jacobian of `f`, vector to vector, as a SciPy CSR array.

    `sparsity` is the pattern: a SciPy sparse (or dense) matrix of shape [outputs, inputs] whose entries are nonzero
    wherever the Jacobian may be. Without it the pattern is detected at the first point: it is never too small for a
    function that computes the same ops everywhere, and may be too large. A pattern that is too small gives wrong
    numbers, as it must.

    The work is one forward pass with as many tangents as the pattern's columns need colours: 3 for a tridiagonal
    Jacobian of any size.

    Raises ValueError where `f`'s argument or result is no vector, or the pattern does not have their lengths.

    >>> jacobian = tf.autodiff.sparse_jacobian(lambda x: x[1:] * x[:-1])
    >>> jacobian(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    plan: list[_Plan] = []

    def compute(x: Any) -> Any:
        point = _vector(x, "x")
        if not plan:
            plan.append(_Plan(sparsity_of(f, point) if sparsity is None else sparsity, point._shape()[0]))
        return plan[0].compute(f, point)

    return compute


def sparse_hessian(f: Callable[[Any], Any], sparsity: Any = None) -> Callable[[Any], Any]:
    """A function that computes the Hessian of `f`, vector to real scalar, as a SciPy CSR array: the sparse Jacobian of
    its gradient.

    >>> hessian = tf.autodiff.sparse_hessian(lambda x: tf.reduce_sum(x[1:] * x[:-1] ** 2))
    >>> hessian(np.array([1.0, 2.0, 3.0])).toarray()
    array([[4., 2., 0.],
           [2., 6., 4.],
           [0., 4., 0.]])
    """

    def gradient(x: Any) -> Any:
        own = shaping.identity.call(x)
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(own)
            y = as_tensor(f(own))
        return tape.gradient(y, own, unconnected_gradients=UnconnectedGradients.ZERO)

    return sparse_jacobian(gradient, sparsity)


def _vector(value: Any, argument: str) -> Tensor:
    array = np.asarray(value) if not isinstance(value, Tensor) else None
    t = value if array is None else as_tensor(array.astype(np.float64) if array.dtype.kind in "iub" else array)
    if len(t._shape()) != 1:
        raise ValueError(
            describe(
                "sparse_jacobian",
                argument,
                got=f"shape {t._shape()}",
                expected="a vector",
                remedy="Reshape it inside the function.",
            )
        )
    return t


class _Plan:
    """A pattern in CSR form, its columns' colours, and where each entry is found in the compressed result."""

    def __init__(self, sparsity: Any, inputs: int) -> None:
        from scipy.sparse import csr_array  # lazy: 0.1 s of import time

        pattern = csr_array(sparsity)
        if pattern.shape[1] != inputs:
            raise ValueError(
                describe(
                    "sparse_jacobian",
                    "sparsity",
                    got=f"shape {pattern.shape}",
                    expected=f"{inputs} columns, one per element of x",
                )
            )
        pattern = csr_array((np.ones(pattern.nnz, np.int8), pattern.indices, pattern.indptr), shape=pattern.shape)
        pattern.sort_indices()
        self.shape, self.indices, self.indptr = pattern.shape, pattern.indices, pattern.indptr
        colours = coloured(pattern)
        self.count = int(colours.max(initial=-1)) + 1
        self.entry_rows = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        self.entry_colours = colours[self.indices]
        self.seeds = (colours[None, :] == np.arange(self.count)[:, None]).astype(np.float64)

    def compute(self, f: Callable[[Any], Any], x: Tensor) -> Any:
        from scipy.sparse import csr_array  # lazy: 0.1 s of import time

        level = Level(self.count)
        seeds = self.seeds.astype(x.dtype.np, copy=False)
        own = shaping.identity.call(x)
        with ForwardAccumulator(own, batch(seeds if level.scope is None else plain(seeds), level)) as accumulator:
            y = _vector(f(own), "f(x)")
        if y._shape()[0] != self.shape[0]:
            raise ValueError(
                describe(
                    "sparse_jacobian",
                    "sparsity",
                    got=f"shape {self.shape}",
                    expected=f"{y._shape()[0]} rows, one per element of f(x)",
                )
            )
        tangent = accumulator.jvp(y)
        if tangent is None or not self.count:
            return csr_array(self.shape, dtype=x.dtype.np)
        rows = unbatch(tangent, level)
        compressed = rows._array if isinstance(rows, Tensor) else rows
        return csr_array((compressed[self.entry_colours, self.entry_rows], self.indices, self.indptr), shape=self.shape)


def coloured(pattern: Any) -> np.ndarray:
    """A colour per column such that columns of one colour share no row: greedy, in the order of the columns."""
    by_column = pattern.tocsc()
    colours = np.full(pattern.shape[1], -1)
    row_uses: list[set[int]] = [set() for _ in range(pattern.shape[0])]
    starts, rows = by_column.indptr.tolist(), by_column.indices.tolist()
    for column in range(pattern.shape[1]):
        mine = rows[starts[column] : starts[column + 1]]
        taken: set[int] = set()
        for row in mine:
            taken |= row_uses[row]
        colour = 0
        while colour in taken:
            colour += 1
        colours[column] = colour
        for row in mine:
            row_uses[row].add(colour)
    return colours


# Detection ------------------------------------------------------------------------------------------------------------


def sparsity_of(f: Callable[[Any], Any], x: Any) -> Any:
    """Which elements of `x` each element of `f(x)` may depend on: a SciPy CSR array of ones, [outputs, inputs]."""
    from scipy.sparse import csr_array, eye_array  # lazy: 0.1 s of import time

    own = shaping.identity.call(_vector(x, "x"))
    size = own._shape()[0]
    follower = _Follower()
    follower.keep(own, eye_array(size, dtype=np.int8, format="csr"))
    push(follower)
    try:
        y = _vector(f(own), "f(x)")
    finally:
        pop(follower)
    found = follower.depends(y)
    return csr_array((y._shape()[0], size), dtype=np.int8) if found is None else found


class _Follower:
    """An observer that knows, for every value, which input elements each of its elements depends on."""

    def __init__(self) -> None:
        self.by_object: dict[int, tuple[Any, Any]] = {}  # holds the tensors too, so that no id is used twice
        self.by_node: dict[Any, Any] = {}

    def keep(self, t: Any, matrix: Any) -> None:
        self.by_object[id(t)] = (t, matrix)
        if t._node is not None:
            self.by_node[t._node] = matrix

    def depends(self, t: Any) -> Any:
        found = self.by_object.get(id(t))
        return found[1] if found is not None else self.by_node.get(t._node) if t._node is not None else None

    def _note_read(self, variable: Any, value: Any) -> None:
        """A variable depends on no input."""

    def _observe(self, op: Primitive, inputs: tuple[Any, ...], outputs: tuple[Any, ...], attrs: dict[str, Any]) -> None:
        known = [self.depends(x) for x in inputs]
        if not op.differentiable or all(d is None for d in known):
            return
        if op.kind == "elementwise":
            self.keep(outputs[0], _elementwise(op, inputs, outputs[0], known))
            return
        for position, y in enumerate(outputs):
            self.keep(
                y, _linear(op, inputs, attrs, known, position, y) if op.kind == "linear" else _everything(known, y)
            )


def _joined(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    total.data[:] = 1
    return total


def _elementwise(op: Primitive, inputs: tuple[Any, ...], y: Any, known: list[Any]) -> Any:
    """Each element depends on what the elements that it was computed from depend on."""
    shape = y._shape()
    parts = []
    for x, d in zip(inputs, known, strict=True):
        if d is not None:
            if x._shape() == shape:
                parts.append(d)
            else:
                positions = np.broadcast_to(np.arange(d.shape[0]).reshape(x._shape()), shape).reshape(-1)
                parts.append(d[positions])
    return parts[0] if len(parts) == 1 else _joined(parts)


def _linear(
    op: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any], known: list[Any], position: int, y: Any
) -> Any:
    """A linear op that only moves elements shows where each came from when it is run on their numbers; any other, when
    it is run on an identity.
    """
    parts = []
    for i, d in enumerate(known):
        if d is None:
            continue
        selection = _moved(op, inputs, attrs, i, position)
        if selection is None:
            if d.shape[0] * math.prod(y._shape()) > _EXACT:
                return _everything(known, y)
            selection = _matrix_of(op, inputs, attrs, i, position, y)
        parts.append(selection @ d)
    return _joined(parts)


def _run(
    op: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any], i: int, value: np.ndarray, position: int
) -> np.ndarray:
    """The op on `value` in place of input i, zeros in place of the other inputs that flow."""
    arrays = [
        value if k == i else np.zeros(x._shape()) if op.variadic or op.inputs[k] in op.vjp else x._array
        for k, x in enumerate(inputs)
    ]
    result = op.forward(*arrays, **attrs)
    return np.asarray(result[position] if op.several else result)


def _moved(op: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any], i: int, position: int) -> Any:
    from scipy.sparse import csr_array  # lazy: 0.1 s of import time

    shape = inputs[i]._shape()
    size = math.prod(shape)
    numbers = np.arange(1.0, size + 1).reshape(shape)
    random = np.random.default_rng(0).uniform(1, 2, size)
    came = _run(op, inputs, attrs, i, numbers, position).reshape(-1)
    source = np.rint(came).astype(np.intp)
    if np.any(came != source) or np.any(source < 0) or np.any(source > size):
        return None
    if not np.array_equal(
        _run(op, inputs, attrs, i, random.reshape(shape), position).reshape(-1), np.concatenate([[0.0], random])[source]
    ):
        return None
    rows = np.flatnonzero(source)
    return csr_array((np.ones(len(rows), np.int8), (rows, source[rows] - 1)), shape=(len(source), size))


def _matrix_of(op: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any], i: int, position: int, y: Any) -> Any:
    from scipy.sparse import csr_array  # lazy: 0.1 s of import time

    shape = inputs[i]._shape()
    size = math.prod(shape)
    columns = [_run(op, inputs, attrs, i, unit.reshape(shape), position).reshape(-1) != 0 for unit in np.eye(size)]
    return csr_array(np.array(columns, np.int8).reshape(size, math.prod(y._shape())).T)


def _everything(known: list[Any], y: Any) -> Any:
    """Every element depends on whatever any input depends on."""
    from scipy.sparse import csr_array  # lazy: 0.1 s of import time

    present = [d for d in known if d is not None]
    columns = np.unique(np.concatenate([d.indices for d in present]))
    size = math.prod(y._shape())
    starts = np.arange(size + 1) * len(columns)
    return csr_array(
        (np.ones(size * len(columns), np.int8), np.tile(columns, size), starts), shape=(size, present[0].shape[1])
    )
