"""How tensors print: as TensorFlow prints them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["format_array", "tensor_repr", "tensor_str"]


def tensor_repr(t: Any) -> str:
    """`<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>`."""
    return f"<tf.Tensor: shape={t.shape}, dtype={t.dtype.name}, numpy={_value(t)}>"


def tensor_str(t: Any) -> str:
    """`tf.Tensor([1. 2.], shape=(2,), dtype=float32)`."""
    return f"tf.Tensor({np.asarray(t._array)!s}, shape={t.shape}, dtype={t.dtype.name})"


def _value(t: Any) -> str:
    array = np.asarray(t._array)
    if array.ndim:
        return repr(array)
    item = array[()]
    return repr(item) if isinstance(item, bytes) else str(item)


def format_array(t: Any, spec: str) -> str:
    """What `format(t, spec)` gives: the text of the tensor without a spec, the NumPy value's own formatting with one."""
    if not spec:
        return str(t)
    return format(np.asarray(t._array)[()], spec)
