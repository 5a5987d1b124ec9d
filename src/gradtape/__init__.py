"""TensorFlow 2's GradientTape and what programs use around it, on NumPy."""

from ._version import __version__

__all__ = ["__version__"]
