"""Name scopes: the prefix that `tf.name_scope` puts before the names of variables.

Ops have no names here; in TensorFlow, too, a scope shows in eager code only in the names of variables. The prefix is
empty or ends with a slash, and every thread has its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from typing import Any

__all__ = ["name_scope", "prefix"]

_PREFIX: ContextVar[str] = ContextVar("gradtape_name_scope", default="")
prefix = _PREFIX.get
"""What a variable made here is to put before its name."""


class name_scope(AbstractContextManager[str]):
    """Puts `name` and a slash before the names of the variables made in a `with` block; gives the whole prefix.

    Scopes nest. A name that ends with a slash is the whole prefix, whatever surrounds it, and an empty one takes every
    prefix away. The same object may be entered again, also while it is active.

    Raises ValueError if `name` is not a string.

    >>> with tf.name_scope("encoder"), tf.name_scope("dense") as scope:
    ...     print(scope)
    encoder/dense/
    """

    __slots__ = ("_name", "_tokens")

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ValueError(f"name for name_scope must be a string, got {name!r} of type {type(name).__name__}.")
        self._name = name
        self._tokens: list[Token[str]] = []

    @property
    def name(self) -> str:
        """The name that the scope was made with."""
        return self._name

    def __enter__(self) -> str:
        name = self._name
        whole = name if not name or name.endswith("/") else f"{prefix()}{name}/"
        self._tokens.append(_PREFIX.set(whole))
        return whole

    def __exit__(self, *exception: Any) -> None:
        _PREFIX.reset(self._tokens.pop())
