"""Scripts, notebooks and folders of them, as syntax trees: what `gradtape check` reads.

May import: the standard library. Invariant: nothing is executed, and a file that cannot be read as Python becomes a
`Problem` of that file, never an end to the whole run.
"""

from __future__ import annotations

import ast
import json
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

__all__ = ["Piece", "Problem", "SourceError", "find_files", "parse"]

SUFFIXES = (".py", ".ipynb")
# Folders of other people's code and of caches; hidden folders are left out as well.
SKIPPED = {"__pycache__", "node_modules", "site-packages", "venv", "build", "dist"}
# Cell magics after which the cell is still Python.
PYTHON_MAGICS = {"time", "timeit", "capture", "prun", "memit", "mprun"}
# `%matplotlib inline`, `!pip install x`, `?name`, as a whole line; and `files = !ls`, `t = %timeit f()`.
MAGIC_LINE = re.compile(r"^(\s*)(?:%{1,2}[A-Za-z_]|!|\?).*$|^(\s*)[\w.]+\?{1,2}\s*$")
MAGIC_VALUE = re.compile(r"^(\s*[\w., ]+=\s*)(?:!|%[A-Za-z_]).*$")


class SourceError(Exception):
    """A path named on the command line cannot be looked into; the message says why, in one line."""


class Piece(NamedTuple):
    """A syntax tree, and the notebook cell it came from (counted from 1; None in a script)."""

    tree: ast.Module
    cell: int | None


class Problem(NamedTuple):
    """Why a file, or one cell of it, could not be read as Python."""

    message: str
    line: int | None
    cell: int | None


def find_files(paths: Sequence[str]) -> list[str]:
    """The scripts and notebooks named, and those in the folders named, each once, in order."""
    found: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            inside = list(walk(path))
            if not inside:
                raise SourceError(f"{path} holds no script (.py) and no notebook (.ipynb)")
            found += inside
        elif not os.path.exists(path):
            raise SourceError(f"cannot read {path}: no such file or folder")
        elif not os.access(path, os.R_OK):
            raise SourceError(f"cannot read {path}: permission denied")
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def walk(folder: str) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED
                            and not os.path.exists(os.path.join(where, name, "pyvenv.cfg")))
        yield from (os.path.join(where, name) for name in sorted(files) if name.endswith(SUFFIXES))


def parse(path: str) -> tuple[list[Piece], list[Problem]]:
    """The syntax trees of a file, and what was wrong with it."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        return [], [Problem(f"cannot be read: {error.strerror}", None, None)]
    if not path.endswith(".ipynb"):
        return collect([(content, None)])
    try:
        return collect(cells(json.loads(content)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return [], [Problem(f"is not a notebook: {error}", None, None)]


def cells(notebook: Any) -> list[tuple[str, int]]:
    """The code cells of a notebook (format 4, or 3 with its worksheets), numbered among all cells."""
    found = notebook["cells"] if "cells" in notebook else [
        cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    texts = [(cell.get("source", cell.get("input", "")), index) for index, cell in enumerate(found, 1)
             if cell["cell_type"] == "code"]
    return [("".join(text), index) for text, index in texts]


def collect(texts: Sequence[tuple[str | bytes, int | None]]) -> tuple[list[Piece], list[Problem]]:
    pieces: list[Piece] = []
    problems: list[Problem] = []
    for text, cell in texts:
        try:
            pieces.append(Piece(syntax(text) if isinstance(text, bytes) else cell_syntax(text), cell))
        except SyntaxError as error:
            problems.append(Problem(error.msg, error.lineno, cell))
        except (ValueError, RecursionError, MemoryError) as error:
            problems.append(Problem(str(error) or type(error).__name__, None, cell))
    return pieces, problems


def syntax(text: str | bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a script's invalid escapes are its own affair
        tree = compile(text, "<checked>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def cell_syntax(text: str) -> ast.Module:
    """A cell as Python. Only a cell that does not parse as it stands is searched for magics, so that a line of a
    string that looks like one is left alone; every magic keeps its line, so that line numbers stay right."""
    magic = re.match(r"\s*%%(\w+)", text)
    if magic and magic[1] not in PYTHON_MAGICS:
        return ast.Module([], [])
    try:
        return syntax(text)
    except SyntaxError:
        return syntax("\n".join(plain(line) for line in text.splitlines()))


def plain(line: str) -> str:
    """A line with its magic replaced by Python that does nothing."""
    if match := MAGIC_LINE.match(line):
        return f"{match[1] or match[2] or ''}pass"
    match = MAGIC_VALUE.match(line)
    return f"{match[1]}None" if match else line
