"""`tf.autodiff`: the tape and forward accumulation."""

from gradtape._autodiff.accumulator import ForwardAccumulator
from gradtape._autodiff.tape import GradientTape

__all__ = ["ForwardAccumulator", "GradientTape"]
