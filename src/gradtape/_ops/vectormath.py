"""sin and cos of float64 arrays by the C library's vector functions, as NumPy ufuncs.

NumPy computes the float64 sine one element at a time (8 to 16 ns each; its exp, log and tanh are vectorised, 1 ns).
glibc's libmvec has vector versions, good to 4 ulp (3 seen), 0.8 ns an element; their calling convention is for
registers, so the inner loop of a ufunc is written in LLVM's language and compiled with llvmlite when the first large
array comes (0.1 s once, llvmlite's import included; a script with small arrays never pays for it). Where there is no
llvmlite, no libmvec or no AVX2, NumPy's function stays.

`ACCURATE` = True keeps NumPy's function everywhere.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["cos", "sin"]

ACCURATE = False
# elements, from which on the vector loop is used: by size alone, so that the same call gives the same bits every time
_LARGE = 512

_F64 = np.dtype("float64")

# The loop of a ufunc: (args, dims, steps, data). Whole blocks of contiguous elements go straight through registers;
# the rest, and strided operands, through a block on the stack.
_LOOP = """
declare <{lanes} x double> @{symbol}(<{lanes} x double>)

define void @{name}(ptr %args, ptr %dims, ptr %steps, ptr %data) {{
entry:
  %block = alloca <{lanes} x double>, align 64
  store <{lanes} x double> zeroinitializer, ptr %block, align 64
  %n = load i64, ptr %dims
  %x = load ptr, ptr %args
  %args1 = getelementptr ptr, ptr %args, i64 1
  %y = load ptr, ptr %args1
  %sx = load i64, ptr %steps
  %steps1 = getelementptr i64, ptr %steps, i64 1
  %sy = load i64, ptr %steps1
  %x8 = icmp eq i64 %sx, 8
  %y8 = icmp eq i64 %sy, 8
  %contiguous = and i1 %x8, %y8
  %rest = urem i64 %n, {lanes}
  %all = sub i64 %n, %rest
  %whole = select i1 %contiguous, i64 %all, i64 0
  %any = icmp sgt i64 %whole, 0
  br i1 %any, label %blocks, label %tails
blocks:
  %i = phi i64 [ 0, %entry ], [ %i.next, %blocks ]
  %from = getelementptr double, ptr %x, i64 %i
  %v = load <{lanes} x double>, ptr %from, align 8
  %r = call <{lanes} x double> @{symbol}(<{lanes} x double> %v)
  %to = getelementptr double, ptr %y, i64 %i
  store <{lanes} x double> %r, ptr %to, align 8
  %i.next = add i64 %i, {lanes}
  %more = icmp slt i64 %i.next, %whole
  br i1 %more, label %blocks, label %tails
tails:
  %j = phi i64 [ 0, %entry ], [ %whole, %blocks ], [ %j.next, %stored ]
  %left = sub i64 %n, %j
  %some = icmp sgt i64 %left, 0
  br i1 %some, label %gather.start, label %done
gather.start:
  %fits = icmp slt i64 %left, {lanes}
  %m = select i1 %fits, i64 %left, i64 {lanes}
  br label %gather
gather:
  %k = phi i64 [ 0, %gather.start ], [ %k.next, %gather ]
  %jk = add i64 %j, %k
  %ox = mul i64 %jk, %sx
  %px = getelementptr i8, ptr %x, i64 %ox
  %e = load double, ptr %px, align 8
  %pb = getelementptr double, ptr %block, i64 %k
  store double %e, ptr %pb, align 8
  %k.next = add i64 %k, 1
  %k.more = icmp slt i64 %k.next, %m
  br i1 %k.more, label %gather, label %compute
compute:
  %b = load <{lanes} x double>, ptr %block, align 64
  %s = call <{lanes} x double> @{symbol}(<{lanes} x double> %b)
  store <{lanes} x double> %s, ptr %block, align 64
  br label %scatter
scatter:
  %q = phi i64 [ 0, %compute ], [ %q.next, %scatter ]
  %jq = add i64 %j, %q
  %oy = mul i64 %jq, %sy
  %py = getelementptr i8, ptr %y, i64 %oy
  %pc = getelementptr double, ptr %block, i64 %q
  %f = load double, ptr %pc, align 8
  store double %f, ptr %py, align 8
  %q.next = add i64 %q, 1
  %q.more = icmp slt i64 %q.next, %m
  br i1 %q.more, label %scatter, label %stored
stored:
  %j.next = add i64 %j, {lanes}
  br label %tails
done:
  ret void
}}
"""

_keep_alive: list[Any] = []


def _compile(names: tuple[str, ...]) -> dict[str, Any]:
    """The ufuncs by name, none of them where this machine has no vector library."""
    try:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        lanes, letter = (8, "e") if features.get("avx512f") else (4, "d") if features.get("avx2") else (0, "")
        if not lanes or not llvm.get_process_triple().startswith("x86_64"):
            return {}
        llvm.load_library_permanently("libmvec.so.1")
        source = "".join(_LOOP.format(lanes=lanes, symbol=f"_ZGV{letter}N{lanes}v_{name}", name=name) for name in names)
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features.flatten() + ",-prefer-256-bit", opt=3
        )
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(source), machine)
        engine.finalize_object()
    except (ImportError, OSError, RuntimeError):
        return {}
    _keep_alive.append(engine)
    return {name: _ufunc(name, engine.get_function_address(name)) for name in names}


def _ufunc(name: str, address: int) -> Any:
    """A ufunc double -> double around a compiled loop, made by NumPy's C function PyUFunc_FromFuncAndData (entry 1 of
    its C API).
    """
    capsule = np._core._multiarray_umath._UFUNC_API  # type: ignore[attr-defined]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(get_pointer(capsule, None), ctypes.POINTER(ctypes.c_void_p))
    make = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, *[ctypes.c_int] * 4,
        ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int,
    )(table[1])
    loops, data = (ctypes.c_void_p * 1)(address), (ctypes.c_void_p * 1)(None)
    types, label = ctypes.create_string_buffer(bytes([_F64.num, _F64.num])), ctypes.create_string_buffer(name.encode())
    _keep_alive.extend((loops, data, types, label))  # NumPy keeps pointers to them
    return make(ctypes.addressof(loops), ctypes.addressof(data), ctypes.cast(types, ctypes.c_char_p), 1, 1, 1, -1,
                ctypes.cast(label, ctypes.c_char_p), b"", 0)  # fmt: skip


_ufuncs: dict[str, Any] = {}


def _vectorised(name: str, plain: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        if x.size < _LARGE:
            return plain(x)
        if x.dtype is not _F64 or ACCURATE:
            return plain(x)
        if not _ufuncs:
            _ufuncs.update({"sin": np.sin, "cos": np.cos, **_compile(("sin", "cos"))})
        return _ufuncs[name](x)

    return function


sin = _vectorised("sin", np.sin)
cos = _vectorised("cos", np.cos)
