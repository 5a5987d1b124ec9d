"""The version, in one place: the build reads this file, the package and the command line import it."""

__version__ = "0.1.0.dev0"
