"""A hand-written network as a tf.Module, trained with a hand-written Adam on two interleaved spirals."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(0)


class Dense(tf.Module):
    def __init__(self, n_in, n_out, activation=None, name=None):
        super().__init__(name=name)
        limit = np.sqrt(6.0 / (n_in + n_out))
        self.w = tf.Variable(rng.uniform(-limit, limit, size=(n_in, n_out)), dtype=tf.float32, name="w")
        self.b = tf.Variable(tf.zeros([n_out]), name="b")
        self.activation = activation

    def __call__(self, x):
        y = tf.matmul(x, self.w) + self.b
        return y if self.activation is None else self.activation(y)


class MLP(tf.Module):
    def __init__(self):
        super().__init__(name="mlp")
        self.layers = [Dense(2, 24, tf.nn.tanh), Dense(24, 24, tf.nn.relu), Dense(24, 1)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return tf.squeeze(x, axis=-1)


turn = np.sqrt(rng.uniform(size=(2, 150))) * 2.0 * np.pi
side = np.array([[1.0], [-1.0]])
points = np.stack([side * turn * np.cos(turn), side * turn * np.sin(turn)], axis=-1).reshape(-1, 2) / 6.0
x = tf.convert_to_tensor(points + 0.02 * rng.normal(size=points.shape), dtype=tf.float32)
y = tf.constant(np.repeat([0.0, 1.0], 150), dtype=tf.float32)

model = MLP()
print("variables:", [(v.name, tuple(v.shape)) for v in model.trainable_variables])
slots = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in model.trainable_variables]
for step in range(1, 61):
    with tf.GradientTape() as tape:
        logits = model(x)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    for v, g, (m, s) in zip(model.trainable_variables, gradients, slots):
        m.assign_add((g - m) * 0.1)
        s.assign_add((tf.square(g) - s) * 0.01)
        v.assign_sub(0.01 * (m / (1 - 0.9**step)) / (tf.sqrt(s / (1 - 0.99**step)) + 1e-4))
    if step % 10 == 0:
        accuracy = tf.reduce_mean(tf.cast(tf.equal(logits > 0, y > 0.5), tf.float32))
        print("step {:3d}: loss {:.5f}, accuracy {:.4f}".format(step, loss, accuracy))  # noqa: UP032
