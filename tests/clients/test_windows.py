"""Windows around documents, and pages with them, through both clients.

WINDOWS_ROWS sets how many messages a thread has, such as 100,000.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from plain_functions import Functions, Refused
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "windowed"
ROWS = int(os.environ.get("WINDOWS_ROWS", "3000"))
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("windowed") / "project", FOLDER / "spec.yaml")
    made.generate()
    (made.root / "convex" / "metered.ts").write_text((FOLDER / "metered.ts").read_text())
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("talks_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            if not table.name.startswith("count"):
                opened.system.clear(table.name)
        yield opened


@pytest.fixture
def functions(backend: EmbeddedBackend) -> Iterator[Functions]:
    opened = Functions(backend)
    yield opened
    opened.close()


def message(package: Any, number: int, **more: Any) -> Any:
    fields = {"message_id": f"m{number}", "thread_id": "t", "created_at": START, **more}
    return package.Message(**fields)


def numbers(found: Any) -> list[int]:
    return [int(one.message_id[1:]) for one in found]


def test_windows_are_what_an_oracle_has(storage: Any, package: Any) -> None:
    draw = random.Random(4)
    rows = [
        {
            "thread": draw.choice("tu"),
            "resource": draw.choice((None, "r", "s")),
            "at": draw.randrange(6),
            "ended": draw.choice((None, 1, 2, 3)),
        }
        for _ in range(150)
    ]
    storage.messages.save_many(
        message(
            package,
            number,
            thread_id=one["thread"],
            created_at=START + timedelta(seconds=one["at"]),
            **({} if one["resource"] is None else {"resource_id": one["resource"]}),
            **({} if one["ended"] is None else {"ended_at": START + timedelta(days=one["ended"])}),
        )
        for number, one in enumerate(rows)
    )

    def window(found: list[int], key: int, before: int, after: int) -> list[int]:
        place = found.index(key)
        return found[max(0, place - before) : place + 1 + after]

    for _ in range(60):
        key, before, after = draw.randrange(150), draw.randrange(7), draw.randrange(7)
        order = draw.choice(("asc", "desc"))
        down = order == "desc"
        target = rows[key]
        same = [n for n, one in enumerate(rows) if one["thread"] == target["thread"]]
        same.sort(key=lambda n: (rows[n]["at"], n), reverse=down)
        query = storage.messages.in_thread("t", order=order)
        found = query.around(f"m{key}", before=before, after=after)
        assert numbers(found) == window(same, key, before, after)
        assert found.item.message_id == f"m{key}"
        assert len(found) == len(list(found))
        # Of another resource there is none, whichever the thread.
        own = [n for n in same if rows[n]["resource"] == target["resource"]]
        asked = draw.choice((None, "r", "s"))
        resource = package.UNSET if asked is None else asked
        query = storage.messages.of_resource("t", resource, order=order)
        found = query.around(f"m{key}", before=before, after=after)
        if asked == target["resource"]:
            assert numbers(found) == window(own, key, before, after)
        else:
            assert found is None
        query = storage.messages.ended(resource, order=order)
        found = query.around(f"m{key}", before=before, after=after)
        if asked == target["resource"]:
            ended = [n for n, one in enumerate(rows) if one["resource"] == asked]
            ended.sort(key=lambda n: (rows[n]["ended"] or 9, n), reverse=down)
            assert numbers(found) == window(ended, key, before, after)
        else:
            assert found is None


def test_a_page_with_windows_is_one_call_that_reads_little(
    storage: Any, package: Any, functions: Functions
) -> None:
    storage.messages.save_many(
        message(package, number, created_at=START + timedelta(seconds=number // 3))
        for number in range(ROWS)
    )
    others = [message(package, ROWS + number, thread_id="u") for number in range(50)]
    storage.messages.save_many(others)
    draw = random.Random(5)
    most = 0.0
    for order in ("asc", "desc"):
        ordered = list(range(ROWS)) if order == "asc" else list(range(ROWS))[::-1]
        query = storage.messages.in_thread("t", order=order)
        for _ in range(5):
            offset = draw.randrange(ROWS)
            keys = [draw.randrange(ROWS) for _ in range(3)]
            around = [package.Around(f"m{key}", before=2, after=3) for key in keys]
            around += [package.Around(f"m{ROWS + 20}", before=5), package.Around("none", after=1)]
            page = query.page(offset=offset, limit=40, around=around)
            assert numbers(page) == ordered[offset : offset + 40]
            assert page.total == ROWS
            for key, found in zip(keys, page.windows, strict=False):
                place = ordered.index(key)
                assert numbers(found) == ordered[max(0, place - 2) : place + 4]
            other, none = page.windows[3:]
            step = 1 if order == "asc" else -1
            wanted = [ROWS + 20 + step * distance for distance in range(-5, 1)]
            assert (numbers(other), none) == (wanted, None)
        # 40 of the page, and as many windows as a call has.
        wanted = [
            {"key": {"messageId": f"m{draw.randrange(ROWS)}"}, "before": 2.0, "after": 2.0}
            for _ in range(100)
        ]
        arguments = {
            **{"threadId": "t", "offset": float(draw.randrange(ROWS)), "limit": 40.0},
            **{"order": order, "around": wanted},
        }
        answer = functions.call("metered:page", arguments=arguments)
        assert len(answer["found"]["windows"]) == 100
        most = max(most, answer["read"])
        assert answer["queries"] < 4096
    assert 500 < most < 1500, most
    print(f"{ROWS} messages: at most {most:.0f} documents read")


def test_what_is_too_much_is_refused_before_it_is_sent(
    storage: Any, package: Any, functions: Functions
) -> None:
    query = storage.messages.in_thread("t")
    around = package.Around
    with pytest.raises(package.LimitExceeded, match="500 entities at most, not 602"):
        query.around("m1", before=600, after=1)
    with pytest.raises(package.LimitExceeded, match="100 windows at most, not 101"):
        query.around_many([around("m1")] * 101)
    with pytest.raises(package.InvalidArgument, match="`before` is -1"):
        query.around("m1", before=-1)
    with pytest.raises(package.InvalidArgument, match="expected an Around, found str"):
        query.around_many(["m1"])
    with pytest.raises(package.InvalidArgument, match="from an offset on"):
        query.page(limit=5, around=[around("m1")])
    for wanted in ([{"before": 600.0, "after": 0.0}], [{"before": 0.5, "after": 0.0}]):
        given = [{"key": {"messageId": "m1"}, **one} for one in wanted]
        with pytest.raises(Refused, match=r"500|whole number"):
            functions.call("messages:inThreadAround", threadId="t", around=given)
    assert query.around_many([]) == []


def test_windows_of_large_documents(storage: Any, package: Any) -> None:
    for number in range(5):
        text = str(number) * 1_200_000
        storage.notes.save(package.Note(book="b", number=number, text=text))
    query = storage.notes.in_book("b")
    found = query.around(("b", 2), before=1, after=1)
    assert [one.text[0] for one in found] == ["1", "2", "3"]
    assert query.around(("c", 2)) is None
    assert [one.number for one in storage.notes.in_book("b", order="desc").page(limit=2)] == [4, 3]
    for number in range(5, 20):
        storage.notes.save(package.Note(book="b", number=number, text="x" * 1_200_000))
    # The functions say so, and not Convex, whose words do not leave a production deployment.
    for around in (
        [package.Around(("b", 15), before=14)],
        [package.Around(("b", number), before=1) for number in range(1, 9)],
    ):
        with pytest.raises(package.LimitExceeded, match="the windows hold more"):
            query.around_many(around)


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def test() -> None:
        opened = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with opened as there:
            await there.messages.save_many([message(package, number) for number in range(9)])
            query = there.messages.in_thread("t")
            found = await query.around("m4", before=1, after=9)
            assert numbers(found) == [3, 4, 5, 6, 7, 8]
            around = [package.Around("m0", after=1)]
            page = await query.page(offset=7, limit=5, around=around)
            assert (numbers(page), page.total, numbers(page.windows[0])) == ([7, 8], 9, [0, 1])
            assert await query.count() == 9
            assert numbers(await query.page(limit=1)) == [0]
            assert numbers(await query.page(offset=8)) == [8]
            ended = there.messages.ended(package.UNSET)
            assert numbers(await ended.around("m4", after=1)) == [4, 3]

    asyncio.run(test())


def test_in_typescript(project: Project, backend: EmbeddedBackend, storage: Any) -> None:
    assert list(storage.messages.list()) == []
    client = project.root / "generated" / "typescript"
    program = bundle("../windowed/usage.ts", project.root, client)
    assert run_node([program], backend) == (FOLDER / "usage.txt").read_text()
