"""Tapes and threads: the set of active tapes belongs to a thread (section 0)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from tests.semantics.support import same, tf


def elsewhere(f: Callable[[], Any]) -> Any:
    """The result of `f`, run in another thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(f).result()


def test_ops_that_another_thread_executes_are_not_recorded():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        here = x * x
        there = elsewhere(lambda: x * x)
    same(there, 9.0)
    same(tape.gradient(here, x), 6.0)
    assert tape.gradient(there, x) is None


def test_variables_that_another_thread_reads_are_not_watched():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = elsewhere(lambda: v * v)
    assert tape.watched_variables() == ()
    assert tape.gradient(y, v) is None


def test_gradient_may_be_called_from_another_thread():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    same(elsewhere(lambda: tape.gradient(y, x)), 6.0)


def test_a_tape_records_in_the_thread_that_enters_it():
    x = tf.constant(3.0)

    def whole_program():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        return tape.gradient(y, x)

    with tf.GradientTape() as outer:
        outer.watch(x)
        dy = elsewhere(whole_program)
    same(dy, 27.0)
    assert outer.gradient(dy, x) is None


def test_threads_with_tapes_of_their_own_do_not_disturb_each_other():
    v = tf.Variable(2.0)
    start = threading.Barrier(4)

    def powers(n):
        start.wait()
        got = []
        for _ in range(20):
            with tf.GradientTape() as tape:
                y = v
                for _ in range(n):
                    y = y * v
            got.append(float(tape.gradient(y, v)))
        return got

    with ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(powers, range(1, 5)))
    for n, got in zip(range(1, 5), results, strict=True):
        np.testing.assert_array_equal(got, [(n + 1) * 2.0**n] * 20)
