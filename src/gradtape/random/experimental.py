"""`tf.random.experimental`: other names for generators, and seeds made from seeds."""

from gradtape._api.generator import Generator, create_rng_state, get_global_generator, set_global_generator
from gradtape._api.stateless import Algorithm, stateless_shuffle
from gradtape._api.stateless import fold_in as stateless_fold_in
from gradtape._api.stateless import split as stateless_split

__all__ = [
    "Algorithm", "Generator", "create_rng_state", "get_global_generator", "set_global_generator", "stateless_fold_in",
    "stateless_shuffle", "stateless_split",
]  # fmt: skip
