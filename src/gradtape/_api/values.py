"""Making tensors: constants, conversions, casts."""

from __future__ import annotations

from typing import Any

from gradtape._ops.casting import cast_to
from gradtape._runtime.convert import numpy_dtype
from gradtape._runtime.tensor import Tensor, TensorLike, as_tensor

__all__ = ["cast", "convert_to_tensor"]


def convert_to_tensor(value: TensorLike, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> Tensor:
    """`value` as a tensor. A tensor is returned as it is and a variable is read, so gradients flow; anything else becomes a constant.

    Python floats become float32 and ints int32; NumPy values keep their dtype. `dtype` is demanded, `dtype_hint` is tried.

    Raises ValueError if `value` is a tensor of another dtype than `dtype`, TypeError if the conversion would lose information.

    >>> tf.convert_to_tensor([1.0, 2.0])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """
    return as_tensor(value, dtype, prefer=numpy_dtype(dtype_hint))


def cast(x: TensorLike, dtype: Any, name: str | None = None) -> Tensor:
    """`x` in another dtype. Differentiable between floating and complex dtypes; any other cast ends the path of a gradient.

    >>> tf.cast([1.8, -1.8], tf.int32)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([ 1, -1], dtype=int32)>
    """
    wanted = numpy_dtype(dtype)
    assert wanted is not None
    return cast_to(as_tensor(x), wanted)
