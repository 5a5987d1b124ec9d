"""Random numbers by algorithms that read more or less of a stream: permutations, categories, gamma and Poisson
variates.

NumPy on Philox streams (a key and a counter, see `philox`), in TensorFlow's order of reading, so the numbers are
TensorFlow's. Where an algorithm may reject and try again, every number has a stretch of `SKIP` blocks of its own, and
all numbers go round the loop together, those that are done dropping out.
"""

from __future__ import annotations

import numpy as np

from gradtape._ops.philox import SKIP, blocks_at, doubles, normal_pairs, words

__all__ = ["categories", "gammas", "implicit_gamma_slope", "permutation", "poissons"]


def permutation(key: int, start: int, size: int) -> np.ndarray:
    """A permutation of range(size): Fisher and Yates, exchanging each place with one not before it."""
    order = list(range(size))
    if size > 1:
        places = np.arange(size - 1)
        others = places + words(key, start, -(-(size - 1) // 4))[: size - 1] % (size - places)
        for i, j in enumerate(others.tolist()):
            order[i], order[j] = order[j], order[i]
    return np.array(order, np.intp)


def categories(key: int, start: int, logits: np.ndarray, count: int) -> np.ndarray:
    """`count` draws for each row of logits [rows, classes]: where a uniform number falls in the cumulated
    probabilities.

    A class whose logit is not finite has no share. A row without any finite logit gives `classes`, as in TensorFlow.

    TensorFlow divides large batches among threads, and begins each thread's stretch where it does not fit the others;
    its numbers then depend on the machine. These are the ones of a single thread.
    """
    rows, classes = logits.shape
    cumulated = _cumulated(logits)
    u = doubles(words(key, start, -(-rows * count // 2)))[: rows * count].reshape(rows, count)
    targets = u * cumulated[:, -1:]
    if rows == 1 or count * classes > 4096:
        return np.array([c.searchsorted(t, side="right") for c, t in zip(cumulated, targets, strict=True)])
    return (cumulated[:, None, :] <= targets[:, :, None]).sum(2)


def _cumulated(logits: np.ndarray) -> np.ndarray:
    """The cumulated unnormalised probabilities of each row, in float64; the largest share is 1."""
    top = logits.max(1, keepdims=True)
    finite = np.isfinite(logits)
    if finite.all():
        return np.exp((logits - top).astype(np.float64)).cumsum(1)
    top = np.max(logits, axis=1, keepdims=True, where=finite, initial=np.finfo(logits.dtype).min)
    with np.errstate(all="ignore"):
        return np.where(finite, np.exp((logits - top).astype(np.float64)), 0.0).cumsum(1)


class _Pairs:
    """For each of n streams, numbers taken one by one from pairs; the second of a pair comes first."""

    def __init__(self, key: int, start: int, count: int) -> None:
        self.key, self.start = key, start
        self.block = np.arange(count, dtype=np.uint64) * np.uint64(SKIP)  # the next block of each stream
        self.kept: dict[bool, np.ndarray] = {}
        self.left: dict[bool, np.ndarray] = {}
        for normal in (False, True):
            self.kept[normal] = np.empty(count)
            self.left[normal] = np.zeros(count, bool)

    def take(self, rows: np.ndarray, *, normal: bool = False) -> np.ndarray:
        """The next number of the streams `rows`, uniform or normal; each kind has pairs of its own."""
        kept, left = self.kept[normal], self.left[normal]
        y = kept[rows]
        fresh = ~left[rows]
        new = rows[fresh]
        if new.size:
            pairs = doubles(blocks_at(self.key, self.start, self.block[new]).reshape(-1))
            pairs = (normal_pairs(pairs) if normal else pairs).reshape(-1, 2)
            y[fresh], kept[new] = pairs[:, 1], pairs[:, 0]
            self.block[new] += np.uint64(1)
        left[rows] = fresh
        return y


def gammas(key: int, start: int, alpha: np.ndarray, count: int) -> np.ndarray:
    """Gamma variates of scale 1, [count, len(alpha)] in float64, for shape parameters alpha.

    Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); for alpha < 1 a variate of alpha + 1
    times U**(1 / alpha), for alpha = 1 the exponential distribution by its inverse.
    """
    total = count * alpha.size
    shape = np.repeat(alpha.astype(np.float64), count)  # the streams go alpha by alpha
    stream = _Pairs(key, start, total)
    y = np.empty(total)
    exponential = shape == 1
    rows = np.flatnonzero(exponential)
    y[rows] = -np.log1p(-stream.take(rows))
    small = shape < 1
    d = shape + np.where(small, 2.0 / 3, -1.0 / 3)
    with np.errstate(all="ignore"):
        c = 1.0 / 3 / np.sqrt(d)
        valid = shape > 0
        y[~valid] = np.nan
        rows = np.flatnonzero(~exponential & valid)
        while rows.size:
            x = stream.take(rows, normal=True)
            v = 1 + c[rows] * x
            rows_in, x, v = rows[v > 0], x[v > 0], v[v > 0] ** 3
            u = stream.take(rows_in)
            fits = (u < 1 - 0.0331 * (x * x) * (x * x)) | (np.log(u) < 0.5 * x * x + d[rows_in] * (1 - v + np.log(v)))
            done = rows_in[fits]
            y[done] = d[done] * v[fits]
            rows = np.setdiff1d(rows, done, assume_unique=True)
        rows = np.flatnonzero(small & valid)
        y[rows] *= stream.take(rows) ** (1 / shape[rows])
    return y.reshape(alpha.size, count).T


def poissons(key: int, start: int, rate: np.ndarray, count: int) -> np.ndarray:
    """Poisson variates, [count, len(rate)] in float64. nan for a rate that is negative or no number.

    Below a rate of 10 Knuth's product of uniforms; from there on Hormann's transformed rejection, "The transformed
    rejection method for generating Poisson random variables" (1993).
    """
    mean = np.repeat(rate.astype(np.float64), count)
    y = np.full(mean.size, np.nan)
    streams = np.arange(mean.size) * SKIP
    with np.errstate(all="ignore"):
        y[np.isposinf(mean)] = np.inf
        _by_product(key, start, mean, streams, np.flatnonzero((mean >= 0) & (mean < 10)), y)
        _by_rejection(key, start, mean, streams, np.flatnonzero((mean >= 10) & np.isfinite(mean)), y)
    return y.reshape(rate.size, count).T


def _by_product(key: int, start: int, mean: np.ndarray, streams: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
    """How many uniforms can be multiplied before the product is at most exp(-mean)."""
    limit, product = np.exp(-mean), np.ones(mean.size)
    y[rows] = 0
    block = 0
    while rows.size:
        pairs = doubles(blocks_at(key, start, streams[rows] + block).reshape(-1)).reshape(-1, 2)
        for u in (pairs[:, 1], pairs[:, 0]):
            product[rows] *= u
            more = product[rows] > limit[rows]
            y[rows] += more
            limit[rows[~more]] = np.inf
        rows = rows[np.isfinite(limit[rows])]
        block += 1


def _by_rejection(key: int, start: int, mean: np.ndarray, streams: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
    if not rows.size:
        return
    from scipy.special import gammaln

    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    block = 0
    while rows.size:
        pairs = doubles(blocks_at(key, start, streams[rows] + block).reshape(-1)).reshape(-1, 2)
        u, v = pairs[:, 1] - 0.5, pairs[:, 0]
        m, ra, rb = mean[rows], a[rows], b[rows]
        us = 0.5 - np.abs(u)
        k = np.floor((2 * ra / us + rb) * u + m + 0.43)
        quick = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (rb - 2))
        hopeless = (k < 0) | ((us < 0.013) & (v > us))
        slow = np.log(v * inverse_alpha[rows] / (ra / (us * us) + rb)) <= -m + k * np.log(m) - gammaln(k + 1)
        fits = quick | (~hopeless & slow)
        y[rows[fits]] = k[fits]
        rows = rows[~fits]
        block += 1


def implicit_gamma_slope(alpha: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz/dalpha of a gamma variate at a fixed quantile: -(dF/dalpha) / (dF/dz), F the distribution function.

    Figurnov, Mohamed and Mnih, "Implicit reparameterization gradients" (2018). dF/dalpha is a central difference of
    fourth order of SciPy's incomplete gamma function, of the smaller of its two tails, good to about nine digits.
    """
    from scipy.special import gammainc, gammaincc, gammaln

    a, z = np.asarray(alpha, np.float64), np.asarray(z, np.float64)
    h = 2e-3 * np.minimum(a, np.sqrt(a))
    upper = z > a
    sign = np.where(upper, -1.0, 1.0)

    def tail(k: int) -> np.ndarray:
        return np.where(upper, gammaincc(a + k * h, z), gammainc(a + k * h, z))

    with np.errstate(all="ignore"):
        slope = sign * (8 * (tail(1) - tail(-1)) - (tail(2) - tail(-2))) / (12 * h)
        log_density = (a - 1) * np.log(z) - z - gammaln(a)
        return np.where(z > 0, -slope / np.exp(log_density), 0.0)
