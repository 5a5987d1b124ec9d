"""Complex numbers: the gradient is the conjugate of the holomorphic derivative.

For a real L that is dL/dRe + i dL/dIm, the direction in which L grows fastest. A complex target has seed 1.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import complaints, needs, same, tf

Z = 1 + 2j


def slope(f, *zs, dtype="complex128", **options):
    ts = [tf.constant(z, getattr(tf, dtype)) for z in zs]
    with tf.GradientTape() as tape:
        tape.watch(ts)
        y = f(*ts)
    gs = tape.gradient(y, ts, **options)
    return gs[0] if len(gs) == 1 else gs


HOLOMORPHIC = {
    "z * z": (lambda z: z * z, lambda z: 2 * z),
    "square": (lambda z: tf.square(z), lambda z: 2 * z),
    "z * (2+3j)": (lambda z: z * (2 + 3j), lambda z: 2 + 3j),
    "1 / z": (lambda z: 1 / z, lambda z: -1 / z**2),
    "z ** 3": (lambda z: z**3, lambda z: 3 * z**2),
    "-z": (lambda z: -z, lambda z: -1 + 0 * z),
    "exp": (lambda z: tf.exp(z), np.exp),
    "log": (lambda z: tf.math.log(z), lambda z: 1 / z),
    "sqrt": (lambda z: tf.sqrt(z), lambda z: 0.5 / np.sqrt(z)),
    "sin": (lambda z: tf.sin(z), np.cos),
    "cos": (lambda z: tf.cos(z), lambda z: -np.sin(z)),
    "tanh": (lambda z: tf.tanh(z), lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: tf.sigmoid(z), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
}


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_a_holomorphic_function_has_the_conjugate_of_its_derivative(name, dtype):
    f, derivative = HOLOMORPHIC[name]
    g = slope(f, Z, dtype=dtype)
    assert g.dtype == getattr(tf, dtype)
    same(g, np.conj(derivative(np.complex128(Z))), rtol=2e-6 if dtype == "complex64" else 1e-13)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda z: tf.math.real(z), 1),
        (lambda z: tf.math.imag(z), 1j),
        (lambda z: tf.abs(z), Z / abs(Z)),
        (lambda z: tf.math.conj(z), 1),
        (lambda z: z * tf.math.conj(z), 2 * Z),
        (lambda z: tf.math.real(z * tf.math.conj(z)), 2 * Z),
        (lambda z: tf.square(tf.abs(z)), 2 * Z),
        (lambda z: tf.math.angle(z), 1j * Z / abs(Z) ** 2),
        (lambda z: tf.math.real(z) * tf.math.imag(z), 2 + 1j),
    ],
    ids=["real", "imag", "abs", "conj", "z conj(z)", "re z conj(z)", "abs squared", "angle", "re im"],
)
def test_a_real_function_has_the_direction_of_growth(f, expected):
    same(slope(f, Z), expected, rtol=1e-13)


def test_the_gradient_of_a_real_loss_is_the_steepest_ascent():
    """dL/dRe + i dL/dIm, by central differences."""

    def loss(z):
        return tf.reduce_sum(tf.abs(tf.exp(z) - z * z))

    z = np.array([1 + 2j, -0.5 + 0.25j])
    h = 1e-6
    ascent = []
    for i in range(2):
        e = np.eye(2)[i] * h
        re = (loss(tf.constant(z + e)) - loss(tf.constant(z - e))).numpy() / (2 * h)
        im = (loss(tf.constant(z + 1j * e)) - loss(tf.constant(z - 1j * e))).numpy() / (2 * h)
        ascent.append(re + 1j * im)
    same(slope(loss, z), ascent, rtol=1e-8)


def test_the_slope_of_the_absolute_value_at_zero_is_zero():
    same(slope(lambda z: tf.abs(z), 0j), 0j)


def test_parts_and_their_composition():
    a, b = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        z = tf.complex(a, b)
        y = tf.math.real(z * z)
    ga, gb = tape.gradient(y, [a, b])
    assert ga.dtype == gb.dtype == tf.float32
    same(ga, [2.0, 4.0])
    same(gb, [-6.0, -8.0])


def test_a_product_by_both_factors():
    ga, gb = slope(lambda a, b: a * b, 1 + 2j, 3 - 1j)
    same(ga, np.conj(3 - 1j))
    same(gb, np.conj(1 + 2j))


def test_a_matrix_product():
    """The conjugate transposes take part."""
    a = np.array([[1 + 1j, 2.0], [0.5j, 1 - 1j]])
    b = np.array([[1j, 1.0], [2.0, 1 + 3j]])
    ga, gb = slope(lambda a, b: tf.matmul(a, b), a, b)
    ones = np.ones((2, 2))
    same(ga, ones @ b.conj().T)
    same(gb, a.conj().T @ ones)


def test_output_gradients_are_used_as_they_are():
    same(slope(lambda z: z * (2 + 3j), Z, output_gradients=tf.constant(1j, tf.complex128)), 1j * (2 - 3j))
    same(slope(lambda z: z * z, Z), np.conj(2 * Z))


def test_zeros_for_an_unconnected_source():
    g = slope(lambda z: tf.constant(1.0) * 2.0, Z, unconnected_gradients="zero")
    assert g.dtype == tf.complex128
    same(g, 0j)


def test_broadcasting_sums():
    same(slope(lambda z: z * tf.ones([2, 3], tf.complex128), Z), 6.0)


def test_second_derivatives():
    z = tf.constant(Z, tf.complex128)
    with tf.GradientTape() as outer:
        outer.watch(z)
        with tf.GradientTape() as inner:
            inner.watch(z)
            y = z * z * z
        g = inner.gradient(y, z)  # conj(3 z^2)
    same(g, np.conj(3 * Z**2), rtol=1e-13)
    same(outer.gradient(g, z), np.conj(6 * Z), rtol=1e-13)


def test_a_complex_variable():
    v = tf.Variable(Z)
    assert v.dtype == tf.complex128
    with tf.GradientTape() as tape:
        y = v * v
    same(tape.gradient(y, v), np.conj(2 * Z))


def test_casting_to_complex_and_back():
    """The cast to a real drops the imaginary part, and says so."""
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.math.real(tf.cast(x, tf.complex64) * (2 + 5j))
    same(tape.gradient(y, x), 2.0)
    z = tf.constant(Z)
    with complaints() as said, tf.GradientTape() as tape:
        tape.watch(z)
        y = tf.cast(z, tf.float64)
    same(y, 1.0)
    assert any("complex" in words for words in said), said
    same(tape.gradient(y, z), 1.0)


def test_roots_and_reductions_over_complex_numbers():
    z = [1 + 2j, -1 + 0.5j]
    same(slope(lambda z: tf.reduce_sum(z * z), z), np.conj(2 * np.array(z)))
    same(slope(lambda z: tf.reduce_mean(z), z), [0.5, 0.5])
    same(slope(lambda z: tf.reduce_prod(z), z), np.conj([z[1], z[0]]))


@needs("autodiff.ForwardAccumulator")
def test_a_tangent_is_not_conjugated():
    z = tf.constant(Z)
    with tf.autodiff.ForwardAccumulator(z, tf.constant(1 + 0j)) as acc:
        y = z * (2 + 3j)
    same(acc.jvp(y), 2 + 3j)


def test_the_jacobian_is_conjugated_as_the_gradient_is():
    z = tf.constant([Z, 2j])
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = z * (2 + 3j)
    same(tape.jacobian(y, z), np.eye(2) * (2 - 3j))


@needs("function", "gradients")
def test_the_function_gradients_wants_a_seed_for_a_complex_target():
    """A tape seeds it with 1; `tf.gradients` refuses."""

    @tf.function
    def unseeded(z):
        return tf.gradients(z * z, z)

    @tf.function
    def seeded(z):
        return tf.gradients(z * z, z, grad_ys=tf.ones_like(z))

    z = tf.constant(Z)
    with pytest.raises(TypeError, match="must set grad_ys"):
        unseeded(z)
    same(seeded(z)[0], np.conj(2 * Z))
