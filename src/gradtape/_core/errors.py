"""The exceptions that TensorFlow's users catch, and the one way to word a message.

What lives here: the ``tf.errors`` hierarchy with TensorFlow's constructor signatures and integer codes, and two
helpers, :func:`describe` and :func:`invalid_argument`. What it may import: the standard library only. Invariant: every
class knows its code, and ``OpError`` is the base of all of them but one, which is a ``TypeError``::

    Exception
    +-- OpError                         (node_def, op, message, error_code)
    |   +-- CancelledError              1  CANCELLED
    |   +-- UnknownError                2  UNKNOWN
    |   +-- InvalidArgumentError        3  INVALID_ARGUMENT
    |   +-- DeadlineExceededError       4  DEADLINE_EXCEEDED
    |   +-- NotFoundError               5  NOT_FOUND
    |   +-- AlreadyExistsError          6  ALREADY_EXISTS
    |   +-- PermissionDeniedError       7  PERMISSION_DENIED
    |   +-- ResourceExhaustedError      8  RESOURCE_EXHAUSTED
    |   +-- FailedPreconditionError     9  FAILED_PRECONDITION
    |   +-- AbortedError               10  ABORTED
    |   +-- OutOfRangeError            11  OUT_OF_RANGE
    |   +-- UnimplementedError         12  UNIMPLEMENTED
    |   +-- InternalError              13  INTERNAL
    |   +-- UnavailableError           14  UNAVAILABLE
    |   +-- DataLossError              15  DATA_LOSS
    |   +-- UnauthenticatedError       16  UNAUTHENTICATED
    +-- TypeError
        +-- OperatorNotAllowedInGraphError

Unlike TensorFlow's, these exceptions show their message in ``repr`` and in ``args``, so a log line that prints
``repr(e)`` says something.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ABORTED",
    "ALREADY_EXISTS",
    "AbortedError",
    "AlreadyExistsError",
    "CANCELLED",
    "CancelledError",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "DataLossError",
    "DeadlineExceededError",
    "FAILED_PRECONDITION",
    "FailedPreconditionError",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "InternalError",
    "InvalidArgumentError",
    "NOT_FOUND",
    "NotFoundError",
    "OK",
    "OUT_OF_RANGE",
    "OpError",
    "OperatorNotAllowedInGraphError",
    "OutOfRangeError",
    "PERMISSION_DENIED",
    "PermissionDeniedError",
    "RESOURCE_EXHAUSTED",
    "ResourceExhaustedError",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "UnknownError",
]

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class OpError(Exception):
    """Base of the errors that an op raises while it runs.

    ``message`` is the text, ``op`` and ``node_def`` are the op it came from (None where nothing is known, as always in
    eager code), ``error_code`` is the integer code. Extra positional arguments are accepted as TensorFlow accepts
    them; the first one becomes ``experimental_payloads``.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int, *args: Any) -> None:
        super().__init__(message)
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code
        self._payloads: Any = args[0] if args else {}

    def __reduce__(self) -> tuple[Any, ...]:
        # Only OpError's own constructor takes the code; each class below knows it.
        code = (self._error_code,) if type(self).__init__ is OpError.__init__ else ()
        payloads = (self._payloads,) if self._payloads else ()
        return type(self), (self._node_def, self._op, self._message, *code, *payloads)

    @property
    def message(self) -> str:
        """What went wrong, in words."""
        return self._message

    @property
    def op(self) -> Any:
        """The op that failed, or None."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The failed op as a graph node, or None."""
        return self._node_def

    @property
    def error_code(self) -> int:
        """The integer code of the error's class."""
        return self._error_code

    @property
    def experimental_payloads(self) -> Any:
        """Extra data that came with the error; empty unless someone passed some."""
        return self._payloads

    def __str__(self) -> str:
        return str(self._message)


class CancelledError(OpError):
    """The work was cancelled before it finished."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, CANCELLED, *args)


class UnknownError(OpError):
    """An error of which nothing better is known."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNKNOWN, *args)


class InvalidArgumentError(OpError):
    """An op was given values, shapes or dtypes that it does not take."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, INVALID_ARGUMENT, *args)


class DeadlineExceededError(OpError):
    """A time limit passed before the work was done."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, DEADLINE_EXCEEDED, *args)


class NotFoundError(OpError):
    """Something that was asked for, such as a file or a checkpoint entry, does not exist."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, NOT_FOUND, *args)


class AlreadyExistsError(OpError):
    """Something that was to be made exists already."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, ALREADY_EXISTS, *args)


class PermissionDeniedError(OpError):
    """The caller may not do this, for instance write to a file that is read-only."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, PERMISSION_DENIED, *args)


class ResourceExhaustedError(OpError):
    """Memory, disk or another limited resource ran out."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, RESOURCE_EXHAUSTED, *args)


class FailedPreconditionError(OpError):
    """The system is not in the state that the op needs, for instance a variable has no value yet."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, FAILED_PRECONDITION, *args)


class AbortedError(OpError):
    """The work was stopped, usually because other work got in its way."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, ABORTED, *args)


class OutOfRangeError(OpError):
    """An iteration went past the end of its input."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, OUT_OF_RANGE, *args)


class UnimplementedError(OpError):
    """The op exists, but not for these arguments."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNIMPLEMENTED, *args)


class InternalError(OpError):
    """An invariant of the library itself does not hold."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, INTERNAL, *args)


class UnavailableError(OpError):
    """A service cannot be reached at present."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNAVAILABLE, *args)


class DataLossError(OpError):
    """Stored data is damaged or incomplete."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, DATA_LOSS, *args)


class UnauthenticatedError(OpError):
    """The request carries no valid credentials."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNAUTHENTICATED, *args)


class OperatorNotAllowedInGraphError(TypeError):
    """A traced tensor was used where Python needs a concrete value."""


def describe(op: str, argument: str, *, got: object, expected: object, remedy: str = "") -> str:
    """The text of an error: which op, which argument, what came, what was expected, and what to do about it.

    >>> describe("tf.add", "y", got="float64", expected="float32, as `x`", remedy="Cast it: tf.cast(y, tf.float32).")
    'tf.add: argument `y`: got float64, expected float32, as `x`. Cast it: tf.cast(y, tf.float32).'
    """
    text = f"{op}: argument `{argument}`: got {got}, expected {expected}."
    return f"{text} {remedy}" if remedy else text


def invalid_argument(message: str) -> InvalidArgumentError:
    """An ``InvalidArgumentError`` that belongs to no graph node, as eager ops raise it."""
    return InvalidArgumentError(None, None, message)
