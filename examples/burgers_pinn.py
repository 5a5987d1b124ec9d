"""A physics-informed network for Burgers' equation, u_t + u u_x = nu u_xx, with second derivatives from nested tapes.

u starts as -sin(pi x) on -1 <= x <= 1 and is held at zero on both ends. The network multiplies a factor that makes
both conditions hold by construction, so the equation itself is the whole loss. The gradient of the loss with respect
to the weights is then a third derivative. The reference solution comes from the Cole-Hopf transform, an integral that
Gauss-Hermite quadrature evaluates to rounding. The initial weights come from NumPy. Float64 throughout: 400 steps of
Adam enlarge a rounding error about a hundred times.
"""

from itertools import pairwise

import numpy as np
import tensorflow as tf

NU, WIDTHS, SIDE, STEPS = 0.1, (2, 16, 16, 16, 1), 20, 400
rng = np.random.default_rng(1)

weights, biases = [], []
for rows, columns in pairwise(WIDTHS):
    weights.append(tf.Variable(rng.normal(size=(rows, columns)) * np.sqrt(2.0 / (rows + columns)), name="w"))
    biases.append(tf.Variable(np.zeros(columns), name="b"))
variables = weights + biases


def network(x, t):
    """u(x, t), with the initial and the boundary values built in."""
    h = tf.concat([x, t], axis=1)
    for w, b in zip(weights[:-1], biases[:-1]):
        h = tf.tanh(tf.matmul(h, w) + b)
    return -tf.sin(np.pi * x) + t * (1.0 - tf.square(x)) * (tf.matmul(h, weights[-1]) + biases[-1])


def residual(x, t):
    """u_t + u u_x - nu u_xx at every point.

    A row of u depends on its own x and t only, so the gradient of the sum, which is what a tape returns, is pointwise.
    """
    with tf.GradientTape() as second:
        second.watch(x)
        with tf.GradientTape() as first:
            first.watch([x, t])
            u = network(x, t)
        u_x, u_t = first.gradient(u, [x, t])
    u_xx = second.gradient(u_x, x)
    return u_t + u * u_x - NU * u_xx


def reference(x, t):
    """Cole-Hopf: u is a quotient of two heat-kernel averages, weighted with exp(-cos(pi y) / (2 pi nu))."""
    nodes, node_weights = np.polynomial.hermite.hermgauss(100)
    y = x - 2.0 * np.sqrt(NU * t) * nodes
    phi = node_weights * np.exp(-np.cos(np.pi * y) / (2.0 * np.pi * NU))
    return -np.sum(phi * np.sin(np.pi * y), axis=-1, keepdims=True) / np.sum(phi, axis=-1, keepdims=True)


def grid(across, along):
    """Two columns, x and t, of the points of a rectangular grid."""
    x, t = np.meshgrid(np.linspace(-1.0, 1.0, across), np.linspace(0.0, 1.0, along))
    return tf.constant(x.reshape(-1, 1)), tf.constant(t.reshape(-1, 1))


x, t = grid(SIDE, SIDE)
test_x, test_t = grid(41, 21)
exact = tf.constant(reference(test_x.numpy(), test_t.numpy()))


def relative_error():
    """|u - exact| / |exact| over a finer grid than the one trained on."""
    return float(tf.norm(network(test_x, test_t) - exact) / tf.norm(exact))


means = [tf.Variable(tf.zeros_like(v)) for v in variables]
squares = [tf.Variable(tf.zeros_like(v)) for v in variables]

size = sum(v.numpy().size for v in variables)
print(f"{size} weights, {SIDE * SIDE} points, error before training {relative_error():.5f}")
for step in range(1, STEPS + 1):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(residual(x, t)))
    rate = 0.03 * (1.0 - (step - 1) / STEPS) * np.sqrt(1.0 - 0.999**step) / (1.0 - 0.9**step)
    for v, g, m, s in zip(variables, tape.gradient(loss, variables), means, squares):
        m.assign(0.9 * m + 0.1 * g)
        s.assign(0.999 * s + 0.001 * tf.square(g))
        v.assign_sub(rate * m / (tf.sqrt(s) + 1e-8))
    if step == 1 or step % 50 == 0:
        print(f"step {step:3d}: loss {loss:.6e}, error {relative_error():.6f}")

print("\n    t      x     network   Cole-Hopf")
for at_t in (0.25, 0.5, 1.0):
    for at_x in (-0.75, -0.25, 0.1, 0.5):
        u = network(tf.constant([[at_x]], dtype=tf.float64), tf.constant([[at_t]], dtype=tf.float64))
        print(f"{at_t:5.2f}  {at_x:5.2f}  {float(u[0, 0]):10.6f}  {reference(np.array([[at_x]]), at_t)[0, 0]:10.6f}")
