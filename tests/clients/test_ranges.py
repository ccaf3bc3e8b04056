"""Ranges, and documents without a field, of every type that has an index, in both clients.

What a query finds is compared with what a filter in Python finds.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node_program import bundle, run_node
from project import ROOT, Project, make_project, node_tool, run, tsc

DAY = datetime(2031, 1, 1, tzinfo=UTC)
NAN = math.nan

# By the type in the spec: values of it, of which those of one Python type are in order.
TYPES: dict[str, list[Any]] = {
    "string": ["", "a", "a\x00", "b", "é", "😀"],
    "number": [-math.inf, -1.5, -0.0, 0.0, 2.0**60, math.inf, NAN],
    "integer": [-3, 0, 7, 2**53],
    "int64": [-(2**63), -1, 0, 1, 2**63 - 1],
    "timestamp": [DAY - timedelta(days=40_000), DAY, DAY + timedelta(microseconds=1)],
    "boolean": [False, True],
    "bytes": [b"", b"\x00", b"a", b"b", b"\xff"],
    "Level": ["high", "low", "middle"],
    "ref<Owner>": ["o1", "o2", "o3"],
    "id<Owner>": ["0", "1", "2"],
    "string | number | boolean": ["", "m", -1.0, 5.0, False, True],
    "int64 | bytes": [-5, 5, b"", b"m"],
    "1 | 2.5": [1.0, 2.5],
}
FIELDS = {"required": "", "optional": "?", "nullable": " | null", "both": " | null"}
"""Each entity has a field of each kind; the last one may be absent as well."""


@dataclass(frozen=True)
class Kind:
    """An entity whose indexed fields are of one type."""

    number: int
    type: str
    values: list[Any]
    documents: list[dict[str, Any]] = field(default_factory=list)

    @property
    def store(self) -> str:
        return f"table{self.number}"

    def spec(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"key": "string", "group": "string?", "text": "string"}
        for name, ending in FIELDS.items():
            fields[name] = {"type": self.type, "optional": name in {"optional", "both"}}
            fields[name]["nullable"] = ending == " | null"
        return {
            "table": self.store,
            "key": "key",
            "fields": {**fields, "vector": "vector<2>"},
            "indexes": {
                **{f"by_{name}": [name] for name in FIELDS},
                "by_group_and_both": ["group", "both"],
                "by_both_and_key": ["both", "key"],
            },
            "queries": {
                "newest": {"by": "group", "order": "both desc"},
                "grouped": {"by": "group", "order": "both"},
                "keyed": {"by": "both", "order": "key"},
                **{f"exact{name.capitalize()}": {"by": name} for name in FIELDS},
                **{f"in{name.capitalize()}": {"order": name} for name in FIELDS},
            },
            "searchIndexes": {"search_text": {"search": "text", "filter": ["both", "required"]}},
            "vectorIndexes": {"nearest": {"vector": "vector", "filter": ["both", "required"]}},
        }


@pytest.fixture(scope="module")
def kinds() -> list[Kind]:
    return [Kind(number, *item) for number, item in enumerate(TYPES.items())]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, kinds: list[Kind]) -> Project:
    folder = tmp_path_factory.mktemp("ranges")
    spec = {
        "convexgen": 1,
        "name": "ranges",
        "python": {"package": "ranges_client"},
        "enums": {"Level": ["low", "middle", "high"]},
        "lint": {"redundant-index": "off"},
        "entities": {
            "Owner": {"table": "owners", "key": "ownerId", "fields": {"ownerId": "string"}},
            **{f"Entity{kind.number}": kind.spec() for kind in kinds},
        },
    }
    (folder / "spec.yaml").write_text(json.dumps(spec))
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("ranges_client")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any, kinds: list[Kind]) -> Iterator[Any]:
    """With documents of each kind: of each value, and without one."""
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        ids = []
        for name in ("o1", "o2", "o3"):
            ids.append(opened.owners.save(package.Owner(owner_id=name)).doc_id)
        for kind in kinds:
            if kind.type == "id<Owner>":
                kind.values[:] = sorted(ids)
            kind.documents[:] = _documents(kind)
            model = getattr(package, f"Entity{kind.number}")
            store = getattr(opened, kind.store)
            assert store.save_many(model(**one) for one in kind.documents) == len(kind.documents)
        yield opened


def _documents(kind: Kind) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for group in ({}, {"group": "g"}):
        for extra in ({}, {"both": None}, *({"both": value} for value in kind.values)):
            value = kind.values[len(made) % len(kind.values)]
            document = {"key": f"k{len(made)}", "text": "word", "vector": [1.0, len(made)]}
            document |= {"required": value, "nullable": extra.get("both"), **group, **extra}
            if document.get("both") is not None:
                document["optional"] = document["both"]
            made.append(document)
    return made


# The oracle.

Bounds = dict[str, Any]


def within(value: Any, bounds: Bounds) -> bool:
    """Whether a value that is there is within the bounds, which compare values of their type."""
    if value is None:
        return False
    if not bounds:
        return True
    if any(not isinstance(value, type(bound)) for bound in bounds.values()):
        return False
    return (
        ("gt" not in bounds or value > bounds["gt"])
        and ("gte" not in bounds or value >= bounds["gte"])
        and ("lt" not in bounds or value < bounds["lt"])
        and ("lte" not in bounds or value <= bounds["lte"])
    )


def expected(kind: Kind, name: str, bounds: Bounds, **equal: Any) -> set[str]:
    return {
        one["key"]
        for one in kind.documents
        if within(one.get(name), bounds) and all(one.get(k) == v for k, v in equal.items())
    }


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def every_bounds(kind: Kind) -> Iterator[Bounds]:
    """Each bound alone, both, and none."""
    values = [value for value in kind.values if not _is_nan(value)]
    yield {}
    for value in values:
        for name in ("gt", "gte", "lt", "lte"):
            yield {name: value}
    for low, high in pairwise(values):
        if type(low) is type(high):
            yield {"gt": low, "lte": high}
            yield {"gte": low, "lt": high}
            yield {"gte": high, "lte": low}


def keys(found: Any) -> list[str]:
    return [one.key for one in found]


@pytest.mark.parametrize("type_", TYPES)
def test_fault_05_a_range_is_over_values(
    storage: Any, package: Any, kinds: list[Kind], type_: str
) -> None:
    kind = next(kind for kind in kinds if kind.type == type_)
    store = getattr(storage, kind.store)
    for name in FIELDS:
        for bounds in every_bounds(kind):
            given = {name: package.Range(**bounds)}
            wanted = expected(kind, name, bounds)
            up = keys(getattr(store, f"in_{name}")(**given).iterate(page_size=3))
            down = keys(getattr(store, f"in_{name}")(**given, order="desc"))
            assert set(up) == wanted, (name, bounds)
            assert len(up) == len(wanted)
            assert down == up[::-1], "the same, the other way round"
            assert keys(getattr(store, f"in_{name}")(**given).page(limit=50).items) == up
            first = getattr(store, f"in_{name}")(**given).first()
            assert (first and first.key) == (up[0] if up else None)
    for bounds in every_bounds(kind):
        wanted = expected(kind, "both", bounds, group="g")
        given = {"both": package.Range(**bounds)}
        assert set(keys(store.grouped("g", **given))) == wanted
        latest = keys(store.newest("g", **given))
        assert latest == keys(store.grouped("g", **given, order="desc"))
    exactly = next(value for value in kind.values if value is not None)
    assert set(keys(store.in_both(both=exactly))) == expected(
        kind, "both", {"gte": exactly, "lte": exactly}
    )
    assert set(keys(store.in_both(both=None))) == {
        one["key"] for one in kind.documents if "both" in one and one["both"] is None
    }
    assert len(keys(store.in_both())) == len(kind.documents), "no range, no condition"


def test_fault_05_watches_and_asyncio(
    storage: Any, package: Any, backend: EmbeddedBackend, kinds: list[Kind]
) -> None:
    async def main(kind: Kind, bounds: Bounds, wanted: set[str]) -> None:
        client = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with client as opened:
            store = getattr(opened, kind.store)
            given = {"both": package.Range(**bounds)}
            assert {one.key async for one in store.in_both(**given)} == wanted
            assert set(keys((await store.in_both(**given).page()).items)) == wanted
            found = await store.in_both(**given).first()
            assert (found and found.key in wanted) or (found is None and not wanted)
            async with store.in_both(**given).watch() as snapshots:
                assert set(keys(await anext(snapshots))) == wanted

    for kind in kinds:
        upper = kind.values[len(kind.values) // 2]
        for bounds in ({"lt": upper}, {"lte": upper}, {}):
            wanted = expected(kind, "both", bounds)
            given = {"both": package.Range(**bounds)}
            with getattr(storage, kind.store).in_both(**given).watch() as snapshots:
                assert set(keys(next(snapshots))) == wanted
            asyncio.run(main(kind, bounds, wanted))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    documents=st.lists(
        st.one_of(
            st.none(),
            st.just("absent"),
            st.floats(),
            st.booleans(),
            st.text(max_size=2).filter(lambda text: text != "absent"),
        ),
        max_size=12,
    ),
    bounds=st.sampled_from([float, bool, str]).flatmap(
        lambda kind: st.dictionaries(
            st.sampled_from(["gt", "gte", "lt", "lte"]),
            {
                float: st.floats(allow_nan=False),
                bool: st.booleans(),
                str: st.text(max_size=2),
            }[kind],
        )
    ),
    order=st.sampled_from(["asc", "desc"]),
)
def test_fault_05_random_documents_and_ranges(
    storage: Any,
    package: Any,
    kinds: list[Kind],
    documents: list[Any],
    bounds: Bounds,
    order: str,
) -> None:
    if {"gt", "gte"} <= bounds.keys() or {"lt", "lte"} <= bounds.keys():
        with pytest.raises(package.InvalidArgument, match="not both"):
            package.Range(**bounds)
        return
    kind = next(one for one in kinds if one.type == "string | number | boolean")
    store = getattr(storage, kind.store)
    store.delete_many([f"r{number}" for number in range(12)])
    made = [
        {"key": f"r{number}", "group": "r", **({} if value == "absent" else {"both": value})}
        for number, value in enumerate(documents)
    ]
    common = {"text": "", "vector": [1.0, 0.0], "required": "", "nullable": None}
    model = getattr(package, f"Entity{kind.number}")
    store.save_many(model(**common, **one) for one in made)
    try:
        found = keys(
            store.grouped("r", both=package.Range(**bounds), order=order).iterate(page_size=5)
        )
    finally:
        store.delete_many([one["key"] for one in made])
    assert sorted(found) == sorted(one["key"] for one in made if within(one.get("both"), bounds))


def test_fault_05_bounds_that_are_no_values(storage: Any, package: Any, kinds: list[Kind]) -> None:
    for nothing in (None, package.UNSET, NAN):
        for name in ("gt", "gte", "lt", "lte"):
            with pytest.raises(package.InvalidArgument, match=f"`{name}` is "):
                package.Range(**{name: nothing})
    numbers = next(kind for kind in kinds if kind.type == "number")
    store = getattr(storage, numbers.store)
    assert set(keys(store.in_required(required=NAN))) == {
        one["key"] for one in numbers.documents if math.isnan(one["required"])
    }
    mixed = next(kind for kind in kinds if kind.type == "string | number | boolean")
    with pytest.raises(package.InvalidArgument, match="`both` has bounds of different types"):
        list(getattr(storage, mixed.store).in_both(both=package.Range(gte=5.0, lt="m")))
    # What callers past the client send.
    runtime = importlib.import_module("ranges_client._runtime")
    for bounds in ({"lt": None}, {"gte": None}, {"gt": {"$float": "AAAAAAAA+H8="}}):
        call = runtime.PagedCall(
            f"{numbers.store}:inBoth", {"both": bounds, "order": "asc"}, runtime.Decoder(Any), "x"
        )
        with pytest.raises(package.InvalidArgument, match="a bound without order"):
            storage.client.run(call.page(None, 1))


def test_fault_12_ranges_take_names_only(package: Any) -> None:
    with pytest.raises(TypeError):
        package.Range(DAY, DAY)


# UNSET.


@pytest.mark.parametrize("type_", TYPES)
def test_fault_16_unset_finds_those_without_the_field(
    storage: Any, package: Any, kinds: list[Kind], type_: str
) -> None:
    kind = next(kind for kind in kinds if kind.type == type_)
    store = getattr(storage, kind.store)
    unset = package.UNSET
    documents = kind.documents
    absent = {one["key"] for one in documents if "both" not in one}
    null = {one["key"] for one in documents if one.get("both", 1) is None}
    ungrouped = {one["key"] for one in documents if "group" not in one}

    for order in ("asc", "desc"):
        assert set(keys(store.in_both(both=unset, order=order))) == absent
        assert set(keys(store.in_both(both=None, order=order))) == null
        assert set(keys(store.exact_both(unset, order=order))) == absent
        assert set(keys(store.exact_both(None, order=order))) == null
    optional = {one["key"] for one in documents if "optional" not in one}
    assert set(keys(store.exact_optional(unset))) == optional
    assert set(keys(store.in_optional(optional=unset))) == optional
    assert set(keys(store.in_both(both=unset).page().items)) == absent
    assert store.in_both(both=unset).first().key in absent
    with store.in_both(both=unset).watch() as snapshots:
        assert set(keys(next(snapshots))) == absent

    # Of an index over several fields: its beginning, its end, both.
    assert set(keys(store.grouped(unset))) == ungrouped
    assert set(keys(store.grouped(unset, both=unset))) == ungrouped & absent
    assert set(keys(store.grouped("g", both=unset))) == absent - ungrouped
    assert set(keys(store.grouped(unset, both=None))) == ungrouped & null
    assert set(keys(store.newest(unset))) == ungrouped
    assert store.newest(unset, both=unset).first().key in ungrouped & absent
    assert set(keys(store.keyed(unset))) == absent
    assert set(keys(store.keyed(None))) == null
    below = package.Range(lt="k5")
    assert set(keys(store.keyed(unset, key=below))) == {k for k in absent if k < "k5"}

    # Searches.
    assert set(keys(store.search_text("word", both=unset))) == absent
    assert set(keys(store.search_text("word", both=None))) == null
    assert len(store.search_text("word").all()) == len(documents)
    with store.search_text("word", both=unset).watch() as snapshots:
        assert set(keys(next(snapshots))) == absent
    assert {one.item.key for one in store.nearest([1, 1], both=unset, limit=99)} == absent
    assert {one.item.key for one in store.nearest([1, 1], both=None, limit=99)} == null


def test_fault_16_wrong_uses(storage: Any, package: Any, kinds: list[Kind]) -> None:
    store = getattr(storage, kinds[0].store)
    unset, missing = package.UNSET, package.MISSING
    wrong = [
        (lambda: store.in_required(required=unset), "not optional, so never absent"),
        (lambda: store.in_nullable(nullable=unset), "not optional, so never absent"),
        (lambda: store.exact_required(unset), "`required`: UNSET finds nothing"),
        (lambda: store.search_text("word", required=unset), "not optional, so never absent"),
        (lambda: store.nearest([1, 1], required=unset), "not optional, so never absent"),
        (lambda: store.grouped(missing), "write UNSET"),
        (lambda: store.grouped(None), "group"),
        (lambda: store.get(unset), "`key` is UNSET"),
        (lambda: store.get_many(["a", unset]), "`key` is UNSET"),
        (lambda: store.delete(unset), "`key` is UNSET"),
    ]
    for call, text in wrong:
        with pytest.raises(package.InvalidArgument, match=text):
            list(call())
    # Past the client: what is never absent is not looked for either.
    runtime = importlib.import_module("ranges_client._runtime")
    call = runtime.PagedCall(
        f"{kinds[0].store}:inRequired",
        {"required": {"absent": True}, "order": "asc"},
        runtime.Decoder(Any),
        "x",
    )
    with pytest.raises(package.InvalidArgument):
        storage.client.run(call.page(None, 1))


# TypeScript, by what Python expects.

UNSET = {"unset": True}


@dataclass
class Asked:
    """Queries for the TypeScript client, each with the keys that it finds."""

    queries: list[dict[str, Any]] = field(default_factory=list)
    expected: list[Any] = field(default_factory=list)

    def ask(self, kind: Kind, method: str, expect: Any, *arguments: Any, **options: Any) -> None:
        """`expect` is all keys, a tuple of keys of which it is the first, or text of an error."""
        self.queries.append(
            {"store": kind.store, "method": method, "arguments": arguments, "options": options}
        )
        self.expected.append(expect)

    def check(self, project: Project, backend: EmbeddedBackend) -> None:
        file = project.root / "queries.json"
        file.write_text(json.dumps(self.queries))
        client = project.root / "generated" / "typescript"
        printed = run_node([bundle("ranges.ts", project.root, client), file], backend)
        for query, expect, found in zip(
            self.queries, self.expected, json.loads(printed), strict=True
        ):
            if isinstance(expect, str):
                assert found["name"] == "InvalidArgument", (query, found)
                assert expect in found["message"], (query, found)
            elif isinstance(expect, tuple):
                assert found[0] in expect if expect else found == [], (query, found)
            else:
                assert set(found) == expect, (query, found)


def encoded(kind: Kind, bounds: Bounds) -> dict[str, Any]:
    """Bounds as the program takes them."""
    runtime = importlib.import_module("ranges_client._runtime")
    encoders = {
        datetime: runtime.timestamp_to_wire,
        bytes: runtime.bytes_to_wire,
        float: runtime.number_to_wire,
        int: runtime.int64_to_wire if "int64" in kind.type else int,
    }
    return {
        "range": {name: encoders.get(type(one), one.__class__)(one) for name, one in bounds.items()}
    }


def test_fault_05_typescript(
    storage: Any, backend: EmbeddedBackend, kinds: list[Kind], project: Project
) -> None:
    asked = Asked()
    for kind in kinds:
        for name in FIELDS:
            for bounds in every_bounds(kind):
                found = expected(kind, name, bounds)
                given = {name: encoded(kind, bounds)}
                asked.ask(kind, f"in{name.capitalize()}", found, **given)
        upper = kind.values[len(kind.values) // 2]
        for bounds in ({"lt": upper}, {}):
            found = expected(kind, "both", bounds)
            given = {"both": encoded(kind, bounds)}
            asked.ask(kind, "inBoth", found, **given, order="desc")
            asked.ask(kind, "inBoth.page", found, **given)
            asked.ask(kind, "inBoth.watch", found, **given)
            asked.ask(kind, "inBoth.first", tuple(found), **given)
            asked.ask(kind, "newest", expected(kind, "both", bounds, group="g"), "g", **given)
        asked.ask(kind, "inBoth", "a range is over values", both={"range": {"lt": None}})
        asked.ask(kind, "inBoth", "a range is over values", both={"range": {"gte": UNSET}})
    asked.check(project, backend)


def test_fault_16_typescript(
    storage: Any, backend: EmbeddedBackend, kinds: list[Kind], project: Project
) -> None:
    asked = Asked()
    for kind in kinds:
        documents = kind.documents
        absent = {one["key"] for one in documents if "both" not in one}
        null = {one["key"] for one in documents if one.get("both", 1) is None}
        ungrouped = {one["key"] for one in documents if "group" not in one}
        for method in ("inBoth", "inBoth.page", "inBoth.watch"):
            asked.ask(kind, method, absent, both=UNSET)
            asked.ask(kind, method, null, both=None)
        for method in ("exactBoth", "exactBoth.page", "exactBoth.watch"):
            asked.ask(kind, method, absent, UNSET)
            asked.ask(kind, method, null, None)
        for method in ("grouped", "grouped.page", "grouped.watch"):
            asked.ask(kind, method, ungrouped & absent, UNSET, both=UNSET)
        for method in ("keyed", "keyed.page", "keyed.watch"):
            asked.ask(kind, method, absent, UNSET)
        asked.ask(kind, "inBoth.first", tuple(absent), both=UNSET)
        asked.ask(kind, "newest", ungrouped, UNSET)
        for method in ("searchText", "searchText.all", "searchText.watch"):
            asked.ask(kind, method, absent, "word", both=UNSET)
            asked.ask(kind, method, null, "word", both=None)
        asked.ask(kind, "nearest", absent, [1, 1], both=UNSET, limit=99)
        asked.ask(kind, "inRequired", "never absent", required=UNSET)
        asked.ask(kind, "exactRequired", "never absent", UNSET)
        asked.ask(kind, "searchText", "never absent", "word", required=UNSET)
    asked.check(project, backend)


TYPESCRIPT = """
import { ConvexStorage, UNSET } from "client";
const { table0: store } = new ConvexStorage("");
store.inBoth({ both: UNSET });
store.grouped(UNSET, { both: null });
store.inBoth({ both: { lt: "a" } });
// @ts-expect-error It is never absent.
store.inRequired({ required: UNSET });
// @ts-expect-error It is never absent.
store.exactNullable(UNSET);
// @ts-expect-error Null has no order.
store.inNullable({ nullable: { lt: null } });
// @ts-expect-error Nor has what is absent.
store.inBoth({ both: { lt: UNSET } });
"""

PYTHON = """
from ranges_client import UNSET, ConvexStorage, Range
def usage(storage: ConvexStorage) -> None:
    store = storage.table0
    store.in_both(both=UNSET)
    store.grouped(UNSET, both=None)
    store.in_both(both=Range(lt="a"))
    store.in_required(required=UNSET)  # mistake
    store.exact_nullable(UNSET)  # mistake
    store.in_nullable(nullable=Range(lt=None))  # mistake
    store.in_both(both=Range(lt=UNSET))  # mistake
    store.in_both(both=Range("a", "b"))  # mistake
"""


def test_fault_16_types(project: Project) -> None:
    """UNSET is taken where a field may be absent, and nowhere else."""
    configuration = json.loads(
        (ROOT / "tests" / "clients" / "typescript" / "tsconfig.json").read_text()
    )
    configuration["include"] = ["usage.ts"]
    client = project.root / "generated" / "typescript" / "index.ts"
    configuration["compilerOptions"]["paths"] = {"client": [str(client)]}
    (project.root / "tsconfig.json").write_text(json.dumps(configuration))
    (project.root / "usage.ts").write_text(TYPESCRIPT)
    finished = run([*tsc(), "--project", "tsconfig.json"], project.root)
    assert finished.returncode == 0, finished.stdout

    package = project.root / "generated" / "python"
    mistakes = {
        number for number, line in enumerate(PYTHON.splitlines(), 1) if line.endswith("# mistake")
    }
    (package / "usage.py").write_text(PYTHON)
    finished = run([sys.executable, "-m", "mypy", "--strict", "usage.py"], package)
    found = re.findall(r"usage\.py:(\d+): error", finished.stdout)
    assert {int(line) for line in found} == mistakes, finished.stdout
    (package / "pyrightconfig.json").write_text(
        '{"include": ["usage.py"], "typeCheckingMode": "strict", "pythonVersion": "3.11"}'
    )
    finished = run([node_tool("pyright"), "--pythonpath", sys.executable, "--outputjson"], package)
    diagnostics = json.loads(finished.stdout)["generalDiagnostics"]
    lines = {one["range"]["start"]["line"] + 1 for one in diagnostics if one["severity"] == "error"}
    assert lines == mistakes, finished.stdout
