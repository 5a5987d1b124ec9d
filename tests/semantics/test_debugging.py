"""tf.debugging: what each assertion refuses, with which class; check_numerics and its gradient (section 8)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.semantics.support import differs, same, tf

d = tf.debugging
Invalid = tf.errors.InvalidArgumentError
NAN, INF = float("nan"), float("inf")


def test_check_numerics_gives_a_finite_tensor_back():
    same(d.check_numerics(tf.constant([1.0, 2.0]), "msg"), [1.0, 2.0])
    same(d.check_numerics([1.0, 2.0], "msg"), [1.0, 2.0])


@pytest.mark.parametrize(
    ("bad", "found"), [([1.0, NAN], "NaN"), ([1.0, INF], "Inf"), ([-INF, 1.0], "Inf"), ([NAN, INF], "Inf and NaN")]
)
def test_check_numerics_names_what_it_found(bad, found):
    with pytest.raises(Invalid, match=f"msg : Tensor had {found} values"):
        d.check_numerics(tf.constant(bad), "msg")
    with pytest.raises(Invalid, match=f"msg : Tensor had {found} values"):
        d.assert_all_finite(tf.constant(bad), "msg")


def test_check_numerics_wants_floats_and_a_message():
    with pytest.raises(Invalid):
        d.check_numerics(tf.constant(1), "msg")
    with pytest.raises(Invalid):
        d.check_numerics(tf.constant(1j), "msg")
    with pytest.raises(TypeError):
        d.check_numerics(tf.constant(1.0), 3)


def gradient_of(check):
    x = tf.constant([1.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.sqrt(check(x))
    return tape.gradient(y, x)


def test_the_gradient_is_checked_too():
    with pytest.raises(Invalid, match=r"values detected in gradient\. b'msg' : Tensor had Inf values"):
        gradient_of(lambda x: d.check_numerics(x, "msg"))
    same(gradient_of(lambda x: d.assert_all_finite(x, "msg")), [0.5, INF])


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("assert_equal", (1, 1), ([1, 2], [1, 3])),
        ("assert_none_equal", ([1, 2], [2, 1]), ([1, 1], [1, 2])),
        ("assert_less", ([1, 2], 3), (3, 2)),
        ("assert_less_equal", ([1, 2], 2), (3, 2)),
        ("assert_greater", (3, [1, 2]), ([1.0, 2.0], [1.0, 3.0])),
        ("assert_greater_equal", ([2, 3], 2), (1, 2)),
        ("assert_near", (1.0, 1.0000001), (1.0, 1.1)),
    ],
)
def test_comparisons(name, good, bad):
    check = getattr(d, name)
    assert check(*map(tf.constant, good)) is None
    with pytest.raises(Invalid):
        check(*map(tf.constant, bad))
    with pytest.raises(Invalid, match="hello"):
        check(*map(tf.constant, bad), message="hello")


def test_a_comparison_shows_where_it_fails():
    with pytest.raises(Invalid) as caught:
        d.assert_equal(tf.constant([1, 2, 3]), tf.constant([1, 5, 3]), message="hello")
    lines = str(caught.value).splitlines()
    assert lines[:3] == ["hello", "Condition x == y did not hold.", "Indices of first 1 different values:"]
    assert lines[3:8] == ["[[1]]", "Corresponding x values:", "[2]", "Corresponding y values:", "[5]"]


def test_comparisons_convert_and_broadcast():
    d.assert_equal(tf.constant([1.0, 2.0]), [1.0, 2.0])
    d.assert_less(tf.constant([]), 1.0)
    d.assert_equal([], [])
    with pytest.raises(Invalid):
        d.assert_equal(tf.constant([1, 2]), tf.constant([1, 2, 3]))
    with pytest.raises(Invalid):
        d.assert_equal(tf.constant(1), tf.constant(1.0))
    with pytest.raises(Invalid):
        d.assert_equal(tf.constant(NAN), tf.constant(NAN))


def test_near_with_tolerances():
    d.assert_near(1.0, 1.1, atol=0.2)
    d.assert_near(1.0, 1.1, rtol=0.2)
    d.assert_near(tf.constant(1.0, tf.float16), tf.constant(1.005, tf.float16))
    with pytest.raises(ValueError):
        d.assert_near(tf.constant(1), 2)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("assert_positive", [1.0, 2.0], [1, 0]),
        ("assert_negative", [-1, -2], [-1, 0]),
        ("assert_non_negative", [0, 1], [-1, 0]),
        ("assert_non_positive", [0, -1], [1, 0]),
    ],
)
def test_signs(name, good, bad):
    check = getattr(d, name)
    check(tf.constant(good))
    check([])
    with pytest.raises(Invalid, match=r"m\.[\s\S]*did not hold element-wise"):
        check(tf.constant(bad), message="m")
    with pytest.raises(Invalid):
        check(tf.constant(NAN))


def test_assert():
    assert d.Assert(True, [1]) is None
    assert tf.Assert(tf.constant(True), [1]) is None
    with pytest.raises(Invalid, match=r"Expected 'False' to be true\. Summarized data: b'a'\n1"):
        d.Assert(False, ["a", tf.constant(1)])
    with pytest.raises(Invalid, match=r"Summarized data: 1, 2, 3, \.\.\."):
        tf.Assert(tf.constant(False), [tf.constant([1, 2, 3, 4, 5])], summarize=3)
    with pytest.raises(TypeError):
        tf.Assert(tf.constant(False), tf.constant([1, 2]))


def test_dtypes():
    d.assert_integer(tf.constant(1))
    d.assert_type(tf.constant(1), tf.int32)
    assert d.assert_same_float_dtype([tf.constant(1.0), tf.constant(2.0)]) == tf.float32
    assert d.assert_same_float_dtype() == tf.float32
    with pytest.raises(TypeError, match=r'm\.  Expected "x" to be integer type'):
        d.assert_integer(tf.constant(1.0), message="m")
    with pytest.raises(TypeError, match="tensor must be of type"):
        d.assert_type(tf.constant(1), tf.float32)
    with pytest.raises(ValueError, match="must be of the same type"):
        d.assert_same_float_dtype([tf.constant(1.0), tf.constant(2.0, tf.float64)])
    with pytest.raises(ValueError, match="Expected floating point type"):
        d.assert_same_float_dtype([tf.constant(1)])
    values = (tf.constant(1), tf.constant(1j), tf.constant("a"), tf.constant(True), 1)
    assert [d.is_numeric_tensor(x) for x in values] == [True, True, False, False, False]


def test_ranks():
    x = tf.constant([1])
    d.assert_rank(x, 1)
    d.assert_rank_at_least(x, 1)
    d.assert_rank_in(x, [1, 3])
    d.assert_scalar(tf.constant(1))
    with pytest.raises(ValueError, match=r"m\..*must have rank 2\.  Received rank 1, shape \(1,\)"):
        d.assert_rank(x, 2, message="m")
    with pytest.raises(ValueError, match="must have rank at least 2"):
        d.assert_rank_at_least(x, 2)
    with pytest.raises(ValueError, match=r"must have rank in \(2, 3\)"):
        d.assert_rank_in(x, [2, 3])
    with pytest.raises(ValueError, match="Expected scalar shape"):
        d.assert_scalar(x)
    with pytest.raises(ValueError, match="Rank must be a scalar"):
        d.assert_rank(x, [1])
    with pytest.raises(TypeError):
        d.assert_rank(x, 1.5)


def test_shapes():
    a, b = tf.zeros([2]), tf.zeros([2, 3])
    d.assert_shapes([(a, ("N",)), (b, ("N", "D"))])
    d.assert_shapes([(a, "N"), (b, "ND"), (b, ("...", "D")), (b, (".", 3)), (a, (None,))])
    d.assert_shapes([(tf.zeros([]), "N"), (tf.zeros([1]), ())])
    with pytest.raises(ValueError, match=r"dimension 0 must have size 2\.  Received size 3"):
        d.assert_shapes([(a, ("N",)), (tf.zeros([3, 1]), ("N", "D"))])
    with pytest.raises(ValueError, match=r"Specified explicitly\.  .*must have size 3\.  Received size 2"):
        d.assert_shapes([(a, (3,))])
    with pytest.raises(ValueError, match="must have rank 2"):
        d.assert_shapes([(a, (2, 2))])


def test_proper_iterables():
    d.assert_proper_iterable([1])
    d.assert_proper_iterable({})
    for bad in (tf.constant([1]), "ab", np.ones(2)):
        with pytest.raises(TypeError, match="proper"):
            d.assert_proper_iterable(bad)
    with pytest.raises(TypeError, match="to be iterable"):
        d.assert_proper_iterable(3)


@differs("TensorFlow does not know the dtype's epsilon and fails")
def test_near_in_bfloat16():
    d.assert_near(tf.constant(1.0, tf.bfloat16), tf.constant(1.05, tf.bfloat16))
    with pytest.raises(Invalid):
        d.assert_near(tf.constant(1.0, tf.bfloat16), tf.constant(1.5, tf.bfloat16))


def test_traceback_filtering_is_a_switch():
    assert d.is_traceback_filtering_enabled()
    d.disable_traceback_filtering()
    assert not d.is_traceback_filtering_enabled()
    d.enable_traceback_filtering()
    assert d.is_traceback_filtering_enabled()
