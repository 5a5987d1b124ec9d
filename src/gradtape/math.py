"""`tf.math`: re-exports."""

from gradtape._api.indexing import invert_permutation
from gradtape._api.segments import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from gradtape._api.sorting import in_top_k, top_k

__all__ = [
    "in_top_k", "invert_permutation", "segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sum",
    "top_k", "unsorted_segment_max", "unsorted_segment_mean", "unsorted_segment_min", "unsorted_segment_prod",
    "unsorted_segment_sqrt_n", "unsorted_segment_sum",
]  # fmt: skip
