"""`tf.nn`: re-exports."""

from gradtape._api.indexing import embedding_lookup
from gradtape._api.sorting import in_top_k, top_k

__all__ = [
    "embedding_lookup", "in_top_k", "top_k",
]  # fmt: skip
