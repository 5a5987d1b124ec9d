"""Inverse kinematics of a three-joint arm: Gauss-Newton with `tape.jacobian`, many poses with `batch_jacobian`."""

import numpy as np
import tensorflow as tf

lengths = tf.constant([1.0, 0.8, 0.5], dtype=tf.float64)


def hand(angles):
    """Where the arm ends and which way it points; the joints are the last axis."""
    heading = tf.cumsum(angles, axis=-1)
    x = tf.reduce_sum(lengths * tf.cos(heading), axis=-1)
    y = tf.reduce_sum(lengths * tf.sin(heading), axis=-1)
    return tf.stack([x, y, heading[..., -1]], axis=-1)


goal = tf.constant([0.9, 1.2, 1.8], dtype=tf.float64)
angles = tf.Variable([0.3, 0.4, 0.2], dtype=tf.float64)
for step in range(1, 21):
    with tf.GradientTape() as tape:
        miss = hand(angles) - goal
    slopes = tape.jacobian(miss, angles)
    size = tf.norm(miss)
    if step <= 3:
        print(f"step {step}: miss {size:.8f}, determinant {np.linalg.det(slopes):.8f}")
    if size < 1e-12:
        break
    angles.assign_sub(np.linalg.solve(slopes, miss))
print("reached:", bool(size < 1e-12), " angles:", np.round(angles.numpy(), 8))

poses = tf.constant(np.random.default_rng(70).uniform(-1.5, 1.5, size=(5, 3)))
with tf.GradientTape() as tape:
    tape.watch(poses)
    ends = hand(poses)
each = tape.batch_jacobian(ends, poses)
print("five Jacobians at once:", each.shape, " reach of joints:", np.round(tf.norm(each[:, :2], axis=1).numpy(), 6))
manipulability = np.abs(np.linalg.det(each.numpy()))
print("manipulability:", np.round(manipulability, 6))

with tf.GradientTape() as outer:
    outer.watch(angles)
    with tf.GradientTape() as inner:
        inner.watch(angles)
        x = hand(angles)[0]
    slope = inner.gradient(x, angles)
print("curvature of x:")
print(np.round(outer.jacobian(slope, angles).numpy(), 6))
