"""Increments of numbers, alone, of many and in upserts, through both clients."""

from __future__ import annotations

import asyncio
import importlib
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import Faults
from node_program import bundle, run_node
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "partial_writes"
MAX_SAFE = 2**53
MAX_INT64 = 2**63 - 1


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("increments") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("partial_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (opened.meters, opened.events, opened.teams):
            store.clear()


def test_numbers_of_each_type_are_added_to(storage: Any, package: Any) -> None:
    meters, increment = storage.meters, package.Increment
    meters.save(package.Meter(meter_id="m", total=1, big=2, ratio=0.5))
    added = meters.update(
        "m", total=increment(5), big=increment(MAX_INT64 - 2), ratio=increment(0.25)
    )
    assert (added.total, added.big, added.ratio) == (6, MAX_INT64, 0.75)
    lowered = meters.update("m", total=increment(-6), big=increment(-MAX_INT64), ratio=increment(1))
    assert (lowered.total, lowered.big, lowered.ratio) == (0, 0, 1.75)
    # Beside other changes, and after what is expected.
    changed = meters.update(
        "m", total=increment(2), note="n", expected={"total": 0, "note": package.UNSET}
    )
    assert (changed.total, changed.note) == (2, "n")
    with pytest.raises(package.Conflict):
        meters.update("m", total=increment(1), expected={"total": 0})
    with pytest.raises(package.NotFound):
        meters.update("gone", total=increment(1))


def test_what_is_absent_or_null_counts_as_zero(storage: Any, package: Any) -> None:
    meters, increment = storage.meters, package.Increment
    meters.save(package.Meter(meter_id="m", total=1, big=2, ratio=0.5))
    added = meters.update("m", spare=increment(3), maybe=increment(-4), deep=increment(7))
    assert (added.spare, added.maybe, added.deep) == (3, -4, 7)


def test_bounds_hold_after_it(storage: Any, package: Any) -> None:
    meters, increment = storage.meters, package.Increment
    meters.save(package.Meter(meter_id="m", total=1, big=2, ratio=0.5, level=99))
    assert meters.update("m", level=increment(1)).level == 100
    refused = [
        ({"level": increment(1)}, "at most 100"),
        ({"level": increment(-101)}, "at least 0"),
        ({"total": increment(MAX_SAFE)}, "rounded"),
        ({"ratio": increment(math.inf)}, "an increment is finite"),
        ({"ratio": increment(math.nan)}, "an increment is finite"),
        ({"big": increment(MAX_INT64)}, "no int64"),
        ({"total": increment(0.5)}, "`total`"),
        ({"total": increment("1")}, "`total`"),
        ({"total": increment(True)}, "`total`"),
        ({"big": increment(2**63)}, "`big`"),
        ({"note": increment(1)}, "`note` takes no Increment"),
        ({"at": increment(1)}, "`at` takes no Increment"),
        ({"revision": increment(1)}, "`revision` takes no Increment"),
        ({"fixed": increment(1)}, "Meter.fixed is .*: no update changes it"),
        ({"either": increment(1)}, "`either` takes no Increment"),
        ({"nope": increment(1)}, "`nope` takes no Increment"),
    ]
    for changes, problem in refused:
        with pytest.raises(package.InvalidArgument, match=problem):
            meters.update("m", **changes)
    with pytest.raises(package.InvalidArgument):
        meters.update("m", expected={"total": increment(1)})
    with pytest.raises(package.InvalidArgument):
        meters.save(package.Meter(meter_id="m", total=1, big=2, ratio=math.inf), expected={"x": 1})
    meters.update("m", ratio=1.7e308)
    with pytest.raises(package.InvalidArgument, match="no finite number"):
        meters.update("m", ratio=increment(1.7e308))
    stored = meters.get("m")
    assert (stored.level, stored.total, stored.big, stored.ratio) == (100, 1, 2, 1.7e308)
    # The last whole number that a double tells from its neighbours is not stuck to.
    meters.update("m", total=MAX_SAFE - 1)
    assert meters.update("m", total=increment(1)).total == MAX_SAFE
    with pytest.raises(package.InvalidArgument, match="rounded"):
        meters.update("m", total=increment(1))


def test_none_is_lost_between_writers(storage: Any, package: Any) -> None:
    storage.meters.save(package.Meter(meter_id="m", total=0, big=0, ratio=0))

    def add(number: int) -> None:
        storage.meters.update(
            "m", total=package.Increment(number), big=package.Increment(1), note=str(number)
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(100)))
    meter = storage.meters.get("m")
    assert (meter.total, meter.big, meter.revision) == (4950, 100, 101)


def test_an_answer_that_is_lost_adds_once(
    storage: Any, package: Any, backend: EmbeddedBackend
) -> None:
    meters, faults = storage.meters, Faults(backend)
    new = {"total": 0, "big": 0, "ratio": 0}
    added = {"total": package.Increment(1)}
    meters.upsert("m", create=new)
    for path, write in (
        ("meters:update", lambda: meters.update("m", **added)),
        ("meters:updateMany", lambda: meters.update_many([package.Update("m", set=added)])),
        ("meters:upsert", lambda: meters.upsert("m", set=added, create=new)),
    ):
        before = meters.get("m").total
        faults.drop(path, nth=1, after=True)
        write()
        faults.clear()
        assert meters.get("m").total == before + 1
        # Convex itself runs a mutation again where it conflicts with another one.
        faults.conflict(path, nth=1)
        write()
        faults.clear()
        assert meters.get("m").total == before + 2
    # What may run twice is repeated.
    for path, again in (
        ("meters:update", lambda: meters.update("m", note="n")),
        ("meters:upsert", lambda: meters.upsert("m", set={"note": "o"}, create=new)),
    ):
        faults.drop(path, nth=1, after=True)
        again()
        faults.clear()
    assert meters.get("m").note == "o"


def test_what_follows_from_a_number_follows(storage: Any, package: Any) -> None:
    team, teams = package.Team, storage.teams
    teams.save_many([team(team_id="a", points=1), team(team_id="b", points=2)])
    first = teams.get("a")
    with pytest.raises(package.AlreadyExists):
        teams.update("a", points=package.Increment(1))
    moved = teams.update("a", points=package.Increment(8))
    assert (moved.points, moved.score, moved.revision) == (9, 9, first.revision + 1)
    assert moved.updated_at > first.updated_at
    assert [one.team_id for one in teams.by_score()] == ["b", "a"]
    assert teams.by_score(score=9).count() == 1
    assert teams.by_score(score=1).count() == 0
    # A parent that is touched.
    assert storage.meters.get("m") is None
    storage.meters.save(package.Meter(meter_id="m", total=0, big=0, ratio=0))
    teams.update("a", meter_id="m")
    before = storage.meters.get("m").touched_at
    teams.update("a", points=package.Increment(1))
    assert storage.meters.get("m").touched_at > before


def test_of_many_each_is_added_to(storage: Any, package: Any) -> None:
    update, increment = package.Update, package.Increment
    storage.meters.save_many(package.Meter(meter_id=name, total=0, big=0, ratio=0) for name in "ab")
    found = storage.meters.update_many(
        [
            update("a", set={"total": increment(1)}),
            update("b", set={"total": increment(2), "note": "n"}, expected={"total": 0}),
            update("gone", set={"total": increment(2)}),
            update("a", set={"total": increment(3)}),
        ],
        missing="skip",
    )
    assert [one and one.total for one in found] == [4, 2, None, 4]
    with pytest.raises(package.InvalidArgument, match="at most 100") as caught:
        storage.meters.update_many(
            [update("a", set={"total": increment(1)}), update("b", set={"level": increment(101)})]
        )
    assert caught.value.data["path"] == "[1].level"
    assert storage.meters.get("a").total == 4
    with pytest.raises(package.InvalidArgument, match=r"\[1\]: `note` takes no Increment"):
        storage.meters.update_many([update("a"), update("b", set={"note": increment(1)})])


def test_numbers_of_variants(storage: Any, package: Any) -> None:
    events, increment = storage.events, package.Increment
    events.save(package.EventClick(event_id="c", x=1))
    events.save(package.EventPress(kind="press", event_id="p", key="k"))
    assert events.update("c", x=increment(2), level=increment(1)).x == 3
    assert events.get("c").level == 4
    assert events.update("p", count=increment(2)).count == 2
    drop = events.upsert("d", set={"size": increment(1)}, create={"kind": "drop"})
    assert (drop.size, drop.steps) == (5, 2)
    with pytest.raises(package.InvalidArgument, match="`steps` takes no Increment"):
        events.update("d", steps=increment(1))
    with pytest.raises(package.InvalidArgument, match="`x` is no field where `kind` is"):
        events.update("p", x=increment(1))


def test_it_is_a_value(package: Any) -> None:
    increment = package.Increment
    assert increment(5) == increment(5) != increment(6)
    assert repr(increment(5)) == "Increment(amount=5)"
    assert increment[float](5).amount == 5
    assert package.Update[str, dict[str, int], dict[str, int]]("a").key == "a"


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    storage.meters.save(package.Meter(meter_id="m", total=0, big=0, ratio=0))

    async def add() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            added = [
                opened.meters.update("m", total=package.Increment(number)) for number in range(20)
            ]
            await asyncio.gather(*added)
            many = [package.Update("m", set={"total": package.Increment(10)})]
            [found] = await opened.meters.update_many(many)
            assert found.total == 200

    asyncio.run(add())


def test_in_typescript(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../partial_writes/increments.ts", tmp_path, client)], backend)
