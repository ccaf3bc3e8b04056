"""Queries with conditions against an oracle in Python: results, pages and totals.

WHERE_ROWS sets how many rows a table has, such as 50,000, and WHERE_QUERIES how many are drawn.
"""

from __future__ import annotations

import importlib
import math
import os
import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project import ROOT, make_project

ROWS = int(os.environ.get("WHERE_ROWS", "5000"))
QUERIES = int(os.environ.get("WHERE_QUERIES", "10"))
START = datetime(2026, 1, 1, tzinfo=UTC)

ENTITY_TYPES = ("agent", "tool", "model")
STATUSES = ("running", "ok", "error")
# Convex orders text by its bytes in UTF-8: the last of these is before the one before in UTF-16.
NAMES = ("", "a", "ab", "b", "Ünder", "zz top", "￮", "😀")
TAGS = ("a", "b", "c", "d.e")
RATIOS = ([0.0], [-0.0], [1.5, -0.0], [1.5, 0.0], [math.nan])
SCORES = (0.0, -0.0, 1.5, -1.5, 1e300, math.inf, math.nan)
LEVELS = tuple(range(5))
SIZES = (0, 1, -(2**40), 2**60, 2**60 + 1)
JSON_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 5, 5.5, -2, 2**60, 2**60 + 1, 2.0**60, "", "five", "a.b", "😀"),
    *([], [1, "five"], [0], [-0.0], {}, {"id": 5}, {"$ref": "x"}, {"id": {"deep": [1]}}),
    *({"id": 0, "$x": 2**60}, {"$x": 2.0**60, "id": -0.0}),
)
PATHS = ("", "user", "user.id", "user.id.deep", "$key", "d\\.e", "none", "clé")
ABSENT = object()

settings.register_profile(
    "where",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    folder = ROOT / "tests" / "clients" / "filtered"
    project = make_project(tmp_path_factory.mktemp("where") / "project", folder / "spec.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("traced_convex")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def at(number: int) -> datetime:
    return START + timedelta(seconds=number)


def row(draw: random.Random, number: int) -> dict[str, Any]:
    """A document, with few values of each field, so that many are equal."""

    def maybe(values: Any) -> Any:
        return draw.choice([ABSENT, *values])

    def metadata() -> Any:
        value = draw.choice(JSON_VALUES)
        keys = ("user", "$key", "d.e", "clé", "id")
        some = {key: draw.choice(JSON_VALUES) for key in keys if draw.random() < 0.5}
        return draw.choice([value, some, {"user": some}])

    fields = {
        "trace_id": f"t{number}",
        "project": draw.choice("pq"),
        "entity_type": maybe(ENTITY_TYPES),
        "status": draw.choice(STATUSES),
        "name": draw.choice([None, *NAMES]),
        "tags": maybe([draw.choices(TAGS, k=size) for size in (0, 1, 1, 2, 3)]),
        "marks": maybe([[at(one) for one in draw.choices(range(3), k=2)]]),
        "ratios": maybe(RATIOS),
        "score": maybe(SCORES),
        "level": draw.choice(LEVELS),
        "size": draw.choice(SIZES),
        "is_root": draw.random() < 0.5,
        "metadata": maybe([metadata()]),
        "secret": maybe(["x"]),
        "started_at": at(draw.randrange(40)),
        "ended_at": maybe([at(draw.randrange(40)) for _ in range(3)]),
    }
    return {name: value for name, value in fields.items() if value is not ABSENT}


Test = Callable[[Any], bool]
"""Whether a value meets a condition; it is ABSENT where there is none."""


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same: numbers of any type, of JSON too, but no booleans."""
    if left is ABSENT or right is ABSENT:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_nan(left):
        return is_nan(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def comparable(value: Any, bound: Any) -> bool:
    if is_number(bound):
        return is_number(value) and not is_nan(value)
    return type(value) is type(bound)


def conditions(package: Any, values: Any, *, may_lack: bool = False) -> Any:
    """Conditions of equality, each with its test."""
    exact = st.sampled_from([*values, *([ABSENT] if may_lack else [])])

    one = exact.map(
        lambda value: (
            package.UNSET if value is ABSENT else value,
            lambda found: equal(found, value),
        )
    )
    several = st.lists(exact, max_size=3).map(
        lambda some: (
            package.In([v for v in some if v is not ABSENT], absent=ABSENT in some),
            lambda found: any(equal(found, value) for value in some),
        )
    )
    return st.one_of(one, one, several)


def ranges(package: Any, values: Any) -> Any:
    """Conditions with bounds, each with its test."""
    bound = st.sampled_from([value for value in values if value is not None and not is_nan(value)])
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "gt": lambda found, limit: found > limit,
        "gte": lambda found, limit: found >= limit,
        "lt": lambda found, limit: found < limit,
        "lte": lambda found, limit: found <= limit,
    }

    def condition(lower: Any, upper: Any) -> tuple[Any, Test]:
        bounds = dict(one for one in (lower, upper) if one is not None)

        def test(found: Any) -> bool:
            if found is ABSENT or found is None:
                return False
            return all(
                comparable(found, limit) and tests[name](found, limit)
                for name, limit in bounds.items()
            )

        return package.Range(**bounds), test

    lower = st.one_of(st.none(), st.tuples(st.sampled_from(("gt", "gte")), bound))
    upper = st.one_of(st.none(), st.tuples(st.sampled_from(("lt", "lte")), bound))
    return st.builds(condition, lower, upper)


def containing(package: Any, parts: Any) -> Any:
    """Conditions of lists and texts with some parts, each with its test."""

    def test(some: list[Any]) -> Test:
        def contains(found: Any) -> bool:
            if isinstance(found, str):
                return all(isinstance(part, str) and part in found for part in some)
            if not isinstance(found, list):
                return False
            return all(any(equal(element, part) for element in found) for part in some)

        return contains

    some = st.lists(st.sampled_from(parts), min_size=1, max_size=2)
    return some.map(lambda parts: (package.Contains(*parts), test(parts)))


def value_at(metadata: Any, path: str) -> Any:
    names = {"": [], "d\\.e": ["d.e"]}.get(path, path.split("."))
    for name in names:
        if not isinstance(metadata, dict) or name not in metadata:
            return ABSENT
        metadata = metadata[name]
    return metadata


def json_conditions(package: Any, paths: Any) -> Any:
    """Conditions about paths in JSON, with their test."""
    plain = [one for one in JSON_VALUES if one is not None]
    numbers = [one for one in plain if is_number(one)]
    texts = [one for one in plain if isinstance(one, str)]
    one = st.one_of(
        conditions(package, JSON_VALUES, may_lack=True),
        ranges(package, numbers),
        ranges(package, texts),
        containing(package, [1, "five", "i", 5]),
    )

    def test(tests: dict[str, Test]) -> Test:
        return lambda found: all(check(value_at(found, path)) for path, check in tests.items())

    return st.dictionaries(st.sampled_from(paths), one, min_size=1, max_size=2).map(
        lambda found: (
            {path: given for path, (given, _) in found.items()},
            test({path: check for path, (_, check) in found.items()}),
        )
    )


def filters(package: Any) -> Any:
    """Some conditions on traces, each with its test."""
    status = package.Status
    times = [at(number) for number in range(-1, 41, 3)]
    each = {
        "entity_type": conditions(package, ENTITY_TYPES, may_lack=True),
        "status": conditions(package, [status(one) for one in STATUSES]),
        "name": st.one_of(
            conditions(package, [None, *NAMES]),
            ranges(package, NAMES),
            containing(package, ["", "a", "b", "p"]),
        ),
        "tags": st.one_of(
            conditions(package, [[], ["a"], ["a", "b"]], may_lack=True), containing(package, TAGS)
        ),
        "marks": st.one_of(
            conditions(package, [[at(0), at(1)]], may_lack=True),
            containing(package, [at(0), at(2)]),
        ),
        "ratios": st.one_of(
            conditions(package, RATIOS, may_lack=True), containing(package, [0.0, -0.0, 1.5])
        ),
        "score": st.one_of(conditions(package, SCORES, may_lack=True), ranges(package, SCORES)),
        "level": st.one_of(conditions(package, LEVELS), ranges(package, LEVELS)),
        "size": st.one_of(conditions(package, SIZES), ranges(package, SIZES)),
        "is_root": conditions(package, [True, False]),
        "started_at": st.one_of(conditions(package, times), ranges(package, times)),
        "ended_at": st.one_of(conditions(package, times, may_lack=True), ranges(package, times)),
        "metadata": json_conditions(package, PATHS),
    }
    return st.lists(st.sampled_from(sorted(each)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: each[name] for name in names})
    )


def expected(
    rows: list[dict[str, Any]], where: dict[str, tuple[Any, Test]], order: str, by: str | None
) -> list[str]:
    """The IDs of what meets the conditions, in their order; rows are in that of creation."""
    found = [
        (one, number)
        for number, one in enumerate(rows)
        if all(test(one.get(name, ABSENT)) for name, (_, test) in where.items())
    ]
    last = datetime.max.replace(tzinfo=UTC)

    def place(entry: tuple[dict[str, Any], int]) -> Any:
        return (entry[0].get(by, last) if by else START), entry[1]

    found.sort(key=place, reverse=order == "desc")
    return [one["trace_id"] for one, _ in found]


def ids(found: Any) -> list[str]:
    return [one.trace_id for one in found]


def check(query: Any, wanted: list[str], limit: int) -> None:
    """All that a query gives: at once, in pages, the first one, and how many."""
    assert ids(query.iterate(page_size=1000)) == wanted
    assert query.count() == len(wanted)
    first = query.first()
    assert (None if first is None else first.trace_id) == (wanted[0] if wanted else None)
    cursor, done, place = None, False, 0
    while not done and place < 5 * limit:
        page = query.page(cursor=cursor, limit=limit)
        assert ids(page) == wanted[place : place + limit]
        cursor, done, place = page.cursor, page.is_done, place + limit
    if done:
        assert place >= len(wanted)


def load(storage: Any, package: Any, rows: list[dict[str, Any]]) -> None:
    storage.traces.clear()
    storage.traces.save_many(package.Trace(**one) for one in rows)


@pytest.fixture(scope="module")
def rows(storage: Any, package: Any) -> list[dict[str, Any]]:
    draw = random.Random(12)
    found = [row(draw, number) for number in range(ROWS)]
    load(storage, package, found)
    return found


def test_queries_of_a_large_table_find_what_an_oracle_finds(
    storage: Any, package: Any, rows: list[dict[str, Any]]
) -> None:
    @settings(settings.get_profile("where"), max_examples=QUERIES)
    @given(filters(package), st.sampled_from((None, "asc", "desc")), st.sampled_from((1, 7, 100)))
    def compare(where: Any, order: str | None, limit: int) -> None:
        given_where = {name: condition for name, (condition, _) in where.items()}
        query = storage.traces.list_traces(where=given_where, order=order)
        check(query, expected(rows, where, order or "desc", "started_at"), limit)

    compare()


def test_queries_of_drawn_rows_find_what_an_oracle_finds(storage: Any, package: Any) -> None:
    @settings(settings.get_profile("where"), max_examples=2 * QUERIES)
    @given(
        st.integers(0, 2**32),
        st.integers(0, 60),
        st.lists(filters(package), min_size=4, max_size=4),
        st.sampled_from(("asc", "desc")),
    )
    def compare(seed: int, count: int, wheres: Any, order: Any) -> None:
        draw = random.Random(seed)
        drawn = [row(draw, number) for number in range(count)]
        load(storage, package, drawn)
        for where in wheres:
            given_where = {name: condition for name, (condition, _) in where.items()}
            query = storage.traces.list_traces(where=given_where, order=order)
            check(query, expected(drawn, where, order, "started_at"), 3)

    compare()


def test_queries_by_a_field_and_of_creation(storage: Any, package: Any) -> None:
    draw = random.Random(3)
    drawn = [row(draw, number) for number in range(300)]
    load(storage, package, drawn)
    status = conditions(package, [package.Status(one) for one in STATUSES])
    ends = st.one_of(
        conditions(package, [at(3), at(20)], may_lack=True), ranges(package, [at(5), at(30)])
    )
    level = st.one_of(conditions(package, LEVELS), ranges(package, LEVELS))
    of_project = st.fixed_dictionaries(
        {},
        optional={
            "status": status,
            "ended_at": ends,
            "metadata": json_conditions(package, ("user.id",)),
        },
    )
    of_any = st.fixed_dictionaries({}, optional={"status": status, "level": level})

    @settings(settings.get_profile("where"), max_examples=3 * QUERIES)
    @given(of_project, of_any, st.sampled_from((None, "asc", "desc")))
    def compare(where: Any, other: Any, order: str | None) -> None:
        given_where = {name: condition for name, (condition, _) in where.items()}
        query = storage.traces.of_project("p", where=given_where, order=order)
        own = [one for one in drawn if one["project"] == "p"]
        check(query, expected(own, where, order or "desc", "ended_at"), 7)
        given_where = {name: condition for name, (condition, _) in other.items()}
        query = storage.traces.any_of(where=given_where, order=order)
        check(query, expected(drawn, other, order or "desc", None), 7)

    compare()
