"""Control by differentiating through unrolled dynamics: a cart on a line, against Riccati's exact answer."""

import numpy as np
import tensorflow as tf

STEPS, DT = 20, 0.1
A = np.array([[1.0, DT], [0.0, 1.0]])
B = np.array([[0.0], [DT]])
Q, R, END = np.diag([1.0, 0.1]), 0.05, np.diag([10.0, 1.0])
start = np.array([[1.0], [0.5]])


def cost(controls):
    state = tf.constant(start)
    total = 0.0
    for u in tf.unstack(controls):
        total += tf.reduce_sum(state * tf.matmul(Q, state)) + R * u * u
        state = tf.matmul(A, state) + B * u
    return total + tf.reduce_sum(state * tf.matmul(END, state)), state


controls = tf.Variable(tf.zeros([STEPS], dtype=tf.float64))
direction = gradient = None
for iteration in range(1, 61):
    with tf.GradientTape() as tape:
        value, final = cost(controls)
    old, gradient = gradient, tape.gradient(value, controls)
    if tf.norm(gradient) < 1e-8:
        break
    beta = 0.0 if old is None else tf.tensordot(gradient, gradient, 1) / tf.tensordot(old, old, 1)
    direction = -gradient if old is None else beta * direction - gradient
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value, _ = cost(controls)
        slope = tf.reduce_sum(inner.gradient(value, controls) * direction)
    curved = outer.gradient(slope, controls)
    controls.assign_add(-slope / tf.tensordot(curved, direction, axes=1) * direction)
    if iteration <= 3:
        print(f"iteration {iteration}: cost {value:.8f}, |gradient| {tf.norm(gradient):.6f}")

P = END
for _ in range(STEPS):
    K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
    P = Q + A.T @ P @ (A - B @ K)
print(f"cost {value:.10f}; Riccati's {(start.T @ P @ start).item():.10f}; in fewer than 40 steps: {iteration < 40}")
print("first controls:", np.round(controls[:4].numpy(), 6), "; end:", np.round(tf.squeeze(final).numpy(), 6))
