"""Turns an op's rules into its *pull*: from the cotangent of the output to cotangents of the inputs, added where they
belong.

Two functions per op, written when first needed. `pull_raw` computes on bare arrays, for a sweep that nobody observes;
`pull` computes on tensors, by ordinary op calls, so that tapes outside, batching and tracing see what happens. Both
read the same rules.

A pull has the signature `(r, dy, cts, owned)`. `cts` maps each node *that leads to a source* to its cotangent so far
(None at first); a node that is not in it gets nothing computed. `owned` holds the nodes whose cotangent is a buffer of
the sweep's own, which may be added to in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any
from weakref import ref

import numpy as np

from gradtape._core.dtypes import DIFFERENTIABLE
from gradtape._core.indexed_slices import IndexedSlices
from gradtape._core.primitive import Output, Primitive, Record, Rule
from gradtape._ops import indexing, matrix, shaping
from gradtape._ops.casting import cast_to
from gradtape._runtime.specialise import compile_source
from gradtape._runtime.tensor import Tensor, densify, plain

__all__ = ["accumulate_raw", "accumulate_tensors", "dense_raw", "pull_for"]

F32, F64 = np.dtype("float32"), np.dtype("float64")


def pull_for(op: Primitive, raw: bool) -> Callable[[Record, Any, dict[Any, Any], set[Any]], None]:
    """The op's pull, written and kept when first asked for."""
    pull = compile_source(pull_source(op, raw), "pull", op, _environment(op, raw))
    if raw:
        op.pull_raw = pull
    else:
        op.pull = pull
    return pull


def pull_source(op: Primitive, raw: bool) -> str:
    """The source of a pull."""
    lines = ["def pull(r, dy, cts, owned):"]
    if op.variadic:
        lines += _variadic(op, raw)
    else:
        lines += _prelude(op, raw)
        for position, name in enumerate(op.vjp):
            lines += _branch(op, raw, position, name)
    return "\n".join(lines) + "\n"


def _reads(op: Primitive) -> set[str]:
    return {name for rule in (*op.vjp.values(), *op.into.values()) if isinstance(rule, Rule) for name in rule.reads}


def _prelude(op: Primitive, raw: bool) -> list[str]:
    """Unpacks what the record holds: parents, saved values (outputs become tensors again, under the node they had),
    attributes.
    """
    reads = _reads(op)
    lines = [f"    {''.join(f'p_{x}, ' for x in op.vjp)} = r.parents"]
    if op.keeps:
        lines.append(f"    {''.join(f's_{name}, ' for name in op.keeps)} = r.saved")
    outputs = [name.lstrip("*") for name in op.outputs]
    if not raw and op.several:
        lines += [f"    s_{y} = again_output(r, s_{y}, {i})" for i, y in enumerate(outputs) if y in op.keeps]
    elif not raw and outputs[0] in op.keeps:
        lines.append(f"    s_{outputs[0]} = again(s_{outputs[0]}, r)")
    lines += [f"    {name} = r.attrs[{name!r}]" for name in op.attrs if name in reads]
    if op.several:
        lines.append(f"    dy = filled(r, dy, {raw})")
        if len(op.outputs) > 1:
            lines.append(f"    {', '.join('d' + y for y in outputs)} = dy")
    if op.kind == "elementwise":
        if any(isinstance(rule, Rule) for rule in op.vjp.values()):
            lines += [
                "    dtype = dy.dtype",
                "    unusual = dtype is not F64 and dtype is not F32" if raw else "    unusual = dtype.is_complex",
            ]
        if len(op.vjp) > 1:
            lines.append("    shapes = r.shapes")
    return lines


def _spelled(op: Primitive, name: str, raw: bool) -> str:
    if name in op.inputs:
        return f"s_{name}._array" if raw else f"s_{name}"
    return f"s_{name}" if name in op.keeps else name


def _call(op: Primitive, function: str, rule: Rule, raw: bool) -> str:
    return f"{function}({', '.join(_spelled(op, name, raw) for name in rule.reads)})"


def _branch(op: Primitive, raw: bool, position: int, name: str) -> list[str]:
    rule = op.vjp[name]
    if rule is None:
        return []
    lines = [f"    if p_{name} in cts:"]
    if raw and name in op.into:
        return [
            *lines,
            f"        buffer = own(cts, owned, p_{name}, s_{name}_spec)",
            f"        {_call(op, 'into_' + name, op.into[name], raw)}",
        ]
    if op.kind == "elementwise":
        lines += _derivative(op, raw, name, rule)
        if len(op.vjp) > 1:
            lines += ["        if shapes is not None:", f"            g = unbroadcast(g, shapes[{position}])"]
    else:
        lines.append(f"        g = {_call(op, 'rule_' + name, rule, raw)}")
        if op.broadcasts:
            lines.append(f"        g = unbroadcast(g, r.shapes[{position}])")
    return [*lines, *_accumulate(f"p_{name}")]


def _derivative(op: Primitive, raw: bool, name: str, rule: Any) -> list[str]:
    """g = dy * conj(dy/dx)."""
    if not isinstance(rule, Rule):
        return [f"        g = {'dy' if rule == 1 else '-dy' if rule == -1 else f'dy * {rule!r}'}"]
    return [
        f"        d = {_call(op, 'rule_' + name, rule, raw)}",
        "        if unusual:",
        f"            d = {'settled(d, dtype)' if raw else 'conj(d)'}",
        "        g = dy * d",
    ]


def _accumulate(parent: str, indent: str = "        ") -> list[str]:
    return [
        f"{indent}c = cts[{parent}]",
        f"{indent}cts[{parent}] = g if c is None else accumulate(c, g, {parent}, owned)",
    ]


def _variadic(op: Primitive, raw: bool) -> list[str]:
    """Any number of inputs: one rule answers for all of them at once."""
    (name,) = op.vjp
    lines = []
    if op.keeps:
        lines.append(f"    {''.join(f's_{k}, ' for k in op.keeps)} = r.saved")
    if op.several:
        lines.append(f"    dy = filled(r, dy, {raw})")
    if raw and name in op.keeps:
        lines.append(f"    s_{name} = tuple([x._array for x in s_{name}])")
    if not raw and "y" in op.keeps:
        lines.append("    s_y = again(s_y, r)")
    lines += [f"    {a} = r.attrs[{a!r}]" for a in op.attrs if a in _reads(op)]
    arguments = ", ".join(f"s_{n}" if n in op.keeps else n for n in op.vjp[name].reads)
    lines += [
        f"    for i, (p, g) in enumerate(zip(r.parents, rule_{name}({arguments}))):",
        "        if p in cts and g is not None:",
        *(["            g = unbroadcast(g, r.shapes[i])"] if op.broadcasts else []),
        *_accumulate("p", "            "),
    ]
    return lines


def _environment(op: Primitive, raw: bool) -> dict[str, Any]:
    rules = {
        f"rule_{name}": on_arrays(rule.fn) if raw else rule.fn
        for name, rule in op.vjp.items()
        if isinstance(rule, Rule)
    }
    into = {f"into_{name}": rule.fn for name, rule in op.into.items()}
    shared = {
        "F32": F32,
        "F64": F64,
        "again": again,
        "again_output": again_output,
        "filled": filled,
        "own": own,
        **rules,
        **into,
    }
    if raw:
        return {**shared, "accumulate": accumulate_raw, "unbroadcast": unbroadcast_raw, "settled": settled}
    return {**shared, "accumulate": accumulate_tensors, "unbroadcast": unbroadcast_tensors, "conj": matrix.conj}


_on_arrays: dict[Callable[..., Any], Callable[..., Any]] = {}


def on_arrays(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The same rule for bare arrays only: the ops that it and its helpers name are replaced by their NumPy forwards,
    which spares a dispatch (0.25 us) each.
    """
    if rule in _on_arrays:
        return _on_arrays[rule]
    scope = dict(rule.__globals__)
    _on_arrays[rule] = bound = FunctionType(rule.__code__, scope, rule.__name__, rule.__defaults__, rule.__closure__)
    bound.__kwdefaults__ = rule.__kwdefaults__
    for name in rule.__code__.co_names:
        value = scope.get(name)
        if isinstance(value, Primitive):
            scope[name] = value.forward
        elif isinstance(value, FunctionType) and value.__module__.startswith("gradtape._ops"):
            scope[name] = on_arrays(value)
    return bound


# What the generated functions call ------------------------------------------------------------------------------------


def again(array: Any, node: Any) -> Any:
    """A saved output as a tensor, under its own node: the same tensor for every tape."""
    if isinstance(array, (np.ndarray, np.generic)):
        t = plain(array)
        t._node = node
        return t
    return array._rewrapped(node) if hasattr(array, "_rewrapped") else array


def again_output(r: Record, array: Any, index: int) -> Any:
    """A saved output of several. Where its tensor has gone, and its node with it, it gets a node again: a derivative of
    this pull leads through it."""
    reference, spec = r.outs[index]
    node = reference()
    if node is None and spec.dtype in DIFFERENTIABLE and r.scope is not None:
        node = Output(r, index)
        r.outs[index] = (ref(node), spec)
    return again(array, node)


def filled(r: Record, dys: list[Any], raw: bool) -> tuple[Any, ...]:
    """The cotangents of all outputs, zeros for those that none reached; None for an aside."""
    op, made = r.op, []
    for index, (dy, (_, spec)) in enumerate(zip(dys, r.outs, strict=True)):
        if dy is None and not (op.asides and op.outputs[index] in op.asides):
            zeros = np.zeros(spec.shape, spec.dtype)
            dy = zeros if raw else plain(zeros)
        made.append(dy)
    return tuple(made)


def own(cts: dict[Any, Any], owned: set[Any], node: Any, spec: Any) -> np.ndarray:
    """The node's cotangent as a buffer to add into: zeros at first, a copy if the array so far is somebody else's."""
    c = cts[node]
    if node in owned and c.__class__ is np.ndarray:  # neither slices nor a scalar, which a sum of scalars is
        return c
    owned.add(node)
    cts[node] = buffer = np.zeros(spec.shape, spec.dtype) if c is None else np.array(dense_raw(c))
    return buffer


def dense_raw(g: Any) -> Any:
    """IndexedSlices as an array; anything else as it is."""
    return densify_raw(g) if g.__class__ is IndexedSlices else g


def densify_raw(g: IndexedSlices) -> np.ndarray:
    return indexing.scatter_rows.forward(g.values, g.indices, size=int(g.dense_shape[0]))


def accumulate_raw(c: Any, g: Any, node: Any, owned: set[Any]) -> Any:
    """c + g, in place once the sum is a buffer of the sweep's own."""
    if g.__class__ is IndexedSlices:
        if c.__class__ is IndexedSlices:
            return _appended(c, g, node, owned)
        if node in owned:
            indexing.add_slices(c, g.indices, g.values)
            return c
        g = densify_raw(g)
    elif c.__class__ is IndexedSlices:
        c = densify_raw(c)
        owned.add(node)
    if node in owned:
        c += g
        return c
    owned.add(node)
    return c + g


def _appended(c: IndexedSlices, g: IndexedSlices, node: Any, owned: set[Any]) -> IndexedSlices:
    """The slices of c, then those of g, in arrays with room for as many again: a thousand gathers copy each row twice,
    not a thousand times.
    """
    n, m = len(c.values), len(g.values)
    if c.indices.dtype == g.indices.dtype and node in owned and len(c.values.base) >= n + m:
        values, indices = c.values.base, c.indices.base
    else:
        dtype = c.indices.dtype if c.indices.dtype == g.indices.dtype else np.dtype(np.int64)
        values = np.empty((2 * (n + m), *c.values.shape[1:]), c.values.dtype)
        indices = np.empty(2 * (n + m), dtype)
        values[:n], indices[:n] = c.values, c.indices
        owned.add(node)
    values[n : n + m], indices[n : n + m] = g.values, g.indices
    return IndexedSlices(values[: n + m], indices[: n + m], c.dense_shape)


def accumulate_tensors(c: Any, g: Any, node: Any, owned: set[Any]) -> Any:
    if isinstance(c, IndexedSlices) and isinstance(g, IndexedSlices):
        a, b = c.indices, g.indices
        if a.dtype != b.dtype:
            a, b = (cast_to(i, np.dtype(np.int64)) for i in (a, b))
        return IndexedSlices(shaping.concat(c.values, g.values, axis=0), shaping.concat(a, b, axis=0), c.dense_shape)
    return dense_tensor(c) + dense_tensor(g)


def dense_tensor(g: Any) -> Any:
    return densify(g) if isinstance(g, IndexedSlices) else g


def settled(d: Any, dtype: np.dtype) -> Any:
    """A bare derivative as the cotangent's dtype takes it: conjugated, and narrow again where NumPy widened it
    (bfloat16 by Python numbers).
    """
    if dtype.kind == "c":
        return np.conjugate(d)
    return d if d.dtype == dtype else d.astype(dtype)


def unbroadcast_raw(g: Any, shape: tuple[int, ...]) -> Any:
    """Sums g over the axes that broadcasting `shape` repeated."""
    have = g.shape
    if have == shape:
        return g
    if not shape:
        return np.add.reduce(g, axis=None)
    if g.size == math.prod(shape):  # only axes of length 1 were added
        return g.reshape(shape)
    return shaping.unbroadcast(g, shape)


def unbroadcast_tensors(g: Any, shape: tuple[int, ...]) -> Any:
    return g if isinstance(g, Tensor) and g._shape() == shape else shaping.unbroadcast(g, shape)
