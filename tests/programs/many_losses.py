"""One persistent tape, many losses, and everyday habits: formats, float(t), `if` on a tensor, assignment to slices."""

import numpy as np
import tensorflow as tf

print("eager:", tf.executing_eagerly(), "| shapes:", tf.zeros([2, 3]).shape, tf.shape(tf.zeros([2, 3])).numpy())
a = tf.Variable([1.0, 2.0, 3.0], name="a")
b = tf.Variable(0.5, name="b")
c = tf.Variable([[1.0, -1.0], [0.5, 2.0]], trainable=False, name="c")

with tf.GradientTape(persistent=True) as tape:
    losses = {
        "square": tf.reduce_sum(tf.square(a)) * b,
        "product": tf.reduce_prod(a) + b**3,
        "largest": tf.reduce_max(a * tf.constant([1.0, 2.0, 1.0])),
        "entropy": -tf.reduce_sum(tf.nn.softmax(a) * tf.nn.log_softmax(a)),
        "norm": tf.norm(tf.concat([a, [b, 2.0 * b]], axis=0)),
        "apart": tf.reduce_mean(c),
    }
print("watched:", [v.name for v in tape.watched_variables()])
for name, loss in losses.items():
    da, db = tape.gradient(loss, [a, b])
    print(f"{name:8s} {loss:9.5f}  da = {None if da is None else da.numpy()}  db = {db}")
zero = tape.gradient(losses["apart"], {"a": a, "b": b}, unconnected_gradients=tf.UnconnectedGradients.ZERO)
print({name: gradient.numpy().tolist() for name, gradient in zero.items()})
total = tape.gradient(list(losses.values()), a)
print("all at once:", total.numpy())
del tape

a[1].assign(7.0)
a[1:].assign(a[1:] + [0.25, 0.25])
print("a =", a.numpy(), "| maximum at", np.argmax(a), "| sum", float(tf.reduce_sum(a)))
print("{} and {:.3f} and {!r}".format(tf.constant(2), tf.constant(0.125), tf.constant([1, 2])))  # noqa: UP032
print(tf.constant([[1.5, 2.0]]), tf.constant(True), b)

history, best, patience = [], np.inf, 0
for _ in range(50):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((a - [1.0, 2.0, 3.0]) ** 2) + 0.1 * tf.abs(b)
    da, db = tape.gradient(loss, (a, b))
    a.assign_sub(0.3 * da)
    b.assign_sub(0.3 * db)
    history.append(loss)
    if loss < best - 1e-3:
        best, patience = loss, 0
    else:
        patience += 1
    if patience >= 3 and not tf.math.is_nan(loss):
        break
print(f"{len(history)} steps: best {best:.6f}, mean {np.mean(history):.6f}, last {np.array(history)[-1]:.6f}")
