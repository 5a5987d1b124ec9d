"""Which stream the next random op reads: TensorFlow's rules for global and op seeds in eager execution.

    global seed   op seed   stream
    no            no        a fresh one, from the operating system's entropy
    no            yes       (87654321, op seed)
    yes           no        (global seed, the next number of a generator that `set_seed` started)
    yes           yes       (global seed, op seed)

A stream is Philox's key, the first seed, and a counter whose high half is the second. An op that is called again with
the same op seed goes on where it stopped, `SKIP` blocks later for each number it gave, as long as its kind and dtypes
are the same: TensorFlow keeps a kernel for each such op. `set_seed` starts all of them anew.

Every draw that changes state passes through `take`, which is therefore where a trace would find it.
"""

from __future__ import annotations

import operator
import os
import threading
from typing import Any

import numpy as np

from gradtape._ops.philox import SKIP, words

__all__ = ["global_seed", "require_seeds", "scrambled", "set_seed", "take"]

DEFAULT_SEED = 87654321
_MODULUS = 2**31 - 1  # seeds are taken modulo this
_MASK64 = 2**64 - 1


class _State:
    """The seed, what was drawn under it, and a lock for both."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seed: int | None = None
        self.op_seeds: Any = None
        self.used: dict[tuple[Any, ...], int] = {}
        self.deterministic = False


_state = _State()


def set_seed(seed: Any) -> None:
    """Sets the global seed (None takes it away), and starts every op's stream anew."""
    from random import Random  # not before it is needed: its import takes 4 ms

    number = None if seed is None else _integer("tf.random.set_seed", seed)
    with _state.lock:
        _state.seed = number
        _state.op_seeds = Random(number)
        _state.used.clear()


def global_seed() -> int | None:
    """The global seed, None if there is none."""
    return _state.seed


def require_seeds(required: bool) -> None:
    """Whether an op without any seed is an error."""
    _state.deterministic = required


def take(kind: tuple[Any, ...], seed: Any, blocks: int) -> tuple[int, int]:
    """The stream (key, counter) of the next draw of a kind of op, which reads `blocks` blocks of it. `seed` is the op
    seed, or None.
    """
    if seed is None:
        return _of_op(next_op_seed())
    key, high = _pair(DEFAULT_SEED if _state.seed is None else _state.seed, _integer("seed", seed))
    with _state.lock:
        name = (*kind, key, high)
        done = _state.used.get(name, 0)
        _state.used[name] = done + blocks
    return key, (high << 64) + done


def next_op_seed() -> int | None:
    """The op seed of the next op that has none of its own; None where there is no global seed either."""
    if _state.seed is None:
        if _state.deterministic:
            raise RuntimeError(
                "Random ops require a seed to be set when determinism is enabled. "
                "Please set a seed before running the op, e.g. by calling tf.random.set_seed(1)."
            )
        return None
    with _state.lock:
        return _state.op_seeds.randint(0, _MODULUS)


def _of_op(op_seed: int | None) -> tuple[int, int]:
    if op_seed is None:
        entropy = int.from_bytes(os.urandom(16), "little")
        return entropy & _MASK64, entropy >> 64 << 64
    assert _state.seed is not None
    key, high = _pair(_state.seed, op_seed)
    return key, high << 64


def _pair(first: int, second: int) -> tuple[int, int]:
    pair = first % _MODULUS, second % _MODULUS
    return pair if any(pair) else (0, _MODULUS)


def _integer(name: str, seed: Any) -> int:
    if seed.__class__ is int:
        return seed
    try:
        return operator.index(seed)
    except TypeError:
        array = np.asarray(seed)
        if array.ndim == 0 and array.dtype.kind in "iufb" and array == np.floor(array):
            return int(array)
    raise TypeError(f"{name}: a seed must be an integer or None, got {seed!r} of type {type(seed).__name__}.")


_SCRAMBLE_KEY = 0x02461E293EC8F720


def scrambled(first: int, second: int) -> tuple[int, int]:
    """The stream of a stateless op from its pair of seeds: one block of Philox, so that either seed may be weak."""
    block = words(_SCRAMBLE_KEY, (first & _MASK64) | (second & _MASK64) << 64, 1).tolist()
    return block[0] | block[1] << 32, (block[2] | block[3] << 32) << 64


def reserved(count: int) -> int:
    """The blocks that `count` numbers of a draw set aside."""
    return SKIP * count
