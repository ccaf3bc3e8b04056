"""What the JSON Schema of a model says, the model takes and gives."""

from __future__ import annotations

import base64
import copy
import importlib
import itertools
import json
import math
import pickle
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from convexgen.naming import python_attribute
from drawn_types import ENUMS, OBJECTS, DrawnEntity, DrawnField, types
from equality import plain, same
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from page_examples import blocks
from project import make_project
from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

_FORMATS = FormatChecker(())
_TEXT_OF_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@_FORMATS.checks("date-time")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or _TEXT_OF_A_MOMENT.fullmatch(value) is not None


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=_FORMATS)


@cache
def _validators(model: Any) -> dict[str, Draft202012Validator]:
    """Those of what a model takes and of what it gives."""
    return {
        mode: _validator(model.model_json_schema(mode=mode))
        for mode in ("validation", "serialization")
    }


@contextmanager
def _package(folder: Path, name: str, spec: dict[str, Any]) -> Iterator[Any]:
    """The package that a spec gives."""
    folder.mkdir(exist_ok=True)
    file = folder / "spec.yaml"
    # JSON is YAML.
    whole = {"convexgen": 1, "name": name, "python": {"package": name}, **spec}
    file.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    project = make_project(folder / "project", file)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.pop(0)


FIELDS = 12
DOCUMENTS = 20
_numbers = itertools.count()
_fields = st.lists(
    st.tuples(types, st.booleans(), st.booleans()), min_size=3 * FIELDS, max_size=3 * FIELDS
)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in settings().phases if phase.name == "generate"],
)
@given(drawn=_fields, seed=st.integers(0, 2**32))
def test_fault_13_models_take_and_give_what_their_json_schema_says(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Any], seed: int
) -> None:
    fields = [DrawnField(f"fieldOf{place}", *parts) for place, parts in enumerate(drawn)]
    entities = [
        DrawnEntity(0, fields[:FIELDS], []),
        DrawnEntity(1, fields[FIELDS : 2 * FIELDS], [fields[2 * FIELDS :], []]),
    ]
    name = f"model_json_{next(_numbers)}"
    spec = {
        "enums": ENUMS,
        "objects": OBJECTS,
        "entities": {f"Entity{entity.number}": entity.spec() for entity in entities},
    }
    chance = random.Random(seed)
    with _package(tmp_path_factory.mktemp(name), name, spec) as package:
        for entity in entities:
            for place in range(DOCUMENTS):
                values = entity.document(str(place), chance, package)
                # The names of fields in Python are those of JSON.
                model = entity.model(values, package)
                written = model(**{python_attribute(name): one for name, one in values.items()})
                _check_laws(model, written, entity.fields(values), chance)


def _check_laws(model: Any, written: Any, fields: list[DrawnField], chance: random.Random) -> None:
    dumped = written.model_dump(mode="json")
    text = written.model_dump_json()
    assert same(json.loads(text), json.loads(json.dumps(dumped, allow_nan=False)))
    assert TypeAdapter(model).dump_python(written, mode="json", by_alias=True) == dumped
    validators = _validators(model)
    for mode, validator in validators.items():
        for error in validator.iter_errors(json.loads(text)):
            pytest.fail(f"{mode}: {error}")
    for read in (written.model_copy(deep=True), copy.deepcopy(written)):
        assert same(plain(read), plain(written))
    assert same(plain(pickle.loads(pickle.dumps(written))), plain(written))
    for read in (
        model.model_validate_json(text),
        model.model_validate(json.loads(text)),
        TypeAdapter(model).validate_json(text),
        TypeAdapter(model).validate_python(json.loads(text)),
    ):
        for field in fields:
            name = python_attribute(field.name)
            found, expected = (plain(getattr(one, name)) for one in (read, written))
            if "union" in repr(field.type):
                found, expected = _as_text(found), _as_text(expected)
            assert same(found, expected), (field.type, expected, found)
    for _ in range(20):
        changed = _changed(json.loads(text), chance)
        if validators["validation"].is_valid(changed):
            # As text, and as a web framework has it: it reads JSON, then validates.
            for read in (
                model.model_validate_json(json.dumps(changed)),
                model.model_validate(changed),
            ):
                validators["serialization"].validate(json.loads(read.model_dump_json()))


def _as_text(value: Any) -> Any:
    """What is text in JSON: beside a string in a union, it is one when it is read."""
    if isinstance(value, dict):
        return {key: _as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(value)]
    return value


_JSON: list[Any] = [
    *(None, True, 0, 5, 5.0, -0.0, 0.5, 2**53 + 1, 2**63, 1e300, "", "a", "NaN", "YQ==", "YQ="),
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789+01:30", "2026-01-01", "on", [], {}),
    *([1, 2, 3], ["a"], {"a": 1}, {"$bytes": "YQ=="}, {"$integer": "AQAAAAAAAAA="}, {"é": 1}),
    *({"kind": "circle", "size": 1}, {"text": "a", "at": None}, {"a b": [None]}, {"": 1}),
]


def _changed(value: Any, chance: random.Random) -> Any:
    """The JSON with a part of it replaced, removed or added."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        changed = {**value, key: _changed(value[key], chance)}
        if chance.random() < 0.1:
            del changed[key]
        return changed
    if isinstance(value, list) and value and chance.random() < 0.6:
        place = chance.randrange(len(value))
        return [*value[:place], _changed(value[place], chance), *value[place + 1 :]]
    return copy.deepcopy(chance.choice(_JSON))


SPEC: dict[str, Any] = {
    "enums": {"Stage": ["lead", "customer"]},
    "objects": {
        "Size": {"widthCm": "integer", "weight": {"type": "number", "min": 0}},
        "Circle": {"kindOf": {"literal": "circle"}, "radius": "number"},
        "Square": {"kindOf": {"literal": "square"}, "corners": "list<timestamp>"},
    },
    "entities": {
        "Company": {
            "table": "companies",
            "key": "theDomain",
            "fields": {
                "theDomain": {"type": "string", "pattern": "[a-z.]+", "maxLength": 20},
                "URLFor": "string?",
                "class": "string?",
                "seats": "int64?",
                "stage": "Stage?",
                "soldAt": "timestamp | null",
                "size": "Size?",
                "shape": {"union": ["Circle", "Square"], "tag": "kindOf", "optional": True},
                "data": "bytes?",
                "numbers": "record<string, number>?",
                "vector": "vector<2>?",
                "anything": "any?",
                "document": {"type": "json", "optional": True, "large": True},
                "typed": "json(typed.json)?",
                "createdAt": {"type": "timestamp", "set": "on create"},
                "updatedAt": {"type": "timestamp", "set": "on write"},
            },
        },
        "Event": {
            "table": "events",
            "key": "eventId",
            "fields": {"eventId": "string", "at": "timestamp"},
            "tag": "theKind",
            "union": [
                {"object": {"theKind": {"literal": "opened"}, "by": "string"}},
                {"object": {"theKind": {"literal": "closed"}, "because": "timestamp | string"}},
            ],
        },
    },
}
TYPED = {
    "title": "Typed",
    "type": "object",
    "properties": {
        "firstName": {"type": "string"},
        "born": {"type": "string", "format": "date"},
        "seen": {"type": "string", "format": "date-time"},
        "x-y": {"type": "integer"},
    },
    "required": ["firstName"],
}
COMPANY = {
    "the_domain": "a.example",
    "url_for": "u",
    "class_": "c",
    "seats": 2**63 - 1,
    "stage": "lead",
    "sold_at": "2026-03-29T02:30:00.123456Z",
    "size": {"width_cm": 5, "weight": 0.5},
    "shape": {"kind_of": "square", "corners": ["2026-01-01T00:00:00Z"]},
    "data": "AP8=",
    "numbers": {"a b": "NaN", "c": -0.0},
    "vector": [1.5, -3e38],
    "anything": [{"$integer": "AQAAAAAAAAA="}, {"$bytes": "YQ=="}, None, 1.5],
    "document": {"$ref": [1, None]},
    "typed": {"firstName": "Ada", "born": "1815-12-10", "seen": "2026-01-01T00:00:00Z", "x-y": 1},
    "created_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("json")
    (folder / "typed.json").write_text(json.dumps(TYPED))
    with _package(folder, "model_json_companies", SPEC) as package:
        yield package


@pytest.mark.filterwarnings("error::pydantic.warnings.UnsupportedFieldAttributeWarning")
def test_fault_13_entities_are_bodies_and_answers_of_fastapi(package: Any) -> None:
    app = FastAPI()
    runtime = importlib.import_module(f"{package.__name__}._runtime")

    def post(company: Any) -> Any:
        assert type(company.sold_at) is datetime
        return company

    def post_events(events: Any) -> Any:
        return events

    def get(at: Any, seats: Any) -> Any:
        return [at.isoformat(), seats]

    events_type = list[package.Event]
    post.__annotations__ = {"company": package.Company, "return": package.Company}
    post_events.__annotations__ = {"events": events_type, "return": events_type}
    get.__annotations__ = {"at": runtime.Timestamp, "seats": int}
    app.post("/companies")(post)
    app.post("/events")(post_events)
    app.get("/moments/{at}")(get)

    client = TestClient(app)
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    company = next(schemas[name] for name in ("Company-Input", "Company") if name in schemas)
    assert company["properties"]["created_at"] == {
        "type": "string",
        "format": "date-time",
        "title": "Created At",
    }
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert not schema.get("required") or set(schema["required"]) <= set(schema["properties"])
        assert "convexgen" not in name

    answer = client.post("/companies", json=COMPANY)
    assert answer.status_code == 200, answer.text
    assert answer.json() == COMPANY
    events = [
        {"event_id": "1", "at": "2026-01-01T00:00:00Z", "the_kind": "opened", "by": "Ada"},
        {
            "event_id": "2",
            "at": "2026-01-01T00:00:00+01:00",
            "the_kind": "closed",
            "because": "2026-01-01T00:00:00Z",
        },
    ]
    answer = client.post("/events", json=events)
    assert answer.status_code == 200, answer.text
    assert answer.json()[0] == events[0]
    assert answer.json()[1]["at"] == "2025-12-31T23:00:00Z"
    assert client.get("/moments/2026-01-01T00:00:00Z?seats=5").status_code == 200
    for wrong in (
        {"sold_at": 1_767_225_600_000},
        {"sold_at": "2026-03-29T02:30:00"},
        {"sold_at": "yesterday"},
        {"the_domain": "UPPER"},
        {"theDomain": "a.example"},
        {"data": "a"},
        {"seats": 2**63},
        {"anything": {"$no": 1}},
        {"vector": [1]},
        {"vector": [1.5, "-Infinity"]},
        {"typed": {"firstName": 5}},
        {"size": {"width_cm": 5, "weight": -1}},
        {"class_": None},
    ):
        assert client.post("/companies", json={**COMPANY, **wrong}).status_code == 422, wrong


def test_the_example_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVEX_URL", "http://127.0.0.1:1")
    (program, _) = blocks("docs/python.md", "py")  # the other one is of a user
    module: dict[str, Any] = {}
    exec(program, module)
    with TestClient(module["app"]) as client:
        answer = client.get("/openapi.json").json()
        assert answer["paths"]["/threads"]["post"]["requestBody"]["content"]
        assert client.post("/threads", json={"threadId": "t1"}).status_code == 422


def test_the_example_of_a_user() -> None:
    asked: list[bool] = []

    class Session:
        def token(self, *, cached: bool) -> str:
            asked.append(cached)
            raise LookupError("nobody is signed in")

    (_, program) = blocks("docs/python.md", "py")
    module: dict[str, Any] = {"session": Session()}
    exec(program, module)
    with module["storage"] as storage, pytest.raises(LookupError, match="nobody is signed in"):
        storage.threads.get("t1")
    assert asked == [True]


def test_json_is_apart_from_the_wire(package: Any) -> None:
    company = package.Company.model_validate_json(json.dumps(COMPANY))
    assert json.loads(company.model_dump_json()) == COMPANY
    wire = company.to_wire()
    assert wire["soldAt"] == 1774751400123.456
    assert wire["seats"] == {"$integer": "/////////38="}
    assert wire["URLFor"] == "u"
    assert wire["class"] == "c"
    assert wire["shape"] == {"kindOf": "square", "corners": [1767225600000.0]}
    assert wire["data"] == {"$bytes": "AP8="}
    decoder = importlib.import_module(f"{package.__name__}._runtime").Decoder(package.Company)
    assert decoder.decode_value(json.dumps(wire).encode()).to_wire() == wire
    # What was read can be older than a constraint, and is given as it is.
    older = decoder.decode_value(json.dumps({**wire, "theDomain": "OLD"}).encode())
    _validators(package.Company)["serialization"].validate(json.loads(older.model_dump_json()))


def test_values_that_a_program_gives_are_not_read_as_json(package: Any) -> None:
    with pytest.raises(ValidationError, match="expected bytes, found str"):
        package.Company(**{**COMPANY, "data": "AP8="})
    with pytest.raises(package.InvalidArgument, match="expected bytes, found str"):
        package.Company.changes_to_wire({"data": "AP8="})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sold_at": "2026-01-01T00:00:00"}, "expected text such as 2026-03-29T02:30:00Z, with a"),
        ({"data": "-_8="}, "expected base64 text: letters, digits, + and /, with ="),
    ],
    ids=str,
)
def test_fault_13_what_is_wrong_with_a_body_is_said_of_its_json(
    package: Any, wrong: dict[str, Any], said: str
) -> None:
    app = FastAPI()

    def post(company: Any) -> Any:
        return company

    post.__annotations__ = {"company": package.Company}
    app.post("/companies")(post)
    body = json.dumps({**COMPANY, **wrong}).encode()
    headers = {"content-type": "application/json"}
    answer = TestClient(app).post("/companies", content=body, headers=headers)
    assert answer.status_code == 422
    assert said in answer.text


def test_fault_13_text_that_is_no_unicode_is_refused_where_it_is_given(package: Any) -> None:
    company = package.Company.model_validate_json(json.dumps(COMPANY))
    body = json.loads(json.dumps({**COMPANY, "url_for": "a\ud800"}))
    with pytest.raises(ValidationError, match=r"lone surrogate \(U\+D800 at index 1\)"):
        TypeAdapter(package.Company).validate_python(body)
    for wrong in ({"class_": "a\ud800"}, {"numbers": {"a\ud800": 1.0}}):
        with pytest.raises(ValidationError, match=r"lone surrogate \(U\+D800 at index 1\)"):
            package.Company(**{**company.model_dump(), **wrong})
        with pytest.raises(package.InvalidArgument, match=r"lone surrogate \(U\+D800 at index 1\)"):
            package.Company.changes_to_wire(wrong)


def test_classes_of_a_program_choose_names_of_their_own(package: Any) -> None:
    """A subclass with aliases reads and gives those, and is written as before."""
    name = "CamelCompany"
    config = {"alias_generator": to_camel, "validate_by_name": True, "serialize_by_alias": True}
    camel: Any = type(name, (package.Company,), {"model_config": config})
    read = camel.model_validate({"theDomain": "a", "soldAt": None})
    assert read.model_dump(mode="json") == {"theDomain": "a", "soldAt": None}
    assert read.to_wire() == {"theDomain": "a", "soldAt": None}


def test_names_of_definitions_are_the_classes(package: Any) -> None:
    for mode in ("validation", "serialization"):
        schema = package.Company.model_json_schema(mode=mode)
        assert set(schema["$defs"]) == {
            *("Circle", "ConvexValue", "Size", "Square", "Stage", "Typed")
        }
        shape = schema["properties"]["shape"]
        if mode == "serialization":  # which admits objects of unknown kinds
            shape, other = shape["anyOf"]
            assert other == {"type": "object"}
        assert shape["discriminator"]["propertyName"] == "kind_of"
