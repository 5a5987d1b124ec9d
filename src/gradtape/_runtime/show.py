"""How tensors print: as TensorFlow prints them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["format_array", "tensor_repr", "tensor_str", "variable_repr"]


def tensor_repr(t: Any) -> str:
    """`<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>`."""
    return f"<tf.Tensor: shape={t.shape}, dtype={t.dtype.name}, numpy={_value(t)}>"


def tensor_str(t: Any) -> str:
    """`tf.Tensor([1. 2.], shape=(2,), dtype=float32)`."""
    text = str(np.asarray(t._array))
    line = "\n" if "\n" in text else ""
    return f"tf.Tensor({line}{text}, shape={t.shape}, dtype={t.dtype.name})"


def variable_repr(v: Any) -> str:
    """`<tf.Variable 'v:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>`."""
    return f"<tf.Variable {v.name!r} shape={v.shape} dtype={v.dtype.name}, numpy={_value(v._read())}>"


def _value(t: Any) -> str:
    array = np.asarray(t._array)
    if array.ndim:
        text = repr(array)
        return f"\n{text}" if "\n" in text else text
    item = array[()]
    return repr(item) if isinstance(item, bytes) else str(item)


def format_array(t: Any, spec: str) -> str:
    """What `format(t, spec)` gives: the text of the tensor without a spec, the NumPy value's own formatting with one."""
    if not spec:
        return str(t)
    return format(np.asarray(t._array)[()], spec)
