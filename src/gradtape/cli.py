"""The `gradtape` command: reads the arguments and hands over to gradtape._cli.

May import: the standard library, `_version`, and, once a subcommand is chosen, that subcommand's module. Exit status: 2
for a command line that cannot be followed (one line on standard error says why), otherwise the subcommand's own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gradtape._version import TENSORFLOW_VERSION, __version__

__all__ = ["main"]

HELP = f"""\
usage: gradtape run SCRIPT [ARGUMENT ...]
       gradtape run -m MODULE [ARGUMENT ...]
       gradtape run -c CODE [ARGUMENT ...]
       gradtape check [--json] [--missing] PATH [PATH ...]
       gradtape --version
       gradtape --help

run     Runs a Python program as `python` would, with `import tensorflow` answered by gradtape.
        SCRIPT may be - for standard input. Arguments after it are the program's own.
check   Lists the TensorFlow names that scripts (.py), notebooks (.ipynb) and folders of them use,
        how often and where first, and marks those that gradtape does not have.
        --missing lists only these; --json prints the result for programs.
        Exit status: 0 if nothing is missing, 1 if something is or a file could not be read as Python.

gradtape follows TensorFlow {TENSORFLOW_VERSION}. A command line that cannot be followed ends with status 2.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (default: the process's own) and returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        sys.stderr.write(HELP)
        return 2
    command, *rest = arguments
    if command in ("-h", "--help", "help") or (command in COMMANDS and rest[:1] in (["-h"], ["--help"])):
        sys.stdout.write(HELP)
        return 0
    if command in ("-V", "--version"):
        print(f"gradtape {__version__}")
        return 0
    if command not in COMMANDS:
        return fail(f"unknown command {command!r}; the commands are {' and '.join(COMMANDS)} (see gradtape --help)")
    return COMMANDS[command](rest)


def run(arguments: list[str]) -> int:
    """`gradtape run`: which program, and which arguments are its own."""
    from gradtape._cli import run as runner

    if not arguments:
        return fail("run: which script? usage: gradtape run SCRIPT [ARGUMENT ...]")
    kind, program = "script", arguments
    if arguments[0] in ("-m", "-c"):
        kind, program = ("module" if arguments[0] == "-m" else "code"), arguments[1:]
        if not program:
            return fail(f"run: option {arguments[0]} needs the {kind} to run after it")
    elif arguments[0] == "--":
        program = arguments[1:]
    elif arguments[0].startswith("-") and arguments[0] != "-":
        return fail(f"run: unknown option {arguments[0]!r}; options of the program come after its name")
    try:
        return runner.run(kind, program[0], program[1:])
    except runner.CannotRun as error:
        return fail(f"run: {error}")


def check(arguments: list[str]) -> int:
    """`gradtape check`: its options, and the files and folders to look into."""
    from gradtape._cli import check as checker

    known = {"--json", "--missing"}
    options = {argument for argument in arguments if argument.startswith("-")}
    paths = [argument for argument in arguments if not argument.startswith("-")]
    if unknown := sorted(options - known):
        return fail(f"check: unknown option {unknown[0]!r}; the options are {' and '.join(sorted(known))}")
    if not paths:
        return fail("check: which file or folder? usage: gradtape check [--json] [--missing] PATH [PATH ...]")
    try:
        return checker.check(paths, as_json="--json" in options, only_missing="--missing" in options)
    except checker.CannotCheck as error:
        return fail(f"check: {error}")


COMMANDS = {"run": run, "check": check}


def fail(message: str) -> int:
    """One clear line, and the exit status for a command line that cannot be followed."""
    print(f"gradtape {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
