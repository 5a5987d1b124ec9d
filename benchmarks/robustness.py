"""Three promises about memory and size, each in its own process: `python -m benchmarks.robustness`.

* additions: a chain of 1,000 `x + c` over arrays of 8 MB: an addition's rule reads nothing, so the tape may keep none.
* long: a tape of 1,000,000 ops is differentiated: its time, its memory per op, and no recursion.
* training: 100,000 steps of gradient descent leave the resident size flat.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .backends import ENVIRONMENT
from .memory import peak, reset_peak, resident


def additions(tf: Any, length: int = 1_000, megabytes: int = 8) -> str:
    x, c = tf.constant(np.zeros(megabytes * 125_000)), tf.constant(np.ones(megabytes * 125_000))
    reset_peak()
    before = resident()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(length):
            y = y + c
    dx = tape.gradient(y, x)
    arrays = (peak() - before) / (megabytes * 1e6)
    assert float(y[0]) == length and np.all(np.asarray(dx) == 1.0)
    return f"chain of {length:,} x + c over {megabytes} MB: {arrays:.1f} arrays at the peak, besides x and c"


def long(tf: Any, length: int = 1_000_000) -> str:
    x, a = tf.constant(1.0, tf.float64), tf.constant(1.0 - 1e-6, tf.float64)
    reset_peak()
    before = resident()
    begin = time.perf_counter()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(length):
            y = y * a
    middle = time.perf_counter()
    dx = tape.gradient(y, x)
    end = time.perf_counter()
    assert abs(float(dx) / (1.0 - 1e-6) ** length - 1) < 1e-8
    memory = peak() - before
    return (
        f"tape of {length:,} ops: forward {middle - begin:.2f} s, gradient {end - middle:.2f} s, "
        f"peak {memory / 1e6:,.0f} MB ({memory / length:.0f} bytes per op)"
    )


def training(tf: Any, steps: int = 100_000, samples: int = 10) -> str:
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(16, 4)))
    y = tf.constant(rng.normal(size=(16, 1)))
    w = tf.Variable(np.zeros((4, 1)))
    sizes = [resident()]
    begin = time.perf_counter()
    for step in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
        w.assign_sub(1e-3 * tape.gradient(loss, w))
        if (step + 1) % (steps // samples) == 0:
            sizes.append(resident())
    seconds = time.perf_counter() - begin
    best = np.linalg.lstsq(np.asarray(x), np.asarray(y), rcond=None)[0]
    assert np.max(np.abs(w.numpy() - best)) < 1e-6
    megabytes = [f"{size / 1e6:.1f}" for size in sizes]
    return (
        f"{steps:,} training steps, {seconds / steps * 1e6:.0f} us each: resident MB {' '.join(megabytes)}; "
        f"grown by {(sizes[-1] - sizes[1]) / 1e3:.0f} kB after the first {steps // samples:,}"
    )


MEASURES: dict[str, Callable[[Any], str]] = {"additions": additions, "long": long, "training": training}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness")
    parser.add_argument("--module", default="gradtape", help="gradtape, or tensorflow to compare")
    parser.add_argument("--only", choices=MEASURES, help="one measure, in this process")
    options = parser.parse_args()
    if options.only:
        os.environ.update(ENVIRONMENT)
        print(MEASURES[options.only](importlib.import_module(options.module)))
        return 0
    command = [sys.executable, "-m", "benchmarks.robustness", "--module", options.module, "--only"]
    return max(subprocess.run([*command, name], check=False).returncode for name in MEASURES)


if __name__ == "__main__":
    raise SystemExit(main())
