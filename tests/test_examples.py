"""`gradtape run` on each program of examples/ and tests/programs/ prints what TensorFlow 2.21 prints.

The recordings are the programs' whole output on TensorFlow, made by recorded/record_examples.py. Words and whole
numbers have to be the same; another number may differ by `tolerance` of its size, and by one unit of its last place.

The tolerance is not chosen but measured. Two correct implementations round differently (in the order of a sum, in the
last bit of an exponential), and a training loop enlarges that. The recording therefore holds the `scatter` of each
program: how far TensorFlow's own output moves when its other kernels run, or when every constant, initial value and
gradient is moved by one unit in its last place (past the one unit of the last printed place, so for most it is 0). A
run of gradtape rounds differently in every single operation, so ten times the scatter is granted; at least a few units
of float32 (1e-6); and never more than CEILING: a program that would need more is not one whose agreement means
anything, and has to be changed.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from tests.printed import Difference, differences, distance

ROOT = pathlib.Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests" / "recorded"
PROGRAMS = {
    f"{kind}/{program.stem}": program
    for kind, folder in (("examples", ROOT / "examples"), ("programs", ROOT / "tests" / "programs"))
    for program in sorted(folder.glob("*.py"))
}
FLOOR, CEILING = 1e-6, 1e-5


def scatters() -> dict[str, float]:
    """Each recorded program's scatter, under the name that PROGRAMS gives it."""
    about = {kind: json.loads((RECORDED / kind / "about.json").read_text("utf-8")) for kind in ("examples", "programs")}
    return {f"{kind}/{name}": scatter for kind, data in about.items() for name, scatter in data["scatter"].items()}


def run(program: pathlib.Path) -> str:
    """What the program prints under `gradtape run`; its standard error is shown if it fails."""
    command = [sys.executable, "-m", "gradtape", "run", str(program)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{program.name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_what_tensorflow_prints(name: str) -> None:
    recorded = (RECORDED / f"{name}.txt").read_text("utf-8")
    tolerance = max(FLOOR, 10.0 * scatters()[name])
    found = [d for d in differences(recorded, run(PROGRAMS[name])) if d.relative > tolerance]
    lines = [f"line {d.line}: expected {d.expected}, got {d.actual} ({d.relative:.1e} apart)" for d in found]
    assert not lines, f"{len(lines)} places of {name} differ by more than {tolerance:.1e}:\n" + "\n".join(lines)


def test_the_softmax_gradients_agree_in_every_printed_digit() -> None:
    recorded = (RECORDED / "examples" / "softmax_losses.txt").read_text("utf-8")
    assert run(PROGRAMS["examples/softmax_losses"]) == recorded


def test_every_program_is_recorded_and_fit_for_a_comparison() -> None:
    assert set(scatters()) == set(PROGRAMS)
    assert {name for name, scatter in scatters().items() if 10.0 * scatter > CEILING} == set()


@pytest.mark.parametrize(
    ("expected", "actual", "relative"),
    [
        ("loss 0.69315", "loss 0.69316", 0.0),  # one unit of the last place
        ("loss 0.69315", "loss 0.69317", 1.44e-5),  # two
        ("[ 0.5  -1. ]", "[0.5 -1.0]", 0.0),  # white space and zeros
        ("[0. 2. 0.]", "[0. 1. 0.]", 0.5),  # a shortened number has no allowance
        ("[0.1 0.5]", "[0.1 0.6]", 0.1667),
        ("1.5e-07", "1.6e-07", 0.0),
        ("1.50e-07", "1.60e-07", 0.0562),
        ("nan inf", "nan inf", 0.0),
        ("nan", "1.0", float("inf")),
        ("345 of 360", "344 of 360", float("inf")),  # whole numbers are exact
        ("6", "6.0", float("inf")),
        ("float32 w1", "float32 w2", float("inf")),  # a digit in a word is part of the word
        ("a = 1.0, done", "a = 1.0, gone", float("inf")),
        ("1.0 2.0", "1.0", float("inf")),
        ("1.0", "1.0 2.0", float("inf")),
        ("", "warning", float("inf")),
    ],
)
def test_the_comparison_sees_differences_and_only_them(expected: str, actual: str, relative: float) -> None:
    worst = max((difference.relative for difference in differences(expected, actual)), default=0.0)
    assert worst == pytest.approx(relative, rel=1e-2)


def test_a_difference_says_where_it_is() -> None:
    assert differences("a 1.0\nb 2.0", "a 1.0\nb 3.0") == [Difference(2, "2.0", "3.0", distance("2.0", "3.0"))]
