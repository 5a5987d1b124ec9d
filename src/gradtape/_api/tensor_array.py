"""`TensorArray`: a list of tensors with TensorFlow's manners, for loops that collect results.

Gradients flow through it because it holds the very tensors that were written; reading one records nothing.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from gradtape._core.dtypes import as_dtype
from gradtape._core.errors import InvalidArgumentError, OutOfRangeError, invalid_argument
from gradtape._core.shapes import TensorShape
from gradtape._ops import shaping
from gradtape._runtime.tensor import Tensor, as_tensor, plain

__all__ = ["TensorArray"]


class TensorArray:
    """An array of tensors of one dtype: ``write``, ``read``, ``stack``.

    Args:
      dtype: the dtype of every element.
      size: how many elements there are; required.
      dynamic_size: whether a write past the end makes the array longer.
      clear_after_read: whether an element can be read only once (the default, as in TensorFlow).
      infer_shape: whether all elements must have the first one's shape.
      element_shape: the shape of every element, which unwritten ones need.

    `write`, `scatter`, `split` and `unstack` return the array; keep what they return. Elements never written read as
    zeros.

    >>> ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    >>> for i in range(3):
    ...     ta = ta.write(i, i * 10.0)
    >>> ta.stack()
    <tf.Tensor: shape=(3,), dtype=float32, numpy=array([ 0., 10., 20.], dtype=float32)>
    """

    _is_tensor_array = True

    def __init__(
        self, dtype: Any, size: Any = None, dynamic_size: bool | None = None, clear_after_read: bool | None = None,
        tensor_array_name: str | None = None, handle: Any = None, flow: Any = None, infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True, name: str | None = None,
    ) -> None:  # fmt: skip
        if size is None:
            raise ValueError("tf.TensorArray: Size must be declared for TensorArrays when eager execution is enabled.")
        self._dtype = as_dtype(dtype)
        self._dynamic = bool(dynamic_size)
        self._clear = clear_after_read is None or bool(clear_after_read)
        self._infer = bool(infer_shape)
        self._shape = TensorShape(element_shape)
        self._items: list[Tensor | None] = [None] * operator.index(size)
        self._read: set[int] = set()

    @property
    def dtype(self) -> Any:
        """The dtype of the elements."""
        return self._dtype

    @property
    def dynamic_size(self) -> bool:
        """Whether writing past the end makes the array longer."""
        return self._dynamic

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the elements' shape."""
        return self._shape

    @property
    def handle(self) -> None:
        """None: there is no resource behind the array."""
        return None

    @property
    def flow(self) -> Tensor:
        """A scalar 0, as in eager TensorFlow: order of execution needs no thread through it."""
        return plain(np.int32(0))

    def __repr__(self) -> str:
        return f"<tf.TensorArray size={len(self._items)}, dtype={self._dtype.name}, element_shape={self._shape}>"

    def identity(self) -> TensorArray:
        """The array itself."""
        return self

    def close(self, name: str | None = None) -> None:
        """Lets go of all elements."""
        self._items.clear()

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements, an int32 scalar."""
        return plain(np.int32(len(self._items)))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> Any:
        """Refused: tapes differentiate through the elements themselves. Raises NotImplementedError."""
        raise NotImplementedError(
            "TensorArray.grad is not supported when executing eagerly; a GradientTape differentiates through its "
            "elements."
        )

    # Elements

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Puts `value` at `index` and returns the array.

        Raises `tf.errors.OutOfRangeError` for a negative index or, without dynamic_size, one past the end; ValueError
        for another shape than that of the elements, `tf.errors.InvalidArgumentError` for a tensor of another dtype.
        """
        i = operator.index(index)
        if i < 0:
            raise OutOfRangeError(
                None, None, f"TensorArray.write: Writing to negative indices (index {i}) is not allowed."
            )
        if i >= len(self._items) and not self._dynamic:
            raise OutOfRangeError(
                None, None,
                f"TensorArray.write: Tried to write to index {i} but array is not resizeable and size is: "
                f"{len(self._items)}. "
                "Make it with a larger size, or dynamic_size=True.",
            )  # fmt: skip
        t = self._accepted(value)
        while i >= len(self._items):
            self._items.append(None)
        self._items[i] = t
        self._read.discard(i)
        return self

    def _accepted(self, value: Any) -> Tensor:
        t = value if isinstance(value, Tensor) else as_tensor(value, None if hasattr(value, "dtype") else self._dtype)
        if t.dtype != self._dtype:
            raise InvalidArgumentError(
                None, None,
                f"TensorArray.write: TensorArray dtype is {self._dtype.name} but Op is trying to write dtype "
                f"{t.dtype.name}. "
                f"Cast it: tf.cast(value, tf.{self._dtype.name}).",
            )  # fmt: skip
        if not self._shape.is_compatible_with(t.shape):
            raise ValueError(f"TensorArray.write: Incompatible shape for value ({t.shape}), expected ({self._shape})")
        if self._infer:
            self._shape = self._shape.merge_with(t.shape)
        return t

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`; with clear_after_read it can be read once only.

        Raises `tf.errors.OutOfRangeError` outside the array, `tf.errors.InvalidArgumentError` for the second read of a
        cleared element.
        """
        i = operator.index(index)
        if i < 0:
            raise OutOfRangeError(
                None, None, f"TensorArray.read: Reading from negative indices (index {i}) is not allowed."
            )
        if i >= len(self._items):
            raise OutOfRangeError(
                None, None, f"TensorArray.read: Tried to read from index {i} but array size is: {len(self._items)}"
            )
        if i in self._read:
            raise invalid_argument(
                f"TensorArray.read: Could not read index {i} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read=False?)"
            )
        t = self._element(i)
        if self._clear:
            self._items[i] = None
            self._read.add(i)
        return t

    def _element(self, i: int) -> Tensor:
        found = self._items[i]
        if found is None:
            if not self._shape.is_fully_defined():
                raise ValueError(
                    f"TensorArray: element {i} was never written, and the shape of the elements ({self._shape}) is "
                    "not known; give element_shape."
                )
            found = self._items[i] = plain(np.zeros([n or 0 for n in self._shape], self._dtype.np)[()])
        return found

    # All elements

    def stack(self, name: str | None = None) -> Tensor:
        """All elements as one tensor, along a new first axis."""
        return self._joined([self._element(i) for i in range(len(self._items))])

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, along a new first axis."""
        return self._joined([self._element(int(i)) for i in np.asarray(as_tensor(indices)).reshape(-1)])

    def _joined(self, items: list[Tensor]) -> Tensor:
        if items:
            return shaping.stack.call(*items, axis=0)
        return plain(np.zeros((0, *(n or 0 for n in (self._shape.dims or ()))), self._dtype.np))

    def concat(self, name: str | None = None) -> Tensor:
        """All elements joined along their first axis."""
        if not self._items:
            return plain(np.zeros((0, *(n or 0 for n in (self._shape.dims or [0])[1:])), self._dtype.np))
        return shaping.concat.call(*[self._element(i) for i in range(len(self._items))], axis=0)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Fills the array with the slices of `value` along its first axis.

        Raises ValueError for a scalar, or for more slices than elements if the size is not dynamic.
        """
        t = as_tensor(value, None if hasattr(value, "dtype") else self._dtype)
        if t.ndim == 0:
            raise ValueError(f"TensorArray.unstack: `value` must have at least one axis, got {t!r}.")
        count = t._shape()[0]
        if count > len(self._items) and not self._dynamic:
            raise ValueError(
                f"TensorArray.unstack: Cannot unstack {count} tensors into a TensorArray of static size "
                f"{len(self._items)}"
            )
        self._items = [self._accepted(row) for row in shaping.unstack.call(t, axis=0, num=count)] if count else []
        self._read.clear()
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Writes the slices of `value` along its first axis at `indices`."""
        where = np.asarray(as_tensor(indices)).reshape(-1)
        t = as_tensor(value, None if hasattr(value, "dtype") else self._dtype)
        if len(where):
            for i, row in zip(where, shaping.unstack.call(t, axis=0, num=t._shape()[0]), strict=True):
                self.write(int(i), row)
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Cuts `value` along its first axis into parts of the given lengths, one per element.

        Raises `tf.errors.InvalidArgumentError` if the lengths do not add up to the first dimension.
        """
        t = as_tensor(value, None if hasattr(value, "dtype") else self._dtype)
        sizes = tuple(int(n) for n in np.asarray(as_tensor(lengths)).reshape(-1))
        if t.ndim == 0 or sum(sizes) != t._shape()[0]:
            raise invalid_argument(
                "TensorArray.split: Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                f"{sum(sizes)} and value's shape is: {t.shape}"
            )
        if len(sizes) > len(self._items) and not self._dynamic:
            raise ValueError(
                f"TensorArray.split: Cannot split into {len(sizes)} elements a TensorArray of static size "
                f"{len(self._items)}"
            )
        self._infer = False  # the parts may differ in length
        self._items = list(shaping.split.call(t, sizes=sizes, axis=0)) if sizes else []
        self._shape = TensorShape([None, *t._shape()[1:]])
        self._read.clear()
        return self
