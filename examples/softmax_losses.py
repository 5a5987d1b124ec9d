"""What `tape.gradient` returns when the target is not a single number: a sum, never a Jacobian.

Four small questions, from `x * x` to a softmax loss per sample against the same loss averaged. The run prints every
gradient in full.
"""

import tensorflow as tf

# 1. One number by one number.
x = tf.constant(3.0)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = x * x
print("1. y = x * x at 3: dy/dx =", tape.gradient(y, x).numpy())

# 2. Several targets: their gradients are added up, and the result has the structure of the sources.
x1, x2 = tf.constant(2.0), tf.constant(5.0)
with tf.GradientTape(persistent=True) as tape:
    tape.watch([x1, x2])
    y1 = x1 * x2
    y2 = x1 * x1 + 3.0 * x2
both = tape.gradient([y1, y2], [x1, x2])
first = tape.gradient(y1, [x1, x2])
second = tape.gradient(y2, [x1, x2])
print("2. y1 = x1 * x2, y2 = x1 * x1 + 3 * x2 at (2, 5)")
print("   gradient(y1):      ", [float(g) for g in first])
print("   gradient(y2):      ", [float(g) for g in second])
print("   gradient([y1, y2]):", [float(g) for g in both])

# 3. and 4. A linear classifier with two samples and two classes.
inputs = tf.constant([[0.1, 0.0], [0.5, 0.51]])
labels = tf.constant([0, 1])
w = tf.Variable(inputs)
b = tf.Variable(tf.zeros(2))
with tf.GradientTape(persistent=True) as tape:
    logits = tf.matmul(inputs, w) + b
    xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    mean = tf.reduce_mean(xentropy)

print("3. one loss per sample:", xentropy.numpy())
per_sample = tape.gradient(xentropy, [w, b])
print("   gradient by w, the samples' gradients added:")
print(per_sample[0].numpy())
print("   by b:", per_sample[1].numpy())

print("4. the mean of the losses:", mean.numpy())
reduced = tape.gradient(mean, [w, b])
print("   gradient by w, half of the one above since there are two samples:")
print(reduced[0].numpy())
print("   by b:", reduced[1].numpy())
del tape
