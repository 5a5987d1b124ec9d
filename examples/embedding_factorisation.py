"""Matrix factorisation with embeddings: the gradient of a look-up touches only the rows that were looked up.

The ratings are synthetic and say so: 120 people and 80 films with three hidden tastes each, a mean, two biases, and
noise of 0.25. `tf.gather` and `tf.nn.embedding_lookup` return gradients as IndexedSlices, and `scatter_sub` updates
just those rows.
"""

import numpy as np
import tensorflow as tf

PEOPLE, FILMS, RANK, RATINGS, NOISE = 120, 80, 3, 4000, 0.25
BATCH, EPOCHS, RATE, DECAY = 100, 12, 8.0, 2e-4

rng = np.random.default_rng(11)
true_people = rng.normal(size=(PEOPLE, RANK)) * 0.6
true_films = rng.normal(size=(FILMS, RANK)) * 0.6
true_bias = rng.normal(size=FILMS) * 0.5
pairs = rng.permutation(PEOPLE * FILMS)[:RATINGS]
who, what = (pairs // FILMS).astype(np.int32), (pairs % FILMS).astype(np.int32)
clean = 3.5 + true_bias[what] + np.sum(true_people[who] * true_films[what], axis=1)
stars = (clean + NOISE * rng.normal(size=RATINGS)).astype(np.float32)
train, test = np.arange(RATINGS) < 3600, np.arange(RATINGS) >= 3600

people = tf.Variable((rng.normal(size=(PEOPLE, RANK)) * 0.3).astype(np.float32), name="people")
films = tf.Variable((rng.normal(size=(FILMS, RANK)) * 0.3).astype(np.float32), name="films")
bias = tf.Variable(tf.zeros([FILMS]), name="film_bias")
mean = float(np.mean(stars[train]))


def predict(i, j):
    """The rating that person i gives to film j."""
    p = tf.gather(people, i)
    q = tf.nn.embedding_lookup(films, j)
    return mean + tf.gather(bias, j) + tf.reduce_sum(p * q, axis=1), p, q


def rmse(chosen):
    """Root of the mean squared error on some of the ratings."""
    guess, _, _ = predict(who[chosen], what[chosen])
    return float(tf.sqrt(tf.reduce_mean(tf.square(stars[chosen] - guess))))


with tf.GradientTape() as tape:
    guess, _, _ = predict([3, 5, 3], [7, 7, 2])
    total = tf.reduce_sum(guess)
slices = tape.gradient(total, people)
print("the gradient with respect to the people, after looking up 3, 5 and 3:", type(slices).__name__)
print("  indices:", slices.indices.numpy(), " values:", slices.values.shape, " dense:", slices.dense_shape.numpy())
touched = tf.reduce_any(tf.not_equal(tf.convert_to_tensor(slices), 0.0), axis=1)
print(f"  as a dense array: {int(tf.reduce_sum(tf.cast(touched, tf.int32)))} rows of {PEOPLE} are not zero")

print(f"\nepoch  0: train {rmse(train):.5f}, test {rmse(test):.5f}")
for epoch in range(1, EPOCHS + 1):
    order = rng.permutation(np.flatnonzero(train))
    rate = RATE * 0.8 ** (epoch - 1)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        with tf.GradientTape() as tape:
            guess, p, q = predict(who[chosen], what[chosen])
            loss = tf.reduce_mean(tf.square(guess - stars[chosen])) + DECAY * (tf.nn.l2_loss(p) + tf.nn.l2_loss(q))
        for variable, slices in zip([people, films, bias], tape.gradient(loss, [people, films, bias])):
            variable.scatter_sub(tf.IndexedSlices(rate * slices.values, slices.indices))
    if epoch == 1 or epoch % 3 == 0:
        print(f"epoch {epoch:2d}: train {rmse(train):.5f}, test {rmse(test):.5f}")

shares = np.corrcoef(bias.numpy(), true_bias)[0, 1]
print(f"\nthe noise that was put in: {NOISE}; correlation of the films' biases with the true ones: {shares:.4f}")
everyone = tf.matmul(people, films, transpose_b=True) + bias + mean
true_table = 3.5 + true_bias + true_people @ true_films.T
error = np.sqrt(np.mean((everyone.numpy() - true_table) ** 2))
print(f"error over all {PEOPLE * FILMS} pairs, seen or not: {error:.4f}")
