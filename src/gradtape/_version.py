"""The version, in one place: the build reads this file, the package and the command line import it."""

__version__ = "0.1.0.dev0"

# The release whose behaviour gradtape follows; a program that asks `tf.__version__` means this one.
TENSORFLOW_VERSION = "2.21.0"
