"""The algorithms that reject: their distributions, and the gradient of the gamma distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import gradtape as tf
from gradtape._ops import sampling


@pytest.mark.parametrize("alpha", [0.1, 0.7, 1.0, 1.7, 30.0])
def test_gammas_have_their_distribution(alpha):
    z = sampling.gammas(3, 0, np.array([alpha]), 20_000)[:, 0]
    assert stats.kstest(z, stats.gamma(alpha).cdf).pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.3, 4.0, 9.9, 10.1, 60.0, 5000.0])
def test_poissons_have_their_distribution(rate):
    y = sampling.poissons(4, 0, np.array([rate]), 20_000)[:, 0]
    assert abs(y.mean() - rate) < 5 * np.sqrt(rate / y.size)
    assert abs(y.var() / rate - 1) < 0.06
    edges = np.unique(stats.poisson(rate).ppf(np.linspace(0.05, 0.95, 10)))
    shares = np.array([(y <= e).mean() for e in edges])
    np.testing.assert_allclose(shares, stats.poisson(rate).cdf(edges), atol=0.02)


def test_bad_rates_and_shapes():
    y = sampling.poissons(4, 0, np.array([-1.0, 0.0, np.nan, np.inf]), 2)
    np.testing.assert_array_equal(y, [[np.nan, 0, np.nan, np.inf]] * 2)
    assert np.isnan(sampling.gammas(4, 0, np.array([-1.0, 0.0, np.nan]), 2)).all()


def test_permutations_are_permutations():
    for size in (0, 1, 2, 17, 1000):
        assert sorted(sampling.permutation(9, 0, size).tolist()) == list(range(size))


def test_categories_have_their_shares():
    logits = np.log(np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-9]]))
    drawn = sampling.categories(1, 0, logits, 50_000)
    shares = [np.bincount(row, minlength=3) / 50_000 for row in drawn]
    np.testing.assert_allclose(shares, [[0.1, 0.2, 0.7], [0.5, 0.5, 0]], atol=0.01)


def test_one_row_and_many_rows_of_logits_agree():
    logits = np.random.default_rng(0).normal(size=(1, 50))
    two, one = sampling.categories(1, 0, np.repeat(logits, 2, 0), 30), sampling.categories(1, 0, logits, 30)
    assert np.array_equal(two[0], one[0])


@pytest.mark.parametrize("quantile", [1e-6, 0.01, 0.3, 0.7, 0.999, 1 - 1e-7])
def test_the_implicit_slope_of_gamma(quantile):
    """dz/dalpha at a fixed quantile, against differences of SciPy's quantile function."""
    a = np.array([0.1, 0.5, 1.0, 2.0, 10.0, 100.0, 3000.0])
    z, h = stats.gamma.ppf(quantile, a), 1e-4 * a
    ppf = [stats.gamma.ppf(quantile, a + k * h) for k in (-2, -1, 1, 2)]
    expected = (8 * (ppf[2] - ppf[1]) - (ppf[3] - ppf[0])) / (12 * h)
    np.testing.assert_allclose(sampling.implicit_gamma_slope(a, z), expected, rtol=1e-6)


def test_the_gradient_of_the_mean_of_gammas():
    """The mean of gamma(alpha) / beta is alpha / beta, so its gradient is 1 / beta and -alpha / beta**2."""
    tf.random.set_seed(0)
    alpha, beta = tf.constant([0.4, 3.0]), tf.constant([2.0, 0.5])
    with tf.GradientTape() as tape:
        tape.watch([alpha, beta])
        mean = tf.reduce_mean(tf.random.gamma([40_000], alpha, beta), axis=0)
    by_alpha, by_beta = tape.gradient(mean, [alpha, beta])
    np.testing.assert_allclose(by_alpha, [0.5, 2.0], rtol=0.05)
    np.testing.assert_allclose(by_beta, [-0.1, -12.0], rtol=0.05)
