"""`convexgen import FILE…`: what JSON Schemas and OpenAPI documents define."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from convexgen.importing import json_schemas
from convexgen.importing.names import plural, singular
from project import Project
from small_specs import put

API = """\
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      responses:
        "200":
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}
components:
  schemas:
    Pet:
      type: object
      description: Somebody's pet.
      required: [id, name, status, born]
      properties:
        id: {type: integer, format: int64}
        name: {type: string, minLength: 1, maxLength: 40}
        status: {$ref: "#/components/schemas/Status"}
        born: {type: string, format: date-time}
        photo: {type: string, format: byte}
        category: {$ref: "#/components/schemas/Category"}
        friends: {type: array, items: {$ref: "#/components/schemas/Pet"}, maxItems: 10}
        weight: {type: number, minimum: 0, nullable: true}
        age: {type: integer, minimum: 0, exclusiveMinimum: true, maximum: 30.5}
        labels: {type: object, additionalProperties: {type: string}, maxProperties: 5}
        any: {type: object}
        thing: {}
        payment:
          nullable: true
          oneOf:
            - {$ref: "#/components/schemas/Card"}
            - {$ref: "#/components/schemas/Transfer"}
          discriminator: {propertyName: kind, mapping: {card: "#/components/schemas/Card"}}
        code: {type: string, pattern: "^[A-Z]{2}$"}
        level: {type: integer, enum: [1, 2], default: 1}
        owner:
          allOf: [{$ref: "#/components/schemas/Person"}]
          nullable: true
          description: Who has it.
        keeper:
          allOf:
            - {$ref: "#/components/schemas/Person"}
            - {properties: {since: {type: integer, format: int32, deprecated: true}}}
        tree: {$ref: "#/components/schemas/Node"}
    Status: {type: string, enum: [available, sold]}
    Category: {type: object, properties: {name: {type: string}}}
    Card: {type: object, required: [kind], properties: {kind: {type: string}}}
    Transfer: {type: object, required: [kind], properties: {kind: {enum: [wire, sepa]}}}
    Person: {type: object, required: [email], properties: {email: {type: string}}}
    Node:
      type: object
      properties:
        children: {type: array, items: {$ref: "#/components/schemas/Node"}}
"""
SPEC = """\
enums:
  Status: [available, sold]

objects:
  Category: { name: string? }
  Transfer: { kind: { enum: [wire, sepa] } }
  Person: { email: string }
  Node: { children: list<json(../api.yaml#/components/schemas/Node)>? }

entities:
  Pet:
    table: pets
    description: Somebody's pet.
    # key: id, if no two have the same.
    fields:
      id: int64
      name: { type: string, minLength: 1, maxLength: 40 }
      status: Status
      born: timestamp
      photo: bytes?
      category: Category?
      friends:
        list: json(../api.yaml#/components/schemas/Pet)
        maxItems: 10
        optional: true
      weight: { type: number, min: 0, nullable: true, optional: true }
      age: { type: integer, min: 1, max: 30, optional: true }
      labels: { record: { values: string }, maxItems: 5, optional: true }
      any: record<string, json>?
      thing: json?
      payment:
        union: [{ object: { kind: { literal: card } } }, Transfer]
        tag: kind
        nullable: true
        optional: true
      code: { type: string, pattern: "[A-Z]{2}", optional: true }
      level: { type: 1 | 2, default: 1 }
      owner: { type: Person | null, optional: true, description: Who has it. }
      keeper:
        object:
          email: string
          since: { type: integer, optional: true, deprecated: true }
        optional: true
      tree: Node?
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def imported(project: Project, schema: object) -> tuple[str, str, int]:
    """The entities and objects of the spec of a JSON Schema, and what is printed of what lacks."""
    (project.root / "thing.json").write_text(json.dumps(schema))
    done = project.convexgen("import", "thing.json", "--name", "shop")
    spec = project.root / "schema" / "shop.yaml"
    text = spec.read_text() if spec.exists() else ""
    start = min(text.find(one) % 10_000 for one in ("\nenums:", "\nobjects:", "\nentities:"))
    return text[start + 1 :], done.stderr, done.returncode


def field_of(project: Project, schema: object) -> tuple[str, str, int]:
    """The type of a field that is required, and what is printed of what lacks."""
    text, lacking, code = imported(
        project, {"type": "object", "required": ["a"], "properties": {"a": schema}}
    )
    return text.partition("      a: ")[2].removesuffix("\n"), lacking, code


def test_an_openapi_document(project: Project) -> None:
    (project.root / "api.yaml").write_text(API)
    done = project.convexgen("import", "api.yaml", "--name", "pets")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project.root / "schema" / "pets.yaml").read_text()
    assert text[text.index("enums:") :] == SPEC
    assert "api.yaml#/components/schemas/Node: it holds itself" in done.stdout
    assert "api.yaml: 1 table, 4 objects, 1 enum.\nThe spec says all of it.\n" in done.stdout
    generated = project.convexgen("generate")
    assert generated.returncode == 0, generated.stdout + generated.stderr
    again = project.convexgen("import", "api.yaml", "--name", "pets")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": ["string", "integer"]}, "string | integer"),
        ({"type": ["string"]}, "string"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number | null"),
        ({"oneOf": [{"type": "boolean"}, {"type": "boolean"}]}, "boolean"),
        ({"const": "x"}, "{ literal: x }"),
        ({"enum": ["x", "y", None]}, "{ enum: [x, y], nullable: true }"),
        ({"enum": [1, True, 2.5]}, "1 | true | 2.5"),
        ({"type": "integer", "exclusiveMinimum": 1.5, "minimum": 0}, "{ type: integer, min: 2 }"),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": 5}, "{ type: integer, max: 4 }"),
        ({"type": "integer", "maximum": 2**60}, "integer"),
        (
            {"type": "integer", "format": "int64", "maximum": 2**60},
            f"{{ type: int64, max: {2**60} }}",
        ),
        ({"type": "number", "minimum": 0.5, "maximum": 2.0}, "{ type: number, min: 0.5, max: 2 }"),
        ({"items": {"type": "string"}}, "list<string>"),
        ({"type": "array"}, "list<json>"),
        (
            {"type": "array", "items": {"type": "string", "maxLength": 3}},
            "{ list: { type: string, maxLength: 3 } }",
        ),
        ({"type": "array", "items": {"type": ["array", "null"]}}, "list<list<json> | null>"),
        ({"type": "object", "additionalProperties": False}, "{ object: {} }"),
        (
            {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}},
            '{ record: { values: json, keys: { type: string, pattern: "[a-z]+" } } }',
        ),
        ({"type": "string", "pattern": "^(a|b)$"}, "{ type: string, pattern: (a|b) }"),
        (True, "json"),
        ({"anyOf": [{}, {"type": "null"}]}, "json"),
        ({"title": "What it is", "type": "string"}, "{ type: string, description: What it is }"),
        ({"type": "string", "x-order": 1, "examples": ["x"]}, "string"),
    ],
)
def test_types(schema: object, said: str, project: Project) -> None:
    found, lacking, code = field_of(project, schema)
    assert (found, lacking, code) == (said, "", 0)


WHOLE = "json(../thing.json#/properties/a)"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"b": {}}, "additionalProperties": True},
        {"type": "object", "patternProperties": {"^x": {}}},
        {"type": "object", "properties": {"b c": {}}},
        {"type": "object", "properties": {"b": {}}, "minProperties": 1},
        {"type": "array", "prefixItems": [{"type": "string"}]},
        {"type": "array", "items": [{"type": "string"}]},
        {"not": {"type": "string"}},
        {"type": "string", "if": {"minLength": 1}, "then": {"maxLength": 2}},
        {"oneOf": [{"type": "string"}], "anyOf": [{"type": "string"}]},
        {"allOf": [{"type": "string"}, {"minLength": 1}]},
        {
            "allOf": [
                {"properties": {"b": {"type": "string"}}},
                {"properties": {"b": {"type": "null"}}},
            ]
        },
        {"enum": [{"b": 1}]},
        False,
    ],
)
def test_what_no_type_says_the_schema_says(schema: object, project: Project) -> None:
    assert field_of(project, schema) == (WHOLE, "", 0)


@pytest.mark.parametrize(
    ("schema", "said", "place"),
    [
        ({"type": "string", "format": "email"}, "string", "/format: email is not checked"),
        ({"type": "string", "pattern": "b"}, "string", "/pattern: it is not checked"),
        ({"type": "string", "pattern": "^a|b$"}, "string", "/pattern: it is not checked"),
        ({"type": "string", "pattern": "^a(?=b)$"}, "string", "/pattern: it is not checked"),
        ({"type": "number", "multipleOf": 2}, "number", "/multipleOf: it is not checked"),
        ({"type": "number", "exclusiveMinimum": 0}, "number", "/exclusiveMinimum: it is not"),
        ({"type": "array", "uniqueItems": True}, "list<json>", "/uniqueItems: it is not checked"),
        ({"type": "string", "readOnly": True}, "string", "/readOnly: clients read and write it"),
        ({"type": "string", "minimun": 1}, "string", "/minimun: this tool does not know it"),
        ({"type": "object", "default": {}}, "record<string, json>", "/default: what is not given"),
    ],
)
def test_what_is_not_said_is_named_with_its_place(
    schema: object, said: str, place: str, project: Project
) -> None:
    found, lacking, code = field_of(project, schema)
    assert (found, code) == (said, 1)
    assert f"thing.json#/properties/a{place}" in lacking
    assert "The spec does not say all of it: 1 thing." in lacking


def test_what_is_of_whole_documents(project: Project) -> None:
    schema = {
        "properties": {"_id": {"type": "string"}, "b-c": {}, "slug": {"type": "string"}},
        "required": ["slug", "gone"],
        "additionalProperties": True,
        "minProperties": 1,
    }
    text, lacking, code = imported(project, schema)
    assert code == 1
    assert text.endswith(
        "  Thing:\n    table: things\n    # key: slug, if no two have the same.\n"
        "    fields:\n      slug: string\n"
    )
    for place in (
        "/properties/_id: _id is a name for fields of Convex's own: the field is left out",
        '/properties/b-c: "b-c" is no name of a field in Convex: the field is left out',
        ": gone is required, and has no schema: it is left out",
        "/additionalProperties: documents have no other fields",
        "/minProperties: it is not checked",
    ):
        assert f"thing.json#{place}" in lacking


def test_definitions_that_nothing_holds_are_entities(project: Project) -> None:
    home: dict[str, Any] = {"type": "object", "properties": {"zip": {"type": "string"}}}
    schema = {
        "$defs": {
            "User": {
                "type": "object",
                "properties": {
                    "home": {"$ref": "#/$defs/Home"},
                    "other": {"$ref": "other.json#/definitions/Home"},
                    "class": {"$ref": "#/$defs/Class"},
                },
            },
            "Home": home,
            "Class": {"enum": ["a", "b"]},
            "Lone": {"type": "string"},
        }
    }
    (project.root / "other.json").write_text(json.dumps({"definitions": {"Home": home}}))
    text, lacking, code = imported(project, schema)
    assert text == (
        "enums:\n  Class: [a, b]\n\n"
        "objects:\n  Home: { zip: string? }\n  HomeValue: { zip: string? }\n\n"
        "entities:\n  User:\n    table: users\n"
        "    fields:\n      home: Home?\n      other: HomeValue?\n      class: Class?\n"
    )
    assert (lacking.splitlines()[0], code) == (
        "thing.json#/$defs/Lone: it is no object that documents have: it is left out",
        1,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "thing.json:1:2 is not JSON"),
        ("[]", "thing.json is neither a JSON Schema nor an OpenAPI document"),
        ('{"openapi": "3.1.0"}', "thing.json has no schemas, which are under components: schemas"),
        ('{"type": "string"}', "has no objects: a spec would say nothing"),
        ('{"properties": {"a": {"$ref": "#/$defs/B"}}}', 'thing.json# has no "$defs"'),
        ('{"properties": {"a": {"$ref": "https://example.org/b"}}}', "nothing is fetched"),
        ('{"properties": {"a": {"$ref": "#a"}}}', "#a is no JSON pointer"),
        ('{"properties": {"a": {"$ref": "#/properties/a"}}}', "refers to itself"),
        ('{"properties": {"a": {"$ref": 1}}}', "has a $ref that is no text"),
        ('{"properties": {"a": {"type": "text"}}}', '#/properties/a/type is "text", which is no'),
        ('{"properties": {"a": 1}}', "#/properties/a has 1 where a schema belongs"),
        ('{"properties": {"a": {"enum": []}}}', "#/properties/a/enum is no list of values"),
        ('{"properties": {"a": {"anyOf": 1}}}', "#/properties/a/anyOf is no list of schemas"),
        ('{"properties": []}', "#/properties is no mapping"),
        ('{"properties": {"a": {}}, "required": 1}', "#/required is no list"),
        ('{"properties": {"a": {}}, "allOf": 1}', "#/allOf is no list"),
    ],
)
def test_a_bad_file_is_an_error_with_its_place(text: str, said: str, project: Project) -> None:
    (project.root / "thing.json").write_text(text)
    done = project.convexgen("import", "thing.json")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (project.root / "schema").exists()


def test_files_outside_of_the_project_cannot_be_named(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    project = Project(tmp_path / "inner")
    schema = {"properties": {"a": {"not": {}}}}
    (tmp_path / "thing.json").write_text(json.dumps(schema))
    done = project.convexgen("import", "../thing.json", "--name", "shop")
    assert (done.returncode, "it is json, as its file is not in" in done.stderr) == (1, True)
    assert "a: json?" in (project.root / "schema" / "shop.yaml").read_text()


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("pet", "pets"),
        ("category", "categories"),
        ("day", "days"),
        ("box", "boxes"),
        ("news", "news"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one
    assert plural(many) == many


def test_what_a_schema_refers_to_elsewhere_is_not_read(project: Project) -> None:
    """It may be anybody's, and what it refers to would be in the spec."""
    secret = put(project.root.parent, "secret.json", '{"type": "object", "title": "hunter2"}')
    (project.root / "linked.json").symlink_to(secret)
    for name in ("../secret.json", secret.as_posix(), "linked.json", "../nothing.json"):
        put(project.root, "api.json", json.dumps({"$defs": {"A": held("b", {"$ref": name})}}))
        done = project.convexgen("import", "api.json", "--name", "pets")
        assert (done.returncode, "hunter2" in done.stderr) == (2, False)
        assert "cannot be read: it is not in the project" in done.stderr
        assert not (project.root / "schema" / "pets.yaml").exists()


def test_a_schema_beside_one_that_is_named_is_read(project: Project) -> None:
    put(project.root.parent, "apis/b.json", '{"type": "string", "minLength": 1}')
    schema: dict[str, object] = {"$defs": {"A": held("b", {"$ref": "b.json"})}}
    api = put(project.root.parent, "apis/api.json", json.dumps(schema))
    done = project.convexgen("import", str(api), "--name", "pets")
    assert done.returncode == 0, done.stderr


def held(name: str, schema: object) -> dict[str, object]:
    """An object with a property."""
    return {"type": "object", "properties": {name: schema}}


def twice(count: int, one: Callable[[str], dict[str, object]]) -> dict[str, object]:
    """Schemas each of which has the next one in a way."""
    found = {f"S{at}": one(f"#/$defs/S{at + 1}") for at in range(count)}
    return {**found, f"S{count}": held("x", {"type": "string"})}


HELD: Mapping[str, tuple[int, Callable[[str], dict[str, object]]]] = {
    "properties": (500, lambda ref: held("next", {"$ref": ref})),
    "lists": (500, lambda ref: held("next", {"type": "array", "items": {"$ref": ref}})),
    "all-of": (500, lambda ref: {"allOf": [{"$ref": ref}]}),
    "all-of-twice": (25, lambda ref: {"allOf": [{"$ref": ref}, {"$ref": ref}]}),
    "any-of-twice": (
        40,
        lambda ref: {"anyOf": [{"$ref": ref}, {"type": "array", "items": {"$ref": ref}}]},
    ),
    "nothing": (500, lambda ref: {"$ref": ref}),
}


@pytest.mark.parametrize("kind", HELD)
def test_schemas_that_hold_each_other_are_said_in_bounded_steps(
    kind: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_schemas, "_MOST_STEPS", 20_000)
    schema = {**held("first", {"$ref": "#/$defs/S0"}), "$defs": twice(*HELD[kind])}
    put(project.root, "api.json", json.dumps(schema))
    done = project.convexgen("import", "api.json", "--name", "pets")
    assert done.returncode in {0, 1, 2}
    if kind.endswith("-twice"):
        assert (
            done.stdout.count("it has more than 10,000 parts: the schema itself is the type") == 1
        )


def test_many_fields_that_hold_each_other_are_said_in_bounded_steps(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_schemas, "_MOST_STEPS", 20_000)
    schemas = twice(*HELD["any-of-twice"])
    fields = {name: {"$ref": f"#/$defs/{name}"} for name in list(schemas)[:4]}
    put(project.root, "api.json", json.dumps({"properties": fields, "$defs": schemas}))
    done = project.convexgen("import", "api.json", "--name", "pets")
    assert "schemas hold each other in too many ways to be said" in done.stderr


def test_a_schema_in_many_others_says_itself(project: Project) -> None:
    schema = {**held("first", {"$ref": "#/$defs/S0"}), "$defs": twice(*HELD["properties"])}
    put(project.root, "api.json", json.dumps(schema))
    done = project.convexgen("import", "api.json", "--name", "pets")
    assert "it is in 64 others: the schema itself is the type" in done.stdout


DISCRIMINATED = """\
openapi: 3.1.0
info: {title: Pets, version: "1"}
components:
  schemas:
    Pet:
      type: object
      required: [shape]
      properties:
        shape:
          oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]
          discriminator: {propertyName: t}
    Circle:
      type: object
      required: [t, r]
      properties: {t: {type: string, enum: [circle]}, r: {type: number, minimum: 0}}
    Square:
      type: object
      required: REQUIRED
      properties: {t: {type: string, const: square}, a: {type: number}}
"""


def test_objects_with_names_keep_what_tells_them_apart(project: Project) -> None:
    """A tag is always there, also where the document does not say so."""
    put(project.root, "pets.yaml", DISCRIMINATED.replace("REQUIRED", "[t, a]"))
    done = project.convexgen("import", "pets.yaml", "--name", "pets")
    assert done.returncode == 0, done.stdout + done.stderr
    spec = project.root / "schema" / "pets.yaml"
    assert "shape: { union: [Circle, Square], tag: t }\n" in spec.read_text()
    spec.unlink()
    put(project.root, "pets.yaml", DISCRIMINATED.replace("REQUIRED", "[a]"))
    done = project.convexgen("import", "pets.yaml", "--name", "pets")
    assert done.returncode == 0, done.stdout + done.stderr
    inline = "{ object: { t: { literal: square }, a: number } }"
    said = " ".join(spec.read_text().split())
    assert f"shape: union: [Circle, {inline}] tag: t" in said
