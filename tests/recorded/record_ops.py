"""Records what TensorFlow gives for the cases of tests/recorded/cases: the data of tests/test_recorded_ops.py.

Run it from the root of the checkout with an interpreter that has TensorFlow; names of chapters restrict it to these:

    python -m tests.recorded.record_ops [chapter ...]

Written per case: the digest of its inputs, the results (see observe.py), or the class of the error. A case with float32
or complex64 inputs runs a second time with the same numbers in double precision. Where TensorFlow's own result lies
farther from that than the group's bound, the distance is written down too ("off"): the test allows it on top of the
bound, at that element. So no bound is widened by hand for a function that TensorFlow's own kernels round badly, and
nobody has to be as wrong as they are.
"""

from __future__ import annotations

import os
import pathlib
import sys
import time
import warnings
from typing import Any

import numpy as np

from tests.recorded.cases import BOUNDS, CHAPTERS, Case
from tests.recorded.compare import Allowance, allowed, size_of
from tests.recorded.observe import DOUBLE, KINDS, Outcome, dump, encode, error_names, lookup, observe

OUT = pathlib.Path(__file__).with_name("ops")


def entry(tf: Any, case: Case) -> dict[str, Any]:
    outcome = observe(tf, case)
    written: dict[str, Any] = {"in": case.digest}
    if "error" in outcome:
        return {**written, "error": error_names(outcome["error"])}
    written["form"] = outcome["form"]
    truth = doubled(tf, case)
    for kind in KINDS:
        if f"{kind} error" in outcome:
            written[f"{kind} error"] = error_names(outcome[f"{kind} error"])
        if kind not in outcome:
            continue
        written[kind] = [encode(a) for a in outcome[kind]]
        if f"{kind} slices" in outcome:
            written[f"{kind} slices"] = outcome[f"{kind} slices"]
        terms = size_of(outcome.get("u", [])) if kind == "h" else 0.0
        off = [distance(case, kind, a, t, terms) for a, t in zip(outcome[kind], truth.get(kind, []), strict=False)]
        if any(off):
            written[f"{kind} off"] = off
    return written


def doubled(tf: Any, case: Case) -> Outcome:
    """The outcome in double precision, as far as the case has one."""
    if not any(a.dtype.name in DOUBLE for a in case.inputs) or any(
        a.dtype.name in DOUBLE.values() for a in case.inputs
    ):
        return {}
    return observe(tf, case, double=True)


def distance(
    case: Case, kind: str, a: np.ndarray | None, truth: np.ndarray | None, terms: float
) -> dict[str, float] | None:
    """How far a result is from the truth, by element, where that is more than the bound."""
    if a is None or truth is None or a.shape != truth.shape or DOUBLE.get(a.dtype.name) != truth.dtype:
        return None
    allowance = Allowance(BOUNDS[case.group], kind, terms=terms)
    with np.errstate(all="ignore"):
        far = np.abs(a - truth)
        over = np.isfinite(far) & (far > allowed(truth, allowance, a.dtype))
    return {str(i): float(f"{1.05 * far.flat[i]:.2g}") for i in np.flatnonzero(over)} or None


def main() -> None:
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", TF_ENABLE_ONEDNN_OPTS="0")
    warnings.simplefilter("ignore")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    OUT.mkdir(exist_ok=True)
    for api in sorted({case.api for chapter in CHAPTERS.values() for case in chapter.values()}):
        lookup(tf, api)
    for chapter in sys.argv[1:] or CHAPTERS:
        start = time.perf_counter()
        entries = {name: entry(tf, case) for name, case in CHAPTERS[chapter].items()}
        path = OUT / f"{chapter}.json"
        path.write_text(dump({"recorded on": f"TensorFlow {tf.__version__}", **entries}))
        seconds = time.perf_counter() - start
        print(f"{chapter}: {len(entries)} cases, {path.stat().st_size / 1024:.0f} KiB, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
