"""What is kept no longer is deleted by itself, with all that goes with it, and nothing else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import ConvexBackend, fresh_backend
from page_examples import blocks
from plain_functions import Functions
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "retention"
NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)
A_WHILE = timedelta(minutes=5)
"""In which a cron job begins, and what it has begun ends."""
MANY = 300
"""More documents than a transaction deletes, several times."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("retention") / "project", FOLDER / "spec.yaml")
    project.generate()
    (project.root / "convex" / "state.ts").write_text((FOLDER / "state.ts").read_text())
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return project


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend) -> ConvexBackend:
    fresh = fresh_backend(server)
    fresh.clock.set(NOON)
    return fresh


@pytest.fixture
def package(project: Project) -> Any:
    return importlib.import_module("retention_convex")


@pytest.fixture
def storage(backend: ConvexBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture
def functions(backend: ConvexBackend, server: EmbeddedBackend) -> Iterator[Functions]:
    opened = Functions(server)
    yield opened
    opened.close()


def message(package: Any, message_id: str, age: timedelta, **fields: Any) -> Any:
    return package.Message(
        message_id=message_id,
        created_at=NOON - age,
        reactions=fields.pop("reactions", {}),
        **fields,
    )


def save_old(storage: Any, package: Any, count: int = MANY) -> None:
    storage.messages.save_many(
        message(package, f"old-{number:03}", MONTH + number * HOUR + HOUR)
        for number in range(count)
    )


def messages(storage: Any) -> list[str]:
    return sorted(one.message_id for one in storage.messages.list())


def test_what_is_kept_no_longer_goes_by_itself(
    storage: Any, package: Any, backend: ConvexBackend
) -> None:
    storage.messages.save_many(
        [
            message(package, "young", timedelta()),
            message(package, "not yet", MONTH - HOUR),
            message(package, "too old", MONTH + HOUR),
            message(package, "ancient", 400 * MONTH),
        ]
    )
    backend.clock.advance(A_WHILE)
    assert messages(storage) == ["not yet", "young"]
    backend.clock.advance(HOUR)
    assert messages(storage) == ["young"]
    assert storage.system.verify_counts() == []


def test_all_that_goes_with_it(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    """Cascades, references, large values, entries and counts: more than a transaction deletes."""
    save_old(storage, package)
    storage.messages.save_many(
        message(
            package,
            f"{kind}-{number}",
            age,
            body={"text": "x" * 1_500_000},
            reactions={f"user-{one}": "+1" for one in range(20)},
        )
        for kind, age in (("large", 2 * MONTH), ("kept", HOUR))
        for number in range(3)
    )
    storage.replies.save_many(
        package.Reply(reply_id=f"{of}/{number}", message_id=of)
        for of, count in (("old-007", 2 * MANY), ("old-008", 3), ("kept-0", 3))
        for number in range(count)
    )
    for of in ("old-007", "kept-0"):
        storage.bookmarks.save(package.Bookmark(bookmark_id=of, message_id=of))
    before = functions.call("state:left")
    assert (before["reactions"], before["going"]) == (120, 0)
    assert before["chunks"] > 0
    backend.clock.advance(A_WHILE)
    assert messages(storage) == ["kept-0", "kept-1", "kept-2"]
    assert [one.message_id for one in storage.replies.list()] == 3 * ["kept-0"]
    assert storage.bookmarks.get("old-007").message_id is package.MISSING
    assert storage.bookmarks.get("kept-0").message_id == "kept-0"
    after = functions.call("state:left")
    assert after == {"chunks": before["chunks"] / 2, "reactions": 60, "going": 0}
    assert storage.messages.get("kept-1").body == {"text": "x" * 1_500_000}
    assert storage.messages.by_created_at().count() == 3
    assert storage.system.verify_counts() == []


def test_a_part_in_each_transaction(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    save_old(storage, package)
    (begun,) = functions.call("state:begin", times=1)
    assert (begun["done"], begun["steps"]) == (0, 0)
    backend.clock.advance(timedelta(seconds=10))
    assert messages(storage) == []
    (finished,) = functions.call("state:unfinished")
    assert finished["done"] == MANY
    assert finished["steps"] >= MANY / 100


def test_it_may_begin_any_number_of_times(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    save_old(storage, package)
    assert len(functions.call("state:begin", times=3)) == 1
    backend.clock.advance(A_WHILE)
    assert messages(storage) == []
    # What was begun is remembered for an hour, and keeps nothing from beginning.
    save_old(storage, package, 3)
    (begun,) = functions.call("state:begin", times=1)
    assert begun["work"] is not None
    backend.clock.advance(A_WHILE)
    assert messages(storage) == []
    backend.clock.advance(2 * HOUR)
    assert functions.call("state:unfinished") == []


def test_nothing_is_begun_for_nothing(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    storage.messages.save(message(package, "young", timedelta()))
    functions.call("system:removeExpired")
    backend.clock.advance(A_WHILE)
    assert functions.call("state:unfinished") == []


def test_what_was_canceled_is_begun_anew(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    save_old(storage, package)
    functions.call("system:removeExpired")
    functions.call("state:cancelAll")
    backend.clock.advance(A_WHILE)
    assert messages(storage) == []


def test_what_has_become_younger_stays(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    tokens = [
        storage.tokens.create(package.Token(text=str(number), expires_at=NOON - 2 * HOUR))
        for number in range(5)
    ]
    renewed = (NOON + HOUR).timestamp() * 1000
    functions.call("state:beginAndRenew", id=tokens[2].doc_id, expiresAt=renewed)
    backend.clock.advance(A_WHILE)
    assert [one.text for one in storage.tokens.list()] == ["2"]


def test_what_has_no_time_is_kept(storage: Any, package: Any, backend: ConvexBackend) -> None:
    """Convex has documents without a field, and null, before all times."""
    storage.tokens.create_many(
        [
            package.Token(text="absent"),
            package.Token(text="null", expires_at=None),
            package.Token(text="future", expires_at=NOON + MONTH),
            package.Token(text="past", expires_at=NOON - 2 * HOUR),
            package.Token(text="before 1970", expires_at=datetime(1960, 1, 1, tzinfo=UTC)),
        ]
    )
    storage.tasks.save_many(
        [
            package.Task(task_id="open"),
            package.Task(task_id="done", done_at=NOON - HOUR),
            package.Task(task_id="long done", done_at=NOON - MONTH),
        ]
    )
    backend.clock.advance(A_WHILE)
    assert sorted(one.text for one in storage.tokens.list()) == ["absent", "future", "null"]
    assert sorted(one.task_id for one in storage.tasks.list()) == ["done", "open"]


def test_what_a_deletion_writes_is_as_young_as_that(
    storage: Any, package: Any, backend: ConvexBackend
) -> None:
    """A deletion touches what it refers to, and frees what refers to it: each is a write."""
    steps = [storage.steps.create(package.Step())]
    for _ in range(MANY - 1):
        steps.append(storage.steps.create(package.Step(before=steps[-1].doc_id)))
    # From the end: to write one touches the one before it.
    old = NOON - timedelta(days=2)
    for step in reversed(steps):
        storage.steps.update(step.doc_id, updated_at=old)
    assert {one.updated_at for one in storage.steps.list()} == {old}
    storage.steps.create(package.Step(updated_at=NOON))
    backend.clock.advance(A_WHILE)
    left = list(storage.steps.list())
    assert 1 < len(left) <= MANY
    assert all(one.updated_at >= NOON for one in left)
    backend.clock.advance(10 * HOUR)
    assert len(list(storage.steps.list())) == len(left)


def test_tables_that_no_other_function_writes(
    storage: Any, functions: Functions, backend: ConvexBackend
) -> None:
    for minutes in (0, 1, 2, 600):
        at = NOON - timedelta(minutes=minutes)
        functions.call("state:leaveTrail", at=at.timestamp() * 1000)
    assert len(list(storage.trails.list())) == 4
    functions.call("system:removeExpired")
    backend.clock.advance(timedelta(seconds=5))
    assert len(list(storage.trails.list())) == 2
    backend.clock.advance(A_WHILE)
    assert list(storage.trails.list()) == []


@pytest.mark.parametrize(
    ("directory", "module", "internal"),
    [
        ("convex", "internal.system", 'import { internal } from "./_generated/api.js";'),
        (
            "convex/shop",
            "internal.shop.system",
            'import { anyApi as internal } from "convex/server";',
        ),
    ],
)
def test_cron_jobs_of_ones_own(directory: str, module: str, internal: str, tmp_path: Path) -> None:
    """Beside the functions of the spec, or above them."""
    (tmp_path / "spec.yaml").write_text(
        f"convexgen: 1\nname: own_crons\nconvex: {{directory: {directory}, crons: theirs}}\n"
        "entities:\n"
        "  Visit:\n"
        "    table: visits\n"
        "    retention: {after: 30d, on: at}\n"
        "    fields: {at: timestamp}\n"
        "    indexes: {by_at: [at]}\n"
    )
    project = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    project.generate()
    convex = project.root / "convex"
    assert not list(convex.rglob("crons.*"))
    if directory != "convex":
        (convex / "schema.ts").write_text('export { default } from "./shop/schema";\n')
    (fragment,) = blocks("docs/spec.md", "ts fragment")
    assert fragment.count("internal.system") == 1
    (convex / "crons.ts").write_text(
        f'import {{ cronJobs }} from "convex/server";\n{internal}\n'
        f"const crons = cronJobs();\n{fragment.replace('internal.system', module)}"
        "export default crons;\n"
    )
    assert project.convexgen("check").stdout == "Up to date.\n"
    with EmbeddedBackend.start(project.root, is_controlled=True) as server:
        backend = fresh_backend(server)
        backend.clock.set(NOON)
        with loaded(project, "own_crons_convex") as package:
            key = backend.admin_key
            with package.ConvexStorage(backend.url, deploy_key=key) as storage:
                for age in (HOUR, MONTH + HOUR):
                    storage.visits.create(package.Visit(at=NOON - age))
                backend.clock.advance(HOUR + A_WHILE)
                assert [one.at for one in storage.visits.list()] == [NOON - HOUR]


@pytest.mark.parametrize("times_a_day", [24, 720])
def test_the_example_of_the_page(tmp_path: Path, times_a_day: int) -> None:
    """What comes to its time on the hour goes then, also where nothing is kept for hours alone."""
    (spec,) = (one for one in blocks("docs/spec.md", "yaml spec") if "name: logins" in one)
    if times_a_day == 24:
        spec = spec[: spec.index("  Session:")]
    (fragment,) = blocks("docs/spec.md", "py retention")
    (tmp_path / "spec.yaml").write_text(spec)
    project = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    project.generate()
    with EmbeddedBackend.start(project.root, is_controlled=True) as server:
        backend = fresh_backend(server)
        backend.clock.set(NOON)
        with loaded(project, "logins_convex") as package:
            key = backend.admin_key
            with package.ConvexStorage(backend.url, deploy_key=key) as storage:
                names = {"storage": storage, "convex_backend": backend, "Login": package.Login}
                exec(fragment, {**names, "timedelta": timedelta})


@contextmanager
def loaded(project: Project, name: str) -> Iterator[Any]:
    """The package of a project, which is forgotten afterwards."""
    folder = str(project.root / "generated" / "python")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(folder)
        for module in [one for one in sys.modules if one.partition(".")[0] == name]:
            del sys.modules[module]
