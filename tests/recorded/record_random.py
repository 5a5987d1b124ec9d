"""Records TensorFlow's random numbers into random.json, the data that tests/random/test_recorded_draws.py compares
with.

Run it from the repository's root with an interpreter that has TensorFlow installed:

    python -m tests.recorded.record_random

What is drawn is said in tests/random/draws.py. Numbers are kept as JSON writes Python floats, which gives back the same
bits.
"""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import numpy as np

OUT = pathlib.Path(__file__).with_name("random.json")


def entry(tensor: Any) -> dict[str, Any]:
    """A tensor as data: its dtype, its shape, its elements."""
    array = np.asarray(tensor.numpy())
    flat = array.reshape(-1)
    values = [int(v) for v in flat] if array.dtype.kind in "iu" else [float(v) for v in flat]
    return {"dtype": tensor.dtype.name, "shape": list(array.shape), "values": values}


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import tensorflow as tf

    from tests.random.draws import DRAWS

    lines = [f"  {json.dumps(name)}: {json.dumps([entry(t) for t in d.run(tf)])}" for name, d in sorted(DRAWS.items())]
    head = f'{{\n "tensorflow": {json.dumps(tf.__version__)},\n "draws": {{\n'
    OUT.write_text(head + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")
    print(f"{len(lines)} draws of TensorFlow {tf.__version__} -> {OUT}")


if __name__ == "__main__":
    main()
