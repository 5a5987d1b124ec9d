"""Every recorded case gives TensorFlow's values, gradients and errors: dtype, shape, structure, and numbers to the
bound of its group.

The cases are tests/recorded/cases, the recording tests/recorded/ops (see record_ops.py there). Deliberate differences
are the table tests/recorded/differences.py, each with its reason; a difference that has gone must leave the table.
"""

from __future__ import annotations

import functools
import json
import pathlib
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from tests.recorded.cases import BOUNDS, CHAPTERS, Case
from tests.recorded.compare import Allowance, difference, size_of
from tests.recorded.differences import DIFFERENCES, Difference
from tests.recorded.observe import KINDS, Missing, Outcome, decode, error_names, observe

OPS = pathlib.Path(__file__).with_name("recorded") / "ops"
ALL = [pytest.param(chapter, name, id=name) for chapter, cases in CHAPTERS.items() for name in cases]


@functools.cache
def recording(chapter: str) -> dict[str, Any]:
    return json.loads((OPS / f"{chapter}.json").read_text())


def differences(case: Case, outcome: Outcome, recorded: dict[str, Any], excuses: list[Difference]) -> list[str]:
    """Everything in which the outcome departs from the recording, in words, but what is excused."""
    excused_error = any("error" in e.kinds for e in excuses)
    if "error" in recorded or "error" in outcome:
        return [] if excused_error else errors(outcome.get("error"), recorded.get("error"), "the call")
    same_form = outcome["form"] == recorded["form"]
    found = [] if same_form else [f"the result is {outcome['form']}, recorded {recorded['form']}"]
    for kind in KINDS:
        theirs = recorded.get(f"{kind} error")
        if theirs and kind in outcome and better(kind, theirs):
            break
        if not excused_error:
            found += errors(outcome.get(f"{kind} error"), theirs, kind)
        mine = [e for e in excuses if kind in e.kinds and e.kinds != "error"]
        if all(e.at is not None for e in mine):
            found += arrays(case, kind, outcome, recorded, mine)
    return found


def better(kind: str, error: list[str]) -> bool:
    """Whether having a gradient is no difference: the value is right, and TensorFlow's own rule fails or is not there.

    A LookupError of a first gradient stays: programs see it for functions that have none (`tf.unique_with_counts`).
    """
    return kind == "h" or "InvalidArgumentError" in error


def errors(error: BaseException | None, recorded: list[str] | None, where: str) -> list[str]:
    if recorded is None:
        return [] if error is None else [f"{where}: {type(error).__name__}: {error}; recorded is a result"]
    if error is None:
        # TensorFlow was built without that kernel; to have it is no difference.
        return [] if "NotFoundError" in recorded else [f"{where}: a result; recorded is {recorded[0]}"]
    # Which error a kernel raises is its author's choice; InvalidArgumentError serves for all of them.
    accepted = {recorded[0], "InvalidArgumentError"} if "OpError" in recorded else {recorded[0]}
    if accepted & set(error_names(error)):
        return []
    return [f"{where}: {type(error).__name__}, recorded {recorded[0]}: {error}"]


def arrays(case: Case, kind: str, outcome: Outcome, recorded: dict[str, Any], excuses: list[Difference]) -> list[str]:
    if kind not in recorded or kind not in outcome:
        return []  # one of them raised, which `errors` reports
    got, wanted = outcome[kind], [decode(stored) for stored in recorded[kind]]
    if len(got) != len(wanted):
        return [f"{kind}: {len(got)} arrays, recorded {len(wanted)}"]
    off = recorded.get(f"{kind} off") or [None] * len(wanted)
    terms = size_of([decode(stored) for stored in recorded.get("u", [])]) if kind == "h" else 0.0
    excused = [e.at(*case.inputs) for e in excuses]
    mask = np.logical_or.reduce(excused) if excused else None
    allowances = [Allowance(BOUNDS[case.group], kind, o, terms, mask) for o in off]
    found = [(i, difference(g, w, a)) for i, (g, w, a) in enumerate(zip(got, wanted, allowances, strict=True))]
    words = [f"{kind}[{i}] {what}" for i, what in found if what]
    slices = outcome.get(f"{kind} slices"), recorded.get(f"{kind} slices")
    if slices[0] != slices[1]:
        words.append(f"{kind}: IndexedSlices at {slices[0]}, recorded {slices[1]}")
    return words


@pytest.mark.parametrize(("chapter", "name"), ALL)
def test_recorded_case(chapter: str, name: str) -> None:
    case, recorded = CHAPTERS[chapter][name], recording(chapter).get(name)
    current = recorded is not None and recorded["in"] == case.digest
    assert current, f"{chapter} is not recorded with these inputs: run tests/recorded/record_ops.py"
    try:
        outcome = observe(tf, case)
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)
    excuses = [d for d in DIFFERENCES if d.names(name)]
    found = differences(case, outcome, recorded, excuses)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: f"{row.pattern} {row.kinds}")
def test_every_difference_is_still_one(row: Difference) -> None:
    """Some case that the row names differs without it."""
    named = [(chapter, name) for chapter, cases in CHAPTERS.items() for name in cases if row.names(name)]
    assert named, "no case has such a name"
    for chapter, name in named:
        case = CHAPTERS[chapter][name]
        others = [d for d in DIFFERENCES if d is not row and d.names(name)]
        if differences(case, observe(tf, case), recording(chapter)[name], others):
            return
    pytest.fail("gradtape no longer differs here: take the row out of tests/recorded/differences.py", pytrace=False)


def test_the_recording_has_no_cases_of_the_past() -> None:
    for chapter, cases in CHAPTERS.items():
        assert set(recording(chapter)) == {"recorded on", *cases}
