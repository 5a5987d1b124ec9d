"""tf.DType: names, attributes, conversions and comparisons as TensorFlow 2.21 gives them."""

import copy
import operator
import pickle
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

from gradtape._core import dtypes
from gradtape._core.dtypes import DIFFERENTIABLE, DType, as_dtype, from_numpy

# name: (number, NumPy scalar class, size, floating, complex, integer, unsigned, numeric), printed by TensorFlow.
FACTS = {
    "float32": (1, np.float32, 4, True, False, False, False, True),
    "float64": (2, np.float64, 8, True, False, False, False, True),
    "int32": (3, np.int32, 4, False, False, True, False, True),
    "uint8": (4, np.uint8, 1, False, False, True, True, True),
    "int16": (5, np.int16, 2, False, False, True, False, True),
    "int8": (6, np.int8, 1, False, False, True, False, True),
    "string": (7, object, 0, False, False, False, False, False),
    "complex64": (8, np.complex64, 8, False, True, False, False, True),
    "int64": (9, np.int64, 8, False, False, True, False, True),
    "bool": (10, np.bool_, 1, False, False, False, False, False),
    "bfloat16": (14, ml_dtypes.bfloat16, 2, True, False, False, False, True),
    "uint16": (17, np.uint16, 2, False, False, True, True, True),
    "complex128": (18, np.complex128, 16, False, True, False, False, True),
    "float16": (19, np.float16, 2, True, False, False, False, True),
    "uint32": (22, np.uint32, 4, False, False, True, True, True),
    "uint64": (23, np.uint64, 8, False, False, True, True, True),
    "float8_e5m2": (24, ml_dtypes.float8_e5m2, 1, True, False, False, False, False),
    "float8_e4m3fn": (25, ml_dtypes.float8_e4m3fn, 1, True, False, False, False, False),
    "float8_e4m3fnuz": (26, ml_dtypes.float8_e4m3fnuz, 1, True, False, False, False, False),
    "float8_e4m3b11fnuz": (27, ml_dtypes.float8_e4m3b11fnuz, 1, True, False, False, False, False),
    "float8_e5m2fnuz": (28, ml_dtypes.float8_e5m2fnuz, 1, True, False, False, False, False),
    "int4": (29, ml_dtypes.int4, 1, False, False, True, False, False),
    "uint4": (30, ml_dtypes.uint4, 1, False, False, True, True, False),
    "int2": (31, ml_dtypes.int2, 1, False, False, True, False, False),
    "uint2": (32, ml_dtypes.uint2, 1, False, False, True, True, False),
    "float4_e2m1fn": (33, ml_dtypes.float4_e2m1fn, 1, True, False, False, False, False),
}
QUANTIZED = {
    "qint8": (11, "i1"),
    "quint8": (12, "u1"),
    "qint32": (13, "i4"),
    "qint16": (15, "i2"),
    "quint16": (16, "u2"),
}
ARRAYS = [name for name in FACTS if name != "string"]


@pytest.mark.parametrize("name", FACTS)
def test_attributes(name):
    number, scalar, size, floating, is_complex, integer, unsigned, numeric = FACTS[name]
    dtype = getattr(dtypes, name)
    assert dtype.name == name
    assert dtype.as_datatype_enum == int(dtype) == hash(dtype) == number
    assert dtype.as_numpy_dtype is scalar
    assert dtype.np == np.dtype(scalar)
    assert dtype.size == size
    assert (dtype.is_floating, dtype.is_complex, dtype.is_integer) == (floating, is_complex, integer)
    assert (dtype.is_unsigned, dtype.is_numeric) == (unsigned, numeric)
    assert dtype.is_bool == (name == "bool")
    assert not dtype.is_quantized
    assert dtype.is_numpy_compatible
    assert dtype.base_dtype is dtype
    assert repr(dtype) == f"tf.{name}"
    assert str(dtype) == f"{dtype}" == f"<dtype: '{name}'>"


@pytest.mark.parametrize("name", FACTS)
def test_every_way_to_name_a_dtype_gives_the_one_instance(name):
    number, scalar, *_ = FACTS[name]
    dtype = getattr(dtypes, name)
    for spelling in (dtype, name, number, scalar, np.dtype(scalar), np.zeros(2, scalar)):
        assert as_dtype(spelling) is dtype, spelling
    assert from_numpy(np.dtype(scalar)) is dtype
    assert DType(number) is dtype
    for clone in (copy.copy(dtype), copy.deepcopy(dtype), pickle.loads(pickle.dumps(dtype))):
        assert clone is dtype


@pytest.mark.parametrize("name", QUANTIZED)
def test_quantized(name):
    number, fields = QUANTIZED[name]
    dtype = getattr(dtypes, name)
    assert dtype.as_datatype_enum == number
    assert dtype.is_quantized and dtype.is_numeric and not dtype.is_integer and not dtype.is_unsigned
    assert dtype.as_numpy_dtype == np.dtype([(name, fields)])
    assert dtype.size == np.dtype(fields).itemsize
    assert as_dtype(name) is from_numpy(dtype.np) is dtype
    assert dtype in dtypes.QUANTIZED_DTYPES
    with pytest.raises(TypeError, match=f"Cannot find minimum value of <dtype: '{name}'> with quantized type"):
        _ = dtype.min


@pytest.mark.parametrize("name", ["resource", "variant"])
def test_handles_are_opaque(name):
    dtype = getattr(dtypes, name)
    assert dtype.name == name and dtype.size == 0
    assert not dtype.is_numpy_compatible and not dtype.is_numeric
    for attribute in ("np", "as_numpy_dtype"):
        with pytest.raises(TypeError, match=f"tf.{name} is an opaque handle type"):
            getattr(dtype, attribute)
    with pytest.raises(TypeError, match=f"Cannot find maximum value of <dtype: '{name}'>"):
        _ = dtype.max


def test_aliases():
    assert dtypes.half is dtypes.float16
    assert dtypes.double is dtypes.float64


@pytest.mark.parametrize(
    "value, name",
    [
        ("half", "float16"),
        ("float", "float32"),
        ("double", "float64"),
        (float, "float32"),
        (bool, "bool"),
        (object, "string"),
        (np.str_, "string"),
        (np.bytes_, "string"),
        (np.dtype("S3"), "string"),
        (np.dtype("U3"), "string"),
        (np.dtype(">f4"), "float32"),
        (np.longlong, "int64"),
        (np.ulonglong, "uint64"),
        (np.dtype("longlong"), "int64"),
        (np.intc, "int32"),
        (np.intp, "int64"),
        (np.float32(1), "float32"),
        (np.array([1.0]), "float64"),
    ],
)
def test_as_dtype_takes(value, name):
    assert as_dtype(value) is getattr(dtypes, name)


@pytest.mark.parametrize(
    "value",
    [None, int, complex, str, bytes, list, np.ndarray, np.generic, np.floating, np.integer, np.number, np.longdouble]
    + [ml_dtypes.float8_e3m4, 0, 34, 999, "", "int", "Float32", "f4", "<f4", "nope", b"float32", [1], range(3)]
    + [np.dtype("M8[ns]"), np.dtype([("a", "f4")]), np.datetime64("2020-01-01"), DType, object()],
)
def test_as_dtype_refuses(value):
    with pytest.raises(TypeError, match=r"Cannot convert the argument `type_value`: .* to a TensorFlow DType\."):
        as_dtype(value)


@pytest.mark.parametrize("value", [True, 3.0])
def test_as_dtype_refuses_values_that_tensorflow_takes_for_numbers_of_types(value):
    # There, as_dtype(True) is float32 and as_dtype(3.0) int32, the types with these numbers.
    with pytest.raises(TypeError, match="Cannot convert the argument `type_value`"):
        as_dtype(value)


def test_the_refusal_shows_the_argument():
    with pytest.raises(TypeError) as info:
        as_dtype(None)
    assert str(info.value) == "Cannot convert the argument `type_value`: None to a TensorFlow DType."
    with pytest.raises(TypeError, match="999 does not correspond to a valid tensorflow::DataType"):
        DType(999)


@pytest.mark.parametrize("other", ["float32", "float", np.float32, np.dtype("float32"), np.dtype(">f4"), float, 1])
def test_equal(other):
    assert dtypes.float32 == other
    assert other == dtypes.float32
    assert not operator.ne(dtypes.float32, other)


@pytest.mark.parametrize(
    "other", [None, "nope", "<f4", np.float64, dtypes.float64, 3.5, [1], object(), int, np.dtype("i4")]
)
def test_unequal(other):
    assert dtypes.float32 != other
    assert other != dtypes.float32
    assert not operator.eq(dtypes.float32, other)


@pytest.mark.parametrize(
    "name, python_type, equal",
    [
        ("float32", float, True),
        ("float64", float, False),
        ("bool", bool, True),
        ("string", object, True),
        ("string", str, False),
        ("int32", int, False),
        ("int64", int, False),
        ("complex128", complex, False),
    ],
)
def test_python_types(name, python_type, equal):
    assert (getattr(dtypes, name) == python_type) is equal


def test_a_dtype_is_no_dict_key_for_its_name():
    assert {dtypes.float32: 1}.get(as_dtype("float32")) == 1
    assert {dtypes.float32: 1}.get("float32") is None


def test_numpy_does_not_take_a_dtype():
    with pytest.raises(TypeError, match=r"Cannot interpret 'tf\.float32' as a data type"):
        np.zeros(2, dtypes.float32)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_integer_ranges(name):
    dtype, info = getattr(dtypes, name), np.iinfo(name)
    assert (dtype.min, dtype.max) == (info.min, info.max)
    assert type(dtype.min) is type(dtype.max) is int
    assert dtype.limits == (0, info.max)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_float_ranges(name):
    dtype, info = getattr(dtypes, name), np.finfo(name)
    assert (dtype.min, dtype.max) == (info.min, info.max)
    assert type(dtype.max) is dtype.as_numpy_dtype


@pytest.mark.parametrize(
    "name, low, high",
    [
        ("bfloat16", -3.3895313892515355e38, 3.3895313892515355e38),
        ("float8_e5m2", -57344, 57344),
        ("float8_e4m3fn", -448, 448),
        ("float8_e4m3fnuz", -240, 240),
        ("float8_e4m3b11fnuz", -30, 30),
        ("float8_e5m2fnuz", -57344, 57344),
        ("float4_e2m1fn", -6, 6),
        ("int4", -8, 7),
        ("uint4", 0, 15),
        ("int2", -2, 1),
        ("uint2", 0, 3),
    ],
)
def test_ranges_of_small_types(name, low, high):
    dtype = getattr(dtypes, name)
    assert (float(dtype.min), float(dtype.max)) == (low, high)


def test_limits_of_other_types():
    assert dtypes.float32.limits == dtypes.float64.limits == (0, 1)
    assert dtypes.bool.limits == (0, True)
    for name in ("float16", "bfloat16", "complex64", "string", "int4", "qint8"):
        with pytest.raises(ValueError, match=f"<dtype: '{name}'> does not have defined limits"):
            _ = getattr(dtypes, name).limits


@pytest.mark.parametrize("name", ["bool", "complex64", "complex128", "string"])
def test_types_without_a_range(name):
    for attribute, word in (("min", "minimum"), ("max", "maximum")):
        text = f"Cannot find {word} value of <dtype: '{name}'> with type <dtype: '{name}'>."
        with pytest.raises(TypeError, match=text):
            getattr(getattr(dtypes, name), attribute)


def test_real_dtype():
    assert dtypes.complex64.real_dtype is dtypes.float32
    assert dtypes.complex128.real_dtype is dtypes.float64
    assert dtypes.float16.real_dtype is dtypes.float16
    assert dtypes.int32.real_dtype is dtypes.int32


def test_is_compatible_with():
    assert dtypes.float32.is_compatible_with("float32")
    assert not dtypes.float32.is_compatible_with(dtypes.float64)
    with pytest.raises(TypeError, match="None to a TensorFlow DType"):
        dtypes.float32.is_compatible_with(None)


def test_unknown_attributes_are_attribute_errors():
    with pytest.raises(AttributeError, match="'DType' object has no attribute 'itemsize'"):
        _ = dtypes.float32.itemsize
    with pytest.raises(AttributeError):
        dtypes.float32.remark = 1


def test_differentiable_is_the_six_types_that_carry_gradients():
    names = {from_numpy(dtype).name for dtype in DIFFERENTIABLE}
    assert names == {"float16", "bfloat16", "float32", "float64", "complex64", "complex128"}


@pytest.mark.parametrize("name", ARRAYS)
def test_from_numpy_inverts_np(name):
    dtype = getattr(dtypes, name)
    assert from_numpy(dtype.np) is dtype


def test_from_numpy_refuses_what_tensorflow_has_no_type_for():
    for dtype in (
        np.dtype("M8[ns]"),
        np.dtype(np.longdouble),
        np.dtype([("a", "f4")]),
        np.dtype(ml_dtypes.float8_e3m4),
    ):
        with pytest.raises(TypeError, match="Cannot convert the argument `type_value`"):
            from_numpy(dtype)


# Each of these is the first thing that a fresh process does with a type of ml_dtypes.
FIRST_USES = {
    "nothing": "assert 'ml_dtypes' not in sys.modules; assert d.bfloat16.is_floating; d.as_dtype('bfloat16')\n"
    "assert d.from_numpy(np.dtype('f4')) is d.float32; assert 'ml_dtypes' not in sys.modules",
    "np": "assert d.bfloat16.np.name == 'bfloat16' and d.bfloat16.np in d.DIFFERENTIABLE",
    "as_numpy_dtype": "assert d.float8_e5m2.as_numpy_dtype.__name__ == 'float8_e5m2'",
    "max": "assert int(d.int4.max) == 7",
    "from_numpy": "import ml_dtypes; t = np.dtype(ml_dtypes.bfloat16)\n"
    "assert d.from_numpy(t) is d.bfloat16 and t in d.DIFFERENTIABLE",
    "as_dtype": "import ml_dtypes; assert d.as_dtype(ml_dtypes.uint4) is d.uint4",
    "imported before": "assert True",
}


@pytest.mark.parametrize("first", FIRST_USES)
def test_small_types_are_loaded_on_first_use(first):
    before = "import ml_dtypes; " if first == "imported before" else ""
    after = "; assert d._SMALL == [] and len(d.DIFFERENTIABLE) == 6" if first == "imported before" else ""
    program = f"{before}import sys, numpy as np\nfrom gradtape._core import dtypes as d\n{FIRST_USES[first]}{after}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
