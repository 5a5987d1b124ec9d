"""Seeds and state beyond the numbers themselves: entropy, threads, examples of a vectorized_map, speed of small draws.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest

import gradtape as tf


@pytest.fixture(autouse=True)
def no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


def test_without_seeds_every_draw_is_another():
    draws = [tf.random.normal([4]).numpy().tobytes() for _ in range(20)]
    assert len(set(draws)) == 20
    states = {tf.random.Generator.from_non_deterministic_state().state.numpy().tobytes() for _ in range(5)}
    assert len(states) == 5


def test_the_global_generator_is_shared_and_can_be_set():
    first = tf.random.get_global_generator()
    assert tf.random.get_global_generator() is first
    try:
        mine = tf.random.Generator.from_seed(3)
        tf.random.set_global_generator(mine)
        assert tf.random.experimental.get_global_generator() is mine
    finally:
        tf.random.set_global_generator(first)


def test_threads_share_an_ops_stream_without_overlap():
    tf.random.set_seed(1)
    found: list[float] = []

    def draw() -> None:
        for _ in range(200):
            found.append(float(tf.random.uniform([], seed=3)))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tf.random.set_seed(1)
    assert sorted(found) == sorted(float(tf.random.uniform([], seed=3)) for _ in range(800))


def test_each_example_of_a_vectorized_map_has_numbers_of_its_own():
    tf.random.set_seed(1)
    y = tf.vectorized_map(lambda x: x * 0.0 + tf.random.normal([3]), tf.zeros([5])).numpy()
    assert y.shape == (5, 3)
    assert len(np.unique(y)) == 15


def test_an_example_of_a_vectorized_map_may_draw_categories():
    tf.random.set_seed(1)
    logits = tf.tile([[0.0, 0.0, 0.0, 0.0]], [64, 1])
    y = tf.vectorized_map(lambda row: tf.random.categorical(row[None], 1)[0, 0], logits, warn=False).numpy()
    assert len(set(y.tolist())) == 4


def test_parameters_that_are_tensors_get_gradients():
    tf.random.set_seed(1)
    mean, deviation = tf.constant([1.0, 2.0]), tf.Variable([0.5, 0.1])
    with tf.GradientTape() as tape:
        tape.watch(mean)
        y = tf.random.normal([4, 2], mean, deviation)
    z = (y - mean) / deviation
    by_mean, by_deviation = tape.gradient(y, [mean, deviation])
    np.testing.assert_allclose(by_mean, [4.0, 4.0])
    np.testing.assert_allclose(by_deviation, np.sum(z, axis=0), rtol=1e-4)


def test_a_generators_copy_goes_its_own_way():
    g = tf.random.Generator.from_seed(5)
    h = tf.random.Generator(copy_from=g)
    a = g.normal([3])
    np.testing.assert_array_equal(h.normal([3]), a)
    shared = tf.random.Generator.from_state(g.state, "philox")
    assert shared.state is g.state


def test_determinism_wants_a_seed():
    from gradtape._runtime import random_state

    tf.config.experimental.enable_op_determinism()
    try:
        with pytest.raises(RuntimeError, match="Random ops require a seed to be set when determinism is enabled"):
            tf.random.normal([2])
        tf.random.normal([2], seed=1)
        tf.random.set_seed(1)
        tf.random.normal([2])
    finally:
        random_state.require_seeds(False)
