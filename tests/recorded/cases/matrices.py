"""Cases of the matrix products: matmul (flags, batches, broadcasting), einsum, tensordot, matvec, and small ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.recorded.cases.case import REAL, Case, case, drawn

PAIRS = {
    "matrices": ((2, 3), (3, 4)),
    "row, column": ((1, 3), (3, 1)),
    "column, row": ((3, 1), (1, 2)),
    "batches": ((2, 2, 3), (2, 3, 2)),
    "batch, matrix": ((2, 2, 3), (3, 2)),
    "matrix, batch": ((2, 3), (2, 3, 2)),
    "batches that broadcast": ((2, 1, 2, 3), (3, 3, 2)),
    "no inner": ((2, 0), (0, 3)),
    "no rows": ((0, 2), (2, 3)),
    "no batch": ((0, 2, 3), (0, 3, 2)),
}
WRONG = {
    "inner sizes differ": ((2, 3), (2, 3)),
    "vector": ((3,), (3, 2)),
    "vectors": ((3,), (3,)),
    "scalar": ((), (2, 2)),
    "batches differ": ((2, 2, 3), (3, 3, 2)),
}
FLAGS = ("transpose_a", "transpose_b", "adjoint_a", "adjoint_b")
EQUATIONS = (
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij,kj->ik", (2, 3), (4, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("ij,j->i", (2, 3), (3,)),
    ("i,j->ij", (2,), (3,)),
    ("i,i->", (3,), (3,)),
    ("ij->ji", (2, 3)),
    ("ij->i", (2, 3)),
    ("ij->", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii->", (3, 3)),
    ("ii", (3, 3)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("i,ij,j->", (2,), (2, 3), (3,)),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)),
    ("...ij,...jk->...ik", (2, 2, 3), (2, 3, 2)),
    ("...ij,jk->...ik", (2, 2, 3), (3, 2)),
    ("bi,bj->bij", (2, 3), (2, 2)),
    ("abc,cd->abd", (2, 2, 3), (3, 2)),
    ("i j , j k -> i k", (2, 3), (3, 2)),
    ("ij,jk->ikj", (2, 3), (3, 2)),
    ("ij,jk->il", (2, 3), (3, 2)),
    ("ij,jk->ik", (2, 3), (2, 3)),
    ("ij->ij", (3,)),
    ("ij,jk->ik", (2, 3)),
    ("ij;jk", (2, 3), (3, 2)),
)


def matmul() -> Iterator[Case]:
    for label, shapes in {**PAIRS, **WRONG}.items():
        yield case("matmul", label, lambda f, a, b: f(a, b), *shapes, group="sums")
        yield case("identity", f"a @ b, {label}", lambda f, a, b: f(a) @ b, *shapes, group="sums")
    for dtype in (np.float64, np.float16, np.complex64, np.complex128, np.int32, np.int64, np.bool_):
        name = np.dtype(dtype).name
        yield case("matmul", name, lambda f, a, b: f(a, b), (2, 3), (3, 2), dtype=dtype, group="sums")
    for flag in FLAGS:
        left = flag.endswith("a")
        shapes = ((3, 2), (3, 4)) if left else ((2, 3), (4, 3))
        for dtype in (np.float32, np.complex64):
            name = np.dtype(dtype).name
            yield case(
                "matmul",
                f"{flag}, {name}",
                lambda f, a, b, k=flag: f(a, b, **{k: True}),
                *shapes,
                dtype=dtype,
                group="sums",
            )
        batches = ((2, 3, 2), (3, 4)) if left else ((2, 2, 3), (4, 3))
        yield case("matmul", f"{flag}, batch", lambda f, a, b, k=flag: f(a, b, **{k: True}), *batches, group="sums")
    both = {"transpose_a": True, "transpose_b": True}
    yield case("matmul", "both transposed", lambda f, a, b: f(a, b, **both), (3, 2), (4, 3), group="sums")
    adjoint = {"adjoint_a": True, "adjoint_b": True}
    yield case(
        "matmul", "both adjoint", lambda f, a, b: f(a, b, **adjoint), (3, 2), (4, 3), dtype=np.complex64, group="sums"
    )
    mixed = {"transpose_a": True, "adjoint_a": True}
    yield case("matmul", "transpose_a and adjoint_a", lambda f, a, b: f(a, b, **mixed), (3, 2), (3, 2))
    yield case("matmul", "dtypes differ", lambda f, a, b: f(a, b), np.ones((2, 2), np.float32), np.ones((2, 2)))
    yield case("matmul", "with a list", lambda f, a: f(a, [[1.0], [2.0]]), (2, 2), group="sums")
    yield case("matmul", "a matrix with itself", lambda f, a: f(a, a), (3, 3), group="sums")


def products() -> Iterator[Case]:
    for i, (equation, *shapes) in enumerate(EQUATIONS):
        yield case("einsum", f"{equation} {i}", lambda f, *xs, e=equation: f(e, *xs), *shapes, group="sums")
    for dtype in (np.float64, np.complex64):
        name = np.dtype(dtype).name
        yield case("einsum", name, lambda f, a, b: f("ij,jk->ik", a, b), (2, 3), (3, 2), dtype=dtype, group="sums")
    for label, axes in {
        "0": 0,
        "1": 1,
        "2": 2,
        "[1], [0]": [[1], [0]],
        "[0, 1], [1, 0]": [[0, 1], [1, 0]],
        "-1, 0": (-1, 0),
    }.items():
        a, b = ((3, 3), (3, 3)) if label != "0" else ((2, 3), (2,))
        yield case("tensordot", f"axes {label}", lambda f, a, b, x=axes: f(a, b, x), a, b, group="sums")
    yield case("tensordot", "rank 3", lambda f, a, b: f(a, b, [[2, 0], [0, 1]]), (2, 3, 4), (4, 2, 2), group="sums")
    yield case("tensordot", "sizes that differ", lambda f, a, b: f(a, b, 1), (2, 3), (2, 3))
    yield case("tensordot", "axes 3", lambda f, a, b: f(a, b, 3), (2, 3), (2, 3))
    yield case("linalg.matvec", "matrix", lambda f, a, b: f(a, b), (2, 3), (3,), group="sums")
    yield case("linalg.matvec", "batch", lambda f, a, b: f(a, b), (2, 2, 3), (2, 3), group="sums")
    yield case("linalg.matvec", "transpose", lambda f, a, b: f(a, b, transpose_a=True), (3, 2), (3,), group="sums")
    yield case("linalg.matvec", "sizes that differ", lambda f, a, b: f(a, b), (2, 3), (2,))
    yield case("linalg.cross", "vectors", lambda f, a, b: f(a, b), (2, 3), (2, 3), group="sums")
    yield case("linalg.cross", "four numbers", lambda f, a, b: f(a, b), (4,), (4,))
    yield case("nn.bias_add", "rows", lambda f, x, b: f(x, b), (2, 3), (3,), group="sums")
    yield case("nn.bias_add", "images", lambda f, x, b: f(x, b), (2, 2, 2, 3), (3,), group="sums")
    yield case("nn.bias_add", "NCHW", lambda f, x, b: f(x, b, data_format="NCHW"), (2, 3, 2, 2), (3,), group="sums")
    yield case("nn.bias_add", "sizes that differ", lambda f, x, b: f(x, b), (2, 3), (2,))
    yield case("nn.bias_add", "vector", lambda f, x, b: f(x, b), (3,), (3,))
    w = drawn("w", REAL, (3, 2))
    yield case("identity", "layer", lambda f, x, w, b: f(x) @ w + b, (4, 3), w, (2,), group="sums")


def cases() -> Iterator[Case]:
    yield from matmul()
    yield from products()
