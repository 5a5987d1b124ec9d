"""`tf.test.compute_gradient` (section 8)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import tf

compute = tf.test.compute_gradient


def both(f, *args, rtol=1e-3):
    """What theory and differences agree on."""
    theoretical, numeric = compute(f, list(args))
    assert isinstance(theoretical, tuple) and isinstance(numeric, tuple)
    for one, other in zip(theoretical, numeric, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-3)
    return theoretical


def test_one_matrix_per_argument_of_elements_by_elements():
    a, b = both(lambda x, y: tf.matmul(x, y), np.ones((1, 2)), np.array([[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]))
    np.testing.assert_allclose(a, [[2.0, 5.0], [3.0, 6.0], [4.0, 7.0]], rtol=1e-6)
    np.testing.assert_allclose(b, np.tile(np.eye(3), 2), rtol=1e-6)


def test_a_complex_element_counts_twice():
    (j,) = both(lambda z: z * z, tf.constant(1 + 2j))
    np.testing.assert_allclose(j, [[2.0, -4.0], [4.0, 2.0]], rtol=1e-6)


def test_differences_are_taken_in_the_arguments_own_dtype():
    theoretical, numeric = compute(lambda x: x * x, [tf.constant([3.0])])
    assert theoretical[0].dtype == numeric[0].dtype == np.float32


def test_it_does_not_compare():
    theoretical, numeric = compute(tf.stop_gradient, [tf.constant([3.0])])
    np.testing.assert_allclose(theoretical[0], [[0.0]])
    np.testing.assert_allclose(numeric[0], [[1.0]], rtol=1e-3)


def test_slices_and_constants():
    (j,) = both(lambda x: tf.gather(x, [0]), tf.constant([3.0, 2.0]))
    np.testing.assert_allclose(j, [[1.0, 0.0]])
    (j,) = both(lambda x: tf.constant(2.0), tf.constant([3.0]))
    np.testing.assert_allclose(j, [[0.0]])


def test_an_empty_result():
    (j,) = both(lambda x: tf.zeros([0]) * x, tf.constant([3.0]))
    assert j.shape == (0, 1)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="`x` must be a list or tuple of values convertible to a Tensor"):
        compute(lambda x: x, 3.0)
    with pytest.raises(AssertionError, match="Cannot compute gradient for unsupported type int32 of argument 0"):
        compute(lambda x: x, [3])
    with pytest.raises(AssertionError, match="Cannot compute gradient for unsupported type int32 of y"):
        compute(lambda x: tf.cast(x, tf.int32), [3.0])
    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'shape'"):
        compute(lambda x: (x, x), [3.0])
