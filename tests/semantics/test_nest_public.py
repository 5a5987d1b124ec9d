"""`tf.nest`: what counts as nested, in which order leaves come, what packing keeps, and its errors."""

from __future__ import annotations

import collections
import dataclasses
import inspect
import types

import numpy as np
import pytest

from tests.semantics.support import tf

Point = collections.namedtuple("Point", "x y")


class Names(list):
    pass


class Table(dict):
    pass


@dataclasses.dataclass
class Plain:
    x: int = 1
    y: int = 2


# What is nested


@pytest.mark.parametrize(
    "structure",
    [[], [1], (), (1, 2), Point(1, 2), {}, {"a": 1}, collections.OrderedDict(a=1), collections.defaultdict(int, a=1),
     collections.deque([1]), range(3), Names([1]), Table(a=1), {}.values()],
    ids=lambda s: f"{type(s).__name__}",
)  # fmt: skip
def test_nested(structure):
    assert tf.nest.is_nested(structure)


@pytest.mark.parametrize(
    "leaf",
    [None, 1, 1.0, "text", b"bytes", np.array([1, 2]), {1, 2}, frozenset(), (i for i in ()), Plain(), object(), int],
    ids=lambda s: f"{type(s).__name__}",
)
def test_leaves(leaf):
    assert not tf.nest.is_nested(leaf)
    flat = tf.nest.flatten(leaf)
    assert len(flat) == 1
    assert flat[0] is leaf


def test_tensors_and_variables_are_leaves():
    for leaf in (tf.constant([1.0, 2.0]), tf.Variable([1.0])):
        assert not tf.nest.is_nested(leaf)
        assert tf.nest.flatten([leaf])[0] is leaf


class Pair:
    """What the package attrs makes of a class, as far as nests look at it."""

    __attrs_attrs__ = (types.SimpleNamespace(name="first"), types.SimpleNamespace(name="second"))

    def __init__(self, first, second):
        self.first = first
        self.second = second


def test_attrs_classes_are_nested():
    assert tf.nest.is_nested(Pair(1, 2))
    assert tf.nest.flatten(Pair([1, 2], 3)) == [1, 2, 3]
    packed = tf.nest.pack_sequence_as(Pair(1, 2), [10, 20])
    assert type(packed) is Pair
    assert (packed.first, packed.second) == (10, 20)


# flatten


@pytest.mark.parametrize(
    ("structure", "flat"),
    [
        ([1, [2, 3], (4,)], [1, 2, 3, 4]),
        (((), [], {}), []),
        (Point([1], {"k": 2}), [1, 2]),
        ({"b": 1, "a": 2}, [2, 1]),
        (collections.OrderedDict([("b", 1), ("a", 2)]), [2, 1]),
        (collections.defaultdict(int, {"b": 1, "a": 2}), [2, 1]),
        ({2: "two", 1: "one"}, ["one", "two"]),
        ({"b": [1, 2], "a": {"d": 3, "c": 4}}, [4, 3, 1, 2]),
        (collections.deque([1, [2]]), [1, 2]),
        (range(3), [0, 1, 2]),
        (Names([1, 2]), [1, 2]),
        ([None, [None]], [None, None]),
        ("text", ["text"]),
        ([], []),
    ],
    ids=str,
)
def test_flatten(structure, flat):
    assert tf.nest.flatten(structure) == flat


def test_flatten_gives_a_list_of_the_objects_themselves():
    a, b = tf.constant(1.0), object()
    flat = tf.nest.flatten((a, {"k": b}))
    assert type(flat) is list
    assert flat[0] is a
    assert flat[1] is b


def test_keys_that_do_not_sort_are_a_type_error():
    with pytest.raises(TypeError):
        tf.nest.flatten({1: "a", "b": 2})


# pack_sequence_as


@pytest.mark.parametrize(
    "structure",
    [[0, [0, 0], (0,)], (), Point(0, [0]), {"b": 0, "a": {"c": 0}}, collections.OrderedDict([("b", 0), ("a", 0)]),
     collections.deque([0, 0]), Names([0, (0,)]), [{"z": [0], "y": ()}], 0],
    ids=lambda s: f"{type(s).__name__}",
)  # fmt: skip
def test_packing_undoes_flattening(structure):
    count = len(tf.nest.flatten(structure))
    packed = tf.nest.pack_sequence_as(structure, list(range(1, count + 1)))
    assert tf.nest.flatten(packed) == list(range(1, count + 1))
    assert type(packed) is type(structure) or structure == 0


def test_packing_a_dictionary_keeps_the_order_of_its_keys():
    packed = tf.nest.pack_sequence_as({"b": 0, "a": 0}, ["of a", "of b"])
    assert packed == {"b": "of b", "a": "of a"}
    assert list(packed) == ["b", "a"]
    ordered = tf.nest.pack_sequence_as(collections.OrderedDict([("b", 0), ("a", 0)]), ["of a", "of b"])
    assert list(ordered.items()) == [("b", "of b"), ("a", "of a")]


def test_packing_a_default_dictionary_keeps_its_factory():
    packed = tf.nest.pack_sequence_as(collections.defaultdict(list, a=0), [1])
    assert type(packed) is collections.defaultdict
    assert packed.default_factory is list


def test_packing_into_a_leaf():
    assert tf.nest.pack_sequence_as(0, ["only"]) == "only"
    with pytest.raises(ValueError, match=r"nest cannot guarantee that it is safe to map one to the other"):
        tf.nest.pack_sequence_as(0, [1, 2])


@pytest.mark.parametrize(("structure", "flat", "atoms"), [([0], [1, 2], 1), ([0, 0, 0], [1], 3), ([], [1], 0)])
def test_packing_the_wrong_number_is_a_value_error(structure, flat, atoms):
    counts = f"Structure had {atoms} atoms, but flat_sequence had {len(flat)} items"
    with pytest.raises(ValueError, match=f"Could not pack sequence.*{counts}"):
        tf.nest.pack_sequence_as(structure, flat)


def test_packing_wants_a_sequence():
    with pytest.raises(TypeError):
        tf.nest.pack_sequence_as([0], 1)


# map_structure


def test_mapping_keeps_the_structure():
    doubled = tf.nest.map_structure(lambda v: v * 2, {"b": [1, 2], "a": Point(3, (4,))})
    assert doubled == {"b": [2, 4], "a": Point(6, (8,))}
    assert type(doubled["a"]) is Point
    assert list(doubled) == ["b", "a"]


def test_mapping_over_several_structures():
    assert tf.nest.map_structure(lambda a, b: a + b, [1, (2,)], [10, (20,)]) == [11, (22,)]
    assert tf.nest.map_structure(max, 1, 5, 3) == 5
    assert tf.nest.map_structure(lambda v: v, ()) == ()


def test_none_is_mapped():
    assert tf.nest.map_structure(lambda v: v is None, [None, 1]) == [True, False]


def test_leaves_are_visited_in_the_order_of_flatten():
    seen = []
    tf.nest.map_structure(seen.append, {"b": 1, "a": [2, 3]})
    assert seen == [2, 3, 1]


def test_mapping_over_tensors():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nest.map_structure(lambda t: t * 3.0, {"k": [x]})
    assert tape.gradient(y, x).numpy().tolist() == [3.0, 3.0]


def test_mapping_errors():
    with pytest.raises(TypeError, match="callable"):
        tf.nest.map_structure("no function", [1])
    with pytest.raises(ValueError, match="Must provide at least one structure"):
        tf.nest.map_structure(len)
    with pytest.raises(ValueError, match=r"(?i)keyword"):
        tf.nest.map_structure(lambda v: v, [1], no_such_keyword=True)
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.nest.map_structure(lambda a, b: a, [1, 2], [1, [2]])
    with pytest.raises(TypeError):
        tf.nest.map_structure(lambda a, b: a, [1, 2], (1, 2))
    assert tf.nest.map_structure(lambda a, b: a + b, [1, 2], (1, 2), check_types=False) == [2, 4]


# assert_same_structure


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1, (2,)], [3, (4,)]),
        ({"a": 1, "b": 2}, {"b": 1, "a": 2}),
        (Point(1, [2]), Point(3, [4])),
        (1, "leaf"),
        ([], []),
        ({"a": 1}, collections.OrderedDict(a=1)),
        ([None], [1]),
        ([1], Names([1])),
    ],
    ids=str,
)
def test_same_structures(a, b):
    assert tf.nest.assert_same_structure(a, b) is None


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1, 2], [1]),
        ([1, [2]], [1, 2]),
        ([1], 1),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([[1], 2], [1, [2]]),
    ],
    ids=str,
)
def test_different_structures_are_a_value_error(a, b):
    with pytest.raises(ValueError, match=r"don't have the same (nested structure|set of keys)"):
        tf.nest.assert_same_structure(a, b)


OtherPoint = collections.namedtuple("OtherPoint", "x y")


@pytest.mark.parametrize(("a", "b"), [([1], (1,)), (Point(1, 2), OtherPoint(1, 2)), ([1, [2]], [1, (2,)])], ids=str)
def test_different_types_are_a_type_error_unless_types_are_not_checked(a, b):
    with pytest.raises(TypeError, match="type"):
        tf.nest.assert_same_structure(a, b)
    assert tf.nest.assert_same_structure(a, b, check_types=False) is None


# Signatures


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("flatten", "(structure, expand_composites=False)"),
        ("pack_sequence_as", "(structure, flat_sequence, expand_composites=False)"),
        ("map_structure", "(func, *structure, **kwargs)"),
        ("assert_same_structure", "(nest1, nest2, check_types=True, expand_composites=False)"),
        ("is_nested", "(seq)"),
    ],
)
def test_signatures(name, signature):
    parameters = inspect.signature(getattr(tf.nest, name)).parameters.values()
    bare = inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in parameters])
    assert str(bare) == signature


def test_composites_are_expanded_on_request():
    s = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]), tf.constant([2]))
    assert tf.nest.flatten([s])[0] is s
    parts = tf.nest.flatten([s], expand_composites=True)
    assert [p.numpy().tolist() for p in parts] == [[1.0], [0], [2]]
    packed = tf.nest.pack_sequence_as([s], parts, expand_composites=True)
    assert isinstance(packed[0], tf.IndexedSlices)
