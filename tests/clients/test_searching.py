"""Full-text search, nearest vectors and unique fields, on the embedded backend."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, make_project

SPEC = ROOT / "tests" / "cases" / "good-searching" / "spec.yaml"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = make_project(tmp_path_factory.mktemp("searching") / "project", SPEC)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("library")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        opened.books.clear()
        opened.visits.clear()
        yield opened


def book(package: Any, key: str, **fields: Any) -> Any:
    return package.Book(book_id=key, **{"volume": None, "shelf": package.Shelf.FICTION, **fields})


def keys(found: Any) -> list[str]:
    return [one.book_id for one in found]


def test_text(storage: Any, package: Any) -> None:
    storage.books.save_many(
        [
            book(package, "b1", title="The wind in the reeds", volume=1),
            book(package, "b2", title="A storm of wind and rain", author_id="a1"),
            book(package, "b3", title="Calm", shelf=package.Shelf.SCIENCE, volume=1),
            book(package, "b4", title="Wind tunnels", shelf=package.Shelf.SCIENCE, volume=2),
        ]
    )
    search = storage.books.search_title
    assert sorted(keys(search("wind"))) == ["b1", "b2", "b4"]
    assert sorted(keys(storage.books.title_of_all("wind"))) == ["b1", "b2", "b4"]
    assert sorted(keys(search("calm reeds"))) == ["b1", "b3"]
    assert keys(search("wind", shelf=package.Shelf.SCIENCE)) == ["b4"]
    assert keys(search("wind", author_id="a1")) == ["b2"]
    assert keys(search("wind", volume=2)) == ["b4"]
    assert keys(search("wind", volume=None)) == ["b2"], "null is a value, absence is no filter"
    assert keys(search("wind", shelf=package.Shelf.FICTION, volume=1)) == ["b1"]
    assert len(search("wind", limit=2).all()) == 2
    assert search("nowhere").all() == []
    for limit in (0, 1025):
        with pytest.raises(package.InvalidArgument, match="`limit` is a whole number from 1"):
            search("wind", limit=limit).all()


def test_text_is_watched(storage: Any, package: Any) -> None:
    storage.books.save(book(package, "b1", title="Wind"))
    with storage.books.search_title("wind", shelf=package.Shelf.FICTION).watch() as snapshots:
        assert keys(next(snapshots)) == ["b1"]
        storage.books.save(book(package, "b2", title="West wind"))
        assert sorted(keys(next(snapshots))) == ["b1", "b2"]


def test_vectors(storage: Any, package: Any) -> None:
    storage.books.save_many(
        [
            book(package, "b1", title="x", embedding=[1, 0, 0]),
            book(package, "b2", title="y", embedding=[0.8, 0.6, 0], volume=1),
            book(
                package,
                "b3",
                title="z",
                embedding=[0, 0, 1],
                shelf=package.Shelf.SCIENCE,
                cover=[0, 0, 1],
            ),
            book(package, "b4", title="none"),
        ]
    )
    nearest = storage.books.nearest_by_embedding
    found = nearest([2, 0, 0])
    assert [one.item.book_id for one in found] == ["b1", "b2", "b3"]
    assert [one.score for one in found] == pytest.approx([1, 0.8, 0])
    assert found[1].item == storage.books.get("b2")
    assert [one.item.book_id for one in storage.books.nearest([0, 0, 3], limit=1)] == ["b3"]
    science = nearest([1, 0, 0], shelf=package.Shelf.SCIENCE)
    assert [one.item.book_id for one in science] == ["b3"]
    assert [one.item.book_id for one in nearest([1, 0, 0], volume=None)] == ["b1", "b3"]
    with pytest.raises(package.InvalidArgument, match="`volume` cannot be combined with `shelf`"):
        nearest([1, 0, 0], shelf=package.Shelf.SCIENCE, volume=1)
    with pytest.raises(package.InvalidArgument, match="`vector` has 3 numbers"):
        nearest([1, 0])
    with pytest.raises(package.InvalidArgument, match="`limit` is a whole number from 1 to 256"):
        nearest([1, 0, 0], limit=257)


def test_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    storage.books.save(book(package, "b1", title="Wind", embedding=[1, 0, 0]))

    async def main() -> None:
        client = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with client as opened:
            assert keys(await opened.books.search_title("wind").all()) == ["b1"]
            (found,) = await opened.books.nearest_by_embedding([0, 1, 0])
            assert (found.item.book_id, found.score) == ("b1", 0)
            async with opened.books.search_title("wind").watch() as snapshots:
                assert keys(await anext(snapshots)) == ["b1"]

    asyncio.run(main())


def test_unique(storage: Any, package: Any) -> None:
    books = storage.books
    books.save(book(package, "b1", isbn="1", title="a", volume=1))
    taken = 'Book with isbn "1" already exists'
    with pytest.raises(package.AlreadyExists, match=taken):
        books.save(book(package, "b2", isbn="1", title="b"))
    with pytest.raises(package.AlreadyExists, match=taken):
        books.create(book(package, "b2", isbn="1", title="b"))
    with pytest.raises(package.AlreadyExists, match=taken):
        books.save_many([book(package, "b3"), book(package, "b4", isbn="1")])
    assert books.get("b3") is None, "a batch is all or none"
    with pytest.raises(package.AlreadyExists, match='title "a" and volume 1 already exists'):
        books.save(book(package, "b2", title="a", volume=1))

    # One's own values are no obstacle, and those that are absent or null are not compared.
    books.save(book(package, "b1", isbn="1", title="a", volume=1, author_id="a1"))
    books.save(book(package, "b2", title="a"))
    books.save(book(package, "b3", title="a"))
    assert books.by_isbn("1").first().book_id == "b1"
    assert keys(books.by_title_and_volume("a", volume=None)) == ["b2", "b3"]


def test_unique_in_updates(storage: Any, package: Any) -> None:
    books = storage.books
    books.save(book(package, "b1", isbn="1", title="a", volume=1))
    books.save(book(package, "b2", isbn="2", title="a", volume=2))
    with pytest.raises(package.AlreadyExists):
        books.update("b2", isbn="1")
    with pytest.raises(package.AlreadyExists):
        books.update("b2", volume=1)
    assert books.update("b2", title="b", volume=1).volume == 1
    with pytest.raises(package.AlreadyExists):
        books.update("b2", title="a")
    books.update("b1", isbn=package.UNSET, title="c")
    assert books.update("b2", isbn="1", title="a").isbn == "1"


def test_unique_by_a_default(storage: Any, package: Any) -> None:
    runtime = importlib.import_module("library._runtime")

    def save(key: str) -> None:
        given = {"bookId": key, "shelf": "fiction", "volume": 7}
        call = runtime.Call.mutation(
            "books:save", {"book": given}, runtime.Decoder(Any), "save", idempotent=True
        )
        storage.client.run(call)

    save("b1")
    assert storage.books.get("b1").title == "untitled"
    with pytest.raises(package.AlreadyExists):
        save("b2")


def test_unique_where_others_are_public(backend: EmbeddedBackend, package: Any) -> None:
    """Anybody may call what is public, and finds the same rules."""
    with package.ConvexStorage(backend.url) as anybody:
        anybody.visits.clear()
        anybody.visits.save(
            package.Visit(visit_id="v1", card_number=5, day="mon", text="a b", desk=None)
        )
        with pytest.raises(package.AlreadyExists):
            anybody.visits.save(
                package.Visit(visit_id="v2", card_number=5, day="mon", text="", desk=1)
            )
        found = anybody.visits.search_text("b", card_number=5).all()
        assert [one.visit_id for one in found] == ["v1"]
        with pytest.raises(package.AccessDenied):
            anybody.books.search_title("wind").all()


@pytest.mark.parametrize("desk", [2**60, "2", b"2", None])
def test_members_of_unions_are_sent_as_what_they_are(
    storage: Any, package: Any, desk: object
) -> None:
    visits = storage.visits
    for number, one in enumerate([2**60, "2", b"2", None]):
        visits.save(
            package.Visit(visit_id=str(number), card_number=number, day="d", text="t", desk=one)
        )
    assert [one.desk for one in visits.by_desk_and_day(desk, "d")] == [desk]
    assert [one.desk for one in visits.search_text("t", desk=desk)] == [desk]
