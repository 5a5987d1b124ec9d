"""TensorFlow 2's `tf.GradientTape` and what programs use around it, on NumPy: `import gradtape as tf`."""

from gradtape import autodiff, autograph, config, debugging, errors, math, nest, version
from gradtape._api.control import case, cond, switch_case, while_loop
from gradtape._api.debugging import Assert
from gradtape._api.environment import (
    control_dependencies,
    device,
    executing_eagerly,
    get_logger,
    group,
    init_scope,
    no_op,
    timestamp,
)
from gradtape._api.function import function
from gradtape._api.functional import foldl, foldr, map_fn, scan, vectorized_map
from gradtape._api.module import Module
from gradtape._api.printing import print
from gradtape._api.python_calls import numpy_function, py_function
from gradtape._api.tensor_array import TensorArray
from gradtape._api.values import cast, convert_to_tensor
from gradtape._autodiff.custom import custom_gradient
from gradtape._autodiff.recompute import grad_pass_through, recompute_grad
from gradtape._autodiff.tape import GradientTape, UnconnectedGradients
from gradtape._compat import install_as_tensorflow
from gradtape._core.dtypes import (
    DType,
    as_dtype,
    bfloat16,
    bool,
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    resource,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
    variant,
)  # fmt: skip
from gradtape._core.indexed_slices import IndexedSlices, IndexedSlicesSpec
from gradtape._core.shapes import TensorShape
from gradtape._core.spec import TensorSpec
from gradtape._runtime import eager as _eager  # noqa: F401  (gives the ops their eager call)
from gradtape._runtime.names import name_scope
from gradtape._runtime.tensor import Tensor
from gradtape._runtime.variable import Variable
from gradtape._version import __version__

__all__ = [
    "Assert", "DType", "GradientTape", "IndexedSlices", "IndexedSlicesSpec", "Module", "Tensor", "TensorArray",
    "TensorShape", "TensorSpec", "UnconnectedGradients", "Variable", "__version__", "as_dtype", "autodiff",
    "autograph", "bfloat16", "bool", "case", "cast", "complex128", "complex64", "cond", "config",
    "control_dependencies", "convert_to_tensor", "custom_gradient", "debugging", "device", "double", "errors",
    "executing_eagerly", "float16", "float32", "float64", "foldl", "foldr", "function", "get_logger",
    "grad_pass_through", "group", "half", "init_scope", "install_as_tensorflow", "int16", "int32", "int64", "int8",
    "map_fn", "math", "name_scope", "nest", "no_op", "numpy_function", "print", "py_function", "recompute_grad",
    "resource", "scan", "string", "switch_case", "timestamp", "uint16", "uint32", "uint64", "uint8", "variant",
    "vectorized_map", "version", "while_loop",
]  # fmt: skip
