"""A variational autoencoder, linear, with the reparameterisation trick on noise that NumPy draws."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(21)
N, D, K = 200, 5, 2
truth = rng.normal(size=(K, D))
data = tf.constant(rng.normal(size=(N, K)) @ truth + 0.3 * rng.normal(size=(N, D)), dtype=tf.float32)


def variable(*shape):
    return tf.Variable(rng.normal(size=shape) * 0.2, dtype=tf.float32)


encoder_mean, encoder_scale, decoder = variable(D, K), variable(D, K), variable(K, D)
log_noise = tf.Variable(0.0)
variables = [encoder_mean, encoder_scale, decoder, log_noise]


def log_normal(x, mean, log_var, axis=1):
    return tf.reduce_sum(-0.5 * (tf.math.log(2.0 * np.pi) + log_var + (x - mean) ** 2 * tf.exp(-log_var)), axis=axis)


def bound(x, epsilon):
    mean = tf.matmul(x, encoder_mean)
    log_var = 0.1 * tf.matmul(x, encoder_scale) - 1.0
    z = mean + tf.exp(0.5 * log_var) * epsilon
    likelihood = log_normal(x, tf.matmul(z, decoder), 2.0 * log_noise)
    divergence = 0.5 * tf.reduce_sum(tf.exp(log_var) + tf.square(mean) - 1.0 - log_var, axis=-1)
    return tf.reduce_mean(likelihood), tf.reduce_mean(divergence)


history = []
for step in range(1, 301):
    epsilon = rng.standard_normal((N, K)).astype(np.float32)
    with tf.GradientTape() as tape:
        likelihood, divergence = bound(data, epsilon)
        loss = divergence - likelihood
    for v, g in zip(variables, tape.gradient(loss, variables)):
        v.assign_sub(0.05 * tf.clip_by_value(g, -5.0, 5.0))
    history.append(loss)
    if step % 100 == 0:
        print(f"step {step}: mean bound of the last 25 {-np.mean(history[-25:]):.4f}, divergence {divergence:.4f}")

print("noise after 300 steps: {:.4f} (0.3 was put in)".format(tf.exp(log_noise)))  # noqa: UP032
