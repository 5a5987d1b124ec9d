"""Turns an op's declaration into the straight-line Python that executes and records it.

A generic dispatcher (dicts of names, tuples of tuples) costs 16 us for an op's forward and backward; the code written here costs a
tenth. It is made when an op is first called (0.2 ms each), so importing gradtape does not pay for ops that a program never uses.

The invariant: the generated function does exactly what `eager.execute` says, in the case that matters most: every input is a plain
`Tensor`, all of one dtype. Everything else is handed to it.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from typing import Any

from gradtape._core.primitive import Primitive

__all__ = ["compile_source", "forward_source", "saved_expression"]

_INDENT = "    "


def compile_source(source: str, name: str, op: Primitive, env: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `name` that `source` defines; its lines show in tracebacks."""
    filename = f"<gradtape {name} of {op.name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    scope = {"__name__": "gradtape._runtime.specialised", "op": op, **env}
    exec(compile(source, filename, "exec"), scope)
    return scope[name]


def forward_source(op: Primitive) -> str:
    """The source of `call`, for ops with a fixed number of inputs."""
    xs = op.inputs
    attrs = "".join(f", {a}={a}" for a in op.attrs)
    keywords = "".join(f", {a}=default_{a}" if a in op.defaults else f", {a}" for a in op.attrs)
    signature = ", ".join(xs) + (f", *{keywords}" if keywords else "")
    attr_dict = "{" + ", ".join(f"{a!r}: {a}" for a in op.attrs) + "}" if op.attrs else "NO_ATTRS"
    inputs = f"({', '.join(xs)},)"
    not_tensors = " or ".join(f"{x}.__class__ is not Tensor" for x in xs)
    arrays = f"({', '.join('a_' + x for x in xs)},)"
    lines = [
        f"def call({signature}):",
        f"    if {not_tensors}:",
        f"        return execute(op, {inputs}, {attr_dict})",
        *[f"    a_{x} = {x}._array" for x in xs],
        *[f"    {line}" for line in _admission(op, arrays)],
        "    try:",
        f"        b = {_forward_expression(op, attrs)}",
        "    except TROUBLE as trouble:",
        f"        b = retry(op, {arrays}, {attr_dict}, trouble)",
    ]
    body = [*(_single_output(op, inputs, attr_dict) if not op.several else _many_outputs(op, inputs, attr_dict))]
    return "\n".join(lines + [_INDENT + line for line in body]) + "\n"


def _admission(op: Primitive, arrays: str) -> list[str]:
    """The strict dtype check: float32 and float64 pass by identity (20 ns), everything else by the tables of `admit`."""
    flowing = [x for x in op.inputs if x not in op.constants]
    if not flowing or (not op.one_dtype and op.types is None):
        return []
    first, *rest = flowing if op.one_dtype else flowing[:1]
    unequal = "".join(f" or a_{x}.dtype is not dtype" for x in rest)
    return [
        f"dtype = a_{first}.dtype",
        f"if (dtype is not F32 and dtype is not F64){unequal}:",
        f"    admit(op, {arrays})",
    ]


def _forward_expression(op: Primitive, attrs: str) -> str:
    xs = [f"a_{x}" for x in op.inputs]
    if op.infix and len(xs) == 2:
        return f"{xs[0]} {op.infix} {xs[1]}"
    if op.infix:
        return f"{op.infix}{xs[0]}"
    return f"forward({', '.join(xs)}{attrs})"


def _tracking(op: Primitive) -> list[str]:
    """Finds the node of each differentiable input and the tapes that want the record: `scope`, None if no tape does."""
    nodes = [f"n_{x}" for x in op.vjp]
    untracked = " and ".join(f"{n} is None" for n in nodes)
    all_here = " and ".join(f"({n} is None or {n}.scope is s)" if len(nodes) > 1 else f"{n}.scope is s" for n in nodes)
    return [
        *[f"n_{x} = {x}._node" for x in op.vjp],
        f"if {untracked}:",
        "    scope = None",
        f"elif {all_here}:",
        "    scope = s",
        "else:",
        f"    scope, ({', '.join(nodes)},) = s.track(({', '.join(nodes)},))",
    ]


def _record(op: Primitive, attr_dict: str) -> list[str]:
    shapes = _shapes_expression(op)
    return [
        "r = new(Record)",
        "r.scope = scope",
        "r.op = op",
        "r.position = next_position()",
        f"r.parents = ({', '.join('n_' + x for x in op.vjp)},)",
        f"r.saved = ({''.join(saved_expression(op, name) + ', ' for name in op.keeps)})",
        f"r.attrs = {attr_dict if op.attrs else 'None'}",
        *shapes,
        "scope.note(ref(r))",
    ]


def _shapes_expression(op: Primitive) -> list[str]:
    """Elementwise ops note their inputs' shapes only if they differ, which spares most records a tuple and the sweep a test."""
    if not op.broadcasts:
        return ["r.shapes = None"]
    flowing = [x for x in op.inputs if x in op.vjp]
    shapes = ", ".join(f"a_{x}.shape" for x in flowing)
    if op.kind == "elementwise" and len(flowing) == 2:
        first, second = flowing
        return [
            f"shape = a_{first}.shape",
            f"other = a_{second}.shape",
            "r.shapes = None if shape == other else (shape, other)",
        ]
    return [f"r.shapes = ({shapes},)"]


def saved_expression(op: Primitive, name: str) -> str:
    """What a record keeps under `name`: nothing, unless a rule of a tracked input reads it."""
    if name in op.inputs:
        value = name
    elif not name.endswith("_spec"):
        value = _output(op, name)
    else:
        what = name.removesuffix("_spec")
        value = f"spec_of({f'a_{what}' if what in op.inputs else _output(op, what)})"
    readers = op.readers(name)
    if set(readers) == set(op.vjp):
        return value
    tracked = " or ".join(f"n_{x} is not None" for x in readers)
    return f"{value} if {tracked} else None"


def _output(op: Primitive, name: str) -> str:
    return f"b[{op.outputs.index(name)}]" if len(op.outputs) > 1 else "b"


def _single_output(op: Primitive, inputs: str, attr_dict: str) -> list[str]:
    notify = f"if s.observers: s.notify(op, {inputs}, (y,), {attr_dict})"
    start = ["y = new(Tensor)", "y._array = b", "y._node = None"]
    if not op.differentiable:
        return [*start, "s = current()", "if s is not None:", f"    {notify}", "return y"]
    recorded = [*_tracking(op), "if scope is not None:", *[_INDENT + line for line in _record(op, attr_dict)], "    y._node = r", notify]
    return [*start, "s = current()", "if s is not None:", *[_INDENT + line for line in recorded], "return y"]


def _many_outputs(op: Primitive, inputs: str, attr_dict: str) -> list[str]:
    notify = f"if s.observers: s.notify(op, {inputs}, ys, {attr_dict})"
    start = ["ys = tuple([plain(array) for array in b])", "s = current()"]
    if not op.differentiable:
        return [*start, "if s is not None:", f"    {notify}", "return ys"]
    record = [*_record(op, attr_dict), "r.outs = attach_outputs(r, ys)"]
    recorded = [*_tracking(op), "if scope is not None:", *[_INDENT + line for line in record], notify]
    return [*start, "if s is not None:", *[_INDENT + line for line in recorded], "return ys"]
