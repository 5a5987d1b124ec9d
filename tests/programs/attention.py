"""Masked self-attention and layer normalisation by hand, with einsum, one training step after another."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(33)
BATCH, TIME, WIDTH, HEADS = 4, 6, 8, 2
x = tf.constant(rng.normal(size=(BATCH, TIME, WIDTH)), tf.float32)
goal = tf.cumsum(x, axis=1) / tf.reshape(tf.range(1.0, TIME + 1.0), [1, TIME, 1])

wq, wk, wv = (tf.Variable(rng.normal(size=(WIDTH, HEADS, WIDTH // HEADS)) * 0.3, dtype=tf.float32) for _ in range(3))
wo = tf.Variable(rng.normal(size=(HEADS, WIDTH // HEADS, WIDTH)) * 0.3, dtype=tf.float32)
scale, shift = tf.Variable(tf.ones([WIDTH])), tf.Variable(tf.zeros([WIDTH]))
variables = [wq, wk, wv, wo, scale, shift]
past = tf.cast(tf.range(TIME)[:, None] >= tf.range(TIME)[None, :], tf.float32)


def normalise(h):
    mean = tf.reduce_mean(h, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(h, mean), axis=-1, keepdims=True)
    return scale * (h - mean) * tf.math.rsqrt(variance + 1e-5) + shift


def attend(h):
    q, k, v = (tf.einsum("btc,chd->bhtd", normalise(h), w) for w in (wq, wk, wv))
    logits = tf.matmul(q, k, transpose_b=True) / np.sqrt(WIDTH / HEADS)
    weights = tf.nn.softmax(logits - 1e9 * (1.0 - past), axis=-1)
    return tf.einsum("bhtd,hdc->btc", tf.matmul(weights, v), wo), weights


for step in range(41):
    with tf.GradientTape() as tape:
        output, weights = attend(x)
        loss = tf.reduce_mean(tf.square(output - goal))
    gradients = tape.gradient(loss, variables)
    for v, g in zip(variables, gradients):
        v.assign(v - 0.3 * g)
    if step % 10 == 0:
        norms = [f"{tf.norm(g):.5f}" for g in gradients]
        print("step", step, f"loss {loss:.6f}", "norms", *norms)

print("rows of attention sum to one:", bool(tf.reduce_all(tf.abs(tf.reduce_sum(weights, axis=-1) - 1.0) < 1e-6)))
print("nothing from the future:", float(tf.reduce_max(tf.abs(weights * (1.0 - past)))) == 0.0)
