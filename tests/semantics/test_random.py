"""tf.random: dtypes, shapes, parameters, gradients, errors. The numbers themselves are compared in tests/random."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import differs, same, tf

Invalid = tf.errors.InvalidArgumentError
r = tf.random


def gradient(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


def test_dtypes_and_shapes():
    for dtype in (tf.float16, tf.bfloat16, tf.float32, tf.float64):
        for draw in (r.uniform, r.normal, r.truncated_normal):
            y = draw([2, 3], dtype=dtype)
            assert (y.dtype, y.shape) == (dtype, [2, 3])
    assert r.uniform([2], maxval=3, dtype="int64").dtype == tf.int64
    assert r.normal((2,), dtype=np.float64).dtype == tf.float64
    assert r.uniform([]).shape == []
    assert r.normal([0, 2]).shape == [0, 2]
    assert r.uniform(tf.TensorShape([2])).shape == [2]
    assert r.uniform((tf.constant(2), 3)).shape == [2, 3]
    assert r.gamma([2], [0.5, 2.0], [[1.0], [2.0]]).shape == [2, 2, 2]
    assert r.poisson([2, 0], 3.0).shape == [2, 0]
    assert r.categorical(tf.zeros([2, 3]), 0).shape == [2, 0]
    assert r.categorical(tf.zeros([0, 2]), 3).shape == [0, 3]


@pytest.mark.parametrize(
    ("draw", "error"),
    [
        (lambda: r.uniform(2), Invalid),
        (lambda: r.uniform([-2]), Invalid),
        (lambda: r.uniform(None), ValueError),
        (lambda: r.uniform([None]), ValueError),
        (lambda: r.uniform([2], dtype=tf.int32), ValueError),
        (lambda: r.uniform([2], 0, 5, tf.uint8), ValueError),
        (lambda: r.uniform([2], dtype=tf.complex64), ValueError),
        (lambda: r.uniform([2], 5, 5, tf.int32), Invalid),
        (lambda: r.uniform([2], 0, [5, 6], dtype=tf.int32), Invalid),
        (lambda: r.uniform([2], 0, 5.0, dtype=tf.int32), TypeError),
        (lambda: r.uniform([2], 0, [1.0, 2.0, 3.0]), Invalid),
        (lambda: r.uniform([2], tf.constant(1.0), tf.constant(2.0, tf.float64)), ValueError),
        (lambda: r.uniform([2], seed="a"), TypeError),
        (lambda: r.normal([2], tf.constant([1.0, 2.0, 3.0])), Invalid),
        (lambda: r.normal([2], tf.constant(1)), ValueError),
        (lambda: r.categorical([1.0, 2.0], 3), Invalid),
        (lambda: r.categorical([[1.0, 2.0]], -1), Invalid),
        (lambda: r.categorical([[1.0, 2.0]], [2]), Invalid),
        (lambda: r.categorical([[1.0, 2.0]], 3, dtype=tf.float32), ValueError),
        (lambda: r.categorical(tf.zeros([2, 0]), 3), Invalid),
        (lambda: r.gamma([2], tf.constant(3.0, tf.float64)), ValueError),
        (lambda: r.poisson(2, 3.0), Invalid),
        (lambda: r.stateless_uniform([3], [1]), Invalid),
        (lambda: r.stateless_uniform([3], 1), Invalid),
        (lambda: r.stateless_uniform([3], [1.0, 2.0]), Invalid),
        (lambda: r.stateless_uniform([3], [1, 2], dtype=tf.int32), ValueError),
        (lambda: r.stateless_uniform([3], [1, 2], 0, 5, tf.uint32), ValueError),
        (lambda: r.stateless_uniform([3], [1, 2], 5, 3, tf.int32), Invalid),
        (lambda: r.stateless_uniform([3], [1, 2], dtype=tf.uint8, maxval=3), ValueError),
        (lambda: r.stateless_uniform([3], [1, 2], alg="bad"), ValueError),
        (lambda: r.stateless_uniform([3], [1, 2], alg="threefry"), Invalid),
        (lambda: r.stateless_gamma([3, 2], [1, 2], alpha=[1.0, 2.0, 3.0]), Invalid),
        (lambda: r.stateless_poisson([2, 3], [1, 2], [[2.0], [30.0]]), Invalid),
        (lambda: r.Generator.from_seed(1, alg="bad"), ValueError),
        (lambda: r.Generator.from_state([1, 2], alg="philox"), ValueError),
        (lambda: r.Generator.from_seed(1).normal(3), Invalid),
        (lambda: r.Generator.from_seed(1).uniform_full_int([2], tf.float32), Invalid),
        (lambda: r.Generator.from_seed(1).uniform([2], dtype=tf.int32), ValueError),
    ],
)
def test_errors(draw, error):
    with pytest.raises(error):
        draw()


def test_draws_follow_their_parameters():
    r.set_seed(4)
    z = r.normal([3])
    r.set_seed(4)
    same(r.normal([3], [1.0, 2.0, 3.0], 2.0), z * 2.0 + [1.0, 2.0, 3.0])
    assert r.normal([2], [1.0, 2.0], [[1.0], [2.0]]).shape == [2, 2]
    assert 5.0 < float(r.uniform([], 5.0, 6.0)) < 6.0


def test_gradients():
    r.set_seed(4)
    same(gradient(lambda m: r.normal([3], m, 2.0), tf.constant(1.0)), 3.0)
    assert float(gradient(lambda m: r.uniform([2], 0.0, m), tf.constant(3.0))) > 0
    assert gradient(lambda m: r.truncated_normal([2], 0.0, m), tf.constant(3.0)) is not None
    assert gradient(lambda m: r.gamma([2], m, 2.0), tf.constant([3.0, 0.5])).shape == [2]
    assert gradient(lambda m: r.shuffle(m), tf.constant([1.0, 2.0])) is None
    assert gradient(lambda m: tf.cast(r.categorical(m, 2), tf.float32), tf.constant([[1.0, 2.0]])) is None
    for draw in (lambda m: r.poisson([2], m), lambda m: r.experimental.stateless_shuffle(tf.stack([m, m]), [1, 2])):
        with pytest.raises(LookupError, match="gradient registry has no entry for"):
            gradient(draw, tf.constant(3.0))


def test_shuffle_keeps_rows_together():
    x = tf.reshape(tf.range(20), [10, 2])
    y = r.shuffle(x).numpy()
    assert sorted(y[:, 0].tolist()) == list(range(0, 20, 2))
    assert (y[:, 1] == y[:, 0] + 1).all()
    same(r.shuffle(tf.constant(3)), 3)
    assert sorted(r.shuffle(["a", "b"]).numpy().tolist()) == [b"a", b"b"]


def test_logits_without_a_chance():
    same(r.categorical([[float("nan"), 1.0]], 3), [[1, 1, 1]])
    same(r.categorical([[-np.inf, -np.inf]], 2), [[2, 2]])


def test_poisson_without_a_mean():
    same(r.poisson([2], [0.0]), [[0.0], [0.0]])


@differs("TensorFlow gives 0, or never returns")
def test_poisson_with_a_bad_mean():
    same(r.poisson([1], [-1.0, float("nan")]), [[np.nan, np.nan]])
    same(r.poisson([1], [-1.0], dtype=tf.int32), [[0]])


def test_dropout():
    x = tf.ones([1000])
    y = tf.nn.dropout(x, 0.4).numpy()
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.6)}
    assert 450 < (y > 0).sum() < 750
    assert tf.nn.dropout(x, 0.0) is x
    assert tf.nn.dropout(x, tf.constant(0.0)) is not x
    rows = tf.nn.dropout(tf.ones([50, 4]), 0.5, noise_shape=[50, 1]).numpy()
    assert (rows == rows[:, :1]).all()
    same(tf.nn.dropout(tf.constant([np.nan] * 4), 0.9999, seed=1), [0.0] * 4)


@pytest.mark.parametrize("rate", [1.0, 1.5, -0.1, "a", None, tf.constant(0.3, tf.float64)])
def test_a_bad_rate(rate):
    with pytest.raises(ValueError):
        tf.nn.dropout(tf.ones([3]), rate)


def test_dropout_wants_floats():
    for x in ([1, 2], tf.constant([1, 2])):
        with pytest.raises(ValueError, match="must be a floating point tensor"):
            tf.nn.dropout(x, 0.5)


def test_the_public_names_of_a_generator():
    g = r.Generator.from_seed(1)
    assert g.algorithm == 1
    assert not g.state.trainable
    same(g.key, 0)
    assert r.experimental.Generator is r.Generator
    with tf.GradientTape() as tape:
        g.normal([2])
    assert tape.watched_variables() == ()
    g.reset_from_seed(3)
    same(g.state, [3, 0, 0])
    g.reset([4, 5, 6])
    same(g.state, [4, 5, 6])
    g.reset_from_key_counter(1, [2, 3])
    same(g.state, [2, 3, 1])
