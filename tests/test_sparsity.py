"""Sparse Jacobians and Hessians equal the dense ones, with few tangents, for given and for detected patterns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array

import gradtape as tf
from gradtape import autodiff
from gradtape._autodiff.sparsity import coloured, sparsity_of

X = np.random.default_rng(0).normal(size=30)


def banded(x):
    a, b, c = x[:-2], x[1:-1], x[2:]
    return (3.0 - 2.0 * b) * b - a - 2.0 * c + 0.1 * tf.sin(b)


def grouped(x):
    return tf.reduce_sum(tf.reshape(x, [5, 6]) ** 2, axis=1)


def mixed(x):
    return tf.reshape(tf.matmul(tf.reshape(x, [5, 6]), np.ones((6, 2))), [-1])


def shuffled(x):
    return tf.gather(tf.concat([x[::2], tf.exp(x[1::2])], 0), [3, 17, 3, 29])


def with_a_total(x):
    return x[:3] * tf.reduce_sum(x[10:12])


def constant(x):
    return tf.constant(np.ones(4))


@pytest.mark.parametrize("f", [banded, grouped, mixed, shuffled, with_a_total, constant], ids=lambda f: f.__name__)
def test_the_detected_pattern_holds_the_jacobian(f):
    sparse = autodiff.sparse_jacobian(f)(X)
    np.testing.assert_allclose(sparse.toarray(), autodiff.jacobian(f, X), rtol=1e-12, atol=1e-14)


def test_detection_is_exact_where_ops_move_and_combine_elements():
    assert sparsity_of(banded, X).nnz == 3 * 28
    assert sparsity_of(grouped, X).nnz == 30
    assert sparsity_of(shuffled, X).nnz == 4


def test_columns_of_one_colour_share_no_row():
    rng = np.random.default_rng(1)
    pattern = coo_array(
        (np.ones(60, np.int8), (rng.integers(0, 20, 60), rng.integers(0, 25, 60))), shape=(20, 25)
    ).tocsr()
    colours, dense = coloured(pattern), pattern.toarray() != 0
    for colour in range(colours.max() + 1):
        assert dense[:, colours == colour].sum(axis=1).max() <= 1
    assert coloured(sparsity_of(banded, X)).max() + 1 == 3


def test_a_given_pattern_is_used_at_every_point():
    pattern = sparsity_of(banded, X)
    compute = autodiff.sparse_jacobian(banded, pattern)
    for x in (X, 2 * X):
        np.testing.assert_allclose(compute(x).toarray(), autodiff.jacobian(banded, x), rtol=1e-12)


def test_the_sparse_hessian_equals_the_dense_one():
    def energy(x):
        return tf.reduce_sum(x[1:] * x[:-1] ** 2) + tf.reduce_sum(tf.cos(x))

    sparse = autodiff.sparse_hessian(energy)(X)
    np.testing.assert_allclose(sparse.toarray(), autodiff.hessian(energy, X), rtol=1e-12, atol=1e-14)
    assert sparse.nnz <= 3 * 30


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="argument `x`: got shape"):
        autodiff.sparse_jacobian(banded)(X.reshape(5, 6))
    with pytest.raises(ValueError, match=r"argument `f\(x\)`: got shape"):
        autodiff.sparse_jacobian(lambda x: tf.reshape(x, [5, 6]))(X)
    with pytest.raises(ValueError, match="one per element of x"):
        autodiff.sparse_jacobian(banded, np.ones((28, 7)))(X)
    with pytest.raises(ValueError, match=r"one per element of f\(x\)"):
        autodiff.sparse_jacobian(banded, np.ones((3, 30)))(X)
