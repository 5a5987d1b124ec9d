"""An inverse problem: where a rod conducts badly, from two thermometers, through an explicit scheme for heat."""

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize

CELLS, STEPS, DT = 8, 60, 0.4
walls = np.arange(CELLS + 1.0)
ends = 1.0 + np.sin(0.3 * np.arange(STEPS))


def conductivity(theta):
    base, depth, place = tf.unstack(theta)
    return tf.exp(base - depth * tf.exp(-0.5 * tf.square(walls - place)))


def simulate(theta):
    k = conductivity(theta)
    u = tf.zeros([CELLS], dtype=tf.float64)
    seen = []
    for step in range(STEPS):
        padded = tf.concat([[ends[step]], u, [0.0]], axis=0)
        flux = k * (padded[1:] - padded[:-1])
        u = u + DT * (flux[1:] - flux[:-1])
        seen.append(tf.stack([u[2], u[-3]]))
    return tf.stack(seen)


truth = np.array([-0.3, 1.2, 4.4])
measured = simulate(tf.constant(truth))


def objective(point):
    theta = tf.Variable(point)
    with tf.GradientTape() as tape:
        misfit = tf.reduce_sum(tf.math.squared_difference(simulate(theta), measured))
        loss = tf.add_n([misfit, 1e-6 * tf.reduce_sum(theta**2)])
    return float(loss), tape.gradient(loss, theta).numpy()


start = np.array([-0.7, 0.5, 3.5])
value, gradient = objective(start)
print(f"start: loss {value:.8f}, gradient", np.round(gradient, 6))
fit = minimize(objective, start, jac=True, method="BFGS", options={"gtol": 1e-8})
print(f"fit: loss {fit.fun:.6e}, parameters", np.round(fit.x, 4), "; true ones", truth)
print("conductivity found", np.round(conductivity(tf.constant(fit.x)).numpy(), 4))
print("conductivity, true", np.round(conductivity(tf.constant(truth)).numpy(), 4))
