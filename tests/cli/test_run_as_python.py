"""`gradtape run` and `python` do the same with a program: output, tracebacks to the letter, and exit status."""

from __future__ import annotations

import pathlib

import pytest

from tests.cli.conftest import Write, command

WHO_AM_I = """
import sys
print(__name__, __file__, __package__, __spec__ and __spec__.name, __doc__, type(__loader__).__name__)
print(sys.argv, sys.path[0], sys.modules["__main__"].__dict__ is globals())
print(sorted(name for name in globals() if name != "sys"))
"""
IN_A_FUNCTION = """
def inner(x):
    return 1 / x

def outer():
    return inner(0)

outer()
"""
CHAINED = """
def read():
    raise KeyError("alpha")

try:
    try:
        read()
    except KeyError as error:
        raise ValueError("no alpha") from error
except ValueError:
    raise RuntimeError("gave up")
"""
SCRIPTS = {
    "what a script sees": WHO_AM_I,
    "an exception in a function": IN_A_FUNCTION,
    "chained exceptions": CHAINED,
    "an exception group": 'raise ExceptionGroup("two", [ValueError(1), TypeError(2)])',
    "a syntax error": "x = 1\ndef broken(:\n    pass\n",
    "a module that is not there": "import there_is_no_such_module",
    "a name that is not in a module": "from json import there_is_no_such_name",
    "a helper that fails": "import helper\n",
    "a helper with a syntax error": "import broken_helper\n",
    "exit without a code": "raise SystemExit",
    "exit with a number": "import sys\nprint('before')\nsys.exit(7)",
    "exit with a message": "import sys\nsys.exit('the reason')",
    "exit while another exception is handled": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise SystemExit(4)",
    "Ctrl-C": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)",
    "an excepthook": (
        "import sys\nsys.excepthook = lambda t, e, tb: print(t.__name__, e, tb.tb_lineno, tb.tb_next)\n1 / 0"),
    "an excepthook that fails": (
        "import sys\ndef hook(*a):\n    raise TypeError('in the hook')\nsys.excepthook = hook\n1 / 0"),
    "an excepthook that exits": "import sys\ndef hook(*a):\n    raise SystemExit(9)\nsys.excepthook = hook\n1 / 0",
    "an exit handler after an exception": "import atexit\natexit.register(print, 'last')\nraise ValueError('first')",
    "a thread that outlives the last line": (
        "import threading, time, sys\n"
        "def late():\n    time.sleep(0.2)\n    print(sys.modules['__main__'].value)\n"
        "value = 5\nthreading.Thread(target=late).start()\n"),
    "a class of the script, pickled": (
        "import pickle\nclass A:\n    pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)\n"),
    "the source of a function": "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))\n",
    "a coding line": "# -*- coding: latin-1 -*-\nprint('h\u00e9')\n",
    "annotations, evaluated although the command itself postpones its own": "def f(x: undefined_name): pass\n",
}


def same(python: list[str], where: pathlib.Path, text: str = "") -> None:
    expected = command(python, where, text)
    found = command(["-m", "gradtape", "run", *python], where, text)
    assert found.stdout == expected.stdout
    assert found.stderr == expected.stderr
    assert found.returncode == expected.returncode


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_script_runs_as_python_runs_it(case: str, write: Write) -> None:
    write("def fail():\n    raise OSError('helper')\nfail()\n", "helper.py")
    write("def (\n", "broken_helper.py")
    path = write(SCRIPTS[case], "folder/program.py")
    same([path.name, "one", "--two", "-h"], path.parent)


def test_a_script_in_another_folder(write: Write, tmp_path: pathlib.Path) -> None:
    write(WHO_AM_I + IN_A_FUNCTION, "folder/program.py")
    same(["folder/program.py"], tmp_path)


def test_a_script_behind_a_symbolic_link(write: Write, tmp_path: pathlib.Path) -> None:
    (tmp_path / "link.py").symlink_to(write(WHO_AM_I + IN_A_FUNCTION, "folder/program.py"))
    same(["link.py"], tmp_path)


@pytest.mark.parametrize("module", ["single", "package", "package.inner"])
def test_a_module(module: str, write: Write, tmp_path: pathlib.Path) -> None:
    text = WHO_AM_I.replace("sys.path[0], ", "")
    for name in ("single.py", "package/__init__.py", "package/__main__.py", "package/inner.py"):
        write(text + "1 / 0\n" if name != "package/__init__.py" else "print(__name__)", name)
    expected = command(["-m", module, "x"], tmp_path)
    found = command(["-m", "gradtape", "run", "-m", module, "x"], tmp_path)
    assert (found.stdout, found.returncode) == (expected.stdout, expected.returncode)
    # Python's own traceback of a module begins with two frames of runpy; ours begins with the module's.
    last = expected.stderr.index(f'  File "{tmp_path}')
    assert found.stderr == "Traceback (most recent call last):\n" + expected.stderr[last:]


def test_code(tmp_path: pathlib.Path) -> None:
    same(["-c", "import sys; print(__name__, sys.argv, repr(sys.path[0]), '__file__' in globals())", "x"], tmp_path)
    same(["-c", "import sys; sys.exit(3)"], tmp_path)


def test_standard_input(tmp_path: pathlib.Path) -> None:
    same(["-", "x"], tmp_path, "import sys\nprint(sys.argv, repr(sys.path[0]), __spec__)\nsys.exit(2)\n")


def test_the_program_may_import_its_neighbours(write: Write, tmp_path: pathlib.Path) -> None:
    write("value = 11", "folder/neighbour.py")
    write("import neighbour\nprint(neighbour.value)", "folder/program.py")
    same(["folder/program.py"], tmp_path)


def test_safe_path_is_respected(write: Write, tmp_path: pathlib.Path) -> None:
    path = write("import sys\nprint(sys.path)")
    expected = command(["-P", path.name], tmp_path)
    found = command(["-P", "-m", "gradtape", "run", path.name], tmp_path)
    assert (found.stdout, found.stderr) == (expected.stdout, expected.stderr)
