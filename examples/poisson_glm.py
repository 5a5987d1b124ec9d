"""A Poisson regression with 33 coefficients on the table that made small counts famous, fitted by SciPy's L-BFGS.

The table: how many soldiers were killed by horse kicks in each of 14 corps of the Prussian army in each of 20 years
(see data/README.md). The model: deaths in corps i and year j are Poisson with mean exp(a_i + b_j). The tape gives
SciPy the exact gradient, and, differentiated once more, the Hessian whose inverse holds the squared standard errors.
This model happens to have a closed-form answer, so the run checks itself: fitted means are row total * column total /
grand total, the log ratio of two corps is the log ratio of their totals r, s, and its variance 1/r + 1/s.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import chi2, poisson

lines = (Path(__file__).with_name("data") / "horse_kicks.csv").read_text().split()
corps = [line.split(",")[0] for line in lines[1:]]
deaths = np.array([line.split(",")[1:] for line in lines[1:]], dtype=np.float64)
rows, columns = deaths.shape
counts = deaths.ravel()

# Indicator columns. The first corps is the one that the others are compared with.
is_corps = np.kron(np.eye(rows), np.ones((columns, 1)))
is_year = np.kron(np.ones((rows, 1)), np.eye(columns))
designs = {
    "constant": np.ones((rows * columns, 1)),
    "years": is_year,
    "corps": is_corps,
    "years + corps": np.hstack([is_year, is_corps[:, 1:]]),
}
closed_forms = {
    "constant": np.full(deaths.shape, deaths.mean()),
    "years": np.broadcast_to(deaths.mean(axis=0), deaths.shape),
    "corps": np.broadcast_to(deaths.mean(axis=1, keepdims=True), deaths.shape),
    "years + corps": np.outer(deaths.sum(axis=1), deaths.sum(axis=0)) / deaths.sum(),
}


def negative_log_likelihood(design, beta):
    """-log p(counts | beta) up to the constant sum of log(counts!)."""
    eta = tf.reduce_sum(design * beta, axis=1)
    return tf.reduce_sum(tf.exp(eta) - counts * eta)


def value_and_gradient(point, design):
    """What SciPy asks for: the objective and its gradient at a NumPy point."""
    beta = tf.constant(point)
    with tf.GradientTape() as tape:
        tape.watch(beta)
        value = negative_log_likelihood(design, beta)
    return value.numpy(), tape.gradient(value, beta).numpy()


def hessian(point, design):
    """Row j is the gradient of entry j of the gradient: the outer tape records the inner one's backward sweep."""
    beta = tf.constant(point)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(beta)
        with tf.GradientTape() as inner:
            inner.watch(beta)
            value = negative_log_likelihood(design, beta)
        gradient = inner.gradient(value, beta)
    picks = tf.eye(len(point), dtype=tf.float64)
    return np.array([outer.gradient(gradient, beta, output_gradients=pick) for pick in picks])


def deviance(means):
    """Twice the log-likelihood lost against a model that reproduces every count."""
    logs = np.where(counts > 0, counts * np.log(np.maximum(counts, 1) / means), 0.0)
    return 2.0 * np.sum(logs - (counts - means))


print("Deaths per corps and year, without the corps G, I, VI, XI (Bortkiewicz's table), and a single Poisson law:")
kept = deaths[[name not in ("G", "I", "VI", "XI") for name in corps]].ravel()
for number, seen in enumerate(np.bincount(kept.astype(int))):
    print(f"  {number} deaths: {seen:3d} times, expected {len(kept) * poisson.pmf(number, kept.mean()):6.2f}")

print("\nModels for all 280 counts")
print("model           coefficients  log-likelihood   deviance  Pearson X2  closed form reproduced")
fits, deviances = {}, {}
for name, design in designs.items():
    start = np.zeros(design.shape[1])
    options = {"maxiter": 2000, "gtol": 1e-9, "ftol": 1e-15}
    fit = minimize(value_and_gradient, start, args=(design,), jac=True, method="L-BFGS-B", options=options)
    fits[name] = fit.x
    means = np.exp(design @ fit.x)
    deviances[name] = deviance(means)
    log_likelihood = -fit.fun - gammaln(counts + 1).sum()
    pearson = np.sum((counts - means) ** 2 / means)
    exact = np.allclose(means, closed_forms[name].ravel(), rtol=1e-5, atol=0.0)
    print(f"{name:15s} {design.shape[1]:12d} {log_likelihood:15.4f} {deviances[name]:10.4f} {pearson:11.4f}  {exact}")

print("\nDoes it matter?")
for what, small, large in (("corps", "years", "years + corps"), ("year", "corps", "years + corps")):
    drop = deviances[small] - deviances[large]
    degrees = designs[large].shape[1] - designs[small].shape[1]
    print(f"  the {what:5s}: deviance falls by {drop:.4f} for {degrees} coefficients, p = {chi2.sf(drop, degrees):.5f}")

design, beta = designs["years + corps"], fits["years + corps"]
curvature = hessian(beta, design)
errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
fisher = design.T @ (np.exp(design @ beta)[:, None] * design)
totals = deaths.sum(axis=1)
true_beta = np.log(totals[1:] / totals[0])
true_errors = np.sqrt(1.0 / totals[1:] + 1.0 / totals[0])

print(f"\nLog rate of each corps against corps {corps[0]} ({totals[0]:.0f} deaths), the year held fixed")
print("corps  deaths  coefficient  std. error  rate ratio  95 % interval")
for name, total, slope, error in zip(corps[1:], totals[1:], beta[columns:], errors[columns:]):
    low, high = np.exp(slope - 1.959964 * error), np.exp(slope + 1.959964 * error)
    slope = round(slope, 4) + 0.0  # so that a slope of -1e-9 does not print as -0.0000
    print(f"{name:5s} {total:7.0f} {slope:12.4f} {error:11.4f} {np.exp(slope):11.3f}  {low:.3f} to {high:.3f}")

print("\nChecks")
print("  coefficients equal the closed form to 1e-5:   ", np.allclose(beta[columns:], true_beta, atol=1e-5))
print("  standard errors equal the closed form to 1e-5:", np.allclose(errors[columns:], true_errors, atol=1e-5))
print("  tape's Hessian equals Fisher's information:   ", np.allclose(curvature, fisher, rtol=1e-9, atol=1e-9))
