"""`tf.linalg`: re-exports."""

from gradtape._api.clipping import (
    global_norm,
)
from gradtape._api.diagonals import band_part, diag, diag_part, set_diag, tensor_diag, tensor_diag_part, trace
from gradtape._api.normalisation import (
    l2_normalize,
)
from gradtape._api.norms import norm, normalize
from gradtape._api.products import adjoint, cross, einsum, matmul, matrix_transpose, matvec, tensordot
from gradtape._api.values import eye

__all__ = [
    "adjoint", "band_part", "cross", "diag", "diag_part", "einsum", "eye", "global_norm", "l2_normalize", "matmul",
    "matrix_transpose", "matvec", "norm",
    "normalize", "set_diag", "tensor_diag", "tensor_diag_part", "tensordot", "trace",
]  # fmt: skip
