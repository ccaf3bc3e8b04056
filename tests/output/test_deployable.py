"""A spec without errors deploys: the schemas of random specs, judged by Convex's rules for a push.

The rules are written out here a second time, from the sources of Convex's backend that each names,
and judge what the generated `schema.ts` exports, as `npx convex deploy` sends it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from convexgen.facts.convex.schema import schema_facts
from convexgen.frontend import load_system
from convexgen.model.system import System
from convexgen.rendering.templates import Templates
from exported_schemas import exported
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from included import read_included
from project import ROOT

# Specs near the limits

FIELDS = ("p", "q", "r", "s")
LONG = [letter * length for letter in "xy" for length in (61, 62, 64, 65)]
ODD = [
    *("_a", "__", "_id", "_creationTime", "$a", "a-b", "a b", "a.b", "1a", "é", "", "A", "p.q"),
    *("by_id", "by_creation_time", "by_key", "schema", "http", "api", "lib_json"),
    *("constructor", "__proto__", "class", "default"),
]
NAMES = st.sampled_from([*LONG, *LONG, *LONG, *ODD])
OTHERS = st.sampled_from([*"vwxyz", "sought", "nearby", "by_id", "_x"])
"""Of indexes for searching."""
ATOMS = st.sampled_from(
    [
        *("string", "number", "integer", "int64", "boolean", "timestamp", "bytes", "json", "any"),
        *("null", "id<E0>", "ref<E0>", "Colour", "Format", "1 | 2 | 3n", "true", "vector<2>"),
    ]
)


def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(["string", "id<E0>", "ref<E0>", "Colour", "integer"])
    names = st.sampled_from(["a", "b", "c", "_d", "e-f"])
    return st.one_of(
        inner.map(lambda one: {"list": one}),
        st.builds(lambda key, one: {"record": {"keys": key, "values": one}}, keys, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda many: {"union": many}),
        st.dictionaries(names, inner, min_size=1, max_size=3).map(lambda some: {"object": some}),
    )


TYPES = st.recursive(ATOMS, grow, max_leaves=5)


def nested(depth: int) -> Any:
    return "string" if depth == 0 else {"list": nested(depth - 1)}


def change(draw: st.DrawFn, entity: dict[str, Any]) -> None:
    """Change one thing of an entity, for the better or the worse."""
    fields, indexes = entity["fields"], entity["indexes"]
    known = st.sampled_from([*FIELDS, "key", *ODD])
    some = st.lists(st.sampled_from(["q", "r", "q", "_id"]), min_size=1, max_size=2)
    match draw(st.integers(0, 11)):
        case 0:
            entity["table"] = draw(NAMES)
        case 1:
            fields[draw(NAMES)] = "string"
        case 2:
            indexes[draw(NAMES)] = ["p"]
        case 3:
            indexes["odd"] = draw(st.lists(known, max_size=3))
        case 4:
            names = [f"f{number}" for number in range(draw(st.integers(14, 17)))]
            fields |= dict.fromkeys(names, "string")
            indexes["long"] = names
        case 5:
            names = [f"f{number}" for number in range(draw(st.integers(29, 34)))]
            fields |= dict.fromkeys(names, "string")
            indexes |= {f"by_{name}": [name] for name in names}
        case 6:
            fields["deep"] = nested(draw(st.integers(14, 17)))
        case 7:
            order = draw(st.permutations(FIELDS))
            indexes |= {"one": order[: draw(st.integers(1, 2))], "two": order[:2]}
        case 8:
            names = [f"f{number}" for number in range(draw(st.integers(14, 17)))]
            fields |= dict.fromkeys(names, "string")
            entity["searchIndexes"] = {
                draw(OTHERS): {"search": "p", "filter": names},
                "sought": {"search": "p", "filter": draw(some)},
            }
        case 9:
            fields |= {"near": f"vector<{draw(st.sampled_from([1, 2, 4096]))}>", "far": "vector<2>"}
            vectors = st.sampled_from(["near", "far", "far", "p"])
            entity["vectorIndexes"] = {
                draw(OTHERS): {"vector": draw(vectors), "filter": "p"},
                "nearby": {"vector": draw(vectors), "filter": draw(some)},
            }
        case 10:
            names = draw(st.lists(NAMES | st.sampled_from(["own", "near"]), min_size=2, max_size=2))
            many = dict.fromkeys((f"g{n}" for n in range(draw(st.sampled_from([1, 1015])))), "null")
            kinds = [{"tag": {"literal": "a"}, **many}, {"tag": {"enum": ["b", "c"]}}]
            own = [{**one, name: draw(TYPES)} for one, name in zip(kinds, names, strict=True)]
            entity |= {"union": [{"object": one} for one in own], "tag": "tag"}
            indexes["of_own"] = [draw(st.sampled_from([*names, "tag"])), "p"]
        case _:
            fields["typed"] = draw(TYPES)


@st.composite
def specs(draw: st.DrawFn) -> str:
    all_entities: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 2))):
        fields = dict.fromkeys(("key", *FIELDS), "string")
        all_entities[f"E{number}"] = {
            "table": f"table{number}",
            "key": "key",
            "fields": fields,
            "indexes": {},
        }
        for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
            change(draw, all_entities[f"E{number}"])
    spec = {
        "convexgen": 1,
        "name": "random",
        "enums": {"Colour": ["red", "blue"]},
        "objects": {"Format": {"width": "number", "labels": "list<string>?"}},
        "entities": all_entities,
    }
    return yaml.safe_dump(spec, sort_keys=False)


# Convex's rules


def is_identifier(name: str) -> bool:
    """`check_valid_identifier` of crates/convex/sync_types/src/identifier.rs."""
    return re.fullmatch(r"(?!_+$)[A-Za-z_][A-Za-z0-9_]{0,63}", name) is not None


def table_problems(table: dict[str, Any]) -> Iterator[str]:
    """`TableDefinition` of crates/common/src/schemas/json.rs."""
    name = table["tableName"]
    if not is_identifier(name) or name.startswith("_"):
        yield f"InvalidTableName {name}"
    if len(f"{name}.js") > 64:
        # The table's module: `check_valid_path_component` of sync_types/src/path.rs.
        yield f"path component too long: {name}.js"
    indexes, searches, vectors = (
        table[kind] for kind in ("indexes", "searchIndexes", "vectorIndexes")
    )
    # `MAX_INDEXES_PER_TABLE` of crates/common/src/schemas/mod.rs.
    if len(indexes) + len(searches) + len(vectors) > 64:
        yield "TooManyIndexes"
    for index in (*indexes, *searches, *vectors):
        descriptor = index["indexDescriptor"]
        reserved = descriptor.startswith("_") or descriptor in {"by_id", "by_creation_time"}
        if not is_identifier(descriptor) or reserved:
            yield f"IndexNameReserved {descriptor}"
    document = table["documentType"]
    shapes = document["value"] if document["type"] == "union" else [document]
    objects = [shape for shape in shapes if shape["type"] == "object"]
    known = [field for shape in objects for field in shape["value"].items()]
    if document["type"] == "any":
        known = [(WHATEVER, {"fieldType": document})]
    for index in (*searches, *vectors):
        yield from search_problems(index, known)
    for index in indexes:
        yield from index_problems(index, known)
    for what, repeated in (
        (
            "IndexNamesNotUnique",
            Counter(index["indexDescriptor"] for index in (*indexes, *searches, *vectors)),
        ),
        (
            "SearchIndexFieldNotUnique",
            Counter((one["searchField"], frozenset(one["filterFields"])) for one in searches),
        ),
        (
            "VectorIndexFieldNotUnique",
            Counter((one["vectorField"], one["dimensions"]) for one in vectors),
        ),
        ("IndexNotUnique", Counter(tuple(index["fields"]) for index in indexes)),
    ):
        if any(count > 1 for count in repeated.values()):
            yield what
    if document["type"] != "any" and objects != shapes:
        yield "InvalidTopLevelTypeInSchemaError"
    if any(name.startswith("_") for name, _ in known):
        yield "a system field in the validator"
    yield from validator_problems(document, 1)


WHATEVER = ""
"""The name of all fields of a table of any."""


def types_at(path: str, known: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a field that an index names may be: with dots, a field of objects in one."""
    first, *rest = path.split(".")
    types = [field["fieldType"] for name, field in known if name in (first, WHATEVER)]
    for name in rest:
        objects = [member["value"] for one in types for member in objects_of(one)]
        unknown = [one for one in types if one["type"] == "any"]
        types = [fields[name]["fieldType"] for fields in objects if name in fields] + unknown
    return types


def may_be_vector(validator: dict[str, Any]) -> bool:
    """Whether there are vectors among its values: any, lists of numbers, unions with such a one."""
    if validator["type"] == "union":
        return any(map(may_be_vector, validator["value"]))
    return validator in ({"type": "any"}, {"type": "array", "value": {"type": "number"}})


def objects_of(validator: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if validator["type"] == "union":
        for member in validator["value"]:
            yield from objects_of(member)
    elif validator["type"] == "object":
        yield validator


def index_problems(index: dict[str, Any], known: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """crates/common/src/bootstrap_model/index, and `check_index_references` of schemas/mod.rs."""
    descriptor, fields = index["indexDescriptor"], index["fields"]
    # `_creationTime` is appended: bootstrap_model/index/database_index/indexed_fields.rs.
    if not 1 <= len(fields) <= 15:
        yield f"EmptyIndex or IndexTooManyFields {descriptor}"
    if len(set(fields)) < len(fields):
        yield f"FieldsNotUniqueWithinIndex {descriptor}"
    for field in fields:
        if any(part.startswith("_") for part in field.split(".")):
            yield f"IndexFieldNameReserved {field}"
        if not types_at(field, known):
            yield f"SchemaDefinitionError {field}"


def search_problems(
    index: dict[str, Any], known: list[tuple[str, dict[str, Any]]]
) -> Iterator[str]:
    """`TextIndexSchema` and `VectorIndexSchema` of schemas/mod.rs, and its checks of fields."""
    if len(index["filterFields"]) > 16:
        yield "IndexTooManyFilterFields"
    field = index["vectorField"] if "vectorField" in index else index["searchField"]
    for name in (field, *index["filterFields"]):
        if not types_at(name, known):
            yield f"SchemaDefinitionError {name}"
    if "vectorField" in index:
        if not any(map(may_be_vector, types_at(field, known))):
            yield f"SchemaDefinitionError: no vector {field}"
        if not 2 <= index["dimensions"] <= 4096:
            yield f"dimensions {index['dimensions']}"


def validator_problems(validator: dict[str, Any], depth: int) -> Iterator[str]:
    """crates/common/src/schemas/json.rs; the depth is `MAX_DOCUMENT_NESTING` of crates/value."""
    if depth > 16 and validator["type"] in {"array", "object", "record"}:
        yield "documents nested too deep"
    match validator["type"]:
        case "array":
            yield from validator_problems(validator["value"], depth + 1)
        case "object":
            if len(validator["value"]) > (1022 if depth == 1 else 1024):
                yield "too many fields"
            for name, field in validator["value"].items():
                if not is_identifier(name):
                    yield f"no field name: {name}"
                yield from validator_problems(field["fieldType"], depth + 1)
        case "record":
            keys = validator["keys"]
            members = keys["value"] if keys["type"] == "union" else [keys]
            if not all(member["type"] in {"string", "id"} for member in members):
                yield "no record key"
            if validator["values"]["optional"]:
                yield "optional record value"
            yield from validator_problems(validator["values"]["fieldType"], depth + 1)
        case "union":
            for member in validator["value"]:
                yield from validator_problems(member, depth)
        case _:
            pass


def test_what_lint_passes_convex_takes(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    templates = Templates()
    passed: dict[str, str] = {}

    def judge(text: str, system: System | None) -> None:
        if system is not None:
            facts = schema_facts(system)
            passed[text] = templates.render("convex/schema.ts.jinja", facts)

    @settings(max_examples=200, deadline=None, phases=[Phase.generate], database=None)
    @given(specs())
    def draw(text: str) -> None:
        judge(text, load_system(text, "spec.yaml").system)

    draw()
    for folder in (ROOT / "tests" / "cases").glob("good-*"):
        text = (folder / "spec.yaml").read_text(encoding="utf-8")
        read = partial(read_included, root=folder)
        judge(text, load_system(text, "spec.yaml", read).system)
    # Node runs once, for all of them.
    exports = exported(list(passed.values()), tmp_path)
    for text, schema in zip(passed, exports, strict=True):
        problems = [one for table in schema["tables"] for one in table_problems(table)]
        assert problems == [], text
    assert len(passed) > 50
