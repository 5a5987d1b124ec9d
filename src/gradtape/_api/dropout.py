"""Dropout: random elements set to zero, the others scaled so that the mean stays."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._api.random import uniform
from gradtape._api.stateless import stateless_uniform
from gradtape._ops import masking
from gradtape._runtime.random_state import next_op_seed
from gradtape._runtime.tensor import Readable, Tensor, TensorLike, as_tensor, plain

__all__ = ["dropout", "general_dropout", "stateless_dropout"]


def dropout(x: TensorLike, rate: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None) -> Tensor:
    """`x` with each element set to 0 with probability `rate`, and else divided by 1 - `rate`.

    Args: x: a floating tensor. rate: in [0, 1), a number or a scalar tensor. The number 0 returns `x` itself.
    noise_shape: the shape of the random mask, which broadcasts with `x`: 1 for an axis whose elements are kept or
    dropped together. seed: the op seed; see `tf.random.set_seed`.

    Raises ValueError for a dtype that is not floating, or a rate that is no scalar in [0, 1).

    >>> tf.random.set_seed(1)
    >>> tf.nn.dropout(tf.ones([2, 4]), rate=0.0).numpy()
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.]], dtype=float32)
    """
    return _dropped(
        "dropout", x, rate, noise_shape, lambda shape, dtype: uniform(shape, dtype=dtype, seed=seed), seed is None
    )


def stateless_dropout(
    x: TensorLike, rate: Any, seed: Any, rng_alg: Any = None, noise_shape: Any = None, name: str | None = None
) -> Tensor:
    """As `dropout`, a function of its arguments alone: `seed` is a pair of integers."""
    alg = "auto_select" if rng_alg is None else rng_alg
    sampler = lambda shape, dtype: stateless_uniform(shape, seed, dtype=dtype, alg=alg)
    return _dropped("experimental.stateless_dropout", x, rate, noise_shape, sampler, False)


def general_dropout(
    x: TensorLike, rate: Any, uniform_sampler: Callable[..., Any], noise_shape: Any = None, name: str | None = None
) -> Tensor:
    """As `dropout`, with the uniform numbers that ``uniform_sampler(shape=..., dtype=...)`` gives."""
    sampler = lambda shape, dtype: uniform_sampler(shape=shape, dtype=dtype)
    return _dropped("experimental.general_dropout", x, rate, noise_shape, sampler, False)


def _dropped(name: str, x: Any, rate: Any, noise_shape: Any, sampler: Callable[..., Any], seedless: bool) -> Tensor:
    t = x if isinstance(x, Tensor) else as_tensor(x)
    dtype = t.dtype
    if not dtype.is_floating:
        raise ValueError(
            f"tf.nn.{name}: `x.dtype` must be a floating point tensor as `x` will be scaled. Received: "
            f"x_dtype={dtype!r}"
        )
    if isinstance(rate, numbers.Real):
        if not 0 <= float(rate) < 1:
            raise ValueError(
                f"tf.nn.{name}: `rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}"
            )
        if rate == 0:
            if seedless:
                next_op_seed()  # TensorFlow takes one too, so that the draws after it stay the same
            return t
        scaled = t * dtype.np.type(1 / (1 - float(rate)))
    elif isinstance(rate, (Tensor, Readable, np.ndarray)):
        rate = as_tensor(rate)
        if rate.ndim or rate.dtype != dtype:
            raise ValueError(
                f"tf.nn.{name}: `rate` must be a scalar of dtype {dtype.name}, as `x`. Received: rate of shape "
                f"{rate.shape} and "
                f"dtype {rate.dtype.name}"
            )
        scaled = t / (1 - rate)
    else:
        raise ValueError(f"tf.nn.{name}: `rate` must be a scalar or scalar tensor. Received: rate={rate}")
    keep = as_tensor(sampler(_noise_shape(t, noise_shape), dtype)) >= rate
    return masking.select.call(keep, scaled, plain(dtype.np.type(0)))


def _noise_shape(t: Tensor, noise_shape: Any) -> Any:
    own = t._shape()
    if noise_shape is None:
        return own
    if isinstance(noise_shape, (list, tuple)) and None in noise_shape and len(noise_shape) == len(own):
        return [n if wanted is None else wanted for n, wanted in zip(own, noise_shape, strict=True)]
    return noise_shape
