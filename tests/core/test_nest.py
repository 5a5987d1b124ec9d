"""tf.nest's rules, each as TensorFlow 2.21 shows it when run."""

import collections
import collections.abc
import dataclasses
import sys
import time
import types
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtape._core import nest

Point = collections.namedtuple("Point", "y x")


class TypedPoint(NamedTuple):
    y: Any
    x: Any


class SubPoint(Point):
    pass


class MyList(list):
    pass


class OtherList(list):
    pass


class MyTuple(tuple):
    pass


class MyDict(dict):
    pass


class MyDeque(collections.deque):
    pass


class MyMapping(collections.abc.Mapping):
    def __init__(self, pairs):
        self.pairs = dict(pairs)

    def __getitem__(self, key):
        return self.pairs[key]

    def __iter__(self):
        return iter(self.pairs)

    def __len__(self):
        return len(self.pairs)


class MySequence(collections.abc.Sequence):
    def __init__(self, items):
        self.items = list(items)

    def __getitem__(self, index):
        return self.items[index]

    def __len__(self):
        return len(self.items)


class Field:
    """What attrs stores for a field, as far as nest reads it."""

    def __init__(self, name):
        self.name = name
        self.alias = name.lstrip("_")


class Attrs:
    """A class as attrs makes it: fields in order of definition, private ones without their underscore in __init__."""

    __attrs_attrs__ = (Field("y"), Field("_x"))

    def __init__(self, y, *, x):
        self.y = y
        self._x = x

    def __eq__(self, other):
        return (self.y, self._x) == (other.y, other._x)

    __hash__ = None


@dataclasses.dataclass
class Plain:
    a: Any


@dataclasses.dataclass
class Custom:
    """A dataclass that says how it is flattened: `label` is no leaf."""

    label: str
    a: Any
    b: Any

    def __tf_flatten__(self):
        return (self.label,), (self.a, self.b)

    @classmethod
    def __tf_unflatten__(cls, metadata, components):
        return cls(*metadata, *components)


class Pair:
    """A composite made of two parts."""

    def __init__(self, first, second):
        self.parts = first, second

    def _components(self):
        return self.parts

    def _from_components(self, components):
        return Pair(*components)


# structure, its leaves, the same structure holding 10, 20, ... instead
NODES = {
    "list": ([1, [2, 3]], [1, 2, 3], [10, [20, 30]]),
    "tuple": ((1, (2,)), [1, 2], (10, (20,))),
    "empty list": ([], [], []),
    "empty tuple": ((), [], ()),
    "empty dict": ({}, [], {}),
    "dict": ({"b": 1, "a": [2, 3]}, [2, 3, 1], {"b": 30, "a": [10, 20]}),
    "OrderedDict": (
        collections.OrderedDict([("b", 1), ("a", [2, 3])]),
        [2, 3, 1],
        collections.OrderedDict([("b", 30), ("a", [10, 20])]),
    ),
    "defaultdict": (
        collections.defaultdict(list, {"b": 1, "a": 2}),
        [2, 1],
        collections.defaultdict(list, {"b": 20, "a": 10}),
    ),
    "dict subclass": (MyDict(b=1, a=2), [2, 1], MyDict(b=20, a=10)),
    "Counter": (collections.Counter("abb"), [1, 2], collections.Counter(a=10, b=20)),
    "ChainMap": (
        collections.ChainMap({"b": 1}, {"a": 2}),
        [2, 1],
        collections.ChainMap({"a": 10, "b": 20}),
    ),
    "UserDict": (collections.UserDict(b=1, a=2), [2, 1], collections.UserDict(b=20, a=10)),
    "Mapping": (MyMapping([("b", 1), ("a", 2)]), [2, 1], MyMapping([("b", 20), ("a", 10)])),
    "int keys": ({2: "x", 1: "y"}, ["y", "x"], {2: 20, 1: 10}),
    "tuple keys": ({(1, 2): 1, (0, 1): 2}, [2, 1], {(1, 2): 20, (0, 1): 10}),
    "one odd key": ({None: 1}, [1], {None: 10}),
    "deque": (collections.deque([1, 2]), [1, 2], collections.deque([10, 20])),
    "range": (range(3), [0, 1, 2], [10, 20, 30]),
    "values": ({"b": 1, "a": [2]}.values(), [1, 2], [10, [20]]),
    "keys": ({"b": 1, "a": 2}.keys(), ["b", "a"], [10, 20]),
    "items": ({"b": 1, "a": 2}.items(), ["b", 1, "a", 2], [(10, 20), (30, 40)]),
    "OrderedDict values": (collections.OrderedDict(b=1, a=2).values(), [1, 2], [10, 20]),
    "namedtuple": (Point(1, [2]), [1, 2], Point(10, [20])),
    "NamedTuple": (TypedPoint(1, 2), [1, 2], TypedPoint(10, 20)),
    "namedtuple subclass": (SubPoint(1, 2), [1, 2], SubPoint(10, 20)),
    "list subclass": (MyList([1, 2]), [1, 2], MyList([10, 20])),
    "tuple subclass": (MyTuple((1, 2)), [1, 2], MyTuple((10, 20))),
    "Sequence": (MySequence([1, 2]), [1, 2], MySequence([10, 20])),
    "UserList": (collections.UserList([1, 2]), [1, 2], collections.UserList([10, 20])),
    "bytearray": (bytearray(b"ab"), [97, 98], bytearray([10, 20])),
    "struct_time": (time.struct_time(range(9)), list(range(9)), time.struct_time(range(10, 100, 10))),
    "attrs": (Attrs(1, x=[2]), [1, 2], Attrs(10, x=[20])),
    "__tf_flatten__": (Custom("m", 1, [2]), [1, 2], Custom("m", 10, [20])),
    "None inside": ([None, (None,)], [None, None], [10, (20,)]),
}
LEAVES = {
    "None": None,
    "int": 3,
    "str": "ab",
    "bytes": b"ab",
    "array": np.zeros(2),
    "set": {1, 2},
    "frozenset": frozenset([1]),
    "generator": (i for i in (1, 2)),
    "iterator": iter([1]),
    "map": map(int, "1"),
    "dataclass": Plain(1),
    "namespace": types.SimpleNamespace(a=1),
    "slice": slice(1, 2),
    "class": list,
    "ellipsis": ...,
    "np.dtype": np.dtype("f4"),
    "composite": Pair(1, 2),
    "UserString": collections.UserString("ab"),  # TensorFlow crashes: SystemError
}


def same(a, b):
    """Equality that also asks for equal types all the way down, and for equal order of keys."""
    if type(a) is not type(b):
        return False
    if isinstance(a, collections.abc.Mapping):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Attrs):
        return same([a.y, a._x], [b.y, b._x])
    if isinstance(a, Custom):
        return same([a.label, a.a, a.b], [b.label, b.a, b.b])
    if isinstance(a, collections.abc.Sequence) and not isinstance(a, str):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b


@pytest.mark.parametrize("name", NODES)
def test_nodes(name):
    structure, leaves, packed = NODES[name]
    assert nest.is_nested(structure)
    assert nest.flatten(structure) == leaves
    assert same(nest.pack_sequence_as(structure, [10 * (i + 1) for i in range(len(leaves))]), packed)


@pytest.mark.parametrize("name", NODES)
def test_mapping_the_identity_gives_the_structure_back(name):
    structure, leaves, packed = NODES[name]
    result = nest.map_structure(lambda x: x, structure)
    assert nest.flatten(result) == leaves
    assert same(nest.pack_sequence_as(result, nest.flatten(packed)), packed)


@pytest.mark.parametrize("name", LEAVES)
def test_leaves(name):
    leaf = LEAVES[name]
    assert not nest.is_nested(leaf)
    for structure in (leaf, [leaf], {"k": (leaf,)}):
        (found,) = nest.flatten(structure)
        assert found is leaf
    assert nest.pack_sequence_as(leaf, [10]) == nest.pack_sequence_as(leaf, (10,)) == 10
    assert nest.map_structure(lambda x: x, leaf) is leaf


def test_packing_keeps_a_defaultdicts_factory_and_drops_a_deques_bound():
    assert nest.pack_sequence_as(collections.defaultdict(list, a=1), [2]).default_factory is list
    assert nest.pack_sequence_as(collections.deque([1], maxlen=1), [2]).maxlen is None


def test_packing_leaves_the_model_alone():
    model = {"b": [1], "a": 2}
    packed = nest.pack_sequence_as(model, [3, 4])
    assert model == {"b": [1], "a": 2}
    assert packed == {"b": [4], "a": 3} and packed["b"] is not model["b"]
    flat = [1, 2]
    assert nest.pack_sequence_as([0, 0], flat) is not flat and nest.flatten(flat) is not flat


def test_keys_that_do_not_sort():
    mixed = {1: 2, "a": 3}
    for use in (
        nest.flatten,
        lambda s: nest.pack_sequence_as(s, [1, 2]),
        lambda s: nest.map_structure(lambda x: x, s),
        lambda s: nest.assert_same_structure(s, s),
    ):
        with pytest.raises(TypeError, match=r"'<' not supported between instances of .*Use keys of one type"):
            use(mixed)


def test_mapping_that_cannot_be_made_from_pairs():
    proxy = types.MappingProxyType({"b": 1, "a": 2})
    assert nest.flatten(proxy) == [2, 1]
    with pytest.raises(TypeError, match=r"cannot make a mappingproxy like .* Use a dict"):
        nest.pack_sequence_as(proxy, [1, 2])


def test_very_wide_and_fairly_deep_structures():
    wide = [{"w": i, "b": -i} for i in range(10_000)]
    assert nest.flatten(wide)[:4] == [0, 0, -1, 1]
    deep = 0
    for _ in range(sys.getrecursionlimit() // 4):
        deep = [deep]
    assert nest.flatten(deep) == [0]
    assert nest.flatten(nest.pack_sequence_as(deep, ["x"])) == ["x"]


# --- pack_sequence_as ---


@pytest.mark.parametrize("flat", [(5, 6), range(5, 7), collections.deque([5, 6]), {"a": 5, "b": 6}.values()])
def test_flat_sequences_of_any_kind(flat):
    assert nest.pack_sequence_as([1, 2], flat) == [5, 6]
    assert nest.pack_sequence_as([1, [2]], flat) == [5, [6]]


def test_flat_items_may_be_structures():
    assert nest.pack_sequence_as([1, [2, 3]], [1, [2], 3]) == [1, [[2], 3]]


@pytest.mark.parametrize(
    "structure, flat, atoms",
    [
        ([1], [2, 3], 1),
        ([1, 2], [2], 2),
        ((1, 2), [1, 2, 3], 2),
        ([1, [2, 3]], [1, 2], 3),
        ([1, [2, 3]], [1, 2, 3, 4], 3),
        ({"a": 1, "b": (2,)}, [1], 2),
        ([], [1], 0),
        ([[]], [1], 0),
    ],
)
def test_wrong_number_of_items(structure, flat, atoms):
    text = rf"Could not pack sequence\. Structure had {atoms} atoms, but flat_sequence had {len(flat)} items\."
    with pytest.raises(ValueError, match=text):
        nest.pack_sequence_as(structure, flat)


@pytest.mark.parametrize("flat", [[], [2, 3]])
def test_a_leaf_takes_exactly_one_item(flat):
    with pytest.raises(ValueError, match=f"However the input is a sequence .* of length {len(flat)}"):
        nest.pack_sequence_as(1, flat)


@pytest.mark.parametrize("flat", [5, "ab", None, np.array([5, 6]), {1, 2}, (i for i in [1, 2]), iter([1, 2]), {"a": 1}])
@pytest.mark.parametrize("structure", [[1, 2], 1, {"a": 1}])
def test_flat_sequence_must_be_a_sequence(structure, flat):
    with pytest.raises(TypeError, match=r"Attempted to pack value:[^$]*but found incompatible type"):
        nest.pack_sequence_as(structure, flat)


# --- map_structure ---


def test_map_structure():
    assert nest.map_structure(lambda x: x + 1, 5) == 6
    assert nest.map_structure(lambda x, y: x + y, 1, 2) == 3
    assert nest.map_structure(lambda x, y: x + y, [1, [2]], [3, [4]]) == [4, [6]]
    assert nest.map_structure(lambda *a: a, [1, 2], [3, 4], [5, 6]) == [(1, 3, 5), (2, 4, 6)]
    assert nest.map_structure(lambda x: [x, x], [1, 2]) == [[1, 1], [2, 2]]
    assert nest.map_structure(lambda x: None, (1, [2])) == (None, [None])
    assert nest.map_structure(lambda x, y: x, [], []) == []


def test_mappings_are_matched_by_key_and_the_first_one_gives_order_and_type():
    first = {"b": 1, "a": 2}
    for second in ({"a": 3, "b": 4}, collections.OrderedDict(a=3, b=4), MyMapping({"a": 3, "b": 4})):
        result = nest.map_structure(lambda x, y: (x, y), first, second)
        assert same(result, {"b": (1, 4), "a": (2, 3)})


def test_without_type_checks_structures_are_matched_by_position():
    def pairs(first, second):
        return nest.map_structure(lambda x, y: (x, y), first, second, check_types=False)

    assert pairs([1, 2], (3, 4)) == [(1, 3), (2, 4)]
    assert pairs([1, 2], {"a": 1, "b": 2}) == [(1, 1), (2, 2)]
    assert pairs({"a": 1, "b": 2}, [1, 2]) == {"a": (1, 1), "b": (2, 2)}
    assert pairs(Point(1, 2), {"y": 1, "x": 2}) == Point((1, 2), (2, 1))
    assert pairs([1, 2], collections.deque([1, 2])) == [(1, 1), (2, 2)]


def test_map_structure_refuses():
    for func in (1, None):
        with pytest.raises(TypeError, match=f"func must be callable, got: {func}"):
            nest.map_structure(func, [1])
    with pytest.raises(ValueError, match="Must provide at least one structure"):
        nest.map_structure(lambda x: x)
    with pytest.raises(
        ValueError, match="Only valid keyword arguments are `check_types` and `expand_composites`, not: `foo`"
    ):
        nest.map_structure(lambda x: x, [1], foo=1)
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        nest.map_structure(lambda *a: a, [1, 2], [3, 4], [5])


def test_errors_of_the_mapped_function_come_through():
    def stop(x):
        raise StopIteration("from the function")

    with pytest.raises(StopIteration, match="from the function"):
        nest.map_structure(stop, {"a": [1]})


# --- assert_same_structure ---

SAME = [
    (1, 2),
    (None, 1),
    ("ab", np.ones(2)),
    ([1], [2]),
    ({"a": 1, "b": 2}, {"b": 1, "a": 3}),
    ({"a": 1}, MyDict(a=2)),
    (MyDict(a=1), collections.OrderedDict(a=1)),
    (MyMapping({"a": 1}), {"a": 1}),
    ([1], MyList([1])),
    (MyList([1]), OtherList([1])),
    (Point(1, 2), collections.namedtuple("Point", "y x")(3, 4)),
    (range(2), range(2)),
    ({"a": 1}.values(), {"b": 2}.values()),
    (Attrs(1, x=2), Attrs(3, x=4)),
    (Custom("m", 1, 2), Custom("n", 3, 4)),
]
OTHER_TYPES = [
    ([1], (2,)),
    ([], ()),
    ({}, []),
    ({"a": 1}, [1]),
    ({"a": [1]}, {"a": (1,)}),
    ([[1], 2], [(1,), 2]),
    ((1,), MyTuple((1,))),
    ((1, 2), TypedPoint(1, 2)),
    (Point(1, 2), TypedPoint(1, 2)),
    (Point(1, 2), SubPoint(1, 2)),
    (Point(1, 2), collections.namedtuple("Point", "a b")(1, 2)),
    (Point(1, 2), collections.namedtuple("Other", "y x")(1, 2)),
    ([1, 2], range(2)),
    ([1], collections.deque([1])),
    (collections.deque([1]), MyDeque([1])),
    ([1], {"a": 1}.values()),
    ({"a": 1}.keys(), {"a": 1}.values()),
    (MySequence([1]), [1]),
    (Attrs(1, x=2), Point(1, 2)),
    (Custom("m", 1, 2), Point(1, 2)),
]
DIFFERENT = [
    (1, [2]),
    ([1], 2),
    (None, []),
    ({}, 1),
    ("ab", [1]),
    (np.ones(2), [1, 2]),
    ({1, 2}, [1, 2]),
    ([1, 2], [2]),
    ([1, [2]], [[1], 2]),
    ([1, [2, 3]], [1, [2]]),
    ([[]], [1]),
    (Plain(1), [1]),
]
OTHER_KEYS = [({"a": 1}, {"b": 1}), ({"a": 1}, {1: 1}), ([{"a": 1}], [{"b": 1}]), ({"a": 1, "b": 2}, {"a": 1, "c": 2})]
TEXT = "The two structures don't have the same nested structure"


@pytest.mark.parametrize("a, b", SAME)
@pytest.mark.parametrize("check_types", [True, False])
def test_same_structure(a, b, check_types):
    assert nest.assert_same_structure(a, b, check_types) is None
    assert nest.assert_same_structure(b, a, check_types) is None


@pytest.mark.parametrize("a, b", OTHER_TYPES)
def test_structures_of_other_types(a, b):
    for first, second in ((a, b), (b, a)):
        with pytest.raises(TypeError, match=TEXT) as info:
            nest.assert_same_structure(first, second)
        assert "check_types=False" in str(info.value)
        assert nest.assert_same_structure(first, second, check_types=False) is None


@pytest.mark.parametrize("a, b", DIFFERENT)
@pytest.mark.parametrize("check_types", [True, False])
def test_different_structures(a, b, check_types):
    for first, second in ((a, b), (b, a)):
        with pytest.raises(ValueError, match=TEXT):
            nest.assert_same_structure(first, second, check_types)


@pytest.mark.parametrize("a, b", OTHER_KEYS)
def test_mappings_with_other_keys(a, b):
    with pytest.raises(ValueError, match="The two dictionaries don't have the same set of keys"):
        nest.assert_same_structure(a, b)
    assert nest.assert_same_structure(a, b, check_types=False) is None


def test_types_are_compared_before_lengths_and_elements_before_lengths():
    with pytest.raises(TypeError, match=TEXT):
        nest.assert_same_structure([1], (1, 2))
    with pytest.raises(TypeError, match=TEXT):
        nest.assert_same_structure([[1], 2], [(1,), 2, 3])
    with pytest.raises(ValueError, match=r"same number of elements: 2 in .*, 3 in"):
        nest.assert_same_structure([[1], 2], [(1,), 2, 3], check_types=False)


# --- Composites ---


def test_composites_are_expanded_on_request_only():
    pair = Pair(1, [2, 3])
    assert nest.flatten([pair, 4]) == [pair, 4]
    assert nest.flatten([pair, 4], expand_composites=True) == [1, 2, 3, 4]
    packed = nest.pack_sequence_as({"b": pair, "a": 0}, [10, 20, 30, 40], expand_composites=True)
    assert packed["a"] == 10 and packed["b"].parts == (20, [30, 40])
    nested = Pair(Pair(1, 2), 3)
    assert nest.flatten(nested, expand_composites=True) == [1, 2, 3]
    assert nest.map_structure(lambda x: -x, nested, expand_composites=True).parts[1] == -3
    nest.assert_same_structure(pair, Pair(5, [6, 7]), expand_composites=True)
    with pytest.raises(ValueError, match="is a sequence"):
        nest.assert_same_structure([pair], [1], expand_composites=True)
    nest.assert_same_structure([pair], [1])


# --- Any structure ---

structures = st.recursive(
    st.integers() | st.none() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3).map(collections.deque)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=3).map(collections.OrderedDict)
        | st.builds(Point, inner, inner)
    ),
    max_leaves=12,
)


@given(structures)
def test_packing_what_was_flattened_gives_the_same_structure(structure):
    leaves = nest.flatten(structure)
    packed = nest.pack_sequence_as(structure, leaves)
    assert same(packed, structure)
    nest.assert_same_structure(packed, structure)
    numbered = nest.pack_sequence_as(structure, list(range(len(leaves))))
    assert nest.flatten(numbered) == list(range(len(leaves)))
