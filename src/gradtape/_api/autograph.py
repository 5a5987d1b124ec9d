"""`tf.autograph`: functions run as they are written, so there is nothing to convert, and these say so in TensorFlow's
terms."""

from __future__ import annotations

import enum
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from gradtape._api.function import Function

__all__ = ["Feature", "do_not_convert", "set_loop_options", "set_verbosity", "to_code", "to_graph", "trace"]


class Feature(enum.Enum):
    """Optional conversions of AutoGraph; accepted wherever TensorFlow takes them."""

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """Decorates a function that is to run as it is written, as every function does: returns it unchanged."""
    return func if func is not None else do_not_convert


def to_code(entity: Callable[..., Any], recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The code that runs when `entity` is called: its own source, since nothing is converted. OSError where there is
    none."""
    return textwrap.dedent(inspect.getsource(_python(entity)))


def to_graph(
    entity: Callable[..., Any], recursive: bool = True, experimental_optional_features: Any = None
) -> Callable[..., Any]:
    """The function itself."""
    return _python(entity)


def _python(entity: Any) -> Callable[..., Any]:
    return entity.python_function if isinstance(entity, Function) else entity


def trace(*args: Any) -> None:
    """Prints its arguments, every time."""
    print(*args)


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Accepted; there is no conversion to report on."""


def set_loop_options(
    parallel_iterations: Any = None,
    swap_memory: Any = None,
    maximum_iterations: Any = None,
    shape_invariants: Any = None,
) -> None:
    """Accepted in the body of a loop; a Python loop has no use for them."""
