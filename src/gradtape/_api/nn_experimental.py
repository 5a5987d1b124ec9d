"""`tf.nn.experimental`: dropout with random numbers of one's own. Here, and not beside `nn.py`, since that is a module
and no package.
"""

from gradtape._api.dropout import general_dropout, stateless_dropout

__all__ = ["general_dropout", "stateless_dropout"]
