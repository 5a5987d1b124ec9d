"""Runs the Python of a Markdown page from top to bottom, as a reader would; `python tests/documents.py PAGE`.

A fenced block whose language is ``python`` is run; all blocks of a page share one namespace. A block with ``>>>``
prompts is run like a docstring's example. Another block may be followed by a fenced ``text`` block, and then has to
print exactly that. ``import tensorflow`` means gradtape, as it does under `gradtape run`. A block that is not meant to
be run says so in its first line: ```` ```python no-run ````.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import math
import pathlib
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


# A number with a point or an exponent; whole numbers, in shapes and in names such as float32, have to be the same.
FLOAT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+(?=e[-+]?\d))(?:e[-+]?\d+)?")


class Checker(doctest.OutputChecker):
    """Compares printed numbers to float32 rounding: the last digit of `exp` depends on the machine's C library."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(want, got, optionflags) or same(want, got)


def same(want: str, got: str) -> bool:
    """Whether two texts are equal but for white space and the last digits of numbers: 16 units in the last place."""
    expected, found = ([float(number) for number in FLOAT.findall(text)] for text in (want, got))
    rest = ["".join(FLOAT.sub("#", text).split()) for text in (want, got)]
    return rest[0] == rest[1] and len(expected) == len(found) and all(
        math.isclose(one, other, rel_tol=2e-6, abs_tol=2e-7) for one, other in zip(expected, found))


class Block(NamedTuple):
    info: str
    text: str
    line: int  # of the first line inside the fences


class Mismatch(AssertionError):
    """A page says something that is not so."""


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        at += 1
        if not opening:
            continue
        first, cut = at, len(opening["indent"])
        while at < len(lines) and not (
            (closing := FENCE.match(lines[at])) and closing["marks"].startswith(opening["marks"])
            and not closing["info"].strip()
        ):
            at += 1
        text = "".join(f"{line[cut:]}\n" for line in lines[first:at])
        yield Block(opening["info"].strip(), text, first + 1)
        at += 1


def run_page(path: pathlib.Path) -> int:
    """Runs every block of a page and returns how many there were; raises at the first that fails."""
    found = list(blocks(path.read_text(encoding="utf-8")))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for block, following in zip(found, [*found[1:], None]):
        if block.info != "python":
            continue
        count += 1
        if re.match(r"\s*>>>", block.text):
            run_prompts(block, namespace, path)
        else:
            run_text(block, following, namespace, path)
    return count


def run_prompts(block: Block, namespace: dict[str, Any], path: pathlib.Path) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, namespace, path.name, str(path), block.line - 1)
    report = io.StringIO()
    result = doctest.DocTestRunner(Checker(), optionflags=FLAGS).run(test, out=report.write, clear_globs=False)
    namespace.update(test.globs)
    if result.failed:
        raise Mismatch(report.getvalue())


def run_text(block: Block, following: Block | None, namespace: dict[str, Any], path: pathlib.Path) -> None:
    printed = io.StringIO()
    # Line numbers in a traceback are those of the page.
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    promised = following.text if following and following.info == "text" and follows(block, following) else None
    if promised is not None and not same(promised, printed.getvalue()):
        raise Mismatch(f"{path.name}, line {block.line}: the page says\n{promised}\nthe code prints\n"
                       f"{printed.getvalue()}")


def follows(block: Block, following: Block) -> bool:
    """Whether only the closing fence, blank lines and the opening fence lie between two blocks."""
    return following.line - (block.line + block.text.count("\n")) <= 3


def main(arguments: list[str]) -> int:
    import gradtape

    warnings.simplefilter("error")
    gradtape.install_as_tensorflow()
    count = sum(run_page(pathlib.Path(argument)) for argument in arguments)
    print(f"{count} blocks run")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
