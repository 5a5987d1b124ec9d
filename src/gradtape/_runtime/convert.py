"""From what users write to what tensors hold: Python and NumPy values to arrays, by TensorFlow's rules.

Python floats become float32, Python ints int32 (int64 if they need it), NumPy values keep their dtype; a value that meets a tensor takes
the tensor's dtype if that loses no kind (an int may become a float, a float never an int). Nothing here records anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.dtypes import DType, as_dtype, from_numpy
from gradtape._core.errors import invalid_argument

__all__ = ["family", "to_array"]

_KINDS = {"b": "b", "i": "i", "u": "u", "f": "f", "c": "c", "O": "S", "S": "S", "U": "S"}
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
_INT32 = np.iinfo(np.int32)


def family(dtype: np.dtype) -> str:
    """The letter of a dtype's family (`kinds.FLOATING` lists them)."""
    letter = _KINDS.get(dtype.kind)
    if letter is not None:
        return letter
    known = from_numpy(dtype)
    if known.is_floating:
        return "f"
    return "u" if known.is_unsigned else "i" if known.is_integer else "V"


def to_array(value: Any, dtype: np.dtype | None = None, *, copy: bool = True) -> Any:
    """A NumPy array (a NumPy scalar for rank 0) that holds `value`; `dtype` is demanded, None infers it.

    Raises TypeError or ValueError, as TensorFlow does, where `value` has no such form.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy_value(value, dtype, copy)
    if value is None:
        raise ValueError("Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor.")
    if dtype is not None and dtype.kind == "O":
        return _strings(value)
    try:
        array = np.array(value)
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise ValueError("Can't convert non-rectangular Python sequence to Tensor.") from None
        raise
    except OverflowError:
        raise OverflowError(f"Python int too large to convert to a tensor: {value!r}") from None
    if array.dtype.kind in "OSU":
        if array.dtype.kind == "O" and not _all_strings(array):
            raise ValueError(f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor.")
        if dtype is not None:
            raise TypeError(f"Cannot convert {value!r} to a tensor of dtype {from_numpy(dtype).name}.")
        return _strings(value)
    if dtype is None:
        dtype = _inferred(value, array)
    if array.size:  # an empty list has no dtype of its own
        _refuse_lossy(value, array.dtype, dtype)
    if dtype.kind in "iu" and array.size and dtype != array.dtype:
        limits = np.iinfo(dtype)
        if array.min() < limits.min or array.max() > limits.max:
            raise ValueError(f"Cannot convert {value!r} to a tensor of dtype {from_numpy(dtype).name}: out of its range.")
    array = array.astype(dtype, copy=False)
    return array[()] if array.ndim == 0 else array


def _from_numpy_value(value: Any, dtype: np.dtype | None, copy: bool) -> Any:
    if value.dtype.kind in "SUO":
        if dtype is not None and dtype.kind != "O":
            raise TypeError(f"Cannot convert a NumPy array of {value.dtype} to a tensor of dtype {from_numpy(dtype).name}.")
        return _strings(value)
    known = from_numpy(value.dtype)  # a dtype that tensors do not have is refused here
    target = known.np if dtype is None else dtype
    _refuse_lossy(value, value.dtype, target)
    if isinstance(value, np.generic):
        return value.astype(target) if value.dtype != target else value
    array = np.array(value, dtype=target, order="K", copy=True if copy else None)
    return array[()] if array.ndim == 0 else array


def _refuse_lossy(value: Any, have: np.dtype, want: np.dtype) -> None:
    """A float never silently becomes an int, nor a complex number a float."""
    if have is want or have == want:
        return
    a, b = _RANK.get(family(have)), _RANK.get(family(want))
    if a is None or b is None or a > b or (a == 0) != (b == 0):
        shown = f"{value!r}" if np.size(value) <= 8 else f"an array of {have}"
        raise TypeError(f"Cannot convert {shown} to EagerTensor of dtype {from_numpy(want).name}")


def _inferred(value: Any, array: np.ndarray) -> np.dtype:
    """Python numbers are narrow (float32, int32), NumPy's keep their own dtype."""
    leaf = value
    while isinstance(leaf, (list, tuple)) and leaf:
        leaf = leaf[0]
    if isinstance(leaf, (np.ndarray, np.generic)) or hasattr(leaf, "__array__"):
        return array.dtype
    if array.dtype.kind == "f":
        return np.dtype(np.float32)
    if array.dtype.kind in "iu":
        small = not array.size or (array.min() >= _INT32.min and array.max() <= _INT32.max)
        return np.dtype(np.int32 if small else np.int64)
    return array.dtype


def _all_strings(array: np.ndarray) -> bool:
    return all(isinstance(item, (str, bytes)) for item in array.flat)


def _strings(value: Any) -> np.ndarray:
    array = np.array(value, dtype=object)
    if not _all_strings(array):
        raise TypeError(f"Cannot convert {value!r} to a tensor of dtype string: every element must be str or bytes.")
    flat = [item.encode() if isinstance(item, str) else item for item in array.flat]
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = flat
    return out


def numpy_dtype(dtype: Any) -> np.dtype | None:
    """The np.dtype of whatever a user calls a dtype; None stays None."""
    if dtype is None:
        return None
    known: DType = as_dtype(dtype)
    if known.np is None:
        raise invalid_argument(f"dtype {known.name} has no NumPy form")
    return known.np
