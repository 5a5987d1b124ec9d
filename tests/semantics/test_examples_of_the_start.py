"""The four examples that everything starts from, to every printed digit."""

from __future__ import annotations

import numpy as np

from tests.semantics.support import all_same, needs, same, tf


def test_the_gradient_of_a_square_is_twice_its_argument():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    dy_dx = tape.gradient(y, x)
    assert float(dy_dx) == 6.0
    assert dy_dx.dtype == tf.float32
    assert dy_dx.shape == ()


def test_a_list_of_targets_is_summed():
    """`gradient([y1, y2], [x1, x2])` is `[dy1/dx1 + dy2/dx1, dy1/dx2 + dy2/dx2]`."""
    x1, x2 = tf.constant(2.0), tf.constant([3.0, 5.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x1, x2])
        y1 = x1 * x1 * x2
        y2 = tf.reduce_sum(x1 * x2 * x2)
    got = tape.gradient([y1, y2], [x1, x2])
    assert isinstance(got, list)
    same(got[0], 2 * 2.0 * (3.0 + 5.0) + (9.0 + 25.0))
    same(got[1], [4.0 + 2 * 2.0 * 3.0, 4.0 + 2 * 2.0 * 5.0])
    separately = [tape.gradient(y1, [x1, x2]), tape.gradient(y2, [x1, x2])]
    for i in range(2):
        same(got[i], (separately[0][i] + separately[1][i]).numpy())


def test_each_entry_has_the_shape_of_its_source_and_is_never_a_jacobian():
    x1, x2 = tf.constant([1.0, 2.0, 3.0]), tf.constant([[1.0], [2.0]])
    with tf.GradientTape() as tape:
        tape.watch([x1, x2])
        y = x1 * x2  # [2, 3]
    same_shapes = [g.shape for g in tape.gradient([y, y * y], [x1, x2])]
    assert same_shapes == [(3,), (2, 1)]


@needs("function", "gradients")
def test_tf_gradients_sums_a_list_of_targets_likewise():
    @tf.function
    def f(x1, x2):
        y1, y2 = x1 * x1 * x2, x1 * x2 * x2
        return tf.gradients([y1, y2], [x1, x2])

    all_same(f(tf.constant(2.0), tf.constant(3.0)), [2 * 2 * 3.0 + 9.0, 4.0 + 2 * 2 * 3.0])


def per_sample_losses():
    inputs = tf.constant([[0.1, 0], [0.5, 0.51]])
    w = tf.Variable(inputs)
    b = tf.Variable(tf.zeros(2))
    labels = tf.constant([0, 1])
    with tf.GradientTape(persistent=True) as tape:
        logits = tf.matmul(inputs, w) + b
        xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = tf.reduce_mean(xentropy)
    return tape, xentropy, loss, w, b


def printed(t):
    """How NumPy, and so TensorFlow, prints the values, on one line."""
    return " ".join(str(t.numpy()).split())


def test_per_sample_losses_have_the_gradient_of_their_sum():
    tape, xentropy, _, w, b = per_sample_losses()
    assert printed(xentropy) == "[0.6881597 0.71584916]"
    grad_w, grad_b = tape.gradient(xentropy, [w, b])
    assert printed(grad_w) == "[[ 0.20586157 -0.20586154] [ 0.2607238 -0.26072377]]"
    assert grad_b.shape == (2,)
    assert grad_w.dtype == grad_b.dtype == tf.float32


def test_the_reduced_loss_has_half_that_gradient():
    tape, xentropy, loss, w, b = per_sample_losses()
    assert printed(loss) == "0.70200443"
    grad_w = tape.gradient(loss, [w, b])[0]
    assert printed(grad_w) == "[[ 0.10293078 -0.10293077] [ 0.1303619 -0.13036188]]"
    np.testing.assert_array_equal(grad_w.numpy() * 2, tape.gradient(xentropy, w).numpy())
