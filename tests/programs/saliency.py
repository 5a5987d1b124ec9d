"""Which pixels matter: gradient saliency, integrated gradients and a sign-gradient attack on a digit classifier."""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

images, labels = load_digits(return_X_y=True)
images = (images / 16.0).astype(np.float32)
rng = np.random.default_rng(5)
mixing = rng.normal(size=(64, 40)) * 0.3
hidden = np.tanh(images @ mixing)
target = np.eye(10)[labels] * 2 - 1
readout = np.linalg.solve(hidden.T @ hidden + 5.0 * np.eye(40), hidden.T @ target)
w1 = tf.constant(mixing, dtype=tf.float32)
w2 = tf.constant(readout, dtype=tf.float32)


def scores(x):
    return tf.matmul(tf.tanh(tf.matmul(x, w1)), w2) * 4.0


x = tf.convert_to_tensor(images[:1])
label = int(labels[0])
with tf.GradientTape() as tape:
    tape.watch(x)
    score = scores(x)[:, label]
saliency = tf.reshape(tf.abs(tape.gradient(score, x)), [8, 8])
top = tf.argsort(tf.reshape(saliency, [-1]), direction="DESCENDING")[:5]
print(f"digit {label}, score {score[0]:.5f}; largest saliency {tf.reduce_max(saliency):.5f} at pixels {top.numpy()}")
print("rows:", np.round(tf.reduce_sum(saliency, axis=1).numpy(), 4))

baseline = tf.zeros_like(x)
alphas = (tf.range(32, dtype=tf.float32)[:, tf.newaxis] + 0.5) / 32.0
path = baseline + alphas * (x - baseline)
with tf.GradientTape() as tape:
    tape.watch(path)
    along = scores(path)[:, label]
integrated = (x - baseline) * tf.reduce_mean(tape.gradient(along, path), axis=0, keepdims=True)
total = tf.reduce_sum(integrated)
gap = total - (scores(x) - scores(baseline))[0, label]
print(f"integrated gradients: sum {total:.5f}; complete to 1 %: {bool(tf.abs(gap) < 0.01 * score[0])}")

for epsilon in [0.0, 0.05, 0.1, 0.2]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[label], logits=scores(x))
    attacked = tf.clip_by_value(x + epsilon * tf.sign(tape.gradient(loss, x)), 0.0, 1.0)
    p = tf.nn.softmax(scores(attacked))[0]
    print("epsilon", epsilon, "-> guess", tf.argmax(p).numpy(), "p(true) = %.5f" % p[label].numpy())  # noqa: UP031
