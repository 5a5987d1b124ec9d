"""`tf.autodiff`: the tape, forward accumulation, and gradtape's own functional forms for NumPy-style code."""

from gradtape._autodiff.accumulator import ForwardAccumulator
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
from gradtape._autodiff.tape import GradientTape

__all__ = [
    "ForwardAccumulator", "GradientTape", "gradient", "hessian", "hvp", "jacobian", "jvp", "per_example_gradient",
    "sparse_hessian", "sparse_jacobian", "value_and_gradient", "vjp",
]  # fmt: skip
