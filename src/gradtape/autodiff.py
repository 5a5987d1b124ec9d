"""`tf.autodiff`: the tape, forward accumulation, and gradtape's own functional forms for NumPy-style code."""

from typing import TYPE_CHECKING, Any

from gradtape._autodiff.accumulator import ForwardAccumulator
from gradtape._autodiff.tape import GradientTape

if TYPE_CHECKING:
    from gradtape._autodiff.functional import (
        gradient,
        hessian,
        hvp,
        jacobian,
        jvp,
        per_example_gradient,
        value_and_gradient,
        vjp,
    )
    from gradtape._autodiff.sparsity import sparse_hessian, sparse_jacobian

__all__ = [
    "ForwardAccumulator", "GradientTape", "gradient", "hessian", "hvp", "jacobian", "jvp", "per_example_gradient",
    "sparse_hessian", "sparse_jacobian", "value_and_gradient", "vjp",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """gradtape's own forms, loaded when one is first used: a tenth of the import time, and few programs use them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from gradtape._autodiff import functional, sparsity  # lazy: see above

    for module in (functional, sparsity):
        globals().update({public: getattr(module, public) for public in module.__all__ if public in __all__})
    return globals()[name]
