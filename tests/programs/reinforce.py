"""REINFORCE on a corridor of six cells with the goal on the right: a table of preferences, returns less a baseline."""

import numpy as np
import tensorflow as tf

CELLS, ACTIONS, GOAL = 6, 2, 5
rng = np.random.default_rng(3)
theta = tf.Variable(tf.zeros([CELLS, ACTIONS]), name="preferences")


def play(limit=30):
    states, actions, rewards = [], [], []
    state = 0
    while state != GOAL and len(states) < limit:
        probabilities = tf.nn.softmax(theta[state]).numpy()
        action = int(rng.uniform() < probabilities[1])
        states.append(state)
        actions.append(action)
        slipped = rng.uniform() < 0.1
        state = max(0, min(GOAL, state + (1 if (action == 1) != slipped else -1)))
        rewards.append(10.0 if state == GOAL else -1.0)
    return np.array(states), np.array(actions, dtype=np.int32), np.array(rewards)


baseline, lengths = 0.0, []
for episode in range(1, 81):
    states, actions, rewards = play()
    returns = np.cumsum(rewards[::-1])[::-1].astype(np.float32)
    with tf.GradientTape() as tape:
        logits = tf.gather(theta, states)
        log_p = tf.reduce_sum(tf.one_hot(actions, ACTIONS) * tf.nn.log_softmax(logits), axis=1)
        loss = -tf.reduce_mean(log_p * (returns - baseline))
    gradient = tape.gradient(loss, theta)
    theta.assign_sub(0.05 * tf.convert_to_tensor(gradient))
    baseline += 0.1 * (float(np.mean(returns)) - baseline)
    lengths.append(len(states))
    if episode % 20 == 0:
        print(f"episode {episode}: loss {float(loss):.5f}, mean length of the last twenty {np.mean(lengths[-20:]):.2f}")

print("probability of going right in each cell:")
print(np.round(tf.nn.softmax(theta, axis=1)[:-1, 1].numpy(), 4))
