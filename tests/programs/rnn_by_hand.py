"""A recurrent network written out over time: the next value of a noisy sine, gradients clipped by their global norm."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(12)
LENGTH, HIDDEN, BATCH = 25, 12, 16
phase = rng.uniform(0.0, 2.0 * np.pi, size=(BATCH, 1))
series = np.sin(0.4 * np.arange(LENGTH + 1) + phase) + 0.05 * rng.normal(size=(BATCH, LENGTH + 1))
series = tf.constant(series, dtype=tf.float32)

w_x = tf.Variable(rng.normal(size=(1, HIDDEN)).astype(np.float32) * 0.5, name="w_x")
w_h = tf.Variable(np.linalg.qr(rng.normal(size=(HIDDEN, HIDDEN)))[0].astype(np.float32) * 0.9, name="w_h")
b = tf.Variable(tf.zeros([HIDDEN]), name="b")
w_y = tf.Variable(rng.normal(size=(HIDDEN, 1)).astype(np.float32) * 0.3, name="w_y")
variables = [w_x, w_h, b, w_y]
velocity = [tf.Variable(tf.zeros_like(v), trainable=False) for v in variables]


def unroll(inputs):
    h = tf.zeros([BATCH, HIDDEN])
    outputs = []
    for step in range(LENGTH):
        x = inputs[:, step : step + 1]
        h = tf.tanh(tf.matmul(x, w_x) + tf.matmul(h, w_h) + b)
        outputs.append(tf.matmul(h, w_y))
    return tf.concat(outputs, axis=1)


for epoch in range(1, 31):
    with tf.GradientTape() as tape:
        guesses = unroll(series[:, :-1])
        loss = tf.reduce_mean(tf.square(guesses - series[:, 1:]))
    gradients, norm = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
    for v, m, g in zip(variables, velocity, gradients):
        m.assign(0.8 * m + g)
        v.assign_sub(0.05 * m)
    if epoch == 1 or epoch % 10 == 0:
        print("epoch", epoch, "loss", f"{loss.numpy():.5f}", "gradient norm", f"{norm.numpy():.4f}")

last = tf.stack([series[0, -4:], guesses[0, -4:]])
print("last four values, seen and predicted:")
print(np.round(last.numpy(), 3))
