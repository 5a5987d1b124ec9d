"""How tensors print: as TensorFlow prints them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["format_array", "tensor_repr", "tensor_str", "variable_repr"]


def tensor_repr(t: Any) -> str:
    """`<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>`."""
    return f"<tf.Tensor: shape={t.shape}, dtype={t.dtype.name}, numpy={_value(t)}>"


def tensor_str(t: Any) -> str:
    """`tf.Tensor([1. 2.], shape=(2,), dtype=float32)`; an array of several lines starts on a new one."""
    text = str(np.asarray(t._array))
    return f"tf.Tensor({_on_new_line(text)}, shape={t.shape}, dtype={t.dtype.name})"


def variable_repr(v: Any) -> str:
    """`<tf.Variable 'v:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>`."""
    return f"<tf.Variable {v.name!r} shape={v.shape} dtype={v.dtype.name}, numpy={_value(v._read())}>"


def _value(t: Any) -> str:
    """NumPy's repr of an array; a scalar as the Python number of the same value, which shows all its digits."""
    array = np.asarray(t._array)
    return _on_new_line(repr(array)) if array.ndim else repr(array.item())


def _on_new_line(text: str) -> str:
    return f"\n{text}" if "\n" in text else text


def format_array(t: Any, spec: str) -> str:
    """What `format(t, spec)` gives: an array as NumPy prints it, a scalar as the Python number, by `spec`."""
    array = np.asarray(t._array)
    if not array.ndim and not isinstance(array.item(), bytes):
        return format(array.item(), spec)
    if not spec:
        return str(array) if array.ndim else repr(array.item())
    raise TypeError(
        f"unsupported format string {spec!r} passed to a Tensor of shape {t.shape} and dtype {t.dtype.name}: only "
        "numbers take one; format the elements, or use np.array2string(t.numpy(), ...)."
    )
