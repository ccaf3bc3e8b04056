"""What is no value of its type is refused before anything is sent, in words that name the type."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from project import make_project
from pydantic import ValidationError
from waiting import MOMENT

SPEC = """
convexgen: 1
name: refusals
python: {package: refusals_client}
entities:
  Alpha:
    table: alphas
    key: alphaId
    fields:
      alphaId: string
      at: timestamp | string
      size: int64 | number
      data: bytes | timestamp | null
      parts: list<string> | boolean | integer
      count: integer
      total: int64
      weight: number
      isOpen: boolean
    indexes:
      by_at: [at]
      by_isOpen: [isOpen]
  Beta:
    table: betas
    key: alphaId
    fields: {alphaId: string}
  Span:
    table: spans
    key: [traceId, spanId]
    fields: {traceId: string, spanId: string, at: timestamp, name: string?}
    indexes:
      by_at: {fields: [at], counted: true}
    queries:
      latest: {order: at desc, windows: true}
    searchIndexes:
      search_name: {search: name}
  Event:
    table: events
    key: eventId
    fields: {eventId: string}
    union:
      - object: {kind: {literal: note}, text: string}
      - object: {kind: {literal: mark}, score: number}
    tag: kind
"""
FITTING: dict[str, Any] = {
    "at": "now",
    "size": 1.5,
    "data": None,
    "parts": True,
    "count": 1,
    "total": 1,
    "weight": 1.0,
    "is_open": True,
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("refusals")
    (folder / "spec.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "spec.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("refusals_client")


@pytest.fixture
def storage(package: Any) -> Iterator[Any]:
    """One that reaches nothing, so that what is sent fails with `Unavailable`."""
    with package.ConvexStorage("http://127.0.0.1:1", deploy_key="k", timeout=MOMENT) as storage:
        yield storage


Call = Callable[[Any, Any], object]
WRITES: dict[str, tuple[Call, str]] = {
    "another entity": (lambda s, p: s.alphas.save(p.Beta(alpha_id="a")), "Alpha, found Beta"),
    "a mapping": (lambda s, p: s.betas.create({"alphaId": "a"}), "Beta, found dict"),
    "nothing": (lambda s, p: s.betas.save(None), "Beta, found NoneType"),
    "no variant": (lambda s, p: s.events.save(p.Beta(alpha_id="a")), "Event, found Beta"),
    "another among many": (
        lambda s, p: s.betas.save_many([p.Beta(alpha_id="a"), p.EventNote(event_id="e", text="")]),
        r"Beta, found EventNote \(item 1, in batch 1, after 0 were done\)",
    ),
    "a mapping among many": (
        lambda s, p: s.events.save_many([p.EventNote(event_id="e", text=""), {}]),
        r"Event, found dict \(item 1, in batch 1, after 0 were done\)",
    ),
}
READS: dict[str, tuple[Call, str]] = {
    "a number for a key": (lambda s, p: s.betas.get(5), "`alpha_id`: expected text"),
    "null for a key": (lambda s, p: s.betas.delete(None), "`alpha_id` is None"),
    "bytes among keys": (
        lambda s, p: s.betas.get_many(["a", b"b"]),
        r"`alpha_id`: .* found bytes \(item 1, in batch 1, after 0 were done\)",
    ),
    "null among keys": (
        lambda s, p: s.betas.delete_many(["a", None]),
        r"`alpha_id` is None.* \(item 1, in batch 1, after 0 were done\)",
    ),
    "the key of an update": (lambda s, p: s.alphas.update(5, at="then"), "found int"),
    "a number for a boolean": (lambda s, p: s.alphas.by_is_open(1), "`is_open`: .* found int"),
    "a range of two types": (
        lambda s, p: s.alphas.by_at(p.Range(lt="m")),
        "`at`: it is compared with a value, and takes no Range",
    ),
    "neither of two types": (
        lambda s, p: s.alphas.by_at(5),
        "`at`: timestamp: .* found int; string: ",
    ),
}

FIELDS: dict[str, Call] = {
    "`expected` of an update": lambda s, given: s.alphas.update("a", count=1, expected=given),
    "`expected` of a deletion": lambda s, given: s.alphas.delete("a", expected=given),
    "`expected` of variants": lambda s, given: s.events.delete("e", expected=given),
    "`expected` among many": lambda s, given: s.spans.update_many(
        [importlib.import_module("refusals_client").Update(("t", "s"), expected=given)]
    ),
    "`expected` in a block": lambda s, given: atomic(s).alphas.delete("a", expected=given),
    "`set` of an upsert": lambda s, given: s.alphas.upsert("a", set=given),
    "`create` of an upsert": lambda s, given: s.alphas.upsert("a", create=given),
    "`create` in a block": lambda s, given: atomic(s).alphas.upsert("a", create=given),
    "`set` of what is found": lambda s, given: s.spans.list().update(set=given),
    "`set` among many": lambda s, given: s.spans.update_many(
        [importlib.import_module("refusals_client").Update(("t", "s"), set=given)]
    ),
    "`set` in a block": lambda s, given: atomic(s).spans.update(("t", "s"), set=given),
    "`key` of copies": lambda s, given: s.spans.list().copy(key=given),
}
"""Where fields are given as a dict."""

KEYS: dict[str, Callable[[Any, Any, Any], object]] = {
    "of many": lambda s, p, key: s.spans.get_many([key]),
    "to delete": lambda s, p, key: s.spans.delete_many([key]),
    "of an update": lambda s, p, key: s.spans.update_many([p.Update(key, set={"name": "x"})]),
    "of a rank": lambda s, p, key: s.spans.latest().rank(key),
    "of a window": lambda s, p, key: s.spans.latest().around(key),
    "of a window of many": lambda s, p, key: s.spans.latest().around_many([p.Around(key)]),
    "of a deletion in a block": lambda s, p, key: atomic(s).spans.delete(key),
    "of an update in a block": lambda s, p, key: atomic(s).spans.update(key, set={"name": "x"}),
    "of an upsert in a block": lambda s, p, key: atomic(s).spans.upsert(key, set={"name": "x"}),
    "of a condition in a block": lambda s, p, key: atomic(s).spans.expect(key),
    "of the absent in a block": lambda s, p, key: atomic(s).spans.expect_absent(key),
}
"""Where a key of two fields is a tuple, which text of two characters is not."""

COUNTS: dict[str, Call] = {
    "a page": lambda s, n: s.alphas.list().page(limit=n),
    "pages": lambda s, n: list(s.alphas.list().iterate(page_size=n)),
    "a snapshot of some": lambda s, n: s.alphas.list().watch(limit=n),
    "a page by number": lambda s, n: s.spans.latest().page(offset=0, limit=n),
    "an offset": lambda s, n: s.spans.latest().page(offset=n),
    "a page with windows": lambda s, n: s.spans.latest().page(offset=0, limit=n, around=[]),
    "an offset with windows": lambda s, n: s.spans.latest().page(offset=n, around=[]),
    "a search": lambda s, n: s.spans.search_name("x", limit=n),
}


def atomic(storage: Any) -> Any:
    """What a block of operations collects in, which is never sent."""
    return storage.atomic().__enter__()


@pytest.mark.parametrize("called", WRITES)
def test_fault_19_what_is_no_entity_of_the_table(storage: Any, package: Any, called: str) -> None:
    """A script or a notebook has no type checker; another table took what fits it by chance."""
    call, words = WRITES[called]
    with pytest.raises(package.InvalidArgument, match=words):
        call(storage, package)


@pytest.mark.parametrize("called", READS)
def test_fault_14_what_no_field_is_compared_with(storage: Any, package: Any, called: str) -> None:
    call, words = READS[called]
    with pytest.raises(package.InvalidArgument, match=words):
        call(storage, package)


@pytest.mark.parametrize("key", ["ab", "abc", ("a",), ("a", "b", "c"), {"a": 1, "b": 2}, 5, None])
@pytest.mark.parametrize("called", KEYS)
def test_a_key_of_two_fields_is_a_tuple(
    storage: Any, package: Any, called: str, key: object
) -> None:
    with pytest.raises(package.InvalidArgument, match="expected a tuple of 2 values, found"):
        KEYS[called](storage, package, key)


@pytest.mark.parametrize("given", [5, "count", ["count"], {"count"}, object()])
@pytest.mark.parametrize("called", FIELDS)
def test_fault_19_what_is_no_dict_of_fields(
    storage: Any, package: Any, called: str, given: object
) -> None:
    argument, _, _ = called.partition(" ")
    with pytest.raises(package.InvalidArgument, match=f"{argument}: expected a dict of fields"):
        FIELDS[called](storage, given)


def test_fault_19_an_entity_is_no_dict_of_fields(storage: Any, package: Any) -> None:
    with pytest.raises(package.InvalidArgument, match=r"`create`: .* found Beta"):
        storage.alphas.upsert("a", create=package.Beta(alpha_id="a"))
    with pytest.raises(package.InvalidArgument, match="`unset`: expected a list, or"):
        storage.spans.list().update(unset="name")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"timeout": "5"}, "a positive number of seconds, not '5'"),
        ({"timeout": None}, "a positive number of seconds, not None"),
        ({"deploy_key": 5}, "the deploy key is text, not of type int"),
        ({"deploy_key": b"k"}, "the deploy key is text, not of type bytes"),
    ],
)
@pytest.mark.parametrize("called", ["ConvexStorage", "AsyncConvexStorage"])
def test_fault_19_what_storages_are_made_of(
    package: Any, called: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(package.InvalidArgument, match=words):
        getattr(package, called)("http://127.0.0.1:1", **{"deploy_key": "k", **given})


@pytest.mark.parametrize("count", ["5", 1.5, b"5", True])
@pytest.mark.parametrize("called", COUNTS)
def test_what_counts_is_a_whole_number(
    storage: Any, package: Any, called: str, count: object
) -> None:
    with pytest.raises(package.InvalidArgument, match=r"`(limit|offset)`: expected an int, found"):
        COUNTS[called](storage, count)


def test_subclasses_are_entities(storage: Any, package: Any) -> None:
    class Own(package.Beta):  # type: ignore[misc]
        """What a web framework reads."""

    for write in (
        storage.betas.save,
        storage.betas.create,
        lambda one: storage.betas.save_many([one]),
    ):
        with pytest.raises(package.Unavailable):
            write(Own(alpha_id="a"))


PLACES = [
    ("at", 5, {("at", "timestamp"), ("at", "string")}),
    ("size", "s", {("size", "int64"), ("size", "number")}),
    ("data", [], {("data", "timestamp"), ("data", "bytes")}),
    ("parts", None, {("parts", "list"), ("parts", "boolean"), ("parts", "integer")}),
    ("parts", ["a", 1], {("parts", "list", 1), ("parts", "boolean"), ("parts", "integer")}),
    ("count", "s", {("count",)}),
    ("total", "s", {("total",)}),
    ("weight", "s", {("weight",)}),
    ("is_open", "s", {("isOpen",), ("is_open",)}),
]


@pytest.mark.parametrize(("name", "value", "places"), PLACES)
def test_fault_13_places_of_errors_name_types(
    package: Any, name: str, value: object, places: set[tuple[str | int, ...]]
) -> None:
    """FastAPI answers with them: `loc` has names of fields and types, of JSON and of Python."""
    given = {"alpha_id": "a", **FITTING, name: value}
    with pytest.raises(ValidationError) as of_python:
        package.Alpha(**given)
    with pytest.raises(ValidationError) as of_json:
        package.Alpha.model_validate(given)
    for raised in (of_python, of_json):
        assert {one["loc"] for one in raised.value.errors()} <= places
        assert "function-" not in str(raised.value)
