"""`gradtape run`: a program started as `python` starts it, with ``tensorflow`` answered by gradtape.

What `python script.py` promises is kept: ``__main__`` and its ``__file__``, ``sys.argv``, ``sys.path[0]``, exit codes,
SystemExit, Ctrl-C, ``sys.excepthook``, and a traceback that begins in the program. The process belongs to the program
from then on: nothing is put back, because threads and exit handlers still run after its last line. May import: the
standard library and `_compat`. Invariant: no frame of the command, nor of the import system, in a traceback.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Sequence

from gradtape import _compat

__all__ = ["CannotRun", "clean", "run"]


class CannotRun(Exception):
    """The program was not started; the message says why, in one line."""


def run(kind: str, program: str, arguments: Sequence[str]) -> int:
    """Runs a program as ``__main__`` and returns its exit status; SystemExit and KeyboardInterrupt pass through.

    `kind` is "script" (a path, or "-" for standard input), "module" or "code".
    """
    text = read_script(program) if kind == "script" else program.encode()
    sys.argv = [program if kind == "script" else "-" + kind[0], *arguments]
    if not sys.flags.safe_path:
        # Python put the folder of the `gradtape` command there.
        sys.path[:1] = [os.path.dirname(os.path.realpath(program)) if is_file(kind, program)
                        else os.getcwd() if kind == "module" else ""]
    _compat.install_as_tensorflow()
    main = types.ModuleType("__main__")
    vars(main).update(__builtins__=sys.modules["builtins"], __annotations__={}, __cached__=None)
    sys.modules["__main__"] = main
    failure: BaseException
    try:
        if kind == "module":
            code = prepare_module(main, program)
        else:
            code = prepare_text(main, text, program if is_file(kind, program) else None, kind)
        exec(code, vars(main))
    except (SystemExit, CannotRun):
        raise
    except BaseException as error:
        failure = error
    else:
        return 0
    show(failure)
    if isinstance(failure, KeyboardInterrupt):
        # Python ends a process that Ctrl-C stopped by that signal, so that a shell loop stops too; it has to see it.
        sys.excepthook = lambda *_: None
        raise failure
    return 1


def is_file(kind: str, program: str) -> bool:
    return kind == "script" and program != "-"


def read_script(path: str) -> bytes:
    """The bytes of a script, or one clear line."""
    if path == "-":
        return sys.stdin.buffer.read()
    if path.endswith(".ipynb"):
        raise CannotRun(f"{path} is a notebook; call gradtape.install_as_tensorflow() in its first cell instead")
    try:
        with open(path, "rb") as file:
            return file.read()
    except IsADirectoryError:
        raise CannotRun(f"{path} is a folder; name the script in it") from None
    except OSError as error:
        raise CannotRun(f"cannot read {path}: {error.strerror}") from None


def prepare_text(main: types.ModuleType, text: bytes, path: str | None, kind: str) -> types.CodeType:
    """Compiles a script, or the text of ``-c`` or of standard input, and gives ``__main__`` what Python gives it."""
    if path is None:
        filename = "<string>" if kind == "code" else "<stdin>"
        loader: object = importlib.machinery.BuiltinImporter
    else:
        filename = main.__file__ = os.path.abspath(path)
        loader = importlib.machinery.SourceFileLoader("__main__", filename)
    vars(main).update(__loader__=loader, __spec__=None, __package__=None)
    return compile(text, filename, "exec", dont_inherit=True)


def prepare_module(main: types.ModuleType, name: str) -> types.CodeType:
    """Finds the module, a package's ``__main__`` for a package, and gives ``__main__`` what `python -m` gives it."""
    spec = find_module(name)
    if spec.submodule_search_locations is not None:
        name += ".__main__"
        spec = find_module(name)
    code = spec.loader.get_code(name) if isinstance(spec.loader, importlib.abc.InspectLoader) else None
    if code is None:
        raise CannotRun(f"module {name!r} has no Python code to run")
    vars(main).update(__spec__=spec, __loader__=spec.loader, __package__=spec.parent, __cached__=spec.cached)
    if spec.origin:
        main.__file__ = sys.argv[0] = spec.origin
    return code


def find_module(name: str) -> importlib.machinery.ModuleSpec:
    try:
        spec = importlib.util.find_spec(name) if not name.startswith(".") else None
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # a package above the module lacks something: its own traceback says what
        spec = None
    except ValueError as error:
        raise CannotRun(f"no module named {name!r}: {error}") from None
    if spec is None:
        raise CannotRun(f"no module named {name!r}")
    return spec


# ------------------------------------------------------------------------------------------------- tracebacks
def show(error: BaseException) -> None:
    """Hands an exception to ``sys.excepthook``, the program's own if it set one, as Python does at the end."""
    clean(error)
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception as second:
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(second), clean(second), second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)


def clean(error: BaseException) -> BaseException:
    """Takes the frames of the command and of the import system out of an exception and everything chained to it."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = without_plumbing(one.__traceback__)
        todo += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
    return error


def without_plumbing(traceback: types.TracebackType | None) -> types.TracebackType | None:
    kept = [entry for entry in entries(traceback) if not is_plumbing(entry.tb_frame.f_code.co_filename)]
    for entry, following in zip(kept, [*kept[1:], None]):
        entry.tb_next = following
    return kept[0] if kept else None


def entries(traceback: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def is_plumbing(filename: str) -> bool:
    return filename == __file__ or _compat.is_plumbing(filename)
