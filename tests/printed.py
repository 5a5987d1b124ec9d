"""Compares what two runs of a program printed: words and whole numbers exactly, other numbers to a relative tolerance.

Used by test_examples.py and by recorded/record_examples.py; imports neither TensorFlow nor gradtape. Invariants:
nothing that was printed is left out of the comparison except white space, which array printing spends according to the
width of its numbers; and a number printed as a whole one never equals one printed with a point.

Two values that agree may still be cut differently when they are printed, so numbers of three decimals and more may
differ by one unit of the last printed place. Numbers with fewer decimals get no such allowance: there one unit is a
real difference (array printing shortens 1.0 to ``1.``).
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf)(?!\w)")


class Difference(NamedTuple):
    """One place where two texts differ. `relative` is infinite where no tolerance could help."""

    line: int
    expected: str
    actual: str
    relative: float


def pieces(text: str) -> list[tuple[int, str, bool]]:
    """The text as (line number, piece, is it a number), white space removed."""
    found = []
    for count, line in enumerate(text.splitlines(), start=1):
        end = 0
        for match in NUMBER.finditer(line):
            found += [(count, word, False) for word in line[end : match.start()].split()]
            found.append((count, match.group(), True))
            end = match.end()
        found += [(count, word, False) for word in line[end:].split()]
    return found


def decimals(number: str) -> int:
    """Digits after the point, counted down from the exponent: 3 for ``1.250`` and 7 for ``1.25e-5``."""
    mantissa, _, exponent = number.partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0)


def distance(expected: str, actual: str) -> float:
    """How far two printed numbers are apart, relative to the larger, past the allowance for the last place."""
    whole = re.compile(r"[-+]?\d+")
    a, b = float(expected), float(actual)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0 if bool(whole.fullmatch(expected)) == bool(whole.fullmatch(actual)) else math.inf
    if not (math.isfinite(a) and math.isfinite(b)) or whole.fullmatch(expected) or whole.fullmatch(actual):
        return math.inf
    places = max(decimals(expected), decimals(actual))
    # 1.001: the subtraction of two decimal numbers is itself rounded.
    allowance = 1.001 * 10.0**-places if places >= 3 else 0.0
    return max(0.0, abs(a - b) - allowance) / max(abs(a), abs(b))


def joined(found: list[tuple[int, str, bool]]) -> list[tuple[int, str, bool]]:
    """Words that stand next to each other as one piece, so that ``[ 1.`` and ``[1.`` are alike."""
    merged: list[tuple[int, str, bool]] = []
    for count, piece, number in found:
        if merged and not number and not merged[-1][2]:
            merged[-1] = (merged[-1][0], merged[-1][1] + piece, False)
        else:
            merged.append((count, piece, number))
    return merged


def differences(expected: str, actual: str) -> list[Difference]:
    """Every place where the texts differ at all, in order."""
    left, right = joined(pieces(expected)), joined(pieces(actual))
    found = []
    for (line, a, number), (_, b, other) in zip(left, right):
        if number and other:
            relative = distance(a, b)
            if relative > 0.0:
                found.append(Difference(line, a, b, relative))
        elif a != b:
            # What follows is out of step; one difference says all there is to say.
            return [*found, Difference(line, a, b, math.inf)]
    if len(left) != len(right):
        longer = left if len(left) > len(right) else right
        line, piece, _ = longer[min(len(left), len(right))]
        found.append(Difference(line, piece if longer is left else "", piece if longer is right else "", math.inf))
    return found
