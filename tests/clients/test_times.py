"""Timestamps that the backend sets: a given one is stored or refused, and none goes back."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import Project, make_project
from small_specs import put

SPEC = """
convexgen: 1
name: timed
entities:
  Room:
    table: rooms
    key: roomId
    fields:
      roomId: string
      title: string?
      setAt: {type: timestamp, set: on write}
      givenAt: {type: timestamp, set: on write, given: keep}
  Visit:
    table: visits
    key: visitId
    fields:
      visitId: string
      roomId: {type: ref<Room>, touch: givenAt}
    union:
      - object:
          kind: {literal: long}
          leftAt: {type: timestamp, set: on write, given: keep}
      - object:
          kind: {literal: short}
          seenAt: {type: timestamp, set: on write}
    tag: kind
"""
EARLY = datetime(2001, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
LATE = datetime(2101, 2, 3, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("times")
    made = make_project(folder / "project", put(folder, "times.yaml", SPEC))
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(project: Project) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("timed_convex")


@pytest.fixture
def storage(package: Any, backend: EmbeddedBackend) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        opened.rooms.clear()
        opened.visits.clear()
        yield opened


def test_a_given_time_is_stored(storage: Any, package: Any) -> None:
    room = storage.rooms.create(package.Room(room_id="a", given_at=EARLY))
    assert room.given_at == EARLY < room.set_at
    assert storage.rooms.create(package.Room(room_id="a", given_at=EARLY)) == room
    with pytest.raises(package.AlreadyExists):
        storage.rooms.create(package.Room(room_id="a", given_at=LATE))
    assert storage.rooms.save(package.Room(room_id="a", given_at=LATE)).given_at == LATE
    storage.rooms.save_many([package.Room(room_id="a", given_at=EARLY)])
    assert storage.rooms.get("a").given_at == EARLY
    assert storage.rooms.update("a", given_at=LATE, title="x").given_at == LATE


def test_what_is_not_given_is_set(storage: Any, package: Any) -> None:
    before = datetime.now(UTC) - timedelta(days=1)
    room = storage.rooms.create(package.Room(room_id="a"))
    assert before < room.given_at < LATE
    storage.rooms.update("a", given_at=EARLY)
    assert storage.rooms.update("a", title="x").given_at > before


def test_no_write_leaves_the_time_or_takes_it_back(storage: Any, package: Any) -> None:
    storage.rooms.create(package.Room(room_id="a", given_at=LATE))
    last = LATE
    for write in range(3):
        for step in (
            lambda: storage.rooms.update("a", title=f"{write}"),  # noqa: B023
            lambda: storage.rooms.save(package.Room(room_id="a")),
            lambda: storage.visits.save(
                package.VisitShort(visit_id="v", room_id="a", kind="short")
            ),
        ):
            step()
            now = storage.rooms.get("a").given_at
            assert now == last + MILLISECOND
            last = now
    times = [storage.rooms.update("a", title=f"{one}").set_at for one in range(20)]
    assert times == sorted(set(times))


def test_the_last_time_that_there_is_stays(storage: Any, package: Any) -> None:
    last = datetime.max.replace(microsecond=999_000, tzinfo=UTC)
    storage.rooms.create(package.Room(room_id="a", given_at=last))
    assert storage.rooms.update("a", title="x").given_at == last


def test_a_time_that_is_the_backends_is_refused(storage: Any, package: Any) -> None:
    given = package.Room(room_id="a", set_at=EARLY)
    for refused in (
        lambda: storage.rooms.create(given),
        lambda: storage.rooms.save(given),
        lambda: storage.rooms.save_many([package.Room(room_id="b"), given]),
        lambda: storage.rooms.update("a", set_at=EARLY),
    ):
        with pytest.raises(package.InvalidArgument, match="set_at is set by the backend"):
            refused()
    assert list(storage.rooms.list()) == []


def test_what_was_read_is_saved_again(storage: Any, package: Any) -> None:
    room = storage.rooms.create(package.Room(room_id="a", given_at=EARLY))
    room.title = "changed"
    saved = storage.rooms.save(room)
    assert (saved.title, saved.given_at) == ("changed", EARLY)
    assert saved.set_at > room.set_at
    for name in ("set_at", "creation_time", "doc_id"):
        with pytest.raises(package.InvalidArgument, match=f"{name} is set by the backend"):
            setattr(room, name, getattr(room, name))


def test_of_variants(storage: Any, package: Any) -> None:
    storage.visits.create(package.VisitLong(visit_id="l", room_id="a", kind="long", left_at=EARLY))
    assert storage.visits.get("l").left_at == EARLY
    assert storage.visits.update("l", left_at=LATE).left_at == LATE
    assert storage.visits.update("l", room_id="b").left_at == LATE + MILLISECOND
    with pytest.raises(package.InvalidArgument, match="seen_at is set by the backend"):
        storage.visits.create(
            package.VisitShort(visit_id="s", room_id="a", kind="short", seen_at=EARLY)
        )


PROGRAM = """
import assert from "node:assert/strict";
import { ConvexStorage, InvalidArgument } from "%s";

const storage = new ConvexStorage(process.env.CONVEX_URL!, {
  deployKey: process.env.CONVEX_DEPLOY_KEY!,
});
const { rooms } = storage;
const created = await rooms.create({ roomId: "ts", givenAt: 5 });
assert.equal(created.givenAt, 5);
assert.equal((await rooms.save({ roomId: "ts", givenAt: 7 })).givenAt, 7);
assert.equal((await rooms.update("ts", { givenAt: 9 })).givenAt, 9);
assert.ok((await rooms.update("ts", { title: "x" })).givenAt > 9);
const again = await rooms.save({ ...created, title: "read" });
assert.equal(again.givenAt, 5);
assert.ok(again.setAt > created.setAt);
const given: object = { roomId: "ts", setAt: 5 };
for (const write of [
  () => rooms.create(given as { roomId: string }),
  () => rooms.save(given as { roomId: string }),
  () => rooms.saveMany([given as { roomId: string }]),
]) {
  await assert.rejects(write, (error) =>
    error instanceof InvalidArgument && error.message.includes("setAt` is set by the backend"));
}
await storage.close();
"""


def test_in_typescript(project: Project, backend: EmbeddedBackend, tmp_path: Any) -> None:
    client = project.root / "generated" / "typescript" / "index.ts"
    run_node([bundle_text(PROGRAM % client, tmp_path)], backend)
