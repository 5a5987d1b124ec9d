"""`Module`: a named container that finds the variables and modules among its attributes.

The order of what it finds is TensorFlow's, and checkpoints and optimisers of programs lean on it: attributes by name,
containers in the order of `tf.nest`, first everything that the module holds itself, then the contents of each module it
holds, in the same order. Whatever is held twice is found once.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from gradtape._core import nest
from gradtape._runtime.names import name_scope
from gradtape._runtime.variable import Variable

__all__ = ["Module"]

Method = TypeVar("Method", bound=Callable[..., Any])
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])")


class Module:
    """A base class for objects that hold variables and other modules.

    A subclass calls ``super().__init__(name=name)`` first and then makes variables and modules as attributes, also
    inside lists, tuples and dicts of any depth.

    Args:
      name: a Python identifier; the class's name in snake_case if None.

    Raises ValueError if `name` is not an identifier.

    >>> class Dense(tf.Module):
    ...     def __init__(self, features_in, features_out, name=None):
    ...         super().__init__(name=name)
    ...         self.w = tf.Variable(tf.zeros([features_in, features_out]), name="w")
    ...         self.b = tf.Variable(tf.zeros([features_out]), name="b")
    ...     def __call__(self, x):
    ...         return tf.nn.relu(x @ self.w + self.b)
    >>> layer = Dense(3, 2)
    >>> layer.name, [v.name for v in layer.trainable_variables]
    ('dense', ['b:0', 'w:0'])
    """

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = _NEW_WORD.sub("_", type(self).__name__).lower()
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python identifiers (e.g. a valid "
                "class name)."
            )
        self._name = name
        with name_scope(name) as whole:
            self._name_scope = name_scope(whole)

    @property
    def name(self) -> str:
        """The name given to the constructor, or the class's name in snake_case."""
        return self._name

    @property
    def name_scope(self) -> name_scope:
        """A `tf.name_scope` of this module's name, inside the scope that it was made in."""
        return self._name_scope

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All variables of this module and of the modules in it."""
        return tuple(self._flatten(predicate=lambda leaf: isinstance(leaf, Variable)))

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """The variables with ``trainable=True``: what an optimiser updates."""
        return tuple(self._flatten(predicate=lambda leaf: isinstance(leaf, Variable) and leaf.trainable))

    @property
    def non_trainable_variables(self) -> tuple[Variable, ...]:
        """The variables with ``trainable=False``."""
        return tuple(self._flatten(predicate=lambda leaf: isinstance(leaf, Variable) and not leaf.trainable))

    @property
    def submodules(self) -> tuple[Module, ...]:
        """The modules in this one and in the modules in it, itself left out."""
        return tuple(self._flatten(predicate=lambda leaf: isinstance(leaf, Module)))

    @classmethod
    def with_name_scope(cls, method: Method) -> Method:
        """Decorates a method so that it runs in the module's name scope: variables that it makes get the module's name
        as a prefix."""

        @functools.wraps(method)
        def scoped(self: Module, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped  # type: ignore[return-value]

    def _flatten(
        self, recursive: bool = True, predicate: Callable[[Any], bool] | None = None,
        attribute_traversal_key: Any = None,
        with_path: bool = False, expand_composites: bool = False,
    ) -> Iterator[Any]:  # fmt: skip
        """What the attributes hold and `predicate` accepts. Programs that subclass Module call this by its name; paths
        are not kept."""
        if with_path:
            raise NotImplementedError(
                "tf.Module._flatten: with_path=True is not supported; walk `vars(module)` instead."
            )
        return _walk(
            self, {id(self)}, recursive, predicate or (lambda leaf: True), attribute_traversal_key, expand_composites
        )


def _walk(
    module: Module, seen: set[int], recursive: bool, predicate: Callable[[Any], bool], key: Any, expand_composites: bool
) -> Iterator[Any]:
    attributes = vars(module)
    inner: list[Module] = []
    for name in sorted(attributes, key=key):
        try:
            leaves = nest.flatten(attributes[name], expand_composites)
        except Exception as error:
            raise ValueError(f"Error processing property {name!r} of {attributes[name]!r}: {error}") from error
        for leaf in leaves:
            if id(leaf) in seen:
                continue
            seen.add(id(leaf))
            if predicate(leaf):
                yield leaf
            if recursive and isinstance(leaf, Module):
                inner.append(leaf)
    for module in inner:
        yield from _walk(module, seen, recursive, predicate, key, expand_composites)
