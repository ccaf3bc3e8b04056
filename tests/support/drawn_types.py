"""Random types of the spec language, with values that fit them and values that do not."""

from __future__ import annotations

import base64
import importlib
import math
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st

Make: TypeAlias = Callable[[random.Random, Any], Any]
Pair: TypeAlias = tuple[Any, Any]
"""A value as Python has it, and encoded."""
Break: TypeAlias = Callable[[random.Random, Any, Any], "Pair | None"]

NAIVE = datetime(2024, 1, 1)


@dataclass(frozen=True)
class Drawn:
    """A type: what the spec says, a fitting value, and one that is not of the type."""

    spec: Any
    make: Make
    """From the package of the spec, for its classes."""
    spoil: Break
    """A value that both sides refuse, of one that fits and the same encoded; None if all fit."""
    kind: str = ""
    """What a value is to Convex; no two members of a union have the same."""

    def __repr__(self) -> str:
        return repr(self.spec)

    def mapping(self) -> dict[str, Any]:
        """The spec as a mapping, which takes options."""
        return {"type": self.spec} if isinstance(self.spec, str) else dict(self.spec)


def _one_of(*pairs: Pair) -> Break:
    return lambda chance, _, __: chance.choice(pairs)


def _same(*values: Any) -> Break:
    return _one_of(*((value, value) for value in values))


def int64_to_wire(value: int) -> dict[str, str]:
    return {"$integer": base64.b64encode(value.to_bytes(8, "little", signed=True)).decode()}


def float_to_wire(value: float) -> dict[str, str]:
    return {"$float": base64.b64encode(struct.pack("<d", value)).decode()}


# Values of simple types

_ALPHABET = "aZ09 _-$'\"\\/\n\t\x00\x7f\u200b\u202eéß٣漢😀\ufeff\U0010ffff"
# No quotes and backslashes: of objects with several such keys, `JSON.parse` of Node 24.19 takes one
# for another, by itself, and so does a backend that runs on it.
_KEYS = "abcXYZ019 _.-:/{}'~"


def _text(chance: random.Random, _: Any) -> str:
    return "".join(chance.choices(_ALPHABET, k=chance.choice([0, 1, 3, 12])))


def _number(chance: random.Random, _: Any) -> float:
    special = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 1.0, 0.1]
    bits: float = struct.unpack("<d", chance.randbytes(8))[0]
    # The bits of a NaN are not kept.
    return chance.choice([*special, bits if not math.isnan(bits) else 1.5, chance.uniform(-9, 9)])


def _number_or_3(chance: random.Random, package: Any) -> float:
    return chance.choice([3, _number(chance, package)])


def _integer(chance: random.Random, _: Any) -> int:
    return chance.choice(
        [0, 2**53, -(2**53), chance.randint(-(2**53), 2**53), chance.randint(0, 9)]
    )


def _int64(chance: random.Random, _: Any) -> int:
    return chance.choice([0, 2**63 - 1, -(2**63), chance.randint(-(2**63), 2**63 - 1), 2**53 + 1])


def _timestamp(chance: random.Random, _: Any) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=chance.randint(-(2**43) * 999, 2**43 * 999)
    )


def _json(chance: random.Random, package: Any, depth: int = 3) -> Any:
    kind = chance.randrange(8 if depth else 6)
    if kind == 6:
        return [_json(chance, package, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        keys = ["$ref", "_id", "clé", "", "a", "__proto__", "jsonText", _text(chance, package)]
        chosen = chance.sample(keys, chance.randrange(4))
        return {key: _json(chance, package, depth - 1) for key in chosen}
    finite = chance.uniform(-1e6, 1e6)
    return [None, True, _text(chance, package), finite, _int64(chance, package), 10**20][kind]


def _any(chance: random.Random, package: Any, depth: int = 2) -> Any:
    kind = chance.randrange(8 if depth else 6)
    if kind == 6:
        return [_any(chance, package, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        return {_key(chance): _any(chance, package, depth - 1) for _ in range(chance.randrange(4))}
    int64 = importlib.import_module(f"{package.__name__}._runtime").Int64Value
    values = [None, False, _text(chance, None), _number(chance, None), chance.randbytes(3)]
    return [*values, int64(_int64(chance, None))][kind]


def _key(chance: random.Random) -> str:
    return "".join(chance.choices(_KEYS, k=chance.randint(1, 6)))


def _choice(*values: Any) -> Make:
    return lambda chance, _: chance.choice(values)


def _switch(chance: random.Random, package: Any) -> Any:
    return chance.choice(list(package.Switch))


def _channel(chance: random.Random, package: Any) -> Any:
    return chance.choice([*package.Channel, _text(chance, None)])


def _vector(chance: random.Random, _: Any) -> list[float]:
    return [chance.choice([0.0, -0.0, 1.0, 0.1, -3e38, chance.uniform(-9, 9)]) for _ in range(3)]


def _spoil_vector(chance: random.Random, value: Any, wire: Any) -> Pair:
    last, encoded = chance.choice([("1", "1"), (math.nan, float_to_wire(math.nan)), (1e39, 1e39)])
    if chance.random() < 0.3:
        return value[:2], wire[:2]
    return [*value[:2], last], [*wire[:2], encoded]


def _fine(_: random.Random, __: Any, ___: Any) -> None:
    """Of types that take any value."""


_TEXTS = [
    Drawn("string", _text, _same(5, ["a"]), "string"),
    Drawn("Switch", _switch, _same("o"), "string"),
    Drawn("Channel", _channel, _same(5, ["web"]), "string"),
    Drawn(
        {"enum": ["x y", "z"], "open": True}, _choice("x y", "z", "é😀"), _same(5, ["a"]), "string"
    ),
    Drawn({"enum": ["a b", "c\"'"]}, _choice("a b", "c\"'"), _same("", "a"), "string"),
    Drawn({"literal": "${x}"}, _choice("${x}"), _same("x"), "string"),
    Drawn(
        {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "[a-zé😀]+"},
        _choice("a", "é😀z", "😀😀😀"),
        _same("", "abcd", "A", "a\n", "éé1"),
        "string",
    ),
]
_NUMBERS = [
    Drawn("number", _number, _one_of(("5", "5"), (2**53 + 1, int64_to_wire(5))), "number"),
    Drawn("integer", _integer, _same(0.5, 2.0**53 + 2, "5"), "number"),
    Drawn("timestamp", _timestamp, _one_of((NAIVE, 1e300), ("2024", "2024")), "number"),
    Drawn("number | 3", _number_or_3, _one_of(("5", "5"), (2**53 + 1, int64_to_wire(5))), "number"),
    Drawn("1 | 2.5", _choice(1, 2.5), _same(1.5, True), "number"),
    Drawn({"literal": 3}, _choice(3), _same(4, "3"), "number"),
    Drawn(
        {"type": "number", "min": -1, "max": 1.5},
        _choice(-1.0, 1.5, 0.25),
        _one_of((-1.5, -1.5), (2, 2), (math.nan, float_to_wire(math.nan))),
        "number",
    ),
    Drawn({"type": "integer", "max": 9}, _choice(9, -(2**53)), _same(10, 8.5), "number"),
]
_INT64S = [
    Drawn("int64", _int64, _one_of((2**63, 5), ("5", "5")), "int64"),
    Drawn(
        "-5n | 9223372036854775807n",
        _choice(-5, 2**63 - 1),
        _one_of((5, int64_to_wire(5)), (-6, -5)),
        "int64",
    ),
    Drawn(
        {"type": "int64", "min": -5, "max": 2**60},
        _choice(-5, 2**60),
        _one_of((-6, int64_to_wire(-6)), (2**60 + 1, int64_to_wire(2**60 + 1))),
        "int64",
    ),
]
_BOOLEANS = [
    Drawn("boolean", _choice(True, False), _same(5, "x"), "boolean"),
    Drawn({"literal": True}, _choice(True), _same(False), "boolean"),
]
_BYTES = Drawn(
    "bytes",
    lambda chance, _: chance.randbytes(chance.choice([0, 1, 20])),
    _same("YQ==", [1]),
    "bytes",
)
HANDLE = "function://;folder/jobs:run"
"""A function handle as the embedded backend makes it."""

_HANDLE = Drawn(
    "function<mutation>",
    lambda _, package: package.FunctionHandle(HANDLE),
    _same("", "jobs:run", "function://", 5),
    "string",
)
_VECTOR = Drawn("vector<3>", _vector, _spoil_vector, "list")
_OPEN = [Drawn("json", _json, _fine), Drawn("any", _any, _fine)]

# Named enums

ENUMS = {
    "Switch": ["on", "off", "a-b"],
    "Channel": {"values": ["web", "in store"], "open": True},
}

# Named objects

OBJECTS = {
    "Inner": {"text": "string", "big": "int64?", "at": "timestamp | null"},
    "Circle": {"kind": {"literal": "circle"}, "size": {"type": "number", "min": 0}},
    "Square": {"kind": {"literal": "a square"}, "size": "int64", "rest": "bytes?"},
}


def _inner(chance: random.Random, package: Any) -> Any:
    given = {"big": _int64(chance, None)} if chance.random() < 0.5 else {}
    at = None if chance.random() < 0.5 else _timestamp(chance, None)
    return package.Inner(text=_text(chance, None), at=at, **given)


def _shape(chance: random.Random, package: Any) -> Any:
    if chance.random() < 0.5:
        return package.Circle(size=abs(_finite(chance)))
    given = {"rest": b"\x00"} if chance.random() < 0.5 else {}
    return package.Square(size=_int64(chance, None), **given)


def _finite(chance: random.Random) -> float:
    return chance.uniform(-1e9, 1e9)


_INNER = Drawn("Inner", _inner, _same({"text": "a"}, {"text": 5, "at": None}), "object")
_SHAPE = Drawn(
    {"union": ["Circle", "Square"], "tag": "kind"},
    _shape,
    _same({"kind": "circle", "size": -1}, {"kind": "triangle", "size": 1}, {"size": 1}),
    "object",
)
_SIMPLE = [
    *_TEXTS,
    *_NUMBERS,
    *_INT64S,
    *_BOOLEANS,
    _BYTES,
    _HANDLE,
    _VECTOR,
    *_OPEN,
    _INNER,
    _SHAPE,
]


# Types made of others


def _spoil_one(element: Drawn, chance: random.Random, value: Any, wire: Any, place: Any) -> Any:
    """The containers with one of their values spoilt."""
    spoilt = element.spoil(chance, value[place], wire[place])
    if spoilt is None:
        return None
    copies = (value.copy(), wire.copy())
    for copy, one in zip(copies, spoilt, strict=True):
        copy[place] = one
    return copies


def _list_of(element: Drawn) -> Drawn:
    def spoil(chance: random.Random, value: Any, wire: Any) -> Pair | None:
        if not value:
            return {}, {}
        return _spoil_one(element, chance, value, wire, chance.randrange(len(value)))

    spec = f"list<{element.spec}>" if isinstance(element.spec, str) else {"list": element.spec}
    return Drawn(
        spec,
        lambda chance, package: [element.make(chance, package) for _ in range(chance.randrange(4))],
        spoil,
        "list",
    )


def _short_list_of(element: Drawn) -> Drawn:
    inner = _list_of(element)

    def spoil(chance: random.Random, value: Any, wire: Any) -> Pair | None:
        return (value * 3, wire * 3) if value else inner.spoil(chance, value, wire)

    return Drawn(
        {"list": element.spec, "maxItems": 2},
        lambda chance, package: [element.make(chance, package) for _ in range(chance.randrange(3))],
        spoil,
        "list",
    )


def _record_of(value: Drawn) -> Drawn:
    def spoil(chance: random.Random, given: Any, wire: Any) -> Pair | None:
        if not given:
            return [], []
        if chance.random() < 0.3:
            some = next(iter(given))
            return {"$a": given[some]}, {"$a": wire[some]}
        return _spoil_one(value, chance, given, wire, chance.choice(list(given)))

    spec: Any = {"record": {"values": value.spec}}
    if isinstance(value.spec, str):
        spec = f"record<string, {value.spec}>"
    return Drawn(
        spec,
        lambda chance, package: {
            _key(chance): value.make(chance, package) for _ in range(chance.randrange(4))
        },
        spoil,
        "object",
    )


def _keyed_record_of(value: Drawn) -> Drawn:
    def spoil(chance: random.Random, given: Any, wire: Any) -> Pair | None:
        some = next(iter(given))
        if chance.random() < 0.5:
            return {"abcd": given[some]}, {"abcd": wire[some]}
        return _spoil_one(value, chance, given, wire, some)

    keys = {"type": "string", "maxLength": 3, "pattern": "[a-z]+"}
    return Drawn(
        {"record": {"keys": keys, "values": value.spec}, "minItems": 1},
        lambda chance, package: {
            key: value.make(chance, package)
            for key in chance.sample(["a", "bc", "def"], chance.randint(1, 3))
        },
        spoil,
        "object",
    )


def _object_of(needed: Drawn, optional: Drawn) -> Drawn:
    def make(chance: random.Random, package: Any) -> Any:
        given = {"b": optional.make(chance, package)} if chance.random() < 0.6 else {}
        return {"a": needed.make(chance, package), **given}

    def spoil(chance: random.Random, value: Any, wire: Any) -> Pair | None:
        if chance.random() < 0.3:
            # A field that has but one value may be left out in Python.
            is_constant = isinstance(needed.spec, dict) and "literal" in needed.spec
            if is_constant or chance.random() < 0.5:
                return {**value, "c": 1}, {**wire, "c": 1}
            return {}, {}
        name = chance.choice(list(value))
        return _spoil_one({"a": needed, "b": optional}[name], chance, value, wire, name)

    fields = {"a": needed.spec, "b": {**optional.mapping(), "optional": True}}
    return Drawn({"object": fields}, make, spoil, "object")


_STRANGERS: dict[str, Pair] = {
    "null": (None, None),
    "bytes": (b"a", {"$bytes": "YQ=="}),
    "string": ("no such", "no such"),
    "object": ({"zz": 1}, {"zz": 1}),
    "list": ([[[]]], [[[]]]),
}


def _union_of(members: Sequence[Drawn]) -> Drawn:
    kinds = {member.kind for member in members}
    # pydantic takes bytes for text, as it takes text for the members of an enum.
    near = {"bytes"} if "string" in kinds else set[str]()
    strangers = [pair for kind, pair in _STRANGERS.items() if kind not in kinds | near]
    return Drawn(
        {"union": [member.spec for member in members]},
        lambda chance, package: chance.choice(members).make(chance, package),
        _one_of(*strangers) if strangers else _fine,
        "union",
    )


_KINDS = [_TEXTS, _NUMBERS, _INT64S, _BOOLEANS, [_BYTES], [_INNER, _SHAPE], [_VECTOR]]


@st.composite
def _unions(draw: st.DrawFn) -> Drawn:
    kinds = draw(st.lists(st.sampled_from(range(len(_KINDS))), min_size=2, max_size=4, unique=True))
    members = [draw(st.sampled_from(_KINDS[kind])) for kind in kinds]
    if any(member.kind == "int64" for member in members):
        # Beside an int64, doubles are no ints in Python.
        members = [_NUMBERS[0] if member in _NUMBERS else member for member in members]
    return _union_of(members)


types = st.recursive(
    st.sampled_from(_SIMPLE) | _unions(),
    lambda inner: st.one_of(
        inner.map(_list_of),
        inner.map(_short_list_of),
        inner.map(_record_of),
        inner.map(_keyed_record_of),
        st.builds(_object_of, inner, inner),
        # Nullable inside, where no field says so.
        inner.filter(lambda one: one.kind not in {"", "union"}).map(
            lambda one: _list_of(_union_of([one, Drawn("null", _choice(None), _fine, "null")]))
        ),
    ),
    max_leaves=4,
)
"""Any type of the language, as deep as it takes."""


@dataclass(frozen=True)
class DrawnEntity:
    """A drawn entity; with variants, each of its documents has the fields of one of them too."""

    number: int
    shared: list[DrawnField]
    variants: list[list[DrawnField]]
    has_key: bool = True
    """Without one, the field `key` is there all the same."""

    @property
    def table(self) -> str:
        return f"table{self.number}"

    def spec(self) -> dict[str, Any]:
        fields = {"key": "string", **{field.name: field.spec() for field in self.shared}}
        spec: dict[str, Any] = {"table": self.table, "fields": fields}
        if self.has_key:
            spec["key"] = "key"
        if not self.variants:
            return spec
        union = [
            {"object": {"tag": {"literal": f"v {place}"}, **{one.name: one.spec() for one in own}}}
            for place, own in enumerate(self.variants)
        ]
        return {**spec, "union": union, "tag": "tag"}

    def document(self, key: str, chance: random.Random, package: Any) -> dict[str, Any]:
        """The values of a document by their names, without those that are left out."""
        values: dict[str, Any] = {"key": key}
        if self.variants:
            values["tag"] = f"v {chance.randrange(len(self.variants))}"
        for one in self.fields(values):
            values.update(one.give(chance, package))
        return values

    def fields(self, values: dict[str, Any]) -> list[DrawnField]:
        """Those that a document of these values may have, without the key and the tag."""
        return [*self.shared, *(self.variants[self._variant(values)] if self.variants else [])]

    def others(self, values: dict[str, Any]) -> list[DrawnField]:
        """Those that only documents of other variants have."""
        own = {one.name for one in self.fields(values)}
        return [one for variant in self.variants for one in variant if one.name not in own]

    def model(self, values: dict[str, Any], package: Any) -> Any:
        """The class of a document of these values."""
        variant = f"V{self._variant(values)}" if self.variants else ""
        return getattr(package, f"Entity{self.number}{variant}")

    @staticmethod
    def _variant(values: dict[str, Any]) -> int:
        return int(values["tag"].removeprefix("v "))


@dataclass(frozen=True)
class DrawnField:
    """A field of a drawn entity."""

    name: str
    type: Drawn
    optional: bool
    nullable: bool
    options: dict[str, Any] = field(default_factory=dict)

    def spec(self) -> dict[str, Any]:
        return {**self.type.mapping(), "optional": self.optional, "nullable": self.nullable}

    def give(self, chance: random.Random, package: Any) -> dict[str, Any]:
        """The value by its name; nothing where it is left out."""
        if self.optional and chance.random() < 0.3:
            return {}
        if self.nullable and chance.random() < 0.3:
            return {self.name: None}
        return {self.name: self.type.make(chance, package)}
