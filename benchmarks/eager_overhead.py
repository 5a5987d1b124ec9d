"""What one eager op costs at 10 elements: `python -m benchmarks.eager_overhead [--module tensorflow] [--only matmul]`.

Per kind of op, in us per op: NumPy's own call, the op with no tape, the op on a tape, the backward step of the tape.
The four are timed in turns and each figure is the median of the rounds, so two runs compare to a few per cent. This is
the table to read while tuning the hot path; the programs beside it say whether the tuning mattered.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backends import ENVIRONMENT

REPEATS = 200  # ops per timing


@dataclass(frozen=True)
class Row:
    """One kind of op: NumPy's call, and the op, both given the current value; `chained`: the result is the next input.

    An op that changes the shape cannot be chained: it is applied to one x again and again, and its backward time holds
    the addition of one more cotangent to x's.
    """

    numpy: Callable[[Any], Any]
    op: Callable[[Any], Any]
    shape: tuple[int, ...] = (10,)
    chained: bool = True


def rows(tf: Any) -> dict[str, Row]:
    a = np.linspace(0.5, 0.9, 10)
    square = np.eye(5) + 0.01
    ta, tsquare, tscalar = tf.constant(a), tf.constant(square), tf.constant(a[0])
    variable = tf.Variable(a)
    return {
        "sin(x)": Row(np.sin, tf.sin),
        "tanh(x), keeps y": Row(np.tanh, tf.tanh),
        "square(x)": Row(np.square, tf.square),
        "-x": Row(np.negative, lambda x: -x),
        "x + a": Row(lambda x: x + a, lambda x: x + ta),
        "x * a": Row(lambda x: x * a, lambda x: x * ta),
        "x * x, apart": Row(lambda x: x * x, lambda x: x * x, chained=False),
        "x + scalar tensor": Row(lambda x: x + a[0], lambda x: x + tscalar),
        "scalar x + a, broadcast": Row(lambda x: x + a, lambda x: x + ta, (), False),
        "x * variable": Row(lambda x: x * a, lambda x: x * variable),
        "x * 1.01": Row(lambda x: x * 1.01, lambda x: x * 1.01),
        "1.01 - x": Row(lambda x: 1.01 - x, lambda x: 1.01 - x),
        "x ** 2": Row(lambda x: x**2, lambda x: x**2, chained=False),
        "x * ndarray": Row(lambda x: x * a, lambda x: x * a),
        "matmul [2, 5] [5, 5]": Row(lambda x: x @ square, lambda x: tf.matmul(x, tsquare), (2, 5)),
        "reduce_sum(x)": Row(np.sum, tf.reduce_sum, chained=False),
        "reduce_mean(x, axis=1)": Row(lambda x: x.mean(axis=1), lambda x: tf.reduce_mean(x, axis=1), (2, 5), False),
        "x[2:7]": Row(lambda x: x[2:7], lambda x: x[2:7], chained=False),
        "x[3]": Row(lambda x: x[3], lambda x: x[3], chained=False),
        "x[:, 1]": Row(lambda x: x[:, 1], lambda x: x[:, 1], (2, 5), False),
        "reshape(x, [5, 2])": Row(lambda x: x.reshape(5, 2), lambda x: tf.reshape(x, [5, 2]), chained=False),
        "concat([x, a], 0)": Row(lambda x: np.concatenate([x, a]), lambda x: tf.concat([x, ta], 0), chained=False),
        "relu(x)": Row(lambda x: np.maximum(x, 0), tf.nn.relu),
        "where(x > 1, x, a)": Row(lambda x: np.where(x > 1, x, a), lambda x: tf.where(x > 1, x, ta)),
    }


def apply(op: Callable[[Any], Any], x: Any, chained: bool) -> list[Any]:
    if chained:
        for _ in range(REPEATS):
            x = op(x)
        return [x]
    return [op(x) for _ in range(REPEATS)]


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Microseconds per op, and the result: kept until the clock has stopped, so that freeing it is not timed."""
    begin = time.perf_counter()
    result = function()
    return (time.perf_counter() - begin) / REPEATS * 1e6, result


def measure(tf: Any, row: Row, rounds: int) -> list[float]:
    """Medians in us per op: NumPy, no tape, on a tape, backwards."""
    value = np.linspace(0.1, 1.0, math.prod(row.shape)).reshape(row.shape)
    x = tf.constant(value)
    times: list[list[float]] = [[], [], [], []]
    for _ in range(rounds):
        bare, _ = timed(lambda: apply(row.numpy, value, row.chained))
        forward, _ = timed(lambda: apply(row.op, x, row.chained))
        with tf.GradientTape() as tape:
            tape.watch(x)
            recorded, results = timed(lambda: apply(row.op, x, row.chained))
        backward, _ = timed(lambda: tape.gradient(results, x))  # noqa: B023  (called at once)
        for column, taken in zip(times, (bare, forward, recorded, backward)):
            column.append(taken)
    return [statistics.median(column) for column in times]


def empty_tape(tf: Any, rounds: int) -> float:
    """What a tape costs before any op: entering, watching, leaving, a gradient of nothing."""
    x = tf.constant(1.0)

    def once() -> None:
        for _ in range(REPEATS):
            with tf.GradientTape() as tape:
                tape.watch(x)
            tape.gradient(x, x)

    return statistics.median(timed(once)[0] for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager_overhead")
    parser.add_argument("--module", default="gradtape", help="gradtape, or tensorflow to compare")
    parser.add_argument("--only", default="", help="the rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=41)
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    tf = importlib.import_module(options.module)
    print(f"| us per op, {options.module} | numpy | no tape | on a tape | backward | all less numpy |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, row in rows(tf).items():
        if options.only in name:
            bare, forward, recorded, backward = measure(tf, row, options.rounds)
            extra = recorded + backward - bare
            print(
                f"| {name} | {bare:.2f} | {forward:.2f} | {recorded:.2f} | {backward:.2f} | {extra:.2f} |", flush=True
            )
    print(f"| an empty tape | | | | {empty_tape(tf, options.rounds):.2f} | |")


if __name__ == "__main__":
    main()
