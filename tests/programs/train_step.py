"""A training step under @tf.function: robust regression with a learning-rate decay and early stopping outside."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(60)
inputs = rng.normal(size=(256, 3)).astype(np.float32)
targets = (inputs @ [1.5, -2.0, 0.5] + 0.7 + 0.1 * rng.normal(size=256)).astype(np.float32)
targets[::16] += 8.0  # outliers


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.zeros([3, 1]), name="w")
        self.b = tf.Variable(0.0, name="b")

    @tf.function
    def __call__(self, x):
        return tf.squeeze(tf.matmul(x, self.w), axis=1) + self.b


model = Model()
steps = tf.Variable(0, trainable=False, dtype=tf.int64)


@tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([None], tf.float32)])
def train_step(x, y):
    with tf.GradientTape() as tape:
        error = model(x) - y
        loss = tf.reduce_mean(tf.sqrt(1.0 + tf.square(error)) - 1.0)
    rate = 0.8 / (1.0 + 0.05 * tf.cast(steps, tf.float32))
    gradients = tape.gradient(loss, model.trainable_variables)
    for v, g in zip(model.trainable_variables, gradients):
        v.assign_sub(rate * g)
    steps.assign_add(1)
    return loss, rate


previous = np.inf
for epoch in range(30):
    for start in range(0, 256, 60):  # the last batch is a short one
        loss, rate = train_step(inputs[start : start + 60], targets[start : start + 60])
    whole = tf.reduce_mean(tf.abs(model(inputs) - targets))
    if epoch % 5 == 0:
        print(f"epoch {epoch}: last loss {loss:.5f}, rate {rate:.5f}, mean error {whole:.5f}")
    if previous - whole < 3e-4:
        break
    previous = whole

print("stopped after", int(steps), "steps")
print("w =", np.round(model.w.numpy().ravel(), 4), " b =", np.round(float(model.b), 4))
