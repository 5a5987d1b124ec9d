"""Which TensorFlow names a program mentions, found in its syntax trees: the reading half of `gradtape check`.

A name is followed from its import through aliases (``import tensorflow as tf``, ``from tensorflow import keras``,
``K = tf.keras.backend``), scope by scope, to every attribute chain that starts from it. May import: the standard
library. Invariant: nothing here knows what gradtape has; a path is whatever the program wrote after ``tensorflow``.

Where a program's control flow decides what a name means (``try: import tensorflow as tf / except: tf = None``), the
TensorFlow meaning wins: listing a name too many costs a reader less than missing one.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["Scanner", "Use"]

Path = tuple[str, ...]
BUILTINS = frozenset(dir(builtins))


class Use(NamedTuple):
    """One mention of ``tensorflow.<path>``. An import or an alias is a mention that counts only if no other does."""

    path: Path
    cell: int | None
    line: int
    counts: bool


class Scope:
    """What names mean in a module, class or function: a TensorFlow path, or None for anything else."""

    def __init__(self, parent: Scope | None = None, kind: str = "module") -> None:
        self.parent, self.kind = parent, kind
        self.names: dict[str, Path | None] = {}
        self.elsewhere: dict[str, Scope] = {}  # names declared global or nonlocal

    def find(self, name: str) -> Scope | None:
        """The scope in which a name is looked up; a function does not see the class around it."""
        scope: Scope | None = self.elsewhere.get(name, self)
        while scope is not None:
            if name in scope.names and (scope.kind != "class" or scope is self):
                return scope
            scope = scope.parent
        return None

    def outermost(self) -> Scope:
        return self if self.parent is None else self.parent.outermost()


class Scanner(ast.NodeVisitor):
    """Visits the trees of one program in order, then the function bodies, which run when all of it is defined."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.packages: list[Use] = []  # other packages that need TensorFlow: ("tensorflow_probability",)
        self.stars: list[Path] = []  # `from tensorflow.<path> import *`
        self.unbound: list[Use] = []  # names that only a star import can explain
        self.module = self.scope = Scope()
        self.too_deep: list[int | None] = []  # cells with code nested too deeply to be followed to its end
        self.cell: int | None = None
        self.conditional = 0
        self.later: list[tuple[Scope, int | None, Callable[[], None]]] = []

    def scan(self, tree: ast.Module, cell: int | None = None) -> None:
        """Visits a piece of the program, all but the bodies of its functions."""
        self.guarded(self.module, cell, lambda: self.visit(tree))

    def finish(self) -> None:
        """Visits the function bodies put off so far, and those inside them."""
        while self.later:
            self.guarded(*self.later.pop(0))

    def guarded(self, scope: Scope, cell: int | None, visit: Callable[[], None]) -> None:
        self.scope, self.cell, self.conditional = scope, cell, 0
        try:
            visit()
        except RecursionError:
            self.too_deep.append(cell)

    # ------------------------------------------------------------------------------------- names and paths
    def bind(self, name: str, path: Path | None) -> None:
        scope = self.scope.elsewhere.get(name, self.scope)
        if path is None and self.conditional and scope.names.get(name) is not None:
            return
        scope.names[name] = path

    def resolve(self, node: ast.expr) -> Path | None:
        """The TensorFlow path that an expression names, or None."""
        if isinstance(node, ast.Name):
            scope = self.scope.find(node.id)
            return scope.names[node.id] if scope else None
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            return None if base is None else (*base, node.attr)
        if isinstance(node, ast.Call) and node.args and not node.keywords:
            function, last = ast.unparse(node.func), node.args[-1]
            if isinstance(last, ast.Constant) and isinstance(last.value, str):
                if function in ("importlib.import_module", "import_module", "__import__") and len(node.args) == 1:
                    first, *rest = last.value.split(".")
                    return tuple(rest) if first == "tensorflow" else None
                if function == "getattr" and len(node.args) == 2:
                    base = self.resolve(node.args[0])
                    return None if base is None else (*base, last.value)
        return None

    def use(self, path: Path, node: ast.stmt | ast.expr | ast.alias, counts: bool = True) -> None:
        if path:
            self.uses.append(Use(path, self.cell, node.lineno, counts))

    # --------------------------------------------------------------------------------------------- imports
    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first, *rest = alias.name.split(".")
            self.note_package(first, node)
            if first == "tensorflow":
                self.use(tuple(rest), node, counts=False)
                self.bind(alias.asname or first, tuple(rest) if alias.asname else ())
            else:
                self.bind(alias.asname or first, None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        first, *rest = (node.module or "").split(".")
        if node.level == 0:
            self.note_package(first, node)
        for alias in node.names:
            if first != "tensorflow" or node.level:
                self.bind(alias.asname or alias.name, None)
            elif alias.name == "*":
                self.stars.append(tuple(rest))
                self.use(tuple(rest), node, counts=False)
            else:
                self.use((*rest, alias.name), node, counts=False)
                self.bind(alias.asname or alias.name, (*rest, alias.name))

    def note_package(self, name: str, node: ast.stmt) -> None:
        if name.startswith("tensorflow_") or name in ("keras", "tf_keras"):
            self.packages.append(Use((name,), self.cell, node.lineno, True))

    # ----------------------------------------------------------------------------------------------- reads
    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id, None)
            return
        path = self.resolve(node)
        if path is not None:
            self.use(path, node)
        elif self.scope.find(node.id) is None and node.id not in BUILTINS:
            self.unbound.append(Use((node.id,), self.cell, node.lineno, True))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self.resolve(node)
        if path is None:
            self.visit(node.value)
        elif isinstance(node.ctx, ast.Load):  # `tf.name = ...` gives a name, it asks for none
            self.use(path, node)

    def visit_Call(self, node: ast.Call) -> None:
        path = self.resolve(node)
        if path is None:
            self.generic_visit(node)
        else:
            self.use(path, node)

    # --------------------------------------------------------------------------------------------- binding
    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.assign(target, node.value)
        if not all(isinstance(target, ast.Name) for target in node.targets) or self.resolve(node.value) is None:
            self.visit(node.value)

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        path = self.resolve(value)
        if isinstance(target, ast.Name):
            if path is not None:
                self.use(path, value, counts=False)
            self.bind(target.id, path)
        elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)) \
                and len(target.elts) == len(value.elts):
            for one, its in zip(target.elts, value.elts):
                self.assign(one, its)
        else:
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        if node.value is not None:
            self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name, None)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.bind(node.name, None)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.elsewhere.update(dict.fromkeys(node.names, self.scope.outermost()))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            if self.scope.parent and (owner := self.scope.parent.find(name)):
                self.scope.elsewhere[name] = owner

    # -------------------------------------------------------------------------------------- order and scope
    def visit_conditional(self, node: ast.AST) -> None:
        self.conditional += 1
        self.generic_visit(node)
        self.conditional -= 1

    visit_If = visit_While = visit_Try = visit_TryStar = visit_Match = visit_conditional

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        self.conditional += 1
        self.visit_all([*node.body, *node.orelse])
        self.conditional -= 1

    visit_AsyncFor = visit_For

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all(node.decorator_list)
        self.visit_arguments(node.args)
        if node.returns:
            self.annotation(node.returns)
        self.bind(node.name, None)
        self.later.append((self.inner(node.args), self.cell, lambda: self.visit_all(node.body)))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_arguments(node.args)
        self.later.append((self.inner(node.args), self.cell, lambda: self.visit(node.body)))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        self.bind(node.name, None)
        self.inside(Scope(self.scope, "class"), lambda: self.visit_all(node.body))

    def visit_comprehension_like(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        def body() -> None:
            self.visit_all(node.generators)
            self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

        self.inside(Scope(self.scope, "function"), body)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_like

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit_all([node.iter, node.target, *node.ifs])

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit_arguments(self, arguments: ast.arguments) -> None:
        """Defaults and annotations, which belong to the scope around the function."""
        self.visit_all([default for default in [*arguments.defaults, *arguments.kw_defaults] if default is not None])
        for argument in all_arguments(arguments):
            if argument.annotation:
                self.annotation(argument.annotation)

    def annotation(self, node: ast.expr) -> None:
        """An annotation; one in quotes is read as the expression it quotes."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                quoted = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return
            for inner in ast.walk(quoted):
                ast.copy_location(inner, node)
            node = quoted
        self.visit(node)

    def inner(self, arguments: ast.arguments) -> Scope:
        scope = Scope(self.scope, "function")
        scope.names.update(dict.fromkeys((argument.arg for argument in all_arguments(arguments)), None))
        return scope

    def inside(self, scope: Scope, visit: Callable[[], None]) -> None:
        outer, self.scope = self.scope, scope
        visit()
        self.scope = outer


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    more = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *more]
