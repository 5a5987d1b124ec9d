"""Registers the mark `differs`, and leaves its tests out where the library under test is TensorFlow.

`support` says which library that is.
"""

from __future__ import annotations

import pytest

from tests.semantics.support import LIBRARY, ON_TENSORFLOW, tf


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "differs(reason): gradtape departs from TensorFlow here, deliberately; not run on TensorFlow"
    )


def pytest_report_header() -> str:
    return f"tests/semantics: on {LIBRARY} {tf.__version__}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("differs")
        if mark is not None and not (mark.args and isinstance(mark.args[0], str)):
            raise pytest.UsageError(f"{item.nodeid}: differs() wants the reason")
    if not ON_TENSORFLOW:
        return
    ours = [item for item in items if item.get_closest_marker("differs") is not None]
    if ours:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item.get_closest_marker("differs") is None]
