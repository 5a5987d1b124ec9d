"""Where a decomposition's gradient is a convention: symmetric inputs, one triangle read, equal eigenvalues."""

from __future__ import annotations

import numpy as np

from tests.semantics.support import needs, tf

POSITIVE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])
WEIGHTS = np.array([[1.0, 2.0, -1.0], [0.5, -2.0, 3.0], [1.5, 0.25, 1.0]])


def slope(f, x):
    t = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = f(t)
    return tape.gradient(y, t).numpy()


@needs("linalg.cholesky")
def test_the_gradient_of_a_cholesky_factor_is_symmetric():
    """The factor reads one triangle; its gradient is spread evenly over both."""
    g = slope(lambda a: tf.reduce_sum(tf.linalg.cholesky(a) * WEIGHTS), POSITIVE)
    np.testing.assert_allclose(g, g.T, rtol=1e-12)

    def value(a):
        return np.sum(np.linalg.cholesky(a) * WEIGHTS)

    h = 1e-6
    for i in range(3):
        for j in range(3):
            e = np.zeros((3, 3))
            e[i, j] += h / 2
            e[j, i] += h / 2
            along = (value(POSITIVE + e) - value(POSITIVE - e)) / (2 * h)
            np.testing.assert_allclose(g[i, j], along, rtol=1e-6, atol=1e-8)


@needs("linalg.eigh")
def test_the_gradient_of_eigenvalues_fills_the_lower_triangle():
    """`eigh` reads the lower triangle: its gradient is there, with both halves of each pair, and 0 above."""
    g = slope(lambda a: tf.reduce_sum(tf.linalg.eigh(a)[0] * tf.constant([1.0, 2.0, 3.0], tf.float64)), POSITIVE)
    assert np.triu(g, 1).tolist() == np.zeros((3, 3)).tolist()
    _, v = np.linalg.eigh(POSITIVE)
    full = (v * [1.0, 2.0, 3.0]) @ v.T
    np.testing.assert_allclose(g, np.tril(full) + np.tril(full, -1), rtol=1e-10)


@needs("linalg.eigh")
def test_equal_eigenvalues_give_zero_and_not_nan():
    g = slope(lambda a: tf.reduce_sum(tf.linalg.eigh(a)[1] * WEIGHTS[:2, :2]), np.eye(2))
    assert g.tolist() == np.zeros((2, 2)).tolist()


@needs("linalg.svd")
def test_equal_singular_values_give_zero_and_not_nan():
    g = slope(lambda a: tf.reduce_sum(tf.linalg.svd(a)[1] * WEIGHTS[:2, :2]), 2 * np.eye(2))
    assert g.tolist() == np.zeros((2, 2)).tolist()
