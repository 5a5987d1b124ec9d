"""Every recorded case gives TensorFlow's values, gradients and errors: dtype, shape, structure, and numbers to the
bound of its group.

The cases are tests/recorded/cases, the recording tests/recorded/ops (see record_ops.py there). Deliberate differences
are the table `DIFFERENT`, each with its reason; a difference that has gone must leave the table.
"""

from __future__ import annotations

import fnmatch
import functools
import json
import pathlib
from typing import Any

import pytest

import gradtape as tf
from tests.recorded.cases import BOUNDS, CHAPTERS, Bound, Case
from tests.recorded.compare import difference
from tests.recorded.observe import KINDS, Missing, Outcome, decode, error_names, observe

OPS = pathlib.Path(__file__).with_name("recorded") / "ops"

# Names of cases, with * and ?, where gradtape differs from TensorFlow on purpose, and why.
DIFFERENT: dict[str, str] = {}

ALL = [pytest.param(chapter, name, id=name) for chapter, cases in CHAPTERS.items() for name in cases]


@functools.cache
def recording(chapter: str) -> dict[str, Any]:
    return json.loads((OPS / f"{chapter}.json").read_text())


def reason(name: str) -> str | None:
    return next(
        (why for pattern, why in DIFFERENT.items() if fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))), None
    )


def differences(case: Case, outcome: Outcome, recorded: dict[str, Any]) -> list[str]:
    """Everything in which the outcome departs from the recording, in words."""
    if "error" in recorded or "error" in outcome:
        return errors(outcome.get("error"), recorded.get("error"), "the call")
    same_form = outcome["form"] == recorded["form"]
    found = [] if same_form else [f"the result is {outcome['form']}, recorded {recorded['form']}"]
    for kind in KINDS:
        theirs = recorded.get(f"{kind} error")
        if theirs and kind in outcome and better(kind, theirs):
            break
        found += errors(outcome.get(f"{kind} error"), theirs, kind)
        found += arrays(BOUNDS[case.group], kind, outcome, recorded)
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


def arrays(bound: Bound, kind: str, outcome: Outcome, recorded: dict[str, Any]) -> list[str]:
    if kind not in recorded or kind not in outcome:
        return []  # one of them raised, which `errors` reports
    got, wanted = outcome[kind], [decode(stored) for stored in recorded[kind]]
    if len(got) != len(wanted):
        return [f"{kind}: {len(got)} arrays, recorded {len(wanted)}"]
    off = recorded.get(f"{kind} off") or [None] * len(wanted)
    found = [(i, difference(got[i], wanted[i], bound, kind, off[i])) for i in range(len(wanted))]
    words = [f"{kind}[{i}] {what}" for i, what in found if what]
    if outcome.get(f"{kind} slices") != recorded.get(f"{kind} slices"):
        words.append(
            f"{kind}: IndexedSlices at {outcome.get(f'{kind} slices')}, recorded {recorded.get(f'{kind} slices')}"
        )
    return words


@pytest.mark.parametrize(("chapter", "name"), ALL)
def test_recorded_case(chapter: str, name: str) -> None:
    case, recorded = CHAPTERS[chapter][name], recording(chapter).get(name)
    assert recorded is not None and recorded["in"] == case.digest, (
        f"{chapter} is not recorded with these inputs: run tests/recorded/record_ops.py"
    )
    try:
        outcome = observe(tf, case)
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)
    found = differences(case, outcome, recorded)
    why = reason(name)
    if why is None and found:
        pytest.fail("\n".join(found), pytrace=False)
    if why is not None and not found:
        pytest.fail(f"no longer differs from TensorFlow ({why}): take it out of DIFFERENT", pytrace=False)


def test_the_recording_has_no_cases_of_the_past() -> None:
    stale = [
        f"{chapter}: {name}"
        for chapter in CHAPTERS
        for name in recording(chapter)
        if name not in CHAPTERS[chapter] and ":" in name
    ]
    assert not stale


def test_every_difference_names_a_case() -> None:
    names = [name for cases in CHAPTERS.values() for name in cases]
    for pattern in DIFFERENT:
        assert fnmatch.filter(names, pattern.replace("[", "[[]")), f"no case is called {pattern!r}"
