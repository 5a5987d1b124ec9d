"""tf.errors: the classes, codes and constructor forms that programs catch and raise."""

import copy
import pickle

import pytest

from gradtape._core import errors

CODES = {
    "CancelledError": 1,
    "UnknownError": 2,
    "InvalidArgumentError": 3,
    "DeadlineExceededError": 4,
    "NotFoundError": 5,
    "AlreadyExistsError": 6,
    "PermissionDeniedError": 7,
    "ResourceExhaustedError": 8,
    "FailedPreconditionError": 9,
    "AbortedError": 10,
    "OutOfRangeError": 11,
    "UnimplementedError": 12,
    "InternalError": 13,
    "UnavailableError": 14,
    "DataLossError": 15,
    "UnauthenticatedError": 16,
}
CONSTANTS = {
    "OK": 0,
    "CANCELLED": 1,
    "UNKNOWN": 2,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "DATA_LOSS": 15,
    "UNAUTHENTICATED": 16,
}


@pytest.mark.parametrize("name", CODES)
def test_each_class_carries_its_code_and_message(name):
    error = getattr(errors, name)(None, None, "the text")
    assert type(error).__mro__[1:3] == (errors.OpError, Exception)
    assert (error.error_code, error.message, error.op, error.node_def) == (CODES[name], "the text", None, None)
    assert str(error) == "the text"
    assert error.experimental_payloads == {}


def test_the_public_names_are_the_classes_and_the_constants():
    assert {name: getattr(errors, name) for name in CONSTANTS} == CONSTANTS
    assert set(errors.__all__) == {*CODES, *CONSTANTS, "OpError", "OperatorNotAllowedInGraphError"}


def test_op_error_needs_a_code_and_takes_it_by_keyword():
    with pytest.raises(TypeError, match="error_code"):
        errors.OpError(None, None, "m")
    assert errors.OpError(None, None, "m", error_code=3).error_code == 3


def test_node_def_and_op_are_kept():
    error = errors.NotFoundError("node", "op", "m")
    assert (error.node_def, error.op) == ("node", "op")


def test_the_first_further_argument_becomes_the_payloads():
    assert errors.InvalidArgumentError(None, None, "m", "p", "q").experimental_payloads == "p"
    assert errors.InvalidArgumentError(None, None, "m", {"k": "v"}).experimental_payloads == {"k": "v"}


def test_op_errors_are_no_value_errors_but_the_graph_error_is_a_type_error():
    assert not issubclass(errors.OpError, ValueError)
    assert issubclass(errors.OperatorNotAllowedInGraphError, TypeError)
    assert not issubclass(errors.OperatorNotAllowedInGraphError, errors.OpError)


def test_repr_shows_the_message():
    assert repr(errors.InvalidArgumentError(None, None, "m")) == "InvalidArgumentError('m')"


class Custom(errors.OpError):
    """A user's own class with OpError's constructor."""


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidArgumentError("node", None, "m", {"k": "v"}),
        errors.OpError(None, "op", "m", 42),
        Custom(None, None, "m", 7),
    ],
)
@pytest.mark.parametrize("clone", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_keep_everything(error, clone):
    twin = clone(error)
    assert type(twin) is type(error)
    for attribute in ("message", "op", "node_def", "error_code", "experimental_payloads", "args"):
        assert getattr(twin, attribute) == getattr(error, attribute), attribute


def test_describe_names_op_argument_got_expected_and_remedy():
    text = errors.describe("tf.add", "y", got="float64", expected="float32", remedy="Cast it.")
    assert text == "tf.add: argument `y`: got float64, expected float32. Cast it."
    assert errors.describe("tf.add", "y", got=1, expected=2) == "tf.add: argument `y`: got 1, expected 2."


def test_invalid_argument_is_the_eager_form():
    error = errors.invalid_argument("m")
    assert type(error) is errors.InvalidArgumentError
    assert (error.message, error.op, error.node_def) == ("m", None, None)
