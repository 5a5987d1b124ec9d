"""`tf.config.optimizer`: settings of TensorFlow's graph optimiser, kept and without effect."""

from gradtape._api.devices import get_experimental_options, get_jit, set_experimental_options, set_jit

__all__ = ["get_experimental_options", "get_jit", "set_experimental_options", "set_jit"]
