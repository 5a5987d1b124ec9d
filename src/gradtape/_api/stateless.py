"""`tf.random`, the draws that change nothing: a pair of seeds decides what they give; and seeds made from seeds."""

from __future__ import annotations

import enum
import math
from typing import Any

import numpy as np

from gradtape._api.arguments import shape_of
from gradtape._api.random import (
    Sampler,
    bad_dtype,
    between,
    broadcast_alpha,
    categorical_arguments,
    categories,
    concrete,
    drawn,
    floating,
    gammas,
    integers_between,
    over_beta,
    poissons,
    scaled,
    without_gradient,
)  # fmt: skip
from gradtape._core.dtypes import DType, as_dtype, float32, int32, int64
from gradtape._core.errors import InvalidArgumentError, describe, invalid_argument
from gradtape._ops import philox, sampling
from gradtape._runtime import random_state as state
from gradtape._runtime.tensor import Tensor, TensorLike, as_tensor, plain

__all__ = [
    "Algorithm", "fold_in", "split", "stateless_categorical", "stateless_gamma", "stateless_normal",
    "stateless_poisson", "stateless_shuffle", "stateless_truncated_normal", "stateless_uniform",
]  # fmt: skip


class Algorithm(enum.Enum):
    """Random-number algorithms. Philox is the one there is, and what AUTO_SELECT chooses."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def check_algorithm(alg: Any) -> None:
    """Refuses what is no algorithm (ValueError) and what is not there (`tf.errors.InvalidArgumentError`)."""
    if isinstance(alg, str):
        known = {"philox": 1, "threefry": 2, "auto_select": 3}.get(alg.lower())
        if known is None:
            raise ValueError(
                f"Argument `alg` got unsupported value {alg}. Supported values are philox for the Philox algorithm "
                "and auto_select for auto-selection."
            )
    elif isinstance(alg, Algorithm):
        known = alg.value
    else:
        known = int(alg)
    if known not in (1, 3):
        raise InvalidArgumentError(
            None, None, f"Argument `alg`: {alg!r} is not available; use 'philox' or 'auto_select'."
        )


def _stream(name: str, seed: Any) -> tuple[int, int]:
    """The stream of a pair of seeds."""
    pair = np.asarray(concrete(as_tensor(seed)))
    if pair.dtype.kind != "i":
        raise invalid_argument(
            describe(f"tf.random.{name}", "seed", got=f"dtype {pair.dtype}", expected="int32 or int64")
        )
    if pair.shape != (2,):
        raise invalid_argument(
            f"tf.random.{name}: seed must have shape [2], not {list(pair.shape)}. Write seed=[1, 2]."
        )
    first, second = pair.tolist()
    return state.scrambled(first, second)


def _stateless(name: str, sampler: Sampler, shape: Any, seed: Any, dtype: np.dtype, alg: Any = 3) -> Tensor:
    check_algorithm(alg)
    dims = shape_of(shape)
    return plain(drawn(sampler, *_stream(name, seed), dims, math.prod(dims), dtype))


def stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = float32, name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:  # fmt: skip
    """As `uniform`, a function of its arguments alone: `seed` is a pair of integers.

    Integers of 32 and 64 bits, also unsigned, over their whole range with ``minval=None, maxval=None``.

    >>> tf.random.stateless_uniform([2], seed=[1, 2])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([0.8440604 , 0.19204533], dtype=float32)>
    """
    known = as_dtype(dtype)
    if known.is_floating:
        u = _stateless("stateless_uniform", philox.uniform, shape, seed, floating(known, "stateless_uniform"), alg)
        return between(u, minval, maxval, known)
    return _stateless(
        "stateless_uniform", integer_sampler("stateless_uniform", minval, maxval, known), shape, seed, known.np, alg
    )


def integer_sampler(name: str, minval: Any, maxval: Any, dtype: DType) -> Sampler:
    """The sampler of integers between two bounds or, without any, over the whole range of the dtype."""
    if dtype.name not in ("int32", "int64", "uint32", "uint64"):
        raise bad_dtype(
            name, dtype, "tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64, tf.uint32, tf.uint64"
        )
    if (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype!r}, argument `minval` and `maxval` must be both None or not None. "
            f"Got `minval`={minval} and `maxval`={maxval}."
        )
    if minval is None:
        return philox.full_int
    if dtype.is_unsigned:
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype!r} when argument `minval` is not None. Please don't use "
            "unsigned integers in this case."
        )
    return integers_between(minval, maxval, dtype)


def stateless_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = float32, name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:  # fmt: skip
    """As `normal`, a function of its arguments alone: `seed` is a pair of integers."""
    known = as_dtype(dtype)
    z = _stateless("stateless_normal", philox.normal, shape, seed, floating(known, "stateless_normal"), alg)
    return scaled(z, mean, stddev, known)


def stateless_truncated_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = float32, name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:  # fmt: skip
    """As `truncated_normal`, a function of its arguments alone: `seed` is a pair of integers."""
    known = as_dtype(dtype)
    kind = floating(known, "stateless_truncated_normal")
    return scaled(
        _stateless("stateless_truncated_normal", philox.truncated_normal, shape, seed, kind, alg), mean, stddev, known
    )


def stateless_categorical(
    logits: TensorLike, num_samples: Any, seed: Any, dtype: Any = int64, name: str | None = None
) -> Tensor:
    """As `categorical`, a function of its arguments alone: `seed` is a pair of integers."""
    array, count, out = categorical_arguments("stateless_categorical", logits, num_samples, dtype)
    return plain(categories(*_stream("stateless_categorical", seed), array, count, out))


def stateless_gamma(
    shape: Any, seed: Any, alpha: Any, beta: Any = None, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """As `gamma`, a function of its arguments alone; `shape` is the whole shape of the result and ends with that of
    `alpha` and `beta`.
    """
    known = as_dtype(dtype)
    floating(known, "stateless_gamma")
    a, b = as_tensor(alpha, known), as_tensor(1.0 if beta is None else beta, known)
    a = broadcast_alpha("stateless_gamma", a, b)
    return over_beta(gammas(*_stream("stateless_gamma", seed), a, _leading("stateless_gamma", shape, a)), b, known)


def _leading(name: str, shape: Any, parameter: Tensor) -> tuple[int, ...]:
    """What of `shape` is before the parameter's own."""
    dims, inner = shape_of(shape), parameter._shape()
    lead = len(dims) - len(inner)
    if lead < 0 or dims[lead:] != inner:
        raise invalid_argument(
            f"tf.random.{name}: Shape passed in must end with broadcasted shape. Got {list(dims)} for {list(inner)}."
        )
    return dims[:lead]


def stateless_poisson(shape: Any, seed: Any, lam: Any, dtype: Any = int32, name: str | None = None) -> Tensor:
    """As `poisson`, a function of its arguments alone; `shape` is the whole shape of the result and ends with that of
    `lam`.
    """
    rates = as_tensor(lam)
    dims = _leading("stateless_poisson", shape, rates)
    return poissons("StatelessRandomPoisson", *_stream("stateless_poisson", seed), rates, dims, as_dtype(dtype))


def stateless_shuffle(value: TensorLike, seed: Any, alg: Any = "auto_select", name: str | None = None) -> Tensor:
    """As `shuffle`, a function of its arguments alone. Asking for its gradient raises LookupError."""
    check_algorithm(alg)
    t = as_tensor(value)
    key, start = _stream("stateless_shuffle", seed)
    array = concrete(t)
    size = array.shape[0] if array.ndim else 1
    y = plain(array if size <= 1 else array[sampling.permutation(key, start, size)])
    return without_gradient("StatelessShuffle", y, t)


# Seeds from seeds


def split(seed: Any, num: Any = 2, alg: Any = "auto_select") -> Tensor:
    """`num` new pairs of seeds from one, [num, 2], of its dtype: as good as independent.

    >>> tf.random.split([1, 2], num=2)
    <tf.Tensor: shape=(2, 2), dtype=int32, numpy=
    array([[1105988140, 1738052849],
           [-335576002,  370444179]], dtype=int32)>
    """
    pair = as_tensor(seed)
    return stateless_uniform([int(num), 2], pair, None, None, pair.dtype, alg=alg)


def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Tensor:
    """A new pair of seeds from one and a number (the number of a step, of a layer): as good as independent for other
    numbers.

    >>> tf.random.fold_in([1, 2], 3)
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([1105988140,          3], dtype=int32)>
    """
    number = as_tensor(data)
    first = stateless_uniform([], seed, None, None, number.dtype, alg=alg)
    return plain(np.array([concrete(first), concrete(number)], number.dtype.np))
