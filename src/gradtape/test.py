"""`tf.test`: comparing derivatives with difference quotients, and what programs ask of the machine. `check_gradients`
is gradtape's own.
"""

from gradtape._autodiff.numeric import GradientCheckError, check_gradients, compute_gradient

__all__ = [
    "GradientCheckError", "check_gradients", "compute_gradient", "gpu_device_name", "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_built_with_rocm", "is_built_with_xla", "is_gpu_available",
]  # fmt: skip


def gpu_device_name() -> str:
    """The name of a GPU: an empty string, since gradtape computes on the CPU."""
    return ""


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: object = None) -> bool:
    """Whether a GPU can be used: False."""
    return False


def is_built_with_cuda() -> bool:
    """False: gradtape computes on the CPU, with NumPy."""
    return False


def is_built_with_gpu_support() -> bool:
    """False: gradtape computes on the CPU, with NumPy."""
    return False


def is_built_with_rocm() -> bool:
    """False: gradtape computes on the CPU, with NumPy."""
    return False


def is_built_with_xla() -> bool:
    """False: gradtape compiles by itself, not with XLA."""
    return False
