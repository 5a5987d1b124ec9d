"""The `gradtape` command itself: help, version, and command lines that cannot be followed."""

from __future__ import annotations

import pathlib
import shutil
import sysconfig

import pytest

import gradtape
from gradtape import cli
from tests.cli.conftest import command


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"], ["run", "--help"], ["check", "-h"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for word in ("gradtape run SCRIPT", "gradtape check", "--json", "--version"):
        assert word in out


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([option]) == 0
    assert capsys.readouterr().out == f"gradtape {gradtape.__version__}\n"


def test_no_arguments_show_the_help_and_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert capsys.readouterr().err == cli.HELP


@pytest.mark.parametrize(("arguments", "word"), [
    (["walk", "x.py"], "unknown command 'walk'"),
    (["--nonsense"], "unknown command '--nonsense'"),
    (["check"], "which file or folder?"),
    (["check", "--nonsense", "x.py"], "unknown option '--nonsense'"),
])
def test_a_command_line_that_cannot_be_followed(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert word in err
    assert err.count("\n") == 1


def test_the_installed_command_and_the_module_are_the_same(tmp_path: pathlib.Path) -> None:
    assert command(["-m", "gradtape", "--version"], tmp_path).stdout == f"gradtape {gradtape.__version__}\n"
    script = shutil.which("gradtape", path=sysconfig.get_path("scripts"))
    assert script is not None, "the package is installed without its command"
    result = command([script, "--version"], tmp_path)
    assert (result.stdout, result.returncode) == (f"gradtape {gradtape.__version__}\n", 0)


def test_what_is_not_needed_is_not_imported(tmp_path: pathlib.Path) -> None:
    heavy = ["scipy", "llvmlite", "argparse.nonsense", "sklearn", "gradtape._cli.check", "gradtape._cli.scan", "json"]
    text = ("import sys\nfrom gradtape import cli\nbefore = set(sys.modules)\ncli.main(['--version'])\n"
            f"print([name for name in {heavy!r} if name in set(sys.modules) - before])")
    assert command(["-c", text], tmp_path).stdout.splitlines()[-1] == "[]"
