"""Functions of one's own that write what is counted, or what deletes, frees and touches it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from plain_functions import Functions, Refused
from project import ROOT, make_project

FOLDER = ROOT / "tests" / "clients" / "plain_writes"
# What changes neither a document of a counted index nor a value there.
UNCOUNTED = {
    "owners.save",
    "jobs.patchEntries",
    "walks.insert",
    "walks.patch",
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = make_project(tmp_path_factory.mktemp("plain") / "project", FOLDER / "spec.yaml")
    project.generate()
    (project.root / "convex" / "writing.ts").write_text((FOLDER / "writing.ts").read_text())
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("plainwrites_convex")


def fill(storage: Any, package: Any) -> None:
    """Documents that each write finds."""
    for table in storage.system.tables():
        storage.system.clear(table.name)
    storage.threads.save_many([package.Thread(thread_id=one) for one in ("t", "t2")])
    storage.messages.save(package.Message(message_id="m", thread_id="t"))
    storage.shelves.save(package.Shelf(room="r", number=1))
    storage.books.save(package.Book(book_id="b", room="r", number=1))
    storage.owners.save(package.Owner(owner_id="o"))
    pet = storage.pets.save(package.Pet(pet_id="p", owner_id="o"))
    storage.walks.create(package.Walk(pet=pet.doc_id))
    storage.visits.create(package.Visit(path="/a", thread=storage.threads.get("t").doc_id))
    storage.jobs.save(package.Job(job_id="j"))


def test_no_write_leaves_counts_wrong(backend: EmbeddedBackend, package: Any) -> None:
    functions = Functions(backend)
    names = functions.call("writing:names")
    assert set(names) > UNCOUNTED
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        for name in names:
            fill(storage, package)
            if name in UNCOUNTED:
                functions.call("writing:plain", name=name)
            else:
                with pytest.raises(Refused, match=r"lib/counts/functions\.ts"):
                    functions.call("writing:plain", name=name)
            assert storage.system.verify_counts() == [], name
            fill(storage, package)
            functions.call("writing:counted", name=name)
            assert storage.system.verify_counts() == [], name
    functions.close()
