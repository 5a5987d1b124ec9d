"""Programs written to a folder and run, by `gradtape run` in this process or by either command in another."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from gradtape import cli

Write = Callable[..., pathlib.Path]


@pytest.fixture
def write(tmp_path: pathlib.Path) -> Write:
    def write(text: str, name: str = "program.py") -> pathlib.Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def isolated() -> Iterator[None]:
    """Puts back what `gradtape run` hands over to a program for good: argv, path, __main__, hooks, modules."""
    argv, path, main, meta, hook = sys.argv, sys.path[:], sys.modules["__main__"], sys.meta_path[:], sys.excepthook
    real = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "tensorflow"}
    try:
        yield
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"], sys.meta_path[:], sys.excepthook = argv, path, main, meta, hook
        for name in [name for name in sys.modules if name.split(".")[0] == "tensorflow" and name not in real]:
            del sys.modules[name]


@pytest.fixture
def run(isolated: None, write: Write, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a program's text with `gradtape run` in this process: exit status, standard output, standard error."""

    def run(text: str, *arguments: str) -> tuple[int, str, str]:
        status = cli.main(["run", str(write(text)), *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def command(arguments: list[str], where: pathlib.Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command line of this Python in another process, with the tests' own settings left out."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    environment["PYTHONIOENCODING"] = "utf-8"
    return subprocess.run([sys.executable, *arguments], cwd=where, input=text, env=environment, timeout=60,
                          capture_output=True, text=True, encoding="utf-8", check=False)
