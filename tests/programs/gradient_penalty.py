"""A critic with a gradient penalty, as in WGAN-GP: the loss holds a gradient, so training needs second derivatives."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(8)
BATCH = 64
critic = [
    tf.Variable(rng.normal(size=(2, 16)).astype("float32") * 0.5),
    tf.Variable(tf.zeros(16)),
    tf.Variable(rng.normal(size=(16, 1)).astype("float32") * 0.3),
]
generator = [tf.Variable(np.eye(2), dtype="float32"), tf.Variable([0.0, 0.0])]


def judge(x):
    w1, b1, w2 = critic
    return tf.matmul(tf.nn.softplus(tf.matmul(x, w1) + b1), w2)


def generate(z):
    return tf.matmul(z, generator[0]) + generator[1]


for step in range(40):
    for _ in range(5):
        real = tf.constant(rng.normal(size=(BATCH, 2)) * [0.5, 1.5] + [2.0, -1.0], dtype=tf.float32)
        z = tf.constant(rng.normal(size=(BATCH, 2)), tf.float32)
        mix = tf.constant(rng.uniform(size=(BATCH, 1)), tf.float32)
        fake = tf.stop_gradient(generate(z))
        with tf.GradientTape() as tape:
            between = mix * real + (1.0 - mix) * fake
            with tf.GradientTape() as inner:
                inner.watch(between)
                judged = judge(between)
            slope = inner.gradient(judged, between)
            norms = tf.sqrt(tf.reduce_sum(tf.square(slope), axis=1) + 1e-12)
            penalty = tf.reduce_mean((norms - 1.0) ** 2)
            distance = tf.reduce_mean(judge(real)) - tf.reduce_mean(judge(fake))
            loss = -distance + 10.0 * penalty
        for v, g in zip(critic, tape.gradient(loss, critic)):
            v.assign_sub(0.05 * tf.clip_by_norm(g, 5.0))
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(judge(generate(z)))
    for v, g in zip(generator, tape.gradient(loss, generator)):
        v.assign_sub(0.05 * g)
    if (step + 1) % 10 == 0:
        print(f"step {step + 1}: distance {distance:.5f}, penalty {penalty:.6f}, mean norm {tf.reduce_mean(norms):.5f}")

print("generator moves to", generator[1].numpy(), "; the data lie around [2, -1]")
