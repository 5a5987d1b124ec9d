"""Records what TensorFlow makes of the expressions in tests/recorded/forms, the data that tests/test_recorded_forms.py
compares with.

Run it from the repository's root with an interpreter that has TensorFlow installed:

    python -m tests.recorded.record_forms
"""

from __future__ import annotations

import json
import os

from tests.recorded.forms import CHAPTERS, FOLDER, environment, outcome, read


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import tensorflow as tf

    for chapter in CHAPTERS:
        setup, groups = read(chapter)
        names = environment(tf, setup)
        recorded = {expression: outcome(expression, names) for group in groups.values() for expression in group}
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in recorded.items())
        (FOLDER / f"{chapter}.json").write_text(f"{{\n{lines}\n}}\n", "utf-8")
        print(f"{chapter}: {len(recorded)} expressions, TensorFlow {tf.__version__}")


if __name__ == "__main__":
    main()
