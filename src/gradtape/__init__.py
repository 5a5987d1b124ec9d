"""TensorFlow 2's `tf.GradientTape` and what programs use around it, on NumPy: `import gradtape as tf`."""

from gradtape import autodiff, errors, math, nest
from gradtape._api.values import cast, convert_to_tensor
from gradtape._autodiff.custom import custom_gradient
from gradtape._autodiff.recompute import grad_pass_through, recompute_grad
from gradtape._autodiff.tape import GradientTape, UnconnectedGradients
from gradtape._compat import install_as_tensorflow
from gradtape._core.dtypes import (
    DType, as_dtype, bfloat16, bool, complex64, complex128, double, float16, float32, float64, half, int8, int16, int32, int64, resource,
    string, uint8, uint16, uint32, uint64, variant,
)  # fmt: skip
from gradtape._core.indexed_slices import IndexedSlices, IndexedSlicesSpec
from gradtape._core.shapes import TensorShape
from gradtape._core.spec import TensorSpec
from gradtape._runtime import eager as _eager  # noqa: F401  (gives the ops their eager call)
from gradtape._runtime.tensor import Tensor
from gradtape._runtime.variable import Variable
from gradtape._version import __version__

__all__ = [
    "DType", "GradientTape", "IndexedSlices", "IndexedSlicesSpec", "Tensor", "TensorShape", "TensorSpec", "UnconnectedGradients", "Variable",
    "__version__", "as_dtype", "autodiff", "bfloat16", "bool", "cast", "complex128", "complex64", "convert_to_tensor", "custom_gradient",
    "double", "errors", "float16", "float32", "float64", "grad_pass_through", "half", "install_as_tensorflow", "int16", "int32", "int64", "int8", "math", "nest",
    "recompute_grad", "resource", "string", "uint16", "uint32", "uint64", "uint8", "variant",
]  # fmt: skip
