"""Element types: TensorFlow's ``DType`` objects, and their one-to-one map to NumPy's.

What lives here: :class:`DType`, one interned instance per type, :func:`as_dtype` for everything that users write, and
:data:`from_numpy` for the inside. What it may import: the standard library and NumPy; ``ml_dtypes`` (bfloat16, float8,
int4 ...) is imported when one of its types is first met, because that import costs 6-10 ms, a tenth of NumPy's own.

Invariant: there is exactly one ``DType`` per type, so ``a is b`` decides equality; and whatever NumPy dtype has been
through :data:`from_numpy` is, if it is differentiable, in :data:`DIFFERENTIABLE` from then on.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Set
from typing import Any, NoReturn

import numpy as np

__all__ = [
    "DIFFERENTIABLE",
    "DType",
    "QUANTIZED_DTYPES",
    "as_dtype",
    "bfloat16",
    "bool",
    "complex128",
    "complex64",
    "double",
    "float16",
    "float32",
    "float4_e2m1fn",
    "float64",
    "float8_e4m3b11fnuz",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "from_numpy",
    "half",
    "int16",
    "int2",
    "int32",
    "int4",
    "int64",
    "int8",
    "qint16",
    "qint32",
    "qint8",
    "quint16",
    "quint8",
    "resource",
    "string",
    "uint16",
    "uint2",
    "uint32",
    "uint4",
    "uint64",
    "uint8",
    "variant",
]

_bool = bool  # the module's public name `bool` is TensorFlow's

_FLOAT, _COMPLEX, _SIGNED, _UNSIGNED, _BOOL, _STRING, _QUANTIZED, _OPAQUE = range(8)


class DType:
    """An element type, such as ``tf.float32``.

    There is one instance per type. It equals whatever :func:`as_dtype` turns into it (``tf.float32 == "float32"``,
    ``tf.float32 == np.float32``). ``DType(1)`` looks an instance up by TensorFlow's number for the type.
    """

    # `np` and `as_numpy_dtype` stay unset on types from ml_dtypes until someone asks; __getattr__ then fills them in.
    # So the frequent types pay for no property.
    __slots__ = ("__weakref__", "_enum", "_kind", "_name", "_numeric", "_size", "as_numpy_dtype", "np")

    _name: str
    _enum: int
    _kind: int
    _size: int
    _numeric: _bool
    np: np.dtype[Any]
    as_numpy_dtype: Any

    def __new__(cls, type_enum: int) -> DType:
        """The type with this number in TensorFlow's ``DataType`` enumeration."""
        found = _BY_ENUM.get(int(type_enum))
        if found is None:
            raise TypeError(f"{type_enum} does not correspond to a valid tensorflow::DataType")
        return found

    def __getattr__(self, attribute: str) -> Any:
        if attribute in ("np", "as_numpy_dtype"):
            if self._kind == _OPAQUE:
                raise TypeError(f"tf.{self._name} is an opaque handle type: NumPy has no dtype for it.")
            _load_small_types()
            return object.__getattribute__(self, attribute)
        raise AttributeError(f"'DType' object has no attribute '{attribute}'")

    @property
    def name(self) -> str:
        """TensorFlow's name for the type, such as ``"float32"``."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """TensorFlow's number for the type."""
        return self._enum

    @property
    def is_floating(self) -> _bool:
        """Whether this is a real floating-point type."""
        return self._kind == _FLOAT

    @property
    def is_complex(self) -> _bool:
        """Whether this is a complex type."""
        return self._kind == _COMPLEX

    @property
    def is_integer(self) -> _bool:
        """Whether this is an integer type, signed or not, and not quantised."""
        return self._kind == _SIGNED or self._kind == _UNSIGNED

    @property
    def is_unsigned(self) -> _bool:
        """Whether this is an unsigned integer type."""
        return self._kind == _UNSIGNED

    @property
    def is_bool(self) -> _bool:
        """Whether this is ``tf.bool``."""
        return self._kind == _BOOL

    @property
    def is_quantized(self) -> _bool:
        """Whether this is a quantised type such as ``tf.qint8``."""
        return self._kind == _QUANTIZED

    @property
    def is_numeric(self) -> _bool:
        """Whether TensorFlow counts this as numeric: not bool, string, handles, nor the experimental small types."""
        return self._numeric

    @property
    def is_numpy_compatible(self) -> _bool:
        """Whether a NumPy array can hold this type."""
        return self._kind != _OPAQUE

    @property
    def base_dtype(self) -> DType:
        """The type itself; TensorFlow 1's reference types do not exist here."""
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of the real part: float32 for complex64, float64 for complex128, else the type itself."""
        if self is complex64:
            return float32
        return float64 if self is complex128 else self

    @property
    def size(self) -> int:
        """Bytes per element; 0 where elements have no fixed size."""
        return self._size

    @property
    def min(self) -> Any:
        """The lowest finite value. TypeError where the type has none."""
        return self._extreme("min", "minimum")

    @property
    def max(self) -> Any:
        """The highest finite value. TypeError where the type has none."""
        return self._extreme("max", "maximum")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range of intensities an image of this type has: (0, max) for integers, (0, 1) for float32 and float64."""
        if self is float32 or self is float64:
            return 0, 1
        if self is bool:
            return 0, True
        if self.is_integer and self._numeric:
            return 0, self.max
        raise ValueError(f"{self} does not have defined limits.")

    def is_compatible_with(self, other: Any) -> _bool:
        """Whether ``other``, converted by :func:`as_dtype`, is this type."""
        return as_dtype(other) is self

    def _extreme(self, which: str, word: str) -> Any:
        if self._kind == _FLOAT or self.is_integer:
            small = sys.modules["ml_dtypes"] if self.np.type.__module__ == "ml_dtypes" else np
            info = small.finfo(self.np) if self._kind == _FLOAT else small.iinfo(self.np)
            return getattr(info, which)
        if self._kind == _OPAQUE:
            raise TypeError(f"Cannot find {word} value of {self}.")
        detail = "quantized type" if self._kind == _QUANTIZED else "type"
        raise TypeError(f"Cannot find {word} value of {self} with {detail} {self}.")

    def __eq__(self, other: object) -> _bool:
        if other is self:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __hash__(self) -> int:
        return self._enum

    def __int__(self) -> int:
        return self._enum

    def __repr__(self) -> str:
        return f"tf.{self._name}"

    def __str__(self) -> str:
        return f"<dtype: '{self._name}'>"

    def __reduce__(self) -> tuple[Callable[[Any], DType], tuple[str]]:
        return as_dtype, (self._name,)


_BY_ENUM: dict[int, DType] = {}
_BY_NAME: dict[str, DType] = {}
_BY_TYPE: dict[Any, DType] = {}  # keyed by classes: np.float32, float ...
_LOADING = threading.Lock()
_SMALL: list[DType] = []  # types of ml_dtypes; emptied when that is loaded


class _NumpyTable(dict[np.dtype[Any], DType]):
    """From np.dtype to DType: a plain dict look-up for what was seen before, this class's wits for the rest."""

    def __missing__(self, dtype: Any) -> DType:
        if not isinstance(dtype, np.dtype):
            _refuse(dtype)
        if _SMALL and "ml_dtypes" in sys.modules:  # if it is not imported, this dtype cannot be one of its own
            _load_small_types()
            if dtype in self:
                return self[dtype]
        if dtype.kind in "SU":
            return string
        native = dtype.newbyteorder("=")
        if native not in self:
            _refuse(dtype)
        self[dtype] = self[native]
        return self[dtype]


_BY_NUMPY = _NumpyTable()

from_numpy: Callable[[np.dtype[Any]], DType] = _BY_NUMPY.__getitem__
"""The DType of an np.dtype, in one dict look-up (30 ns). TypeError if TensorFlow has none."""

_differentiable: set[np.dtype[Any]] = set()

DIFFERENTIABLE: Set[np.dtype[Any]] = _differentiable
"""NumPy dtypes that carry gradients: float16, float32, float64, complex64, complex128, and bfloat16 once ml_dtypes is
loaded. Read-only for everyone else; a real set, because every recorded op asks ``array.dtype in DIFFERENTIABLE``."""


def _refuse(value: Any) -> NoReturn:
    raise TypeError(f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType.")


def _attach(dtype: DType, numpy_dtype: np.dtype[Any]) -> None:
    """Tie a DType to its np.dtype, in both directions."""
    dtype.np = numpy_dtype
    if dtype._kind == _QUANTIZED:  # a structured dtype has no scalar class of its own
        dtype.as_numpy_dtype = numpy_dtype
        _BY_NUMPY[numpy_dtype] = dtype
        return
    # TensorFlow says `object`, not np.object_, for strings.
    dtype.as_numpy_dtype = object if dtype._kind == _STRING else numpy_dtype.type
    _BY_TYPE[numpy_dtype.type] = _BY_NUMPY[numpy_dtype] = dtype
    if dtype._name in ("float16", "bfloat16", "float32", "float64", "complex64", "complex128"):
        _differentiable.add(numpy_dtype)


def _load_small_types() -> None:
    """Import ml_dtypes and tie its types; one that an older version lacks stays without a NumPy form."""
    import ml_dtypes

    with _LOADING:
        for dtype in _SMALL:
            scalar = getattr(ml_dtypes, dtype._name, None)
            if scalar is not None:
                _attach(dtype, np.dtype(scalar))
        _SMALL.clear()  # last: another thread that finds it empty may rely on the tables


def _define(name: str, enum: int, kind: int, size: int, numpy: str | None = None, *, numeric: _bool = True) -> DType:
    """Make the one instance of a type. ``numpy`` is the np.dtype's name, "" for ml_dtypes' own, None for none."""
    dtype = object.__new__(DType)
    dtype._name, dtype._enum, dtype._kind, dtype._size, dtype._numeric = name, enum, kind, size, numeric
    _BY_ENUM[enum] = _BY_NAME[name] = dtype
    if numpy:
        _attach(dtype, np.dtype([(name, numpy)]) if kind == _QUANTIZED else np.dtype(numpy))
    elif numpy == "":
        _SMALL.append(dtype)
    return dtype


#                  name       number  kind     bytes  NumPy
float32 = _define("float32", 1, _FLOAT, 4, "float32")
float64 = _define("float64", 2, _FLOAT, 8, "float64")
float16 = _define("float16", 19, _FLOAT, 2, "float16")
bfloat16 = _define("bfloat16", 14, _FLOAT, 2, "")
complex64 = _define("complex64", 8, _COMPLEX, 8, "complex64")
complex128 = _define("complex128", 18, _COMPLEX, 16, "complex128")
int8 = _define("int8", 6, _SIGNED, 1, "int8")
int16 = _define("int16", 5, _SIGNED, 2, "int16")
int32 = _define("int32", 3, _SIGNED, 4, "int32")
int64 = _define("int64", 9, _SIGNED, 8, "int64")
uint8 = _define("uint8", 4, _UNSIGNED, 1, "uint8")
uint16 = _define("uint16", 17, _UNSIGNED, 2, "uint16")
uint32 = _define("uint32", 22, _UNSIGNED, 4, "uint32")
uint64 = _define("uint64", 23, _UNSIGNED, 8, "uint64")
bool = _define("bool", 10, _BOOL, 1, "bool", numeric=False)
string = _define("string", 7, _STRING, 0, "object", numeric=False)
resource = _define("resource", 20, _OPAQUE, 0, numeric=False)
variant = _define("variant", 21, _OPAQUE, 0, numeric=False)

# tf.dtypes.experimental: no arithmetic in TensorFlow, hence not "numeric" there.
float8_e5m2 = _define("float8_e5m2", 24, _FLOAT, 1, "", numeric=False)
float8_e4m3fn = _define("float8_e4m3fn", 25, _FLOAT, 1, "", numeric=False)
float8_e4m3fnuz = _define("float8_e4m3fnuz", 26, _FLOAT, 1, "", numeric=False)
float8_e4m3b11fnuz = _define("float8_e4m3b11fnuz", 27, _FLOAT, 1, "", numeric=False)
float8_e5m2fnuz = _define("float8_e5m2fnuz", 28, _FLOAT, 1, "", numeric=False)
float4_e2m1fn = _define("float4_e2m1fn", 33, _FLOAT, 1, "", numeric=False)
int4 = _define("int4", 29, _SIGNED, 1, "", numeric=False)
uint4 = _define("uint4", 30, _UNSIGNED, 1, "", numeric=False)
int2 = _define("int2", 31, _SIGNED, 1, "", numeric=False)
uint2 = _define("uint2", 32, _UNSIGNED, 1, "", numeric=False)

qint8 = _define("qint8", 11, _QUANTIZED, 1, "i1")
quint8 = _define("quint8", 12, _QUANTIZED, 1, "u1")
qint32 = _define("qint32", 13, _QUANTIZED, 4, "i4")
qint16 = _define("qint16", 15, _QUANTIZED, 2, "i2")
quint16 = _define("quint16", 16, _QUANTIZED, 2, "u2")

half = float16
double = float64
QUANTIZED_DTYPES = frozenset((qint8, quint8, qint32, qint16, quint16))

_BY_NAME.update(half=float16, float=float32, double=float64)
# TensorFlow takes Python's float and bool, and refuses int and complex: it is not obvious which width they would mean.
_BY_TYPE.update({float: float32, _bool: bool, object: string, np.str_: string, np.bytes_: string})
_BY_TYPE.update({np.longlong: int64, np.ulonglong: uint64})  # classes of their own where `long` has 64 bits as well


def as_dtype(type_value: Any) -> DType:
    """The :class:`DType` that ``type_value`` names.

    Takes a DType, TensorFlow's name or number for one, an np.dtype, a NumPy scalar class, Python's ``float`` (float32),
    ``bool`` or ``object`` (string), or a NumPy array or scalar, whose dtype it is then. Raises TypeError for anything
    else, Python's ``int`` and ``complex`` included, as TensorFlow does.
    """
    if isinstance(type_value, DType):
        return type_value
    if isinstance(type_value, np.dtype):
        return _BY_NUMPY[type_value]
    found = None
    if isinstance(type_value, str):
        found = _BY_NAME.get(type_value)
    elif isinstance(type_value, type):
        found = _BY_TYPE.get(type_value)
        if found is None and _SMALL and type_value.__module__ == "ml_dtypes":
            _load_small_types()
            found = _BY_TYPE.get(type_value)
    elif isinstance(type_value, int) and not isinstance(type_value, _bool):
        found = _BY_ENUM.get(type_value)
    elif isinstance(type_value, (np.ndarray, np.generic)):
        return _BY_NUMPY[type_value.dtype]
    if found is None:
        _refuse(type_value)
    return found


if "ml_dtypes" in sys.modules:
    _load_small_types()
