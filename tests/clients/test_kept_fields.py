"""Fields that a save leaves alone where it does not give them, and times that a creation has."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "partial_writes"
PAST = datetime(2020, 2, 29, 12, 30, 15, 123000, tzinfo=UTC)
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("kept") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("partial_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (opened.messages, opened.threads, opened.events, opened.pins):
            store.clear()


def test_a_save_keeps_what_it_does_not_give(storage: Any, package: Any) -> None:
    thread, threads = package.Thread, storage.threads
    whole = thread(
        thread_id="t",
        title="a",
        status="closed",
        closed_at=PAST,
        labels=["x"],
        slug="s",
        owner="me",
    )
    threads.save(whole)
    saved = threads.save(thread(thread_id="t"))
    assert (saved.title, saved.status, saved.closed_at) == ("a", "closed", PAST)
    assert (saved.labels, saved.slug) == (["x"], "s")
    # What is not kept is replaced, as ever.
    assert saved.owner is package.MISSING
    threads.save_many([thread(thread_id="t", title="b", labels=[])])
    kept = threads.get("t")
    assert (kept.title, kept.status, kept.closed_at, kept.labels) == ("b", "closed", PAST, [])
    # What is given is stored, the default and null too.
    given = threads.save(thread(thread_id="t", status="open", closed_at=None))
    assert (given.status, given.closed_at, given.title) == ("open", None, "b")
    assert threads.update("t", title=package.UNSET).title is package.MISSING
    assert threads.save(thread(thread_id="t")).title is package.MISSING
    # An immutable one need not be given again, and cannot be given otherwise.
    with pytest.raises(package.Conflict, match="slug"):
        threads.save(thread(thread_id="t", slug="other"))


def test_the_first_write_has_defaults(storage: Any, package: Any) -> None:
    threads, thread = storage.threads, package.Thread
    new = thread(thread_id="t")
    assert new.status is new.labels is new.closed_at is package.MISSING
    created = threads.create(new)
    assert (created.status, created.closed_at, created.labels) == ("open", None, [])
    assert created.title is package.MISSING
    # A repeat is of the same content, until that is changed.
    assert threads.create(new) == created
    threads.update("t", status="closed")
    with pytest.raises(package.AlreadyExists):
        threads.create(new)
    threads.save_many([thread(thread_id="u"), thread(thread_id="u", status="closed")])
    assert threads.save(thread(thread_id="u")).status == "closed"
    assert package.Thread.model_validate_json(new.model_dump_json()) == new


def test_what_is_kept_counts_for_what_is_unique(storage: Any, package: Any) -> None:
    thread, threads = package.Thread, storage.threads
    threads.save(thread(thread_id="u", title="b"))
    threads.save(thread(thread_id="t", title="b", status="closed"))
    with pytest.raises(package.AlreadyExists):
        threads.save(thread(thread_id="u", status="closed"))


def test_kept_fields_of_variants_and_beside_large_ones(storage: Any, package: Any) -> None:
    storage.events.save(package.EventClick(event_id="e", x=1, label="l", level=9))
    press = storage.events.save(package.EventPress(kind="press", event_id="e", key="k"))
    assert (press.label, press.level) == ("l", 9)
    fresh = storage.events.save(package.EventPress(kind="press", event_id="f", key="k"))
    assert (fresh.label, fresh.level) == (package.MISSING, 3)
    first = package.Message(thread_id="t", number=1, content={"x": "y" * 2_000_000}, note="n")
    storage.messages.save(first)
    again = storage.messages.save(package.Message(thread_id="t", number=1, content=2))
    assert (again.note, again.content) == ("n", 2)


def test_a_time_of_creation_that_may_be_given_later(storage: Any, package: Any) -> None:
    threads, thread = storage.threads, package.Thread
    created = threads.create(thread(thread_id="t", created_at=PAST))
    assert created.created_at == PAST
    assert threads.save(thread(thread_id="t")).created_at == PAST
    assert threads.save(thread(thread_id="t", created_at=FUTURE)).created_at == FUTURE
    assert threads.update("t", owner="me").created_at == FUTURE
    assert threads.update("t", created_at=PAST).created_at == PAST
    threads.save_many([thread(thread_id="t", created_at=FUTURE)])
    assert threads.get("t").created_at == FUTURE


def test_another_time_of_creation_is_a_conflict(storage: Any, package: Any) -> None:
    def message(number: int = 1, **fields: Any) -> Any:
        return package.Message(thread_id="t", number=number, content="x", **fields)

    storage.messages.save(message(created_at=PAST))
    assert storage.messages.save(message()).created_at == PAST
    assert storage.messages.save(message(created_at=PAST)).created_at == PAST
    with pytest.raises(package.Conflict, match=r"another `createdAt`.*given: keep"):
        storage.messages.save(message(created_at=FUTURE))
    with pytest.raises(package.Conflict) as caught:
        storage.messages.save_many([message(2), message(created_at=FUTURE)])
    assert caught.value.data["index"] == 1
    assert storage.messages.get("t", 2) is None
    with pytest.raises(package.InvalidArgument):
        storage.messages.update("t", 1, created_at=FUTURE)
    # An immutable one need not be given again.
    pin = storage.pins.save(package.Pin(pin_id="p", held_at=PAST))
    assert storage.pins.save(package.Pin(pin_id="p")).held_at == PAST == pin.held_at
    with pytest.raises(package.Conflict):
        storage.pins.save(package.Pin(pin_id="p", held_at=PAST + timedelta(days=1)))
