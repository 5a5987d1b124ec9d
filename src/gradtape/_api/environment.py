"""Where and how a program runs, as it asks TensorFlow: eager or not, on which device, in which order, at what time,
with which log.

The answers are gradtape's own: everything is eager, there is one CPU, and ops run in the order in which Python calls
them. So most of this section does nothing, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from gradtape._api.devices import check_device_name
from gradtape._core import nest
from gradtape._runtime.random_state import eagerly
from gradtape._runtime.tensor import Tensor, plain

__all__ = [
    "control_dependencies",
    "device",
    "executing_eagerly",
    "get_logger",
    "group",
    "init_scope",
    "no_op",
    "timestamp",
]


def executing_eagerly() -> bool:
    """True: ops run when they are called, inside a `tf.function` too.

    >>> tf.executing_eagerly()
    True
    """
    return True


@contextmanager
def init_scope() -> Iterator[None]:
    """A context that lifts code out of graphs and control flow. Here there are none and the block just runs; inside a
    `tf.function` its random ops take their seeds as in eager code.
    """
    with eagerly():
        yield


def device(device_name: Any) -> AbstractContextManager[None]:
    """A context whose ops run on a device. There is one, the CPU, and every op runs on it.

    A name of another device is accepted where TensorFlow's soft placement (the default) would also fall back to the
    CPU; with `tf.config.set_soft_device_placement(False)` it raises `tf.errors.InvalidArgumentError`.

    Raises ValueError for what is no device name.

    >>> with tf.device("/GPU:0"):
    ...     x = tf.constant(1.0)
    >>> x.device
    '/job:localhost/replica:0/task:0/device:CPU:0'
    """
    if callable(device_name):
        raise RuntimeError("tf.device does not support functions; give the name of a device, for example '/CPU:0'.")
    check_device_name(device_name)
    return nullcontext()


def control_dependencies(control_inputs: Any) -> AbstractContextManager[None]:
    """A context whose ops run after `control_inputs`, as all ops do that are called later.

    Raises TypeError if `control_inputs` is neither None nor iterable.
    """
    if control_inputs is not None:
        iter(control_inputs)
    return nullcontext()


def group(*inputs: Any, **kwargs: Any) -> None:
    """One op that waits for all of `inputs`: None, since all of them have run.

    >>> tf.group(tf.constant(1.0), [tf.constant(2.0)])
    """
    kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"tf.group: Unknown keyword arguments: {sorted(kwargs)}. Allowed: name.")
    nest.flatten(inputs)


def no_op(name: str | None = None) -> None:
    """Does nothing and returns None."""


def timestamp(name: str | None = None) -> Tensor:
    """The seconds since the epoch, a float64 scalar."""
    return plain(np.float64(time.time()))


def get_logger() -> Any:
    """The logger that gradtape's warnings go to: ``tf.get_logger().setLevel("ERROR")`` silences them."""
    import logging  # lazy: 3 ms of import time

    return logging.getLogger("gradtape")
