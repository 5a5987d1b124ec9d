"""Philox4x32-10, the counter-based generator behind every random number, and the distributions that read its bits
directly.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). A 64-bit key and a 128-bit
counter give a block of four 32-bit words; blocks are independent, so any part of a stream can be computed alone, in any
order. TensorFlow draws from it on the CPU, and the layout here is TensorFlow's: which words make which number, and
where the next draw begins.

A stream is a key and the counter it starts at, both Python ints. Bits and uniforms are TensorFlow's exactly. Normals
are rounded to float32 where TensorFlow rounds, but from float64's log, sin and cos, the same on every machine;
TensorFlow uses the C library's float32 ones, so 1.5 % of the numbers differ in the last place or two.

Small draws matter as much as large ones. For a few blocks the rounds run on Python's long integers, a 64-bit lane for
each block: 4 us for one and 15 for 64, where thirty calls of NumPy ufuncs take 40. Large draws run in chunks that stay
in the cache.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._ops import vectormath

__all__ = [
    "blocks_at",
    "doubles",
    "full_int",
    "normal",
    "normal_pairs",
    "truncated_normal",
    "uniform",
    "uniform_int",
    "words",
]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = 0xFFFFFFFF
_LOW64 = 0xFFFFFFFFFFFFFFFF
_ROUNDS = 10
_FEW = 256  # blocks, up to which long integers are faster than ufuncs
_CHUNK = 8192  # blocks: the arrays of a round then take 400 kB
SKIP = 256
"""Blocks that TensorFlow sets aside for each number of a draw; where the next draw of the same op begins, and each
group of a rejection.
"""

# The words of a stream


def words(key: int, start: int, blocks: int, stride: int = 1) -> np.ndarray:
    """The words of the blocks at `start`, `start + stride`, ...: 4 * blocks of them, as uint32."""
    if blocks <= _FEW and (start & _LOW) + blocks * stride <= _LOW:
        return _words_few(key, start, blocks, stride)
    return blocks_at(key, start, np.arange(0, blocks * stride, stride, dtype=np.uint64)).reshape(-1)


def blocks_at(key: int, start: int, offsets: np.ndarray) -> np.ndarray:
    """The blocks at `start` plus each offset, as uint32 [len(offsets), 4]."""
    offsets = offsets.astype(np.uint64, copy=False)
    out = np.empty((len(offsets), 4), np.uint32)
    for first in range(0, len(offsets), _CHUNK):
        part = slice(first, first + _CHUNK)
        _rounds(key, *_counters(start, offsets[part]), out[part])
    return out


def _counters(start: int, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 128-bit counters `start + offset` as their low and high halves."""
    low = np.uint64(start & _LOW64) + offsets
    high = np.full(len(offsets), (start >> 64) & _LOW64, np.uint64)
    high += low < offsets  # the carry
    return low, high


def _rounds(key: int, low: np.ndarray, high: np.ndarray, out: np.ndarray) -> None:
    """Ten rounds on the counters; both multiplications of a round are one ufunc call."""
    n = len(low)
    even = np.empty((2, n), np.uint64)  # words 0 and 2, in 64-bit lanes
    even[0] = low & np.uint64(_LOW)
    even[1] = high & np.uint64(_LOW)
    odd: Any = np.stack([low >> np.uint64(32), high >> np.uint64(32)])  # words 1 and 3
    product = np.empty((2, n), np.uint64)
    other = np.empty((2, n), np.uint64)
    for keys in _schedule(key):
        np.multiply(even, _FACTORS, out=product)
        halves = product.view(np.uint32).reshape(2, n, 2)[::-1, :, :]
        np.bitwise_xor(halves[:, :, _HIGH], odd, out=even)
        np.bitwise_xor(even, keys, out=even)
        odd = halves[:, :, 1 - _HIGH]
        product, other = other, product
    pairs = out.reshape(n, 2, 2)
    pairs[:, :, 0] = even.T
    pairs[:, :, 1] = odd.T


_FACTORS = np.array(_MULTIPLIERS, np.uint64).reshape(2, 1)
_HIGH = int(
    np.array([1], np.uint64).view(np.uint32)[0]
)  # where the high half lies in memory: 1 on little-endian machines
_KEYS: dict[int, np.ndarray] = {}


def _schedule(key: int) -> np.ndarray:
    """The key of each round, [10, 2, 1]. The last few are kept: a program draws under one key most of the time."""
    found = _KEYS.get(key)
    if found is None:
        if len(_KEYS) > 16:
            _KEYS.clear()
        rounds = np.arange(_ROUNDS, dtype=np.uint64)[:, None]
        first = np.array([key & _LOW, key >> 32], np.uint64)
        found = _KEYS[key] = ((first + rounds * np.array(_WEYL, np.uint64)) & np.uint64(_LOW))[:, :, None]
    return found


def _words_few(key: int, start: int, blocks: int, stride: int) -> np.ndarray:
    """`words` on long integers: lane i, bits 64 i to 64 i + 63, is block i's, so one multiplication serves all blocks.
    """
    ones, numbers, low = _LANES.get(blocks) or _lanes(blocks)
    keys = _LONG_KEYS.get((key, blocks)) or _long_keys(key, blocks, ones)
    c0, c1 = ones * (start & _LOW) + numbers * stride, ones * (start >> 32 & _LOW)
    c2, c3 = ones * (start >> 64 & _LOW), ones * (start >> 96 & _LOW)
    m0, m1 = _MULTIPLIERS
    for k0, k1 in keys:
        p0, p1 = c0 * m0, c2 * m1
        c0, c1 = (p1 >> 32 & low) ^ c1 ^ k0, p1 & low
        c2, c3 = (p0 >> 32 & low) ^ c3 ^ k1, p0 & low
    halves = (c0 | c1 << 32).to_bytes(8 * blocks, "little") + (c2 | c3 << 32).to_bytes(8 * blocks, "little")
    return np.frombuffer(halves, "<u4").reshape(2, blocks, 2).transpose(1, 0, 2).reshape(-1)


_LANES: dict[int, tuple[int, int, int]] = {}
_LONG_KEYS: dict[tuple[int, int], list[tuple[int, int]]] = {}


def _lanes(blocks: int) -> tuple[int, int, int]:
    """In every lane: a one, the lane's number, and 32 ones."""
    ones = sum(1 << 64 * i for i in range(blocks))
    found = _LANES[blocks] = ones, sum(i << 64 * i for i in range(blocks)), ones * _LOW
    return found


def _long_keys(key: int, blocks: int, ones: int) -> list[tuple[int, int]]:
    """The two key words of each round, in every lane."""
    if len(_LONG_KEYS) > 64:
        _LONG_KEYS.clear()
    found = _LONG_KEYS[key, blocks] = [
        (ones * ((key & _LOW) + i * _WEYL[0] & _LOW), ones * ((key >> 32) + i * _WEYL[1] & _LOW))
        for i in range(_ROUNDS)
    ]
    return found


# Words to numbers: the mantissa is filled with random bits under the exponent of [1, 2), and 1 is subtracted

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_ONE = np.float32(1)
_MANTISSA, _EXPONENT = np.uint32(0x7FFFFF), np.uint32(127 << 23)
_NARROW = {"float16": (np.uint16(0x3FF), np.uint16(15 << 10)), "bfloat16": (np.uint16(0x7F), np.uint16(127 << 7))}


def _singles(bits: np.ndarray) -> np.ndarray:
    """A float32 in [0, 1) of each word."""
    bits = bits & _MANTISSA
    bits |= _EXPONENT
    y = bits.view(np.float32)
    y -= _ONE
    return y


def doubles(bits: np.ndarray) -> np.ndarray:
    """A float64 in [0, 1) of each two words, the first of them the high one."""
    pairs = bits.reshape(-1, 2).astype(np.uint64)
    mantissa = (pairs[:, 0] & np.uint64(0xFFFFF)) << np.uint64(32) | pairs[:, 1]
    return (mantissa | np.uint64(1023 << 52)).view(np.float64) - 1.0


def _pairs64(bits: np.ndarray) -> np.ndarray:
    """A uint64 of each two words, the first of them the low one."""
    pairs = bits.reshape(-1, 2).astype(np.uint64)
    return pairs[:, 0] | pairs[:, 1] << np.uint64(32)


def _blocks(count: int, dtype: np.dtype) -> int:
    """How many blocks hold `count` numbers: two of eight bytes to a block, else four."""
    return -(-count // 2) if dtype.itemsize == 8 else -(-count // 4)


def uniform(key: int, start: int, count: int, dtype: np.dtype) -> np.ndarray:
    """`count` numbers of a floating dtype, uniform in [0, 1)."""
    bits = words(key, start, _blocks(count, dtype))
    if dtype == _FLOAT32:
        y = _singles(bits)
    elif dtype == _FLOAT64:
        y = doubles(bits)
    else:
        mantissa, exponent = _NARROW[dtype.name]
        y = (bits.astype(np.uint16) & mantissa | exponent).view(dtype) - dtype.type(1)
    return y[:count]


def full_int(key: int, start: int, count: int, dtype: np.dtype) -> np.ndarray:
    """`count` integers of 32 or 64 bits, uniform over all of them."""
    bits = words(key, start, _blocks(count, dtype))
    return (_pairs64(bits) if dtype.itemsize == 8 else bits)[:count].view(dtype)


def uniform_int(key: int, start: int, count: int, low: int, high: int, dtype: np.dtype) -> np.ndarray:
    """`count` integers in [low, high): a word modulo the width of the range, so a slight bias where it is no power of
    two.
    """
    unsigned = np.dtype(f"u{dtype.itemsize}")
    bits = full_int(key, start, count, unsigned)
    return (bits % unsigned.type(high - low) + unsigned.type(low % (1 << 8 * dtype.itemsize))).view(dtype)


# Normals: Box and Muller's pairs


_TINY = 1e-7  # log's argument is kept from 0
_TURN = 2 * math.pi


def normal(key: int, start: int, count: int, dtype: np.dtype) -> np.ndarray:
    """`count` numbers of a floating dtype, standard normal."""
    bits = words(key, start, _blocks(count, dtype))
    if dtype == _FLOAT64:
        return normal_pairs(doubles(bits))[:count]
    return normal_pairs(_singles(bits))[:count].astype(dtype, copy=False)


def normal_pairs(u: np.ndarray) -> np.ndarray:
    """Two independent normals of each two uniforms (u, v): sqrt(-2 log u) times the sine and the cosine of 2 pi v."""
    y = np.empty_like(u)
    if u.dtype == _FLOAT64:
        radius = np.sqrt(-2.0 * np.log(np.maximum(u[0::2], _TINY)))
        angle = _TURN * u[1::2]
        np.multiply(vectormath.sin(angle), radius, out=y[0::2])
        np.multiply(vectormath.cos(angle), radius, out=y[1::2])
        return y
    first = np.maximum(u[0::2], np.float32(_TINY))
    radius = np.sqrt(np.float32(-2) * np.log(first, dtype=np.float64).astype(np.float32))
    angle = np.multiply(u[1::2], _TURN, dtype=np.float64).astype(np.float32).astype(np.float64)
    np.multiply(vectormath.sin(angle).astype(np.float32), radius, out=y[0::2])
    np.multiply(vectormath.cos(angle).astype(np.float32), radius, out=y[1::2])
    return y


_BOUND = 2.0


def truncated_normal(key: int, start: int, count: int, dtype: np.dtype) -> np.ndarray:
    """`count` numbers of a floating dtype, normal, of which those beyond two standard deviations are drawn again.

    A block's worth of numbers (four; two in float64) share a stream, 256 words for each of them, and are its first
    normals within the bound.
    """
    size, wide = (2, _FLOAT64) if dtype == _FLOAT64 else (4, _FLOAT32)
    groups, stride = -(-count // size), SKIP // 4 * size
    y = np.empty((groups, size), wide)
    have = np.zeros(groups, np.intp)
    rows = np.arange(groups)  # the groups that want more
    block = 0
    while rows.size:
        if groups <= _FEW:
            bits = words(key, start + block, groups, stride).reshape(-1, 4)[rows]
        else:
            bits = blocks_at(key, start + block, rows * stride)
        drawn = normal_pairs((doubles if wide == _FLOAT64 else _singles)(bits.reshape(-1))).reshape(-1, size)
        fits = np.abs(drawn) < _BOUND
        place = np.cumsum(fits, axis=1) + (have[rows, None] - 1)
        fits &= place < size
        y[np.repeat(rows, fits.sum(1)), place[fits]] = drawn[fits]
        have[rows] = np.minimum(place[:, -1] + 1, size)
        rows = rows[have[rows] < size]
        block += 1
    return y.reshape(-1)[:count].astype(dtype, copy=False)
