"""`python -m benchmarks`: the command. See README.md here."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path

from . import harness, report
from .backends import BACKENDS
from .programs import CASES


def names(known: list[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {', '.join(known)}")
        return chosen

    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="gradtape and its peers, side by side.")
    add = parser.add_argument
    add("--python", action="append", default=[], metavar="[NAME=]PATH", help="another Python, for what is found in it")
    add("--cases", type=names(list(CASES)), default=list(CASES), help="comma-separated: " + ", ".join(CASES))
    add("--backends", type=names(list(BACKENDS)), default=list(BACKENDS), help="likewise: " + ", ".join(BACKENDS))
    add("--rounds", type=int, default=21, help="measurements per backend and case (21)")
    add("--seconds", type=float, default=0.03, help="about how long one measurement lasts (0.03)")
    add("--imports", type=int, default=10, help="measurements of the import times; 0 skips import and memory (10)")
    add("--json", type=Path, help="write every measurement to this file")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    pythons = {n: p for n, p in harness.find_pythons(options.python).items() if n in options.backends}
    absent = [BACKENDS[name].label for name in options.backends if name not in pythons]
    print(f"{report.machine()}.", f"Not installed, so not measured: {', '.join(absent)}." if absent else "", "\n")

    started = [harness.Peer(name, python) for name, python in pythons.items()]
    failed = {peer.name: peer.about for peer in started if "error" in peer.about}
    peers = [peer for peer in started if peer.name not in failed]
    about = {peer.name: peer.about for peer in peers}
    columns = list(about)
    source = about.get(report.OURS, {}).get("source")
    measured = harness.fingerprint(source) if source else ""
    print(report.versions(about) + (f"\n- gradtape's source: {measured}" if measured else ""), flush=True)
    results, others = {}, {}
    for case in options.cases:
        print(case, "...", file=sys.stderr)
        bystanders = harness.Bystanders(peer.process.pid for peer in peers)
        results[case] = harness.run_case(case, peers, options.rounds, options.seconds)
        others[case] = bystanders.cores()
    for peer in started:
        peer.close()
    print("\n" + report.times_table(columns, results))
    print("\n" + report.first_calls(results))

    pythons = {name: pythons[name] for name in columns}
    bystanders = harness.Bystanders([])
    imports = harness.import_times(pythons, options.imports) if options.imports else {}
    others.update({"import": bystanders.cores()} if options.imports else {})
    peaks = harness.gradient_peaks(pythons) if options.imports else {}
    if options.imports:
        print("\n" + report.processes_table(columns, imports, peaks))
    print("\n" + report.busy(others))
    promises = list(report.targets(results, imports, others))
    print("\nPromises:\n" + "\n".join(promises) if promises else "")

    problems = [f"{name}: {facts['error']}" for name, facts in failed.items()]
    problems += report.problems(results, imports, peaks)
    if source and harness.fingerprint(source) != measured:
        problems.append(
            "gradtape: its source changed during the run, so the figures are not of one library; measure a copy"
        )
    print("\n" + "\n".join(f"FAILED {problem}" for problem in problems) if problems else "")
    if options.json:
        cells = {case: {n: dataclasses.asdict(c) for n, c in row.items()} for case, row in results.items()}
        spent = {name: dataclasses.asdict(cell) for name, cell in imports.items()}
        everything = {
            "machine": report.machine(),
            "about": about,
            "source": measured,
            "others": others,
            "failed": failed,
            "cases": cells,
            "import": spent,
            "peak": peaks,
        }
        options.json.write_text(json.dumps(everything, indent=1))
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
