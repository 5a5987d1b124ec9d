"""Fitted Q-learning on a windy grid: targets behind stop_gradient, Huber loss by hand, a second table for targets."""

import numpy as np
import tensorflow as tf

SIDE, GAMMA = 4, 0.9
MOVES = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])
rng = np.random.default_rng(17)


def one_hot(cells):
    return tf.one_hot(tf.reshape(cells[:, 0] * SIDE + cells[:, 1], [-1]), SIDE * SIDE)


states = rng.integers(0, SIDE, size=(400, 2))
actions = rng.integers(0, 4, size=400)
after = np.clip(states + MOVES[actions] + (rng.uniform(size=(400, 1)) < 0.2) * [1, 0], 0, SIDE - 1)
done = np.all(after == SIDE - 1, axis=1)
reward = np.where(done, 1.0, -0.04).astype(np.float32)

q = tf.Variable(rng.normal(size=(SIDE * SIDE, 4)).astype(np.float32) * 0.01, name="q")
target = tf.Variable(q, trainable=False, name="target")
for step in range(1, 151):
    pick = rng.integers(0, 400, size=64)
    with tf.GradientTape() as tape:
        values = tf.matmul(one_hot(states[pick]), q)
        chosen = tf.gather_nd(values, tf.stack([tf.range(64), tf.cast(actions[pick], tf.int32)], axis=1))
        best = tf.reduce_max(tf.matmul(one_hot(after[pick]), target), axis=1)
        goal = tf.stop_gradient(reward[pick] + GAMMA * tf.where(done[pick], tf.zeros_like(best), best))
        error = tf.abs(goal - chosen)
        huber = tf.where(error < 0.5, 0.5 * error**2, 0.5 * (error - 0.25))
        loss = tf.reduce_mean(huber)
    assert [v.name for v in tape.watched_variables()] == ["q:0"]
    q.assign_sub(10.0 * tape.gradient(loss, q))
    if step % 10 == 0:
        target.assign(q)
    if step % 50 == 0:
        print(f"step {step}: loss {loss:.6f}, largest value {tf.reduce_max(q):.5f}")

print(np.round(tf.reshape(tf.reduce_max(q, axis=1), (SIDE, SIDE)).numpy(), 3))
policy = tf.reshape(tf.argmax(q, axis=1), (SIDE, SIDE)).numpy()
print("\n".join(" ".join(">v<^"[action] for action in row) for row in policy))
