"""`Variable`: the only mutable thing. A name for an array that `assign` replaces; every read is a snapshot."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from gradtape._core.context import Scope, current
from gradtape._core.dtypes import DIFFERENTIABLE, DType, from_numpy
from gradtape._core.errors import invalid_argument
from gradtape._core.primitive import Node
from gradtape._core.shapes import TensorShape
from gradtape._ops import shaping
from gradtape._runtime.convert import numpy_dtype
from gradtape._runtime.operators import Operators
from gradtape._runtime.tensor import Readable, Reference, Tensor, as_tensor, plain
from gradtape._runtime.watching import tracked_by

__all__ = ["Variable"]

_serial = count()


class Variable(Operators, Readable):
    """See `tf.Variable`: made from `initial_value`, read by every op it is given to, changed by the `assign` family."""

    __slots__ = ("__weakref__", "_array", "_name", "_node", "_serial", "_trainable")
    __array_priority__ = 100

    def __init__(self, initial_value: Any = None, trainable: bool | None = None, validate_shape: bool = True, caching_device: Any = None,
                 name: str | None = None, variable_def: Any = None, dtype: Any = None, import_scope: Any = None, constraint: Any = None,
                 synchronization: Any = None, aggregation: Any = None, shape: Any = None,
                 experimental_enable_variable_lifting: bool = True) -> None:  # fmt: skip
        if callable(initial_value):
            initial_value = initial_value()
        if initial_value is None:
            raise ValueError("The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a `variable_def`.")
        array = as_tensor(initial_value, dtype)._array
        self._array = array
        self._node: Node | None = None
        self._name = name or "Variable"
        self._trainable = True if trainable is None else bool(trainable)
        self._serial = next(_serial)

    def _read(self) -> Tensor:
        t = plain(self._array)
        s = current()
        if s is not None:
            node = self._node
            t._node = node if node is not None and node.scope is s else self._tracked(s)
            for observer in s.observers:
                observer._note_read(self, t)
        return t

    def _tracked(self, s: Scope) -> Node | None:
        """Makes the tapes that watch what they see watch this variable; they note it even where its dtype carries no gradient."""
        node = self._node
        if self._trainable:
            for watcher in s.watchers:
                watcher.variables[self._serial] = self
            wanting = [tape for tape in s.tapes if tape.auto_watch]
            for tape in wanting:
                tape.variables[self._serial] = self
            if wanting and self._array.dtype in DIFFERENTIABLE:
                self._node = node = tracked_by(node, wanting)
        return node

    @property
    def shape(self) -> TensorShape:
        return TensorShape(self._array.shape)

    @property
    def dtype(self) -> DType:
        return from_numpy(self._array.dtype)

    @property
    def name(self) -> str:
        return self._name + ":0"

    @property
    def trainable(self) -> bool:
        return self._trainable

    def value(self) -> Tensor:
        """The current value, as a tensor of its own on every recording tape."""
        return shaping.identity.call(self._read())

    read_value = value

    def numpy(self) -> Any:
        return self._read().numpy()

    def assign(self, value: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True) -> Any:
        """Replaces the value; the shape stays."""
        new = as_tensor(value, from_numpy(self._array.dtype))._array
        if new.shape != self._array.shape:
            raise ValueError(f"Cannot assign value to variable ' {self.name}': Shape mismatch.The variable shape {self.shape}, and the assigned value shape {new.shape} are incompatible.")
        self._array = new
        return self

    def assign_add(self, delta: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True) -> Any:
        self._array = self._array + self._delta(delta)
        return self

    def assign_sub(self, delta: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True) -> Any:
        self._array = self._array - self._delta(delta)
        return self

    def _delta(self, delta: Any) -> Any:
        d = as_tensor(delta, from_numpy(self._array.dtype))._array
        if d.shape != self._array.shape:
            raise invalid_argument(f"Cannot update variable with shape {list(self._array.shape)} using a Tensor with shape {list(d.shape)}, shapes must be equal.")
        return d

    def ref(self) -> Reference:
        return Reference(self)

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._read().__array__(dtype, copy)

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}, numpy={self.numpy()!r}>"
