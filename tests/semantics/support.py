"""What the tests of this folder share: the library under test, `tf`, and a few ways to look at results.

The tests hold TensorFlow's behaviour with TensorFlow's public names alone, so they run on TensorFlow too; that is
how each of them was checked:

    GRADTAPE_TESTS_ON=tensorflow python -m pytest tests/semantics

Where gradtape departs from TensorFlow on purpose a test carries `differs(reason)`; conftest.py leaves it out there.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import subprocess
import sys
import textwrap
import tracemalloc
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

LIBRARY = os.environ.get("GRADTAPE_TESTS_ON", "gradtape")
ON_TENSORFLOW = LIBRARY == "tensorflow"
if ON_TENSORFLOW:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # oneDNN's allocator pools, so that nothing can be measured


def library() -> types.ModuleType:
    """The library under test; warnings that its own import gives are not this folder's matter."""
    with warnings.catch_warnings():
        if ON_TENSORFLOW:
            warnings.simplefilter("ignore")
        return importlib.import_module(LIBRARY)


tf: Any = library()
differs = pytest.mark.differs


def has(name: str) -> bool:
    """Whether the library has a dotted name under `tf`."""
    found: Any = tf
    for part in name.split("."):
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def needs(*names: str) -> pytest.MarkDecorator:
    """Skips a test until the library has the names that it goes through (the test is about something else)."""
    missing = [name for name in names if not has(name)]
    return pytest.mark.skipif(bool(missing), reason=f"there is no tf.{', tf.'.join(missing)} yet")


def number(x: Any) -> Any:
    """The value of a tensor, slices made dense; None stays None."""
    if x is None:
        return None
    if isinstance(x, tf.IndexedSlices):
        x = tf.convert_to_tensor(x)
    return x.numpy()


def same(actual: Any, expected: Any, rtol: float = 1e-6) -> None:
    """Asserts that a tensor (or slices) has the expected shape and values; `expected` None means exactly None."""
    if expected is None:
        assert actual is None, f"expected None, got {actual!r}"
        return
    assert actual is not None, f"expected {expected!r}, got None"
    got, want = np.asarray(number(actual)), np.asarray(expected)
    assert got.shape == want.shape, f"shape {got.shape}, expected {want.shape}: {got!r}"
    np.testing.assert_allclose(got, want, rtol=rtol, atol=0)


def all_same(actual: Any, expected: Any, rtol: float = 1e-6) -> None:
    """`same` for each entry of two lists."""
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        same(a, e, rtol)


@contextlib.contextmanager
def complaints() -> Iterator[list[str]]:
    """Collects what the library says while a block runs, through Python's warnings or through its logger."""
    said: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                said.append(record.getMessage())

    handler = Collect()
    loggers = [logging.getLogger(name) for name in ("tensorflow", "gradtape")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
        said.extend(str(w.message) for w in caught)
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


PREAMBLE = """
import json, sys
import numpy as np
from tests.semantics.support import complaints, tf
def answer(value): sys.stdout.write("ANSWER " + json.dumps(value) + chr(10))
"""


def fresh(program: str) -> Any:
    """Runs a program in an interpreter of its own, for facts that hold once per process; gives what it `answer`ed."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        env=env,
        cwd=root,
        timeout=300,
        check=False,
    )
    answers = [line.removeprefix("ANSWER ") for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    assert done.returncode == 0 and len(answers) == 1, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(answers[0])


# Memory, counted in arrays of one size.

# 40 MB of float64: TensorFlow's allocator maps each such array by itself and gives it back to the system when freed.
ROWS = 5_000_000


def big(fill: float = 1.0001) -> Any:
    """A new tensor of `ROWS` float64."""
    return tf.ones([ROWS], tf.float64) * fill  # not from an ndarray: TensorFlow lets go of those some time later


def resident() -> int:
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def arrays_held() -> Iterator[Callable[[], int]]:
    """Gives a function that says how many big arrays more are alive than at the start of the block.

    On gradtape tracemalloc counts them, since NumPy reports its arrays to it. TensorFlow's allocator reports nothing:
    there it is the memory of the process.
    """
    gc.collect()
    if ON_TENSORFLOW:
        start = resident()
        yield lambda: round((resident() - start) / (ROWS * 8))
        return
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        yield lambda: round((tracemalloc.get_traced_memory()[0] - start) / (ROWS * 8))
    finally:
        tracemalloc.stop()
