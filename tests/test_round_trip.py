"""What is written through a client of a random spec is read back equal."""

from __future__ import annotations

import importlib
import itertools
import json
import math
import random
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project import Project, make_project

EXAMPLES = 5
ENTITIES = 6
FIELDS = 12
DOCUMENTS = 40
"""14,400 values in all."""


@dataclass(frozen=True)
class Drawn:
    """A type expression, and how to make values of it."""

    expression: str
    make: Callable[[random.Random, Any], Any]


_ALPHABET = "aZ09 _-$'\"\\/\n\t\x00\x7f\u200b\u202eéß٣漢😀\ufeff\U0010ffff"
_KEYS = "abcXYZ019 _.-:/{}'\"\\~"


def _text(chance: random.Random, _: Any) -> str:
    return "".join(chance.choices(_ALPHABET, k=chance.choice([0, 1, 3, 12])))


def _number(chance: random.Random, _: Any) -> float:
    special = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 1.0, 0.1]
    bits: float = struct.unpack("<d", chance.randbytes(8))[0]
    # The bits of a NaN are not kept.
    return chance.choice([*special, bits if not math.isnan(bits) else 1.5, chance.uniform(-9, 9)])


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


_LEAVES = [
    Drawn("string", _text),
    Drawn("boolean", lambda chance, _: chance.random() < 0.5),
    Drawn("bytes", lambda chance, _: chance.randbytes(chance.choice([0, 1, 20]))),
    Drawn("number", _number),
    Drawn("integer", _integer),
    Drawn("int64", _int64),
    Drawn("timestamp", _timestamp),
    Drawn("json", _json),
    Drawn("any", _any),
    Drawn("vector<3>", lambda chance, _: [_number(chance, None) for _ in range(3)]),
    Drawn("1 | 2", lambda chance, _: chance.choice([1, 2])),
    Drawn("-5n | 9223372036854775807n", lambda chance, _: chance.choice([-5, 2**63 - 1])),
    Drawn(
        "2.5 | 3 | 4n | true | 'a b'",
        lambda chance, _: chance.choice([2.5, 3, 4, True, "a b"]),
    ),
    Drawn("Switch", lambda chance, package: chance.choice(list(package.Switch))),
    Drawn(
        "Inner",
        lambda chance, package: package.Inner(
            text=_text(chance, package),
            **({"big": _int64(chance, package)} if chance.random() < 0.5 else {}),
            at=None if chance.random() < 0.5 else _timestamp(chance, package),
        ),
    ),
]
_MEMBERS = ["string", "boolean", "bytes", "number", "int64", "Inner"]


def _list_of(element: Drawn) -> Drawn:
    return Drawn(
        f"list<{element.expression}>",
        lambda chance, package: [element.make(chance, package) for _ in range(chance.randrange(4))],
    )


def _record_of(value: Drawn) -> Drawn:
    return Drawn(
        f"record<string, {value.expression}>",
        lambda chance, package: {
            _key(chance): value.make(chance, package) for _ in range(chance.randrange(4))
        },
    )


def _union_of(names: list[str]) -> Drawn:
    members = [drawn for drawn in _LEAVES if drawn.expression in names]
    return Drawn(
        " | ".join(drawn.expression for drawn in members),
        lambda chance, package: chance.choice(members).make(chance, package),
    )


_unions = st.lists(st.sampled_from(_MEMBERS), min_size=2, max_size=4, unique=True).map(_union_of)
_types = st.recursive(
    st.sampled_from(_LEAVES) | _unions,
    lambda inner: inner.map(_list_of) | inner.map(_record_of),
    max_leaves=3,
)


@dataclass(frozen=True)
class DrawnField:
    """A field of a drawn entity."""

    name: str
    type: Drawn
    optional: bool
    nullable: bool

    def spec(self) -> dict[str, Any]:
        return {
            "type": self.type.expression,
            "optional": self.optional,
            "nullable": self.nullable,
        }

    def give(self, chance: random.Random, package: Any) -> dict[str, Any]:
        if self.optional and chance.random() < 0.3:
            return {}
        if self.nullable and chance.random() < 0.3:
            return {self.name: None}
        return {self.name: self.type.make(chance, package)}


_fields = st.tuples(_types, st.booleans(), st.booleans())
_entities = st.lists(
    st.lists(_fields, min_size=FIELDS, max_size=FIELDS), min_size=ENTITIES, max_size=ENTITIES
)
_numbers = itertools.count()


def _project(folder: Path, name: str, entities: list[list[DrawnField]]) -> Project:
    spec = {
        "convexgen": 1,
        "name": name,
        "python": {"package": name},
        "enums": {"Switch": ["on", "off", "a-b"]},
        "objects": {"Inner": {"text": "string", "big": "int64?", "at": "timestamp | null"}},
        "entities": {
            f"Entity{number}": {
                "table": f"table{number}",
                "key": "key",
                "fields": {"key": "string", **{field.name: field.spec() for field in fields}},
            }
            for number, fields in enumerate(entities)
        },
    }
    file = folder / "spec.json"
    file.write_text(json.dumps(spec))
    # JSON is YAML.
    return make_project(folder / "project", file.rename(folder / "spec.yaml"))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return (left == right and math.copysign(1, left) == math.copysign(1, right)) or (
            math.isnan(left) and math.isnan(right)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if type(left) is not type(right) and not {type(left), type(right)} <= {int, float}:
        return False
    return bool(left == right)


@pytest.mark.timeout(300)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in settings().phases if phase.name == "generate"],
)
@given(drawn=_entities, seed=st.integers(0, 2**32))
def test_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[Any]], seed: int
) -> None:
    entities = [
        [DrawnField(f"f{place}", *parts) for place, parts in enumerate(fields)] for fields in drawn
    ]
    name = f"round_trip_{next(_numbers)}"
    project = _project(tmp_path_factory.mktemp(name), name, entities)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    try:
        package = importlib.import_module(name)
    finally:
        sys.path.pop(0)
    chance = random.Random(seed)
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        for number, fields in enumerate(entities):
            _write_and_read(getattr(storage, f"table{number}"), number, fields, chance, package)


def _write_and_read(
    store: Any, number: int, fields: list[DrawnField], chance: random.Random, package: Any
) -> None:
    entity = getattr(package, f"Entity{number}")
    written: list[dict[str, Any]] = []
    for place in range(DOCUMENTS):
        values: dict[str, Any] = {"key": str(place)}
        for field in fields:
            values.update(field.give(chance, package))
        written.append(values)
    assert store.save_many([entity(**values) for values in written]) == DOCUMENTS
    read = store.get_many([values["key"] for values in written])
    for values, document in zip(written, read, strict=True):
        for field in fields:
            found = getattr(document, field.name)
            expected = values.get(field.name, package.MISSING)
            assert _same(_plain(expected), _plain(found)), (field.type.expression, expected, found)


def _plain(value: Any) -> Any:
    """The value without classes of the package."""
    if hasattr(value, "model_dump"):
        return _plain(dict(value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
