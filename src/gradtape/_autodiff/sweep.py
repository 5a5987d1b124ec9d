"""The backward sweep: from targets to sources over the records in between, each visited once, in reverse order of
execution.

No recursion: a chain of a million ops is a loop. Only records that lie between a target and a source are computed. A
sweep that nobody observes runs on bare arrays; an observed one (a tape outside, batching, tracing) runs on tensors
through ordinary op calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from gradtape._autodiff.pullback import accumulate_raw, accumulate_tensors, dense_raw, dense_tensor, pull_for
from gradtape._core.context import Tape
from gradtape._core.indexed_slices import IndexedSlices
from gradtape._core.primitive import Node, Output, Record

__all__ = ["resolve", "sweep"]

_position = attrgetter("position")


def reachable(tape: Tape, starts: Sequence[Node]) -> list[Record]:
    """Every record of the tape behind these nodes, in order of execution."""
    seen: set[Node] = set(starts)
    stack = list(seen)
    records: list[Record] = []
    scope = None
    while stack:
        node = stack.pop()
        if node.__class__ is not Record:
            if node.__class__ is not Output or node.record in seen:
                continue
            node = node.record
            seen.add(node)
        records.append(node)
        for p in node.parents:
            if p is not None and p not in seen:
                s = p.scope
                if s is not scope:
                    if tape not in s.tapes:
                        continue
                    scope = s
                seen.add(p)
                stack.append(p)
    records.sort(key=_position)
    return records


def everything(tape: Tape) -> list[Record]:
    """Every living record of the tape, in order of execution: cheaper to go through once than to follow a target's
    parents.
    """
    logs = [scope.log for scope in tape.scopes if scope.log]
    if len(logs) == 1:
        return [r for reference in logs[0] if (r := reference()) is not None]
    records = [r for log in logs for reference in log if (r := reference()) is not None]
    records.sort(key=_position)
    return records


def between(records: list[Record], sources: Sequence[Any]) -> tuple[list[Record], dict[Any, Any]]:
    """The records that lead to a source, and the table of cotangents with a place for each of their nodes."""
    cts: dict[Any, Any] = dict.fromkeys(sources)
    kept: list[Record] = []
    keep = kept.append
    for r in records:
        for p in r.parents:
            if p in cts:
                keep(r)
                if r.op.several:
                    for reference, _ in r.outs:
                        node = reference()
                        if node is not None:
                            cts[node] = None
                else:
                    cts[r] = None
                break
    return kept, cts


def sweep(
    tape: Tape, targets: Sequence[tuple[Any, Any]], sources: Sequence[Any], *, raw: bool, free: bool
) -> list[Any]:
    """The cotangents of `sources` (nodes, or other identities), given (node or identity, seed) for each target.

    Cotangents are bare arrays if `raw`, else tensors; None where no path leads. With `free`, records of no other
    living tape are let go of as soon as they have been used.
    """
    starts = [key for key, _ in targets if isinstance(key, Node)]
    records, cts = between(everything(tape) if free else reachable(tape, starts), sources)
    owned: set[Any] = set()
    accumulate: Callable[..., Any] = accumulate_raw if raw else accumulate_tensors
    for key, seed in targets:
        if key in cts:
            c = cts[key]
            cts[key] = seed if c is None else accumulate(c, seed, key, owned)
    wanted = set(sources)
    if raw:
        with np.errstate(all="ignore"):
            _run(tape, records, cts, owned, wanted, raw, free)
    else:
        _run(tape, records, cts, owned, wanted, raw, free)
    return [cts[key] for key in sources]


def _run(
    tape: Tape, records: list[Record], cts: dict[Any, Any], owned: set[Any], wanted: set[Any], raw: bool, free: bool
) -> None:
    dense = dense_raw if raw else dense_tensor
    scope, ours = None, False
    while records:
        r = records.pop()
        op = r.op
        if op.several:
            dy = _several(r, cts, wanted, dense)
        else:
            dy = cts.pop(r)
            if r in wanted:
                cts[r] = dy
            if dy.__class__ is IndexedSlices and op.name not in _KEEP_SLICES:
                dy = dense(dy)
        if dy is not None:
            pull = (op.pull_raw if raw else op.pull) or pull_for(op, raw)
            pull(r, dy, cts, owned)
        if free:
            if r.scope is not scope:
                scope = r.scope
                ours = scope.tapes == (tape,)
            if ours:
                r.release()


_KEEP_SLICES = frozenset(("identity", "watched"))
"""Ops whose rule passes IndexedSlices through as they are: neither reading a variable nor a second tape that watches it
may make an embedding's gradient dense.
"""


def _several(r: Record, cts: dict[Any, Any], wanted: set[Any], dense: Callable[[Any], Any]) -> list[Any] | None:
    """The cotangents of all outputs, slices made dense (the cotangent of an output that is a source stays as it is)."""
    dys: list[Any] = []
    for reference, _ in r.outs:
        node = reference()
        dys.append(None if node is None else dense(cts.get(node) if node in wanted else cts.pop(node, None)))
    return None if all(dy is None for dy in dys) else dys


def resolve(node: Node | None, tape: Tape) -> Node | None:
    """The node that stands for a tensor on this tape, None if the tape does not track it.

    A tensor watched by a second tape gets a node of its own for that tape (`watch.watched`); the first tape's
    cotangents go on to the node behind.
    """
    while node is not None:
        if tape not in node.scope.tapes:
            return None
        if node.__class__ is Record and node.op.name == "watched":
            behind = node.parents[0] if node.parents else None
            if behind is not None and tape in behind.scope.tapes:
                node = behind
                continue
        return node
    return None
