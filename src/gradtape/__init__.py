"""TensorFlow 2's `tf.GradientTape` and what programs use around it, on NumPy: `import gradtape as tf`."""

from gradtape import math
from gradtape._api.values import cast, convert_to_tensor
from gradtape._autodiff.tape import GradientTape, UnconnectedGradients
from gradtape._core.dtypes import *  # noqa: F403
from gradtape._runtime import eager as _eager
from gradtape._runtime.tensor import Tensor
from gradtape._runtime.variable import Variable
from gradtape._version import __version__
