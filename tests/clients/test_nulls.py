"""Null where a field is never null is refused before it is sent, by both clients, wherever it is
given: a production deployment says no more of it than "Server Error"."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from node_program import bundle
from project import ROOT, Project, make_project, run
from waiting import MOMENT

# By the type in the spec, a value of it.
TYPES: dict[str, Any] = {
    "string": "a",
    "number": 1.5,
    "int64": 1,
    "boolean": True,
    "timestamp": datetime(2031, 1, 1, tzinfo=UTC),
    "bytes": b"a",
    "Level": "low",
    "1 | 2.5": 1,
    "string | boolean": "a",
    "ref<Open>": "a",
    "id<Open>": "a",
}
FIELDS = {"required": "", "optional": "?", "nullable": " | null", "both": " | null"}
"""Each entity has a field of each kind; the last one may be absent as well."""
NULLABLE = ("nullable", "both")


def entity(number: int, type_: str) -> dict[str, Any]:
    shape = {
        name: {
            "type": type_,
            "optional": name in {"optional", "both"},
            "nullable": name in NULLABLE,
        }
        for name in FIELDS
    }
    names = {name: name.capitalize() for name in FIELDS}
    return {
        "table": f"table{number}",
        "key": "key",
        "fields": {"key": "string", "text": "string", "vector": "vector<2>", **shape},
        "indexes": {
            **{f"by_{name}": [name] for name in FIELDS},
            **{f"by_{name}_and_key": {"fields": [name, "key"], "counted": True} for name in FIELDS},
        },
        "unique": list(FIELDS),
        "queries": {
            **{f"exact{ending}": {"by": name} for name, ending in names.items()},
            **{f"in{ending}": {"order": name} for name, ending in names.items()},
            **{
                f"numbered{ending}": {"by": name, "order": "key", "windows": True}
                for name, ending in names.items()
            },
            "findAny": {"where": list(FIELDS)},
        },
        "searchIndexes": {"search_text": {"search": "text", "filter": list(FIELDS)}},
        "vectorIndexes": {"nearest": {"vector": "vector", "filter": list(FIELDS)}},
    }


OPEN = {
    "table": "open",
    "key": "openId",
    "fields": {
        "openId": "string",
        "text": "string",
        "parts": {"list": "string"},
        "holes": {"list": "string | null"},
        "none": {"list": "string", "nullable": True},
        "anything": "any",
        "data": "json",
        "state": {"object": {"at": "number", "by": "string | null"}},
    },
    "indexes": {"by_stateBy": ["state.by"], "by_stateAt": ["state.at"]},
    "queries": {"findAny": {"where": ["text", "parts", "holes", "none", "state.by", "data.*"]}},
}
NAMED = {
    "table": "named",
    "key": "namedId",
    "fields": {
        "namedId": "string",
        "text": "string",
        "numbers": "vector<2>",
        "search": "string | null",
        "vector": {"type": "string", "nullable": True},
        "limit": "number | null",
    },
    "searchIndexes": {"search_text": {"search": "text", "filter": ["search", "vector", "limit"]}},
    "vectorIndexes": {"nearest": {"vector": "numbers", "filter": ["search", "vector", "limit"]}},
}
"""Its fields are called as what searches take besides."""
DEEP = {
    "table": "deep",
    "key": "deepId",
    "fields": {
        "deepId": "string",
        "parts": "list<Part>",
        "part": "Part?",
        "byName": "record<string, Part>",
        "either": "Part | string",
        "data": "json",
    },
}
PART = {
    "name": "string",
    "note": "string?",
    "mark": "string | null",
    "marks": "list<string | null>",
    "words": "list<string>",
    "data": "json?",
    "inner": {"object": {"at": "number", "by": "string | null"}},
}
FUNCTIONS = {
    "own:run": {
        "kind": "mutation",
        "args": {
            "name": "string",
            "note": "string?",
            "mark": "string | null",
            "part": "Part?",
            "parts": "list<Part>?",
            "named": "record<string, number | null>?",
            "counts": "record<string, number>?",
            "either": "Part | string | null",
            "data": "json?",
            "loose": "list<new<Loose>>?",
        },
    },
    "own:ask": {"kind": "query", "args": {"at": "number"}, "positional": True},
    "own:whole": {"kind": "mutation", "input": {"record": {"values": "Part"}}},
}
LOOSE = {
    "table": "loose",
    "fields": {"note": {"type": "string", "optional": True}, "mark": "string | null"},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("nulls")
    spec = {
        "convexgen": 1,
        "name": "nulls",
        "enums": {"Level": ["low", "high"]},
        "objects": {"Part": PART},
        "functions": FUNCTIONS,
        "lint": {"redundant-index": "off"},
        "entities": {
            **{f"Entity{number}": entity(number, type_) for number, type_ in enumerate(TYPES)},
            "Open": OPEN,
            "Deep": DEEP,
            "Named": NAMED,
            "Loose": LOOSE,
        },
    }
    (folder / "spec.yaml").write_text(json.dumps(spec))
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def package(project: Project) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("nulls_convex")


Call = Callable[..., Any]
"""Of a storage and the package, and of a table and a field."""


class Asked:
    """A storage whose deployment nobody is: what is sent is not answered."""

    def __init__(self, package: Any, *, is_async: bool) -> None:
        self.package = package
        kind = package.AsyncConvexStorage if is_async else package.ConvexStorage
        self._open = lambda: kind("http://127.0.0.1:1", deploy_key="key", timeout=MOMENT)
        self._is_async = is_async

    def ask(self, call: Call, arguments: tuple[str, ...]) -> None:
        """What the call of the storage gives, to its end."""
        if self._is_async:
            asyncio.run(self._asynchronous(call, arguments))
            return
        with self._open() as storage:
            call(storage, self.package, *arguments)

    async def _asynchronous(self, call: Call, arguments: tuple[str, ...]) -> None:
        async with self._open() as storage:
            found = call(storage, self.package, *arguments)
            if inspect.isawaitable(found):
                await found

    def refuses(self, words: str, call: Call, *arguments: str) -> None:
        with pytest.raises(self.package.InvalidArgument, match=words):
            self.ask(call, arguments)

    def sends(self, call: Call, *arguments: str) -> None:
        with pytest.raises((self.package.Unavailable, self.package.Timeout)):
            self.ask(call, arguments)


@pytest.fixture(params=["sync", "async"])
def asked(package: Any, request: pytest.FixtureRequest) -> Asked:
    return Asked(package, is_async=request.param == "async")


def block(storage: Any, collect: Callable[[Any], object]) -> Awaitable[None] | None:
    """Run a block that collects so, to its end."""
    opened = storage.atomic()
    if hasattr(opened, "__enter__"):
        with opened as tx:
            collect(tx)
        return None

    async def awaited() -> None:
        async with opened as tx:
            collect(tx)

    return awaited()


def item(package: Any, store: str) -> Any:
    number = int(store.removeprefix("table"))
    model = getattr(package, f"Entity{number}")
    value = list(TYPES.values())[number]
    return model(key="k", text="t", vector=[1.0, 0.0], required=value, nullable=None)


def exact(storage: Any, table: str, field: str) -> Any:
    return getattr(getattr(storage, table), f"exact_{field}")(None)


def numbered(storage: Any, table: str, field: str) -> Any:
    return getattr(getattr(storage, table), f"numbered_{field}")(None)


def found(storage: Any, table: str, field: str, value: object = None) -> Any:
    return getattr(storage, table).find_any(where={field: value})


# The field is given None.
QUERIES: dict[str, Call] = {
    "a query": lambda s, p, t, f: exact(s, t, f).first(),
    "a page": lambda s, p, t, f: exact(s, t, f).page(limit=3),
    "all": lambda s, p, t, f: exact(s, t, f).all(),
    "a deletion of what is found": lambda s, p, t, f: exact(s, t, f).delete(),
    "an update of what is found": lambda s, p, t, f: exact(s, t, f).update(set={"text": "b"}),
    "a copy of what is found": lambda s, p, t, f: exact(s, t, f).copy(key={"key": "l"}),
    "bounds": lambda s, p, t, f: getattr(getattr(s, t), f"in_{f}")(**{f: None}).first(),
    "a count": lambda s, p, t, f: numbered(s, t, f).count(),
    "a rank": lambda s, p, t, f: numbered(s, t, f).rank("k"),
    "a page by number": lambda s, p, t, f: numbered(s, t, f).page(offset=1),
    "a window": lambda s, p, t, f: numbered(s, t, f).around("k"),
    "a condition": lambda s, p, t, f: found(s, t, f).first(),
    "one of some": lambda s, p, t, f: found(s, t, f, p.In([None])).first(),
    "one of some, and absent": lambda s, p, t, f: found(
        s, t, f, p.In([None], absent=f in {"optional", "both"})
    ).first(),
    "a count by a condition": lambda s, p, t, f: found(s, t, f).count(),
    "a search": lambda s, p, t, f: getattr(s, t).search_text("a", **{f: None}).first(),
    "nearest": lambda s, p, t, f: getattr(s, t).nearest([1.0, 0.0], **{f: None}),
}
WATCHES: dict[str, Call] = {
    "a watch": lambda s, p, t, f: exact(s, t, f).watch(),
    "a watched condition": lambda s, p, t, f: found(s, t, f).watch(),
    "a watched search": lambda s, p, t, f: getattr(s, t).search_text("a", **{f: None}).watch(),
}
EXPECTED: dict[str, Call] = {
    "an update": lambda s, p, t, f: getattr(s, t).update("k", text="b", expected={f: None}),
    "a deletion": lambda s, p, t, f: getattr(s, t).delete("k", expected={f: None}),
    "a save": lambda s, p, t, f: getattr(s, t).save(item(p, t), expected={f: None}),
    "updates": lambda s, p, t, f: getattr(s, t).update_many(
        [p.Update("k", set={"text": "b"}, expected={f: None})]
    ),
    "an update in a block": lambda s, p, t, f: block(
        s, lambda tx: getattr(tx, t).update("k", set={"text": "b"}, expected={f: None})
    ),
    "a deletion in a block": lambda s, p, t, f: block(
        s, lambda tx: getattr(tx, t).delete("k", expected={f: None})
    ),
    "a save in a block": lambda s, p, t, f: block(
        s, lambda tx: getattr(tx, t).save(item(p, t), expected={f: None})
    ),
    "a condition of a block": lambda s, p, t, f: block(
        s, lambda tx: getattr(tx, t).expect("k", {f: None})
    ),
}


@pytest.mark.parametrize("place", [*QUERIES, *WATCHES])
def test_fault_16_no_query_by_null(asked: Asked, place: str) -> None:
    ask = {**QUERIES, **WATCHES}[place]
    for number in range(len(TYPES)):
        for field in ("required", "optional"):
            words = f"`{field}`: None finds nothing: the field is not nullable, so never null"
            if field == "optional":
                words += r"\. UNSET finds those without it"
            asked.refuses(words, ask, f"table{number}", field)


@pytest.mark.parametrize("place", EXPECTED)
def test_fault_16_no_null_expected(asked: Asked, place: str) -> None:
    for number in range(len(TYPES)):
        for field in ("required", "optional"):
            words = f"{field} cannot be null, which is None"
            if field == "optional":
                words += ": write UNSET"
            asked.refuses(words, EXPECTED[place], f"table{number}", field)


@pytest.mark.parametrize("place", [*QUERIES, *EXPECTED])
def test_null_of_nullable_fields(asked: Asked, place: str) -> None:
    ask = {**QUERIES, **EXPECTED}[place]
    for number, field in enumerate(NULLABLE):
        asked.sends(ask, f"table{number}", field)


@pytest.mark.parametrize("number", range(len(TYPES)))
def test_null_of_nullable_types(asked: Asked, number: int) -> None:
    for field in NULLABLE:
        for place in ("a query", "one of some"):
            asked.sends(QUERIES[place], f"table{number}", field)


REFUSED: dict[str, tuple[Call, str]] = {
    "what is unique": (lambda s, p: s.table0.get_by_required(None), "`required`: None finds"),
    "what is unique, if it is there": (
        lambda s, p: s.table0.get_by_optional(None),
        "`optional`: None finds nothing",
    ),
    "what is unique, but for null": (
        lambda s, p: s.table0.get_by_nullable(None),
        "`nullable` is None, and many may have that",
    ),
    "what is unique, but where it is absent": (
        lambda s, p: s.table0.get_by_optional(p.UNSET),
        "`optional` is UNSET, and many may be without it",
    ),
    "what is unique, and always there": (
        lambda s, p: s.table0.get_by_required(p.UNSET),
        "`required`: UNSET finds nothing: the field is not optional",
    ),
    "a document ID": (lambda s, p: s.table0.get_by_doc_id(None), "`doc_id` is None"),
    "a watched document ID": (
        lambda s, p: s.table0.watch_by_doc_id(None),
        "`doc_id` is None, which finds nothing: it is always there",
    ),
    "the words of a search": (lambda s, p: s.table0.search_text(None).first(), "`search` is None"),
    "a vector": (lambda s, p: s.table0.nearest(None), "`vector`: expected a list"),
    "the key of copies": (
        lambda s, p: s.table0.list().copy(key={"key": None}),
        "`key` is None, and it is always there",
    ),
    "a list": (lambda s, p: found(s, "open", "parts").first(), "`parts`: None finds nothing"),
    "an element": (
        lambda s, p: found(s, "open", "parts", ["a", None]).first(),
        "`parts`: None finds nothing: no element of the list is null",
    ),
    "an element of one of some": (
        lambda s, p: found(s, "open", "parts", p.In([["a"], [None]])).first(),
        "`parts`: None finds nothing: no element",
    ),
    "an element of what is contained": (
        lambda s, p: found(s, "open", "parts", p.Contains("a", None)).first(),
        "`parts`: None finds nothing: no element",
    ),
    "a list of null": (lambda s, p: found(s, "open", "holes").first(), "`holes`: None finds"),
    "a part of a text": (
        lambda s, p: found(s, "open", "text", p.Contains(None)).first(),
        "`text`: a part of a text is text",
    ),
    "a field of an object": (
        lambda s, p: s.open.by_state_at(state_at=None),
        "`state_at`: None finds",
    ),
    "one expected beside JSON": (
        lambda s, p: s.open.update("a", text="b", expected={"data": None, "parts": None}),
        "parts cannot be null",
    ),
    "a replacement": (
        lambda s, p: s.loose.replace("a", p.Loose(mark=None), expected={"note": None}),
        "note cannot be null, which is None: write UNSET",
    ),
}
SENT: dict[str, Call] = {
    "an element": lambda s, p: found(s, "open", "holes", ["a", None]).first(),
    "an element of what is contained": lambda s, p: found(
        s, "open", "holes", p.Contains(None)
    ).first(),
    "a nullable list": lambda s, p: found(s, "open", "none").first(),
    "a path": lambda s, p: found(s, "open", "data", {"a.b": None}).first(),
    "one of some at a path": lambda s, p: found(s, "open", "data", {"a": p.In([None])}).first(),
    "contained at a path": lambda s, p: found(s, "open", "data", {"a": p.Contains(None)}).first(),
    "a field of an object": lambda s, p: s.open.by_state_by(None).first(),
    "a condition of that": lambda s, p: found(s, "open", "state_by").first(),
    "JSON and anything": lambda s, p: s.open.update(
        "a", text="b", expected={"data": None, "anything": None, "none": None}
    ),
    "a replacement": lambda s, p: s.loose.replace("a", p.Loose(mark=None), expected={"mark": None}),
}


@pytest.mark.parametrize("place", REFUSED)
def test_fault_16_other_places(asked: Asked, place: str) -> None:
    call, words = REFUSED[place]
    asked.refuses(words, call)


@pytest.mark.parametrize("place", SENT)
def test_null_in_other_places(asked: Asked, place: str) -> None:
    asked.sends(SENT[place])


def test_fault_16_typescript(project: Project) -> None:
    client = project.root / "generated" / "typescript"
    program = bundle("nulls.test.mjs", project.root, client)
    finished = run(["node", "--test", program], ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr
