"""What the stores of a generated package promise, as tests for any storage that has them.

A program that is to work with another storage as well (in memory, over another database) gives it
the methods of the generated stores, and these tests say whether it does what they do:

    class TestMemory(StorageConformance):
        package = mastra_convex
        subjects = [
            Subject("threads", Factory(Thread), key=("thread_id",), change={"title": "Oslo"}),
        ]

        @pytest.fixture
        def storage(self) -> Iterator[MemoryStorage]:
            yield MemoryStorage()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from convexgen.testing.factories import Factory


@dataclass(frozen=True)
class Subject:
    """A store that is tested, of an entity with a key, and what its tests need."""

    store: str
    """What the storage calls it."""
    factory: Factory[Any]
    """Of documents that are stored where no others are."""
    key: Sequence[str]
    """The fields of the key."""
    change: Mapping[str, Any]
    """Fields that are not of the key, with values that the factory does not give."""
    optional: str | None = None
    """A field that may be left out."""


class StorageConformance:
    """The tests, for each subject. A subclass gives the storage, by a fixture of that name.

    Each test begins with a storage whose stores are empty, and closes nothing.
    """

    package: ModuleType
    """The generated package: the errors are its, and so is UNSET."""
    subjects: Sequence[Subject]

    @pytest.fixture
    def storage(self) -> Any:
        """The storage that is tested, empty."""
        raise NotImplementedError("give the storage, by a fixture `storage` of the class")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test for each subject."""
        if "subject" in metafunc.fixturenames:
            ids = [one.store for one in self.subjects]
            metafunc.parametrize("subject", self.subjects, ids=ids)

    @pytest.fixture
    def store(self, storage: Any, subject: Subject) -> Any:
        """The store of the subject."""
        return getattr(storage, subject.store)

    def test_what_is_created_is_read(self, store: Any, subject: Subject) -> None:
        """`create` gives what is stored: what was given, with its ID."""
        built, stored = created(store, subject)
        given = {name: getattr(built, name) for name in built.model_fields_set}
        assert {name: getattr(stored, name) for name in given} == given
        assert stored.doc_id
        assert store.get(*key_of(subject, stored)) == stored

    def test_what_is_not_there(self, store: Any, subject: Subject) -> None:
        """Reading gives None, deleting False, and changing is `NotFound`."""
        key = key_of(subject, subject.factory.build())
        assert store.get(*key) is None
        assert store.get_many([single(key)]) == [None]
        assert store.delete(*key) is False
        assert store.delete_many([single(key)]) == 0
        with pytest.raises(self.package.NotFound):
            store.update(*key, **subject.change)
        assert store.get(*key) is None

    def test_a_key_is_taken_once(self, store: Any, subject: Subject) -> None:
        """A repeated `create` is harmless, and one of other content refused."""
        built, stored = created(store, subject)
        assert store.create(built).doc_id == stored.doc_id
        with pytest.raises(self.package.AlreadyExists):
            store.create(built.model_copy(update=dict(subject.change)))
        assert store.get(*key_of(subject, stored)) == stored

    def test_save_inserts_and_replaces(self, store: Any, subject: Subject) -> None:
        """One with the key is replaced, in its place."""
        built, stored = created(store, subject)
        saved = store.save(built.model_copy(update=dict(subject.change)))
        assert saved.doc_id == stored.doc_id
        assert has(saved, subject.change)
        assert store.get(*key_of(subject, stored)) == saved
        store.delete(*key_of(subject, stored))
        assert store.save(built).doc_id != stored.doc_id

    def test_an_update_changes_what_it_names(self, store: Any, subject: Subject) -> None:
        """All else stays, and UNSET removes."""
        built, stored = created(store, subject)
        key = key_of(subject, stored)
        changed = store.update(*key, **subject.change)
        assert changed.doc_id == stored.doc_id
        assert has(changed, subject.change)
        others = built.model_fields_set - subject.change.keys()
        assert {name: getattr(changed, name) for name in others} == {
            name: getattr(stored, name) for name in others
        }
        assert store.get(*key) == changed
        if subject.optional is not None:
            removed = store.update(*key, **{subject.optional: self.package.UNSET})
            assert getattr(removed, subject.optional) is self.package.MISSING

    def test_only_if_it_is_as_expected(self, store: Any, subject: Subject) -> None:
        """`update`, `save` and `delete` of another one are a `Conflict`, and change nothing."""
        built, stored = created(store, subject)
        key = key_of(subject, stored)
        changed = built.model_copy(update=dict(subject.change))
        before = {name: getattr(stored, name) for name in subject.change}
        with pytest.raises(self.package.Conflict):
            store.update(*key, expected=subject.change, **subject.change)
        with pytest.raises(self.package.Conflict):
            store.save(changed, expected=subject.change)
        with pytest.raises(self.package.Conflict):
            store.delete(*key, expected=subject.change)
        assert store.get(*key) == stored
        unset = {name: as_expected(value, self.package) for name, value in before.items()}
        assert has(store.update(*key, expected=unset, **subject.change), subject.change)
        assert has(store.save(changed, expected=subject.change), subject.change)
        assert store.delete(*key, expected=subject.change) is True
        assert store.get(*key) is None

    def test_an_upsert_changes_or_creates(self, store: Any, subject: Subject) -> None:
        """With `create` for what a new one has besides."""
        built, stored = created(store, subject)
        key = key_of(subject, stored)
        besides = built.model_fields_set - set(subject.key) - subject.change.keys()
        create = {name: getattr(built, name) for name in besides}
        changed = store.upsert(*key, set=subject.change, create=create)
        assert changed.doc_id == stored.doc_id
        assert has(changed, subject.change)
        store.delete(*key)
        made = store.upsert(*key, set=subject.change, create=create)
        assert has(made, {**create, **subject.change})
        assert store.get(*key) == made

    def test_several_are_updated_or_none(self, store: Any, subject: Subject) -> None:
        """One that is not there is `NotFound`, or None where it may be missing."""
        _, stored = created(store, subject)
        key = single(key_of(subject, stored))
        gone = single(key_of(subject, subject.factory.build()))
        updates = [self.package.Update(one, set=dict(subject.change)) for one in (key, gone)]
        with pytest.raises(self.package.NotFound):
            store.update_many(updates)
        assert store.get(*key_of(subject, stored)) == stored
        changed, missing = store.update_many(updates, missing="skip")
        assert has(changed, subject.change)
        assert missing is None

    def test_many_are_saved(self, store: Any, subject: Subject) -> None:
        """Of two with one key the later one stays; progress is told."""
        made = [created(store, subject)[0] for _ in range(5)]
        assert store.clear() == 5
        last = made[0].model_copy(update=dict(subject.change))
        reported: list[int] = []
        assert store.save_many(iter([*made, last]), progress=reported.append) == 6
        assert reported[-1] == 6
        found = {key_of(subject, one): one for one in store.list()}
        assert found.keys() == {key_of(subject, one) for one in made}
        assert has(found[key_of(subject, last)], subject.change)

    def test_many_are_read_and_deleted(self, store: Any, subject: Subject) -> None:
        """In the order asked; what is deleted is counted."""
        made = [created(store, subject)[1] for _ in range(3)]
        keys = [single(key_of(subject, one)) for one in made]
        gone = single(key_of(subject, subject.factory.build()))
        assert store.get_many([keys[2], gone, keys[0]]) == [made[2], None, made[0]]
        assert store.delete_many([*keys[:2], gone]) == 2
        assert store.delete(*key_of(subject, made[0])) is False
        assert store.delete(*key_of(subject, made[2])) is True
        assert list(store.list()) == []

    def test_a_query_is_read_in_parts(self, store: Any, subject: Subject) -> None:
        """In the order of creation, or the other one, each document once."""
        made = [created(store, subject)[1] for _ in range(5)]
        query = store.list()
        assert list(query) == query.all() == list(query.iterate(page_size=2)) == made
        assert list(store.list(order="desc")) == made[::-1]
        assert query.first() == made[0]
        seen: list[Any] = []
        cursor = None
        while True:
            page = query.page(cursor=cursor, limit=2)
            seen += page.items
            if page.is_done:
                break
            cursor = page.cursor
        assert seen == made
        assert page.cursor is None
        assert query.delete() == 5
        assert query.first() is None
        assert store.list().page().items == []

    def test_a_block_is_done_or_not(self, storage: Any, store: Any, subject: Subject) -> None:
        """What fails in an atomic block undoes all of it."""
        _, stored = created(store, subject)
        other = created(store, subject)[0]
        store.delete(*key_of(subject, other))
        key = single(key_of(subject, stored))
        gone = single(key_of(subject, subject.factory.build()))

        def fail() -> None:
            with storage.atomic() as tx:
                collected = getattr(tx, subject.store)
                collected.create(other)
                collected.delete(key)
                collected.update(gone, set=subject.change)

        with pytest.raises(self.package.NotFound):
            fail()
        assert list(store.list()) == [stored]
        with storage.atomic() as tx:
            collected = getattr(tx, subject.store)
            collected.create(other)
            collected.update(key, set=subject.change)
        assert has(store.get(*key_of(subject, stored)), subject.change)
        assert len(list(store.list())) == 2


def created(store: Any, subject: Subject) -> tuple[Any, Any]:
    """A document as it was given, and as it is stored."""
    built = subject.factory.build()
    return built, store.create(built)


def key_of(subject: Subject, entity: Any) -> tuple[Any, ...]:
    """The values of its key."""
    return tuple(getattr(entity, name) for name in subject.key)


def single(key: tuple[Any, ...]) -> Any:
    """A key as calls for many take it: of one field, its value."""
    return key[0] if len(key) == 1 else key


def has(entity: Any, fields: Mapping[str, Any]) -> bool:
    """Whether it has these values."""
    return entity is not None and all(
        getattr(entity, name) == value for name, value in fields.items()
    )


def as_expected(value: Any, package: ModuleType) -> Any:
    """A value of a document as `expected` has it."""
    return package.UNSET if value is package.MISSING else value
