"""Ops that let a value through or refuse it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._core.errors import invalid_argument
from gradtape._core.kinds import linear
from gradtape._core.primitive import Sample


def _of_gradient(message: str) -> str:
    """What TensorFlow puts before the message when the gradient of a checked tensor is not finite."""
    return f"Not a number (NaN) or infinity (Inf) values detected in gradient. b'{message}'"


@linear(vjp=dict(x=lambda dy, message: check_numerics(dy, message=_of_gradient(message))), types="f",
        batch=lambda size, x, *, message: check_numerics(x, message=message), infer=lambda x, *, message: x,
        samples=lambda rng: [Sample(rng.normal(size=n), message="checked") for n in ((2, 3), (0,))])  # fmt: skip
def check_numerics(x: Any, *, message: str) -> Any:
    """x itself if all of it is finite; its cotangent is checked as well."""
    if np.all(np.isfinite(x)):
        return x
    found = [what for what, test in (("Inf", np.isinf), ("NaN", np.isnan)) if np.any(test(x))]
    raise invalid_argument(f"check_numerics: {message} : Tensor had {' and '.join(found)} values")
