"""What to answer for a source that nothing connects to the target."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from gradtape._runtime.tensor import Tensor, plain

__all__ = ["UnconnectedGradients", "zeros_like_source"]


class UnconnectedGradients(enum.Enum):
    """What `gradient` answers for a source that no path of differentiable ops connects to the target: None, or zeros
    of its shape.
    """

    NONE = "none"
    ZERO = "zero"


def zeros_like_source(source: Any) -> Tensor:
    """Zeros of a source's shape and dtype; empty strings for strings."""
    dtype = source.dtype.np
    # Not source.shape: a variable may declare less than it has.
    shape = source._shape() if isinstance(source, Tensor) else source._array.shape
    return plain(np.full(shape, b"", object) if dtype.kind == "O" else np.zeros(shape, dtype))
