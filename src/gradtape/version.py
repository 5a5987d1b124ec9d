"""`tf.version`: the release of TensorFlow whose behaviour gradtape follows. gradtape's own version is
``gradtape.__version__``.

Under ``gradtape run``, or after `install_as_tensorflow`, ``tf.__version__`` is `VERSION` as well.
"""

from gradtape._version import TENSORFLOW_VERSION as VERSION
from gradtape._version import __version__

GIT_VERSION = f"v{VERSION}-gradtape-{__version__}"

__all__ = ["GIT_VERSION", "VERSION"]
