"""The table of elementwise ops: a name, the NumPy function, and dy/dx as a reader of mathematics would write it.

A derivative is written in the values at hand (`tanh`: `1 - y * y`, since y is there) and names only what it reads; that is what a tape keeps
alive. Conjugation for complex numbers, un-broadcasting, tangents and batching are the kind's, in one place. What happens at kinks:

    abs, sign at 0      0                     maximum, minimum at ties    the first argument takes it all
    relu, relu6 at 0    0                     clip at its bounds          1
    x**0 at 0           nan, as TensorFlow    x**x at 0                   nan
"""

from __future__ import annotations

import operator

import numpy as np

from gradtape._core.kinds import FLOATING, NUMERIC, REAL_NUMERIC, elementwise
from gradtape._core.samples import NONZERO, POSITIVE
from gradtape._ops import vectormath

# fmt: off
# Arithmetic
add      = elementwise("add",      operator.add,     1, 1,                                          types=NUMERIC + "S")
subtract = elementwise("subtract", operator.sub,     1, -1,                                         types=NUMERIC)
multiply = elementwise("multiply", operator.mul,     lambda x2: x2, lambda x1: x1,                  types=NUMERIC)
divide   = elementwise("divide",   operator.truediv, lambda x2: 1 / x2, lambda x2, y: -y / x2,      types=FLOATING, domain=NONZERO)
negative = elementwise("negative", operator.neg,     -1,                                            types=NUMERIC)
square   = elementwise("square",   np.square,        lambda x: x + x,                               types=NUMERIC)
sqrt     = elementwise("sqrt",     np.sqrt,          lambda y: 0.5 / y,                             domain=POSITIVE)

# Exponentials and logarithms
exp      = elementwise("exp",      np.exp,           lambda y: y)
log      = elementwise("log",      np.log,           lambda x: 1 / x,                               domain=POSITIVE)

# Trigonometry
sin      = elementwise("sin",      vectormath.sin,           lambda x: cos(x))
cos      = elementwise("cos",      vectormath.cos,           lambda x: -sin(x))
tanh     = elementwise("tanh",     np.tanh,          lambda y: 1 - y * y)

# Powers. TensorFlow takes log 0 as 0 in the derivative by the exponent.
pow      = elementwise("pow",      operator.pow,     lambda x1, x2: x2 * x1 ** (x2 - 1),
                                                     lambda x1, y: y * safe_log(x1),                types=NUMERIC, domain=POSITIVE)
safe_log = elementwise("safe_log", lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0).astype(x.dtype),
                                                     lambda x: 1 / x,                               domain=POSITIVE)
abs      = elementwise("abs",      np.abs,           lambda x: sign(x),                             types=REAL_NUMERIC)
sign     = elementwise("sign",     np.sign,          0,                                             types=NUMERIC)
floordiv = elementwise("floordiv", np.floor_divide,  0, 0,                                          types=REAL_NUMERIC, domain=NONZERO)
floormod = elementwise("floormod", np.mod,           1, lambda x1, x2: -floordiv(x1, x2),           types=REAL_NUMERIC, domain=NONZERO)
# fmt: on
