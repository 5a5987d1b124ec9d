"""What a process holds, as the kernel counts it; and the peak of one large gradient per backend.

`python -m benchmarks.memory BACKEND` prints, as JSON, the bytes by which the peak of one gradient of the large MLP lies
above what the process held before it (the import and the inputs). A second call must not take more than the first.
Invariant: the peak is reset first. `ru_maxrss` cannot be: it also remembers the import's own peak, and the parent's.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def status(field: str) -> int:
    """One field of the kernel's account of this process, in bytes."""
    found = re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{STATUS} has no field {field}")
    return 1024 * int(found[1])


def resident() -> int:
    """Bytes of this process that lie in memory now."""
    return status("VmRSS") if STATUS.exists() else peak()


def peak() -> int:
    """The most bytes that lay in memory since `reset_peak`."""
    if STATUS.exists():
        return status("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reset_peak() -> None:
    if os.access(RESET, os.W_OK):
        RESET.write_text("5")


def gradient_peak(name: str) -> dict[str, Any]:
    from .backends import BACKENDS
    from .programs import mlp

    backend = BACKENDS[name]
    module = backend.load()
    function, arguments = getattr(mlp, f"with_{backend.program}")(module, mlp.inputs(**mlp.LARGE))
    function = backend.prepare(module, function)
    reset_peak()
    before = resident()
    for _ in range(2):
        function(*arguments)
    return {"bytes": peak() - before}


if __name__ == "__main__":
    measured = gradient_peak(sys.argv[1])
    print(json.dumps(measured))
