"""tf.Module: what it finds among its attributes and in which order, its name and its name scope."""

from __future__ import annotations

import collections

import pytest

from tests.semantics.support import same, tf


class Leaf(tf.Module):
    def __init__(self, number, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(float(number), name=f"w{number}")
        self.c = tf.Variable(number, trainable=False, name=f"c{number}")


def names(variables):
    return [v.name.removesuffix(":0") for v in variables]


def test_variables_come_by_attribute_name_the_modules_own_first():
    m = tf.Module()
    m.z = tf.Variable(0.0, name="z")
    m.child = Leaf(1)
    m.a = tf.Variable(0.0, name="a")
    m._hidden = tf.Variable(0.0, name="hidden")
    assert names(m.variables) == ["hidden", "a", "z", "c1", "w1"]
    assert isinstance(m.variables, tuple)


def test_containers_are_searched_in_the_order_of_nest():
    m = tf.Module()
    m.things = [tf.Variable(0.0, name="l"), {"b": tf.Variable(0.0, name="b"), "a": tf.Variable(0.0, name="a")}, Leaf(1)]
    m.more = (Leaf(2), tf.Variable(0.0, name="t"), collections.OrderedDict(q=Leaf(3), p=tf.Variable(0.0, name="p")))
    assert names(m.variables) == ["t", "p", "l", "a", "b", "c2", "w2", "c3", "w3", "c1", "w1"]


def test_trainable_and_other_variables():
    m = tf.Module()
    m.x, m.y = Leaf(1), Leaf(2)
    assert names(m.trainable_variables) == ["w1", "w2"]
    assert names(m.non_trainable_variables) == ["c1", "c2"]


def test_submodules_come_before_their_own_submodules():
    def module(name, *children):
        m = tf.Module(name=name)
        m.children, m.v = list(children), tf.Variable(0.0, name=name)
        return m

    root = module("r", module("a", module("a1"), module("a2")), module("b", module("b1")))
    assert [m.name for m in root.submodules] == ["a", "b", "a1", "a2", "b1"]
    assert names(root.variables) == ["r", "a", "a1", "a2", "b", "b1"]


def test_what_is_held_twice_is_found_once():
    m, shared = tf.Module(), Leaf(1)
    m.a, m.b, m.v, m.w = shared, [shared], shared.w, shared.w
    m.me = m
    assert names(m.variables) == ["w1", "c1"]
    assert m.submodules == (shared,)


def test_sets_functions_and_plain_objects_are_not_searched():
    class Plain:
        v = None

    m, plain = tf.Module(), Plain()
    plain.v = tf.Variable(1.0)
    m.s, m.f, m.p, m.n = {Leaf(1)}, tf.function(lambda x: x), plain, None
    assert m.variables == ()
    assert m.submodules == ()


def test_a_dict_whose_keys_do_not_sort_is_an_error_that_names_the_attribute():
    m = tf.Module()
    m.d = {1: tf.Variable(1.0), "a": tf.Variable(2.0)}
    with pytest.raises(ValueError, match="Error processing property 'd'"):
        m.variables  # noqa: B018


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        ("MyMLP", "my_mlp"), ("HTTPServer", "http_server"), ("ABCd", "ab_cd"), ("Dense2", "dense2"),
        ("conv2D", "conv2_d"), ("X1Y2", "x1_y2"), ("A", "a"), ("mlp", "mlp"), ("_Priv", "__priv"),
        ("My_Net", "my__net"),
    ],
)  # fmt: skip
def test_the_name_is_the_class_name_in_snake_case(cls, name):
    assert type(cls, (tf.Module,), {})().name == name


@pytest.mark.parametrize("name", ["a b", "", "1a", "a/b"])
def test_a_name_must_be_an_identifier(name):
    with pytest.raises(ValueError, match="is not a valid module name"):
        tf.Module(name=name)


def test_without_the_base_constructor_variables_are_found_and_names_are_not():
    class M(tf.Module):
        def __init__(self):
            self.v = tf.Variable(1.0, name="v")

    assert names(M().variables) == ["v"]
    with pytest.raises(AttributeError):
        M().name  # noqa: B018


class Scoped(tf.Module):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.b = None
        with self.name_scope:
            self.w = tf.Variable(2.0, name="w")

    @tf.Module.with_name_scope
    def __call__(self, x):
        """Doc."""
        if self.b is None:
            self.b = tf.Variable(1.0, name="b")
        return x * self.w + self.b


def test_name_scopes_go_before_the_names_of_variables():
    class Outer(tf.Module):
        def __init__(self):
            super().__init__(name="outer")
            with self.name_scope:
                self.inner = Scoped()
            self.plain = Scoped("other")

    m = Outer()
    same(m.inner(3.0), 7.0)
    assert names(m.variables) == ["outer/scoped/b", "outer/scoped/w", "other/w"]
    assert m.inner.name_scope.name == "outer/scoped/"
    assert Scoped.__call__.__doc__ == "Doc."


def test_name_scope_nests_and_resets():
    with tf.name_scope("a") as a:
        assert a == "a/"
        assert tf.Variable(1.0, name="v").name == "a/v:0"
        assert tf.Variable(1.0).name == "a/Variable:0"
        with tf.name_scope("b") as b:
            assert b == "a/b/"
        with tf.name_scope("b/") as b:
            assert b == "b/"
        with tf.name_scope("") as b:
            assert b == ""
            assert tf.Variable(1.0, name="v").name == "v:0"
    assert tf.Variable(1.0, name="v").name == "v:0"
    scope = tf.name_scope("again")
    assert scope.name == "again"
    for _ in range(2):
        with scope as s:
            assert s == "again/"


@pytest.mark.parametrize("name", [None, 3])
def test_name_scope_wants_a_string(name):
    with pytest.raises(ValueError, match="name for name_scope must be a string"):
        tf.name_scope(name)


def test_a_module_in_training():
    m = Leaf(3)
    with tf.GradientTape() as tape:
        y = m.w * m.w
    (g,) = tape.gradient(y, m.trainable_variables)
    same(g, 6.0)
