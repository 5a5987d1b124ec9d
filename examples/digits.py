"""Softmax regression on 1,797 real handwritten digits of 8 x 8 grey values (they come with scikit-learn).

A training loop in its plainest form: draw a mini batch, record the loss on a tape, ask for the gradient, step with
`assign_sub`. The loss is convex, so rounding does not send two runs on different ways.
"""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

CLASSES, BATCH, EPOCHS, RATE, DECAY = 10, 128, 30, 0.5, 1e-3

rng = np.random.default_rng(0)
images, labels = load_digits(return_X_y=True)
order = rng.permutation(len(images))
images = (images[order] / 16.0).astype(np.float32)
labels = labels[order].astype(np.int32)
x_train, y_train, x_test, y_test = images[:1437], labels[:1437], images[1437:], labels[1437:]

w = tf.Variable(tf.zeros([64, CLASSES]), name="weights")
b = tf.Variable(tf.zeros([CLASSES]), name="bias")


def loss_of(x, y):
    """Mean cross-entropy of the labels plus a small quadratic penalty on the weights."""
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=tf.matmul(x, w) + b)
    return tf.reduce_mean(entropy) + DECAY * tf.reduce_sum(tf.square(w))


def correct(x, y):
    """How many of the images get their own label."""
    guesses = tf.argmax(tf.matmul(x, w) + b, axis=1, output_type=tf.int32)
    return int(tf.reduce_sum(tf.cast(tf.equal(guesses, y), tf.int32)))


print(f"{len(x_train)} images to learn from, {len(x_test)} to be tested on")
for epoch in range(1, EPOCHS + 1):
    losses = []
    order = rng.permutation(len(x_train))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        chosen = order[start : start + BATCH]
        with tf.GradientTape() as tape:
            loss = loss_of(x_train[chosen], y_train[chosen])
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(RATE * dw)
        b.assign_sub(RATE * db)
        losses.append(loss)
    if epoch == 1 or epoch % 5 == 0:
        print(f"epoch {epoch:2d}: mean loss {np.mean(losses):.5f}, test {correct(x_test, y_test)} of {len(x_test)}")

hits = correct(x_test, y_test)
print(f"test accuracy: {hits / len(x_test):.4f}, training accuracy: {correct(x_train, y_train) / len(x_train):.4f}")

probabilities = tf.nn.softmax(tf.matmul(x_test, w) + b)
doubt = tf.reduce_max(probabilities, axis=1)
least = int(tf.argmin(doubt))
best = np.argsort(probabilities[least].numpy())[::-1][:2]
guesses = ", ".join(f"{digit} with {probabilities[least, digit]:.4f}" for digit in best)
print(f"least sure of an image labelled {y_test[least]}: {guesses}")
