"""What a reference does when it is written, and when the one that it leads to is deleted."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import Project, make_project
from small_specs import put
from waiting import PATIENCE

SPEC = """
convexgen: 1
name: offices
entities:
  Company:
    table: companies
    key: domain
    fields: {domain: string, name: string?}
  Employee:
    table: employees
    key: employeeId
    fields:
      employeeId: string
      domain: {type: ref<Company>, onDelete: restrict, check: true}
  Desk:
    table: desks
    key: deskId
    fields:
      deskId: string
      domain: {type: ref<Company> | null, onDelete: setNull, check: true}
      employeeId: {type: ref<Employee>?, onDelete: setNull, absent: last}
      movedAt: {type: timestamp, set: on write}
  Project:
    table: projects
    key: projectId
    fields: {projectId: string}
  Task:
    table: tasks
    key: taskId
    fields:
      taskId: string
      projectId: {type: ref<Project>?, onDelete: cascade}
      parent: {type: ref<Task>?, onDelete: restrict, check: true}
  Event:
    table: events
    key: eventId
    fields: {eventId: string}
    union:
      - object:
          kind: {literal: hired}
          employeeId: {type: ref<Employee>?, onDelete: setNull, check: true}
      - object: {kind: {literal: closed}, domain: {type: ref<Company>?, onDelete: setNull}}
    tag: kind
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("offices")
    made = make_project(folder / "project", put(folder, "offices.yaml", SPEC))
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(project: Project) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("offices_convex")


@pytest.fixture
def storage(package: Any, backend: EmbeddedBackend) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        stores = ("companies", "employees", "desks", "projects", "tasks", "events")
        for store in stores:
            getattr(opened, store).clear()
        opened.companies.create(package.Company(domain="a"))
        yield opened


def test_what_is_not_there_cannot_be_referred_to(storage: Any, package: Any) -> None:
    lost = package.Employee(employee_id="e", domain="b")
    good = package.Employee(employee_id="f", domain="a")
    said = 'Company with domain "b" does not exist, and `domain` refers to it'
    for write in (storage.employees.create, storage.employees.save):
        with pytest.raises(package.NotFound) as caught:
            write(lost)
        assert said in str(caught.value)
    with pytest.raises(package.NotFound, match=r"`\[1\]\.domain` refers to it"):
        storage.employees.save_many([good, lost])
    assert list(storage.employees.list()) == []
    storage.employees.create(good)
    with pytest.raises(package.NotFound, match="`domain` refers to it"):
        storage.employees.update("f", domain="b")
    assert storage.employees.get("f").domain == "a"
    storage.desks.create(package.Desk(desk_id="d", domain=None))
    with pytest.raises(package.NotFound):
        storage.events.create(package.EventHired(event_id="x", kind="hired", employee_id="e"))
    storage.events.create(package.EventHired(event_id="x", kind="hired", employee_id="f"))
    with pytest.raises(package.NotFound):
        storage.events.update("x", employee_id="e")
    storage.events.create(package.EventClosed(event_id="y", kind="closed", domain="not checked"))


def test_one_may_refer_to_itself_and_to_those_before_it(storage: Any, package: Any) -> None:
    storage.tasks.create(package.Task(task_id="t", parent="t"))
    storage.tasks.save_many(
        [package.Task(task_id="u", parent="t"), package.Task(task_id="v", parent="u")]
    )
    with pytest.raises(package.NotFound):
        storage.tasks.save_many(
            [package.Task(task_id="w", parent="x"), package.Task(task_id="x", parent="w")]
        )
    assert storage.tasks.update("u", parent="u").parent == "u"


def test_what_is_referred_to_stays(storage: Any, package: Any) -> None:
    storage.employees.create(package.Employee(employee_id="e", domain="a"))
    storage.desks.create(package.Desk(desk_id="d", domain="a"))
    said = r'Company with domain "a" cannot be deleted: documents of `employees` refer to it'
    with pytest.raises(package.Conflict, match=said):
        storage.companies.delete("a")
    with pytest.raises(package.Conflict, match=said):
        storage.companies.delete_many(["b", "a"])
    assert storage.desks.get("d").domain == "a", "nothing is written"
    storage.employees.delete("e")
    assert storage.companies.delete("a")
    assert not storage.companies.delete("a")


def test_one_that_refers_to_itself_alone_can_be_deleted(storage: Any, package: Any) -> None:
    storage.tasks.create(package.Task(task_id="t", parent="t"))
    storage.tasks.create(package.Task(task_id="u", parent="t"))
    with pytest.raises(package.Conflict, match="`tasks` refer to it"):
        storage.tasks.delete("t")
    storage.tasks.delete("u")
    assert storage.tasks.delete("t")


def test_a_restriction_below_a_cascade_refuses_all(storage: Any, package: Any) -> None:
    storage.projects.create(package.Project(project_id="p"))
    storage.tasks.save_many(
        [
            package.Task(task_id="t", project_id="p"),
            package.Task(task_id="u", project_id="p"),
            package.Task(task_id="elsewhere", parent="u"),
        ]
    )
    with pytest.raises(package.Conflict, match='Task with taskId "u" cannot be deleted'):
        storage.projects.delete("p")
    assert storage.tasks.get("t") is not None
    storage.tasks.delete("elsewhere")
    assert storage.projects.delete("p")
    assert list(storage.tasks.list()) == []


def test_those_left_refer_to_nothing(storage: Any, package: Any) -> None:
    storage.employees.create(package.Employee(employee_id="e", domain="a"))
    desk = storage.desks.create(package.Desk(desk_id="d", domain="a", employee_id="e"))
    storage.events.create(package.EventHired(event_id="x", kind="hired", employee_id="e"))
    storage.employees.delete("e")
    freed = storage.desks.get("d")
    assert (freed.domain, freed.employee_id) == ("a", package.MISSING)
    assert freed.moved_at > desk.moved_at
    assert storage.events.get("x").employee_id is package.MISSING
    storage.companies.delete("a")
    assert storage.desks.get("d").domain is None


def test_more_than_a_transaction_takes(storage: Any, package: Any) -> None:
    storage.desks.save_many(package.Desk(desk_id=f"{one}", domain="a") for one in range(2500))
    assert storage.companies.delete("a")
    assert all(desk.domain is None for desk in storage.desks.list())
    assert storage.companies.get("a") is None


def test_a_write_and_a_deletion_at_once_leave_no_orphan(storage: Any, package: Any) -> None:
    for _ in range(30):
        storage.companies.save(package.Company(domain="a"))
        start = threading.Barrier(2, timeout=PATIENCE)
        outcomes: list[str] = []

        def act(
            call: Any, start: threading.Barrier = start, outcomes: list[str] = outcomes
        ) -> None:
            start.wait()
            try:
                call()
            except (package.NotFound, package.Conflict) as error:
                outcomes.append(type(error).__name__)

        employee = package.Employee(employee_id="e", domain="a")
        threads = [
            threading.Thread(target=act, args=(call,))
            for call in (
                lambda: storage.employees.create(employee),  # noqa: B023
                lambda: storage.companies.delete("a"),
            )
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 1, "one of them is refused"
        is_there = storage.companies.get("a") is not None
        assert is_there == (storage.employees.get("e") is not None)
        storage.employees.delete("e")


PROGRAM = """
import assert from "node:assert/strict";
import { Conflict, ConvexStorage, NotFound } from "%s";

const storage = new ConvexStorage(process.env.CONVEX_URL!, {
  deployKey: process.env.CONVEX_DEPLOY_KEY!,
});
await storage.companies.create({ domain: "ts" });
await assert.rejects(
  () => storage.employees.create({ employeeId: "ts", domain: "nobody" }), NotFound);
await storage.employees.create({ employeeId: "ts", domain: "ts" });
await storage.desks.create({ deskId: "ts", domain: "ts", employeeId: "ts" });
await assert.rejects(() => storage.companies.delete("ts"), Conflict);
await storage.employees.delete("ts");
assert.equal((await storage.desks.get("ts"))?.employeeId, undefined);
await storage.companies.delete("ts");
assert.equal((await storage.desks.get("ts"))?.domain, null);
await storage.close();
"""


def test_in_typescript(project: Project, backend: EmbeddedBackend, tmp_path: Any) -> None:
    client = project.root / "generated" / "typescript" / "index.ts"
    run_node([bundle_text(PROGRAM % client, tmp_path)], backend)
