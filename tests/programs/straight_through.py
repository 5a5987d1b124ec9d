"""Custom gradients: a straight-through rounding, a clip that acts on the gradient only, and a stable log(1 + exp x)."""

import numpy as np
import tensorflow as tf


@tf.custom_gradient
def quantise(x):
    def grad(upstream):
        return upstream * tf.cast(tf.abs(x) <= 1.0, x.dtype)

    return tf.round(x * 4.0) / 4.0, grad


def clip_gradient(limit):
    @tf.custom_gradient
    def identity(x):
        return tf.identity(x), lambda dy: tf.clip_by_norm(dy, limit)

    return identity


@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)
    return tf.math.log(1.0 + e), lambda dy: dy * (1.0 - 1.0 / (1.0 + e))


x = tf.constant([0.0, 30.0, 100.0])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    plain = tf.math.log(1.0 + tf.exp(x))
    careful = log1pexp(x)
print("plain:", tape.gradient(plain, x).numpy(), " with its own rule:", tape.gradient(careful, x).numpy())

rng = np.random.default_rng(2)
inputs = tf.constant(rng.normal(size=(60, 3)), dtype=tf.float32)
targets = tf.matmul(inputs, [[0.5], [-0.75], [1.0]])
w = tf.Variable(tf.ones([3, 1]) * 0.1)
for step in range(40):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.matmul(inputs, quantise(clip_gradient(0.5)(w))) - targets) ** 2)
    g = tape.gradient(loss, w)
    w.assign_sub(0.1 * g)
    if step in (0, 10, 39):
        print("step", step, "loss", round(float(loss), 5), "|g|", round(float(tf.norm(g)), 5))
print("weights, quantised:", quantise(w).numpy().ravel())

with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.reduce_sum(x * tf.stop_gradient(tf.exp(-x)) + tf.nn.relu(x - 1.0))
print("gradient past stop_gradient:", tape.gradient(y, x).numpy())
