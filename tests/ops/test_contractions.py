"""Sums of products: `einsum`, `tensordot` and `matmul` against NumPy's, on drawn equations and shapes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradtape as tf

LENGTH = {"a": 2, "b": 3, "c": 1, "d": 4, "e": 2}


@st.composite
def equations(draw):
    """One to four operands of up to four labels, repeated ones included, and a result of some of the labels."""
    operands = draw(st.lists(st.text("abcde", max_size=4), min_size=1, max_size=4))
    used = sorted(set("".join(operands)))
    out = draw(st.permutations(used))[: draw(st.integers(0, len(used)))]
    return f"{','.join(operands)}->{''.join(out)}"


@settings(max_examples=200, deadline=None)
@given(equations())
def test_einsum_is_numpys(equation):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=[LENGTH[c] for c in term]) for term in equation.split("->")[0].split(",")]
    expected = np.einsum(equation, *arrays)
    got = tf.einsum(equation, *map(tf.constant, arrays))
    assert tuple(got.shape) == expected.shape
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(equations())
def test_the_gradient_of_einsum_is_einsum_of_the_others(equation):
    """einsum is linear in each operand: <w, E(x_i = v)> = <dE/dx_i, v>."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=[LENGTH[c] for c in term]) for term in equation.split("->")[0].split(",")]
    tensors = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        y = tf.einsum(equation, *tensors)
    w = rng.normal(size=tuple(y.shape))
    gradients = tape.gradient(y, tensors, output_gradients=tf.constant(w))
    for i, g in enumerate(gradients):
        v = rng.normal(size=arrays[i].shape)
        left = np.sum(w * np.einsum(equation, *[v if j == i else a for j, a in enumerate(arrays)]))
        np.testing.assert_allclose(np.sum(g.numpy() * v), left, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_halves_are_summed_as_floats(dtype):
    """The sum of 4096 ones is 4096; in halves it would stop at 2048 (at 256 in bfloat16)."""
    ones = tf.ones([1, 4096], dtype)
    for y in (tf.matmul(ones, ones, transpose_b=True), tf.einsum("ij,kj->ik", ones, ones)):
        assert y.dtype == tf.as_dtype(dtype)
        assert float(y[0, 0]) == 4096


STACKS = [((4, 2, 3), (3, 5)), ((2, 4, 2, 3), (3, 1)), ((0, 2, 3), (3, 5)), ((4, 0, 3), (3, 5))]


@pytest.mark.parametrize("shapes", STACKS)
def test_a_stack_times_one_matrix(shapes):
    rng = np.random.default_rng(0)
    a, b = (tf.constant(rng.normal(size=s)) for s in shapes)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = tf.matmul(a, b)
    np.testing.assert_allclose(y.numpy(), np.matmul(a.numpy(), b.numpy()), rtol=1e-13)
    w = rng.normal(size=tuple(y.shape))
    da, db = tape.gradient(y, [a, b], output_gradients=tf.constant(w))
    np.testing.assert_allclose(da.numpy(), np.matmul(w, b.numpy().T), rtol=1e-13)
    rows = list(range(a.ndim - 1))
    np.testing.assert_allclose(db.numpy(), np.tensordot(a.numpy(), w, (rows, rows)), rtol=1e-12, atol=1e-12)


def test_transposed_operands_are_not_copied():
    a = tf.constant(np.ones((300, 200)))
    view = tf.transpose(a)._array
    assert np.shares_memory(view, a._array)
