"""`tf.autograph.experimental`."""

from gradtape._api.autograph import Feature, do_not_convert, set_loop_options

__all__ = ["Feature", "do_not_convert", "set_loop_options"]
