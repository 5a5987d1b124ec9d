"""`gradtape run`: what a program sees as tensorflow, and what it is told when gradtape lacks a name."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable

import pytest

import gradtape
from gradtape import _compat, cli
from tests.cli.conftest import Write, command

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("statement", [
    "import tensorflow as tf",
    "import tensorflow.compat.v2 as tf",
    "from tensorflow.compat import v2 as tf",
    "from tensorflow import compat\ntf = compat.v2",
    "import tensorflow\ntf = tensorflow",
    "import tensorflow.math\ntf = tensorflow",
    "import importlib\ntf = importlib.import_module('tensorflow')",
    "import tensorflow.python.framework.ops\nimport tensorflow as tf",
])
def test_every_way_to_import_the_root(run: Run, statement: str) -> None:
    program = f"{statement}\nprint(tf.float32.name, tf.GradientTape.__name__, tf.math.__name__)"
    status, out, err = run(program)
    assert (status, err) == (0, "")
    assert out in ("float32 GradientTape tensorflow.math\n", "float32 GradientTape tensorflow.compat.v2.math\n")


@pytest.mark.parametrize(("statement", "name"), [
    ("from tensorflow import GradientTape as it", "GradientTape"),
    ("from tensorflow import math as it", "math"),
    ("from tensorflow.math import exp as it", "math.exp"),
    ("import tensorflow.math as m; it = m.exp", "math.exp"),
    ("from tensorflow.compat.v2.math import exp as it", "math.exp"),
    ("from tensorflow.errors import InvalidArgumentError as it", "errors.InvalidArgumentError"),
    ("from tensorflow.python.framework import errors_impl as e; it = e.InternalError", "errors.InternalError"),
    ("from tensorflow.python.framework.ops import convert_to_tensor as it", "convert_to_tensor"),
    ("from tensorflow.python.eager import backprop; it = backprop.GradientTape", "GradientTape"),
    ("from tensorflow.python.ops import math_ops; it = math_ops.exp", "math.exp"),
    ("from tensorflow.python.util import nest; it = nest.flatten", "nest.flatten"),
    ("from tensorflow.python.framework import dtypes; it = dtypes.float64", "float64"),
])
def test_every_way_to_import_a_name_gives_gradtapes_own(run: Run, statement: str, name: str) -> None:
    status, out, err = run(f"{statement}\nimport gradtape\nown = gradtape.{name}\n"
                           "print(it is own or (it.__all__ == sorted(own.__all__)))")
    assert (status, out, err) == (0, "True\n", "")


def test_a_star_import_brings_every_public_name(run: Run) -> None:
    status, out, err = run("from tensorflow import *\nimport builtins, gradtape as g\n"  # tf.print is among them
                           "builtins.print([n for n in g.__all__ if n not in globals()])")
    assert (status, out, err) == (0, "[]\n", "")


def test_the_version_is_that_of_the_tensorflow_followed(run: Run) -> None:
    from gradtape._version import TENSORFLOW_VERSION

    status, out, _ = run("import tensorflow as tf, tensorflow.compat.v2 as t2\nprint(tf.__version__, t2.__version__)")
    assert (status, out) == (0, f"{TENSORFLOW_VERSION} {TENSORFLOW_VERSION}\n")


def test_a_gradient_program_runs(run: Run) -> None:
    status, out, err = run("""
import tensorflow as tf
x = tf.Variable(3.0)
with tf.GradientTape() as tape:
    y = x * x
print(tape.gradient(y, x).numpy())
""")
    assert (status, out, err) == (0, "6.0\n", "")


# --------------------------------------------------------------------------------------------- names that are not there
def test_an_attribute_that_is_missing(run: Run, write: Write) -> None:
    status, out, err = run("import tensorflow as tf\ndef f():\n    return tf.GradientTap()\nf()\n")
    program = write("").name
    assert (status, out) == (1, "")
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.count("File ") == 2  # the module's frame, the function's, and nothing else
    last = err.splitlines()[-1]
    assert last.startswith("AttributeError: module 'tensorflow' has no attribute 'GradientTap': "
                           "gradtape does not have tf.GradientTap (")
    assert f"{program}, line 3)" in last
    assert "near it: tf.GradientTape" in last


def test_an_attribute_of_a_submodule_that_is_missing(run: Run) -> None:
    status, _, err = run("import tensorflow as tf\n\ntf.math.expo(1.0)\n")
    assert status == 1
    assert "AttributeError: module 'tensorflow.math' has no attribute 'expo': " in err
    assert "gradtape does not have tf.math.expo (" in err
    assert "line 3)" in err
    assert "tf.math.exp" in err


def test_the_same_word_elsewhere_is_what_is_near(run: Run) -> None:
    _, _, err = run("import tensorflow as tf\ntf.erf\n")
    assert "near it: tf.math.erf" in err


@pytest.mark.parametrize(("statement", "error", "words"), [
    ("import tensorflow.no_such_module", ModuleNotFoundError,
     ["No module named 'tensorflow.no_such_module'", "tf.no_such_module"]),
    ("import tensorflow.no_such_module.inner as x", ModuleNotFoundError, ["'tensorflow.no_such_module'"]),
    ("from tensorflow.no_such_module import layers", ModuleNotFoundError, ["'tensorflow.no_such_module'"]),
    ("from tensorflow import no_such_name", ImportError,
     ["cannot import name 'no_such_name' from 'tensorflow'", "tf.no_such_name"]),
    ("from tensorflow.math import expo", ImportError,
     ["cannot import name 'expo' from 'tensorflow.math'", "near it: ", "tf.math.exp"]),
    ("from tensorflow.python.framework import no_such_name", ImportError, ["tf.python.framework.no_such_name"]),
    ("import tensorflow.compat.v1 as tf", ModuleNotFoundError, ["tf.compat.v1", "TensorFlow 2's names only"]),
    ("from tensorflow.compat import v1", ImportError, ["tf.compat.v1", "TensorFlow 2's names only"]),
    ("from tensorflow.compat.v2 import no_such_name", ImportError, ["does not have tf.no_such_name"]),
    ("import tensorflow.float32", ModuleNotFoundError, ["No module named 'tensorflow.float32'"]),
])
def test_an_import_that_is_missing(run: Run, statement: str, error: type[Exception], words: list[str]) -> None:
    status, out, err = run(f"x = 1\n{statement}\n")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"{error.__name__}: ")
    assert "line 2)" in err
    for word in words:
        assert word in err
    assert err.count("File ") == 1
    assert "_compat" not in err
    assert "importlib" not in err


def test_a_missing_import_is_reported_where_it_is_even_in_a_helper(write: Write, tmp_path: pathlib.Path) -> None:
    write("def build():\n    from tensorflow import no_such_name\n", "helper.py")
    write("import helper\nhelper.build()\n")
    result = command(["-m", "gradtape", "run", "program.py"], tmp_path)
    assert result.returncode == 1
    assert "helper.py, line 2)" in result.stderr
    assert result.stderr.count("File ") == 2


def test_a_program_that_catches_the_error_goes_on(run: Run) -> None:
    status, out, err = run("""
import tensorflow as tf
print(hasattr(tf, "no_such_name"), getattr(tf, "no_such_name", 5))
try:
    from tensorflow import no_such_name
except ImportError as error:
    print(type(error).__name__, error.name)
try:
    import tensorflow.no_such_module
except ModuleNotFoundError as error:
    print(type(error).__name__, error.name)
try:
    tf.no_such_name
except AttributeError as error:
    print(type(error).__name__, error.name)
import importlib.util
print(importlib.util.find_spec("tensorflow.no_such_module"), importlib.util.find_spec("tensorflow.math").name)
""")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "False 5", "ImportError tensorflow", "ModuleNotFoundError tensorflow.no_such_module",
        "AttributeError no_such_name", "None tensorflow.math",
    ]


def test_chained_tracebacks_are_clean_too(run: Run) -> None:
    status, _, err = run("try:\n    import tensorflow.no_such_module\nexcept ImportError as error:\n"
                         "    raise RuntimeError('no such module') from error\n")
    assert status == 1
    assert err.count("File ") == 2
    assert "importlib" not in err


def test_a_null_byte_is_a_syntax_error(run: Run) -> None:
    status, _, err = run("x = 1\n\0")
    assert status == 1
    assert "null bytes" in err


# ------------------------------------------------------------------------------------------------ what cannot be run
@pytest.mark.parametrize(("arguments", "words"), [
    (["no_such_file.py"], ["cannot read no_such_file.py", "No such file"]),
    (["folder"], ["folder is a folder"]),
    (["notebook.ipynb"], ["notebook.ipynb is a notebook", "install_as_tensorflow"]),
    (["-m", "no_such_module_anywhere"], ["no module named 'no_such_module_anywhere'"]),
    (["-m", "json.no_such_module"], ["no module named 'json.no_such_module'"]),
    (["-m", "builtins"], ["module 'builtins' has no Python code"]),
    (["-m", ".relative"], ["no module named '.relative'"]),
    (["-m"], ["option -m needs the module"]),
    (["-c"], ["option -c needs the code"]),
    (["--nonsense", "x.py"], ["unknown option '--nonsense'"]),
    ([], ["which script?"]),
])
def test_what_cannot_be_run_is_one_clear_line(
    arguments: list[str], words: list[str], isolated: None, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "notebook.ipynb").touch()
    assert cli.main(["run", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gradtape run: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err


def test_a_file_that_may_not_be_read(
    isolated: None, write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(write("x = 1"))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", refuse)  # a mode without read permission means nothing to the superuser
    assert cli.main(["run", path]) == 2
    assert capsys.readouterr().err == f"gradtape run: cannot read {path}: Permission denied\n"


# ---------------------------------------------------------------------------------------- without the command line
def test_install_as_tensorflow_is_taken_back(isolated: None) -> None:
    with gradtape.install_as_tensorflow():
        import tensorflow as tf

        assert tf.GradientTape is gradtape.GradientTape
        assert tf.math.exp is gradtape.math.exp
        assert any(name.startswith("tensorflow") for name in sys.modules)
    assert not any(_compat.is_view(module) for module in sys.modules.values())
    assert not any(isinstance(finder, _compat.Finder) for finder in sys.meta_path)
    assert tf.cast is gradtape.cast  # what was imported stays usable


def test_installing_twice_is_installing_once(isolated: None) -> None:
    first = gradtape.install_as_tensorflow()
    with gradtape.install_as_tensorflow():
        pass
    import tensorflow

    assert tensorflow.Tensor is gradtape.Tensor
    first.uninstall()
    first.uninstall()
    assert "tensorflow" not in sys.modules


def test_a_real_tensorflow_that_is_imported_is_not_replaced(isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", type(sys)("tensorflow"))
    with pytest.raises(RuntimeError, match="TensorFlow itself is imported in this process already"):
        gradtape.install_as_tensorflow()
    assert not any(isinstance(finder, _compat.Finder) for finder in sys.meta_path)


def test_a_view_lists_the_public_names_and_nothing_else(isolated: None) -> None:
    with gradtape.install_as_tensorflow():
        import tensorflow as tf

        assert tf.__all__ == sorted(gradtape.__all__)
        assert set(tf.__all__) <= set(dir(tf))
        assert not hasattr(tf, "cli")
        assert not hasattr(tf, "_core")
        assert not hasattr(tf.math, "np")


def test_probes_for_private_names_get_pythons_own_short_answer(isolated: None) -> None:
    with gradtape.install_as_tensorflow():
        import tensorflow as tf

        with pytest.raises(AttributeError) as caught:
            tf._repr_html_  # noqa: B018
    assert str(caught.value) == "module 'tensorflow' has no attribute '_repr_html_'"


def test_every_private_path_leads_to_modules_that_tensorflow_users_know() -> None:
    for path, public in _compat.PRIVATE.items():
        assert all(part == "" or part.split(".")[0].islower() for part in public), path
        found = _compat.sources(["python", *path.split(".")])
        assert found is None or gradtape in found or all(module.__name__.startswith("gradtape.") for module in found)
