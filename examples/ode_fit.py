"""The equations of Lotka and Volterra, fitted to hares and lynx of the Hudson's Bay Company through a Runge-Kutta loop.

    hares' = hares (a - b lynx),    lynx' = lynx (d hares - c),    1900 to 1920, pelts in thousands (see data/README.md)

Six numbers are looked for: a, b, c, d and both populations in 1900; the errors are lognormal. An ordinary Python loop
integrates the equations, the tape records it, and SciPy's L-BFGS gets the exact gradient of what the loop computed.
In float64.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

STEPS_A_YEAR = 4

table = np.loadtxt(Path(__file__).with_name("data") / "hare_lynx.csv", delimiter=",", skiprows=1)
years, pelts = table[:, 0].astype(int), table[:, [2, 1]]  # hares first


def slope(state, growth, meeting):
    """d log(population) / dt: each kind's own growth, and what the other kind does to it."""
    return growth + meeting * tf.exp(tf.reverse(state, axis=[0]))


def trajectory(theta):
    """log(hares), log(lynx) at the end of every year, by the classical Runge-Kutta rule."""
    signs = tf.constant([1.0, -1.0], dtype=tf.float64)
    growth = signs * tf.exp(theta[0:2])
    meeting = -signs * tf.exp(theta[2:4])
    h = 1.0 / STEPS_A_YEAR
    state = theta[4:6]
    path = [state]
    for _ in years[1:]:
        for _ in range(STEPS_A_YEAR):
            k1 = slope(state, growth, meeting)
            k2 = slope(state + 0.5 * h * k1, growth, meeting)
            k3 = slope(state + 0.5 * h * k2, growth, meeting)
            k4 = slope(state + h * k3, growth, meeting)
            state = state + (h / 6.0) * (k1 + 2.0 * (k2 + k3) + k4)
        path.append(state)
    return tf.stack(path)


def misfit(theta):
    """Sum of squared log ratios of the table to the trajectory."""
    return tf.reduce_sum(tf.square(np.log(pelts) - trajectory(theta)))


def value_and_gradient(point):
    """What SciPy asks for."""
    theta = tf.constant(point)
    with tf.GradientTape() as tape:
        tape.watch(theta)
        value = misfit(theta)
    return value.numpy(), tape.gradient(value, theta).numpy()


start = np.log([0.5, 0.8, 0.03, 0.03, 30.0, 4.0])
value, gradient = value_and_gradient(start)
print(f"start: misfit {value:.6f}, gradient {np.array2string(gradient, precision=4)}")

fit = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-8, "ftol": 1e-14})
a, c, b, d, hares, lynx = np.exp(fit.x)
print(f"fit:   misfit {fit.fun:.6f}, largest entry of the gradient below 1e-3: {np.abs(fit.jac).max() < 1e-3}")
print(f"hares grow by a = {a:.4f} a year, lynx die by c = {c:.4f}; meetings: b = {b:.5f}, d = {d:.5f}")
print(f"1900: {hares:.3f} thousand hares, {lynx:.3f} thousand lynx; balance at {c / d:.3f} hares, {a / b:.3f} lynx")

path = np.exp(trajectory(tf.constant(fit.x)).numpy())
print("\nyear   hares: table    fit    lynx: table    fit")
for year, seen, fitted in zip(years[::2], pelts[::2], path[::2]):
    print(f"{year} {seen[0]:14.1f} {fitted[0]:6.2f} {seen[1]:14.1f} {fitted[1]:6.2f}")
spread = np.sqrt(np.mean(np.log(pelts / path) ** 2, axis=0))
print(f"spread of the log ratios: hares {spread[0]:.4f}, lynx {spread[1]:.4f}")

adaptive = solve_ivp(
    lambda _, u: [u[0] * (a - b * u[1]), u[1] * (d * u[0] - c)],
    (1900.0, 1920.0), [hares, lynx], t_eval=years, rtol=1e-10, atol=1e-10,
).y.T  # fmt: skip
steps = 1e-5 * np.eye(6)
differences = [(misfit(tf.constant(start + e)) - misfit(tf.constant(start - e))).numpy() / 2e-5 for e in steps]
print("\nChecks")
print("  trajectory within 0.5 % of SciPy's adaptive solver:", np.allclose(path, adaptive, rtol=5e-3))
print("  gradient at the start equals central differences:  ", np.allclose(gradient, differences, atol=1e-6))
