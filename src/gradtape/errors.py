"""`tf.errors`: the exceptions that TensorFlow users catch."""

from gradtape._core.errors import (
    ABORTED, ALREADY_EXISTS, AbortedError, AlreadyExistsError, CANCELLED, CancelledError, DATA_LOSS, DEADLINE_EXCEEDED,
    DataLossError, DeadlineExceededError, FAILED_PRECONDITION, FailedPreconditionError, INTERNAL, INVALID_ARGUMENT, InternalError,
    InvalidArgumentError, NOT_FOUND, NotFoundError, OK, OUT_OF_RANGE, OpError, OperatorNotAllowedInGraphError, OutOfRangeError,
    PERMISSION_DENIED, PermissionDeniedError, RESOURCE_EXHAUSTED, ResourceExhaustedError, UNAUTHENTICATED, UNAVAILABLE,
    UNIMPLEMENTED, UNKNOWN, UnauthenticatedError, UnavailableError, UnimplementedError, UnknownError,
)  # fmt: skip

__all__ = [
    "ABORTED", "ALREADY_EXISTS", "AbortedError", "AlreadyExistsError", "CANCELLED", "CancelledError", "DATA_LOSS",
    "DEADLINE_EXCEEDED", "DataLossError", "DeadlineExceededError", "FAILED_PRECONDITION", "FailedPreconditionError", "INTERNAL",
    "INVALID_ARGUMENT", "InternalError", "InvalidArgumentError", "NOT_FOUND", "NotFoundError", "OK", "OUT_OF_RANGE", "OpError",
    "OperatorNotAllowedInGraphError", "OutOfRangeError", "PERMISSION_DENIED", "PermissionDeniedError", "RESOURCE_EXHAUSTED",
    "ResourceExhaustedError", "UNAUTHENTICATED", "UNAVAILABLE", "UNIMPLEMENTED", "UNKNOWN", "UnauthenticatedError",
    "UnavailableError", "UnimplementedError", "UnknownError",
]  # fmt: skip
