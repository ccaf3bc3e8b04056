"""The annotations of functions' methods are their JSON: pydantic reads and writes it by them."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest
from project import make_project
from pydantic import TypeAdapter, ValidationError

SPEC = """
convexgen: 1
name: annotated
python: {aliases: true}
enums:
  Period: [day, week]
  Channel: {values: [mail, phone], open: true}
objects:
  Usage:
    model: string
    tokens: int64
    at: timestamp
    cut: string?
    gone: string | null
    both: {type: integer | null, optional: true}
    payload: json
    raw: bytes?
    class: string?
    URLPrefix: string?
  Card: {kind: {literal: card}, digits: string}
  Cash: {kind: {literal: cash}, amount: number}
  Rows:
    total: integer
    perPage: {union: [integer, {literal: false}]}
    rows: list<Usage>
    cut: string?
    none: string | null
    more: {object: {lastX: number, lastY: integer | null, lastZ: integer?}, optional: true}
entities:
  Report:
    table: reports
    key: reportId
    fields: {reportId: string, total: integer, madeAt: {type: timestamp, optional: true}}
functions:
  all:found: {kind: query, returns: Report | null}
  all:word: {kind: query, returns: string | null}
  all:nothing: {kind: query, returns: "null"}
"""

ARGUMENTS = {
    "text": "type: string",
    "flag": "type: boolean",
    "number": "type: number",
    "integer": "type: integer",
    "big": "type: int64",
    "at": "type: timestamp",
    "raw": "type: bytes",
    "payload": "type: json",
    "anything": "type: any",
    "period": "type: Period",
    "channel": "type: Channel",
    "usage": "type: Usage",
    "reports": "type: list<new<Report>>",
    "flags": 'type: "record<string, boolean>"',
    "ids": "type: list<id<Report>>",
    "vector": "type: vector<3>",
    "payment": "union: [Card, Cash], tag: kind",
    "small": "type: string, maxLength: 4",
    "word": "enum: [a, b]",
    "limit": "union: [integer, {literal: false}]",
    "several": "union: [string, list<string>]",
    "inner": "object: {firstAt: timestamp?}",
}
MAY_BE_ANYTHING = {"payload", "anything"}
"""Of these, null is a value as others are."""


def function(
    name: str, *, options: str = "", may_be_absent: str = "", may_be_null: str = ""
) -> str:
    """A function of all arguments."""
    lines = [f"  all:{name}:", f"    kind: mutation{options}", "    returns: Rows", "    args:"]
    for argument, type_ in ARGUMENTS.items():
        null = "" if argument in MAY_BE_ANYTHING else may_be_null
        lines.append(f"      {argument}: {{{type_}{may_be_absent}{null}}}")
    return "\n".join((*lines, ""))


USAGE = (
    '{"model": "m", "tokens": 1152921504606846976, "at": "2026-05-01T12:30:00Z", "gone": null, '
    '"both": null, "payload": {"$ref": "#", "": 1, "clé": [null, 1.5]}, "raw": "AP8=", '
    '"class": "c", "URLPrefix": "/x"}'
)
SHORT = '{"model": "m", "tokens": 1, "at": "2026-05-01T12:30:00Z", "gone": null, "payload": null}'
MOMENT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)

VALUES: dict[str, tuple[str, ...]] = {
    "text": ('"a"', '""'),
    "flag": ("true",),
    "number": ("1", "0.5"),
    "integer": ("3", "-1"),
    "big": ("1152921504606846976",),
    "at": ('"2026-05-01T12:30:00Z"',),
    "raw": ('"AP8="',),
    "payload": ('{"$a": [1, 2.5, null, {"": ""}]}', "null", "false"),
    "anything": ('{"a": [1, null]}', '"a"'),
    "period": ('"day"',),
    "channel": ('"mail"', '"fax"'),
    "usage": (USAGE, SHORT),
    "reports": ('[{"reportId": "r", "total": 1, "madeAt": "2026-05-01T12:30:00Z"}]', "[]"),
    "flags": ('{"on": true, "off": false}',),
    "ids": ('["x"]',),
    "vector": ("[1, 2, 3.5]",),
    "payment": ('{"kind": "card", "digits": "1"}', '{"kind": "cash", "amount": 2}'),
    "small": ('"abcd"',),
    "word": ('"b"',),
    "limit": ("10", "0", "false"),
    "several": ('"a"', '["a", "b"]'),
    "inner": ('{"firstAt": "2026-05-01T12:30:00Z"}', "{}"),
}
ROWS = (
    f'{{"total": 2, "perPage": false, "rows": [{USAGE}, {SHORT}], "none": null, '
    '"more": {"lastX": 1, "lastY": null}}'
)
RESULTS: dict[str, tuple[str, ...]] = {
    "given": (ROWS, '{"total": 0, "perPage": 40, "rows": [], "cut": "c", "none": "n"}'),
    "found": ('{"reportId": "r", "total": 1}', "null"),
    "word": ('"a"', "null"),
    "nothing": ("null",),
}


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("annotated")
    absent, null = ", optional: true", ", nullable: true"
    (folder / "spec.yaml").write_text(
        SPEC
        + function("given")
        + function("optional", may_be_absent=absent)
        + function(
            "either", options="\n    positional: true", may_be_absent=absent, may_be_null=null
        )
    )
    project = make_project(folder / "project", folder / "spec.yaml")
    project.generate()
    root = str(project.root / "generated" / "python")
    sys.path.insert(0, root)
    yield importlib.import_module("annotated_convex._functions")
    sys.path.remove(root)


def moments(value: Any) -> Any:
    """JSON in which a moment is one, however many digits its text has."""
    if isinstance(value, dict):
        return {key: moments(one) for key, one in value.items()}
    if isinstance(value, list):
        return [moments(one) for one in value]
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def expect_round_trip(annotation: Any, text: str) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    value = adapter.validate_json(text, by_alias=True, by_name=False)
    written = adapter.dump_json(value, by_alias=True, warnings="error")
    assert moments(json.loads(written)) == moments(json.loads(text))
    return adapter.dump_python(value, by_alias=True, warnings="error")


@pytest.mark.parametrize("owner", ["AllFunctions", "AsyncAllFunctions"])
def test_every_annotation_is_there_at_run_time(functions: Any, owner: str) -> None:
    methods = inspect.getmembers(getattr(functions, owner), inspect.isfunction)
    names = {name for name, _ in methods if not name.startswith("_")}
    assert names == {
        *("given", "optional", "either", "found", "word", "nothing"),
        *("watch_found", "watch_word", "watch_nothing"),
    }
    for name, method in methods:
        if name in names:
            parameters = [*inspect.signature(method).parameters][1:]
            assert [*get_type_hints(method)] == [*parameters, "return"]


@pytest.mark.parametrize("method", ["given", "optional", "either"])
@pytest.mark.parametrize("owner", ["AllFunctions", "AsyncAllFunctions"])
def test_arguments_are_read_and_written_as_json(functions: Any, owner: str, method: str) -> None:
    hints = get_type_hints(getattr(getattr(functions, owner), method), include_extras=True)
    assert {*hints} - {"return"} == {*VALUES}
    for name, texts in VALUES.items():
        for text in texts:
            expect_round_trip(hints[name], text)
        if method == "either":
            assert expect_round_trip(hints[name], "null") is None
    assert expect_round_trip(hints["limit"], "false") is False
    assert expect_round_trip(hints["limit"], "0") == 0
    assert type(expect_round_trip(hints["limit"], "0")) is int
    assert expect_round_trip(hints["at"], '"2026-05-01T12:30:00Z"') == MOMENT
    for name, text in (
        *(("limit", "true"), ("limit", "1.5"), ("limit", '"1"'), ("at", "1777638600000")),
        *(("usage", '{"model": "m"}'), ("inner", '{"first_at": "2026-05-01T12:30:00Z"}')),
    ):
        with pytest.raises(ValidationError):
            TypeAdapter(hints[name]).validate_json(text, by_alias=True, by_name=False)


@pytest.mark.parametrize("owner", ["AllFunctions", "AsyncAllFunctions"])
def test_results_have_what_is_there_and_null_alone_as_null(functions: Any, owner: str) -> None:
    for method, texts in RESULTS.items():
        hints = get_type_hints(getattr(getattr(functions, owner), method), include_extras=True)
        for text in texts:
            expect_round_trip(hints["return"], text)
    hints = get_type_hints(getattr(functions, owner).given)
    assert expect_round_trip(hints["return"], ROWS)["rows"][1] == {
        **{"model": "m", "tokens": 1, "at": MOMENT, "gone": None, "payload": None}
    }


def test_what_may_be_absent_is_none_by_default_only_by_position(functions: Any) -> None:
    for method, nullable in (("optional", False), ("either", True)):
        parameters = inspect.signature(getattr(functions.AllFunctions, method)).parameters
        for name, parameter in parameters.items():
            if name != "self":
                kind = parameter.POSITIONAL_OR_KEYWORD if nullable else parameter.KEYWORD_ONLY
                assert parameter.kind is kind
                is_none = nullable and name not in MAY_BE_ANYTHING
                assert (parameter.default is None) == is_none, name
