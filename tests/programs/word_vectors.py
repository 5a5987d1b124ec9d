"""Skip-gram word vectors with negative sampling on a tiny invented language: sparse gradients, added up by word."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(50)
subjects, verbs, things = ["cat", "dog", "child"], ["sees", "hears"], ["bird", "ball", "tree", "rain"]
words = subjects + verbs + things
index = {word: i for i, word in enumerate(words)}
text = [[subjects[rng.integers(3)], verbs[rng.integers(2)], things[rng.integers(4)]] for _ in range(120)]
pairs = np.array([(index[a], index[b]) for line in text for a in line for b in line if a != b], dtype=np.int32)

inside = tf.Variable(rng.normal(size=(len(words), 4)) * 0.3, dtype=tf.float32)
outside = tf.Variable(rng.normal(size=(len(words), 4)) * 0.3, dtype=tf.float32)

for step in range(1, 201):
    batch = pairs[rng.integers(0, len(pairs), size=32)]
    wrong = rng.integers(0, len(words), size=(32, 3))
    with tf.GradientTape() as tape:
        v = tf.nn.embedding_lookup(inside, batch[:, 0])
        right = tf.reduce_sum(v * tf.nn.embedding_lookup(outside, batch[:, 1]), axis=1)
        others = tf.einsum("bd,bnd->bn", v, tf.gather(outside, wrong))
        loss = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(right), right)
            + tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(tf.zeros_like(others), others), axis=1)
        )
    d_inside, d_outside = tape.gradient(loss, [inside, outside])
    if step == 1:
        print(type(d_inside).__name__, d_inside.values.shape, type(d_outside).__name__, d_outside.values.shape)
        print("first indices for the outer table:", d_outside.indices.numpy()[:3], "of", len(d_outside.indices))
    inside.assign_sub(2.0 * tf.convert_to_tensor(d_inside))
    outside.scatter_sub(tf.IndexedSlices(2.0 * d_outside.values, d_outside.indices))
    if step % 50 == 0:
        print(f"step {step}: loss {loss:.5f}")

unit = tf.math.l2_normalize(inside, axis=1)
cosine = tf.matmul(unit, unit, transpose_b=True).numpy()
np.fill_diagonal(cosine, -1.0)
for word in ("cat", "sees", "bird"):
    print(word, "is nearest to", words[int(np.argmax(cosine[index[word]]))], f"({cosine[index[word]].max():.3f})")
