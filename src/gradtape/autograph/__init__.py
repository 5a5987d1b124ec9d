"""`tf.autograph`: functions run as they are written."""

from gradtape._api.autograph import set_verbosity, to_code, to_graph, trace
from gradtape.autograph import experimental

__all__ = ["experimental", "set_verbosity", "to_code", "to_graph", "trace"]
