"""Newton's method with nested tapes: a root, a minimum in one variable, and Rosenbrock's valley in four."""

import numpy as np
import tensorflow as tf

x = tf.Variable(1.5, dtype=tf.float64)
steps = 0
while True:
    with tf.GradientTape() as tape:
        f = tf.cos(x) - x * tf.exp(-x)
    slope = tape.gradient(f, x)
    if tf.abs(f) < 1e-13:
        break
    x.assign_sub(f / slope)
    steps += 1
print(f"root of cos x = x exp(-x): {x.numpy():.10f} after {steps} steps")

y = tf.Variable(2.0, dtype=tf.float64)
for _ in range(8):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            f = y**4 - 3.0 * y**3 + 2.0 * tf.sin(y)
        first = inner.gradient(f, y)
    second = outer.gradient(first, y)
    y.assign_sub(first / second)
print(f"minimum of y^4 - 3 y^3 + 2 sin y: y = {float(y):.10f}, f = {float(f):.10f}, f'' = {float(second):.10f}")


def rosenbrock(p):
    return tf.reduce_sum(100.0 * (p[1:] - p[:-1] ** 2) ** 2 + (1.0 - p[:-1]) ** 2)


p = tf.Variable([1.3, 0.7, 0.8, 1.9], dtype=tf.float64)
unit = tf.eye(4, dtype=tf.float64)
for step in range(1, 41):
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            f = rosenbrock(p)
        g = inner.gradient(f, p)
        products = [tf.reduce_sum(g * e) for e in unit]
    hessian = tf.stack([outer.gradient(product, p) for product in products])
    damping = max(0.0, 1e-3 - np.linalg.eigvalsh(hessian)[0])
    move = np.linalg.solve(hessian + damping * unit, g)
    length = 1.0
    while rosenbrock(p - length * move) > f:
        length = length / 2
    p.assign(p - length * move)
    if step in (1, 2, 5, 10):
        print(f"step {step}: f = {f:.8f}, step length {length}")
    if tf.norm(g) < 1e-9:
        print("converged:", bool(tf.reduce_all(tf.abs(p - 1.0) < 1e-8)))
        break
