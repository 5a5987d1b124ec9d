"""The argument `unconnected_gradients` of GradientTape.gradient (section 1.5)."""

from __future__ import annotations

import pytest

from tests.semantics.support import all_same, complaints, differs, needs, same, tf

ZEROS = ["zero", "enum"]


def option(name):
    return {"enum": tf.UnconnectedGradients.ZERO, "none enum": tf.UnconnectedGradients.NONE}.get(name, name)


def test_the_enum():
    assert [member.name for member in tf.UnconnectedGradients] == ["NONE", "ZERO"]
    assert tf.UnconnectedGradients.NONE.value == "none"
    assert tf.UnconnectedGradients.ZERO.value == "zero"
    assert tf.UnconnectedGradients("zero") is tf.UnconnectedGradients.ZERO


@pytest.mark.parametrize("how", ["none", "none enum", "left out"])
def test_none_is_the_default(how):
    x, z = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch([x, z])
        y = x * x
    chosen = {} if how == "left out" else {"unconnected_gradients": option(how)}
    all_same(tape.gradient(y, [x, z], **chosen), [[2.0, 4.0], None])


@pytest.mark.parametrize("how", ZEROS)
def test_zero_gives_zeros_of_the_sources_shape_and_dtype(how):
    x, z = tf.constant([1.0, 2.0]), tf.constant([[3.0, 4.0, 5.0]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([x, z])
        y = x * x
    gx, gz = tape.gradient(y, [x, z], unconnected_gradients=option(how))
    same(gx, [2.0, 4.0])
    same(gz, [[0.0, 0.0, 0.0]])
    assert gz.dtype == tf.float64


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "int32", "int64", "complex64", "complex128"])
def test_zero_for_a_source_of_any_dtype(name):
    x = tf.cast(tf.constant([1, 2]), getattr(tf, name))
    with tf.GradientTape() as tape:
        pass
    g = tape.gradient(tf.constant(1.0), x, unconnected_gradients="zero")
    assert g.dtype == x.dtype
    assert g.shape == (2,)
    assert not any(complex(n) for n in g.numpy().tolist())


def test_zero_for_a_string_is_the_empty_string():
    x = tf.constant(["a", "b"])
    with tf.GradientTape() as tape:
        pass
    g = tape.gradient(tf.constant(1.0), x, unconnected_gradients="zero")
    assert g.dtype == tf.string
    assert g.numpy().tolist() == [b"", b""]


def test_zero_for_a_bool_is_false():
    x = tf.constant([True, False])
    with tf.GradientTape() as tape:
        pass
    g = tape.gradient(tf.constant(1.0), x, unconnected_gradients="zero")
    assert g.dtype == tf.bool
    assert g.numpy().tolist() == [False, False]


@pytest.mark.parametrize("trainable", [True, False])
def test_zero_for_a_variable(trainable):
    v, x = tf.Variable([1.0, 2.0], trainable=trainable), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x + (0.0 if trainable else tf.reduce_sum(v))
    all_same(tape.gradient(y, [x, v], unconnected_gradients="zero"), [6.0, [0.0, 0.0]])


def test_zero_does_not_touch_connected_gradients():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.gather(x, [1])
    g = tape.gradient(y, x, unconnected_gradients="zero")
    assert isinstance(g, tf.IndexedSlices)
    same(g, [0.0, 1.0])


@needs("RaggedTensor", "ragged.constant")
@differs("TensorFlow raises a ValueError from inside the conversion")
def test_zero_for_a_ragged_source():
    x = tf.ragged.constant([[1.0, 2.0], [3.0]])
    with tf.GradientTape() as tape:
        pass
    g = tape.gradient(tf.constant(1.0), x, unconnected_gradients="zero")
    assert g.to_list() == [[0.0, 0.0], [0.0]]


@needs("custom_gradient")
def test_zero_replaces_the_none_of_a_custom_gradient():
    @tf.custom_gradient
    def f(x):
        return x * 2.0, lambda dy: None

    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    assert tape.gradient(y, x) is None
    same(tape.gradient(y, x, unconnected_gradients="zero"), 0.0)


def test_zero_for_a_cut_path():
    x = tf.constant([1.5, 2.5])
    with complaints(), tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.floor(x)
    same(tape.gradient(y, x, unconnected_gradients="zero"), [0.0, 0.0])


@pytest.mark.parametrize("wrong", ["ZERO", "Zero", "NONE", None, "", "zeros"])
def test_anything_else_is_refused_and_the_tape_is_not_consumed(wrong):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    with pytest.raises(ValueError, match=f"Unknown value for unconnected_gradients: {wrong!r}"):
        tape.gradient(y, x, unconnected_gradients=wrong)
    same(tape.gradient(y, x), 6.0)
