"""A mixture of three Gaussians fitted by gradient ascent on reduce_logsumexp, in float64."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(40)
truth = [(0.5, -2.0, 0.6), (0.3, 1.0, 0.4), (0.2, 3.5, 0.8)]
data = np.concatenate([rng.normal(mean, spread, size=int(600 * share)) for share, mean, spread in truth])
data = tf.constant(data[:, np.newaxis])

parameters = {
    "share": tf.Variable(np.zeros(3)),
    "mean": tf.Variable(np.array([-1.0, 0.5, 2.0])),
    "log_spread": tf.Variable(np.zeros(3)),
}


def log_likelihood():
    shares = tf.nn.log_softmax(parameters["share"])
    z = (data - parameters["mean"]) / tf.exp(parameters["log_spread"])
    inside = shares - 0.5 * z * z - parameters["log_spread"] - 0.5 * np.log(2.0 * np.pi)
    return tf.reduce_mean(tf.reduce_logsumexp(inside, axis=1))


rate, value = 0.5, tf.constant(-np.inf, dtype=tf.float64)
for step in range(1, 401):
    with tf.GradientTape() as tape:
        value = log_likelihood()
    gradients = tape.gradient(value, parameters)
    for name, gradient in gradients.items():
        parameters[name].assign_add(rate * gradient)
    size = tf.linalg.global_norm(list(gradients.values()))
    if step in (1, 10, 100):
        print(f"step {step}: mean log-likelihood {value:.8f}, gradient {size:.8f}")
    if size < 1e-6:
        break
print(f"after 400 steps or fewer: {value:.8f}, gradient below 1e-3: {bool(size < 1e-3)}")
order = tf.argsort(parameters["mean"])
print("shares ", np.round(tf.gather(tf.nn.softmax(parameters["share"]), order).numpy(), 5))
print("means  ", np.round(tf.gather(parameters["mean"], order).numpy(), 5))
print("spreads", np.round(tf.exp(tf.gather(parameters["log_spread"], order)).numpy(), 5))
