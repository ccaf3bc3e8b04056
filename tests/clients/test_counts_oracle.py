"""Counts of an index against a recount: random writes, small trees, filling while others write.

COUNTS_OPERATIONS sets how many writes are drawn in all, such as 50,000.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from plain_functions import Functions, Refused
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "counted"
OPERATIONS = int(os.environ.get("COUNTS_OPERATIONS", "3000"))
BY_THREAD = "messages.by_threadId_and_createdAt"
BY_STATUS = "messages.by_threadId_and_status_and_createdAt"
BY_TIME = "messages.by_createdAt"
INDEXES = (BY_THREAD, BY_STATUS, BY_TIME)
THREADS = ("t0", "t1", "t2")
SMALL = {"leaf": 4, "fan": 4, "top": 2}
USUAL = {"leaf": 32, "fan": 32, "top": 64}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("counts") / "project", FOLDER / "spec.yaml")
    project.generate()
    (project.root / "convex" / "oracle.ts").write_text((FOLDER / "oracle.ts").read_text())
    return project


@pytest.fixture
def functions(project: Project) -> Iterator[Functions]:
    with EmbeddedBackend.start(project.root) as backend:
        opened = Functions(backend)
        yield opened
        opened.close()


class Model:
    """The documents as a test knows them, and writes over them that it draws."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.documents: dict[str, dict[str, Any]] = {}
        self._number = 0

    def writes(self, count: int, growth: float) -> list[dict[str, Any]]:
        return [self._write(growth) for _ in range(count)]

    def _write(self, growth: float) -> dict[str, Any]:
        draw = self.draw
        chance = draw.random()
        if not self.documents or chance < growth:
            return {"insert": self.insert()}
        if chance > 0.998:
            thread = draw.choice(THREADS)
            self.documents = {
                name: one for name, one in self.documents.items() if one["threadId"] != thread
            }
            return {"clear": thread}
        name = draw.choice(list(self.documents))
        if chance < growth + (1 - growth) / 2:
            changes = self._changes()
            unset = ["status"] if "status" not in changes and draw.random() < 0.3 else []
            self.documents[name].update(changes)
            for field in unset:
                self.documents[name].pop(field, None)
            return {"id": name, "set": changes, "unset": unset}
        del self.documents[name]
        return {"id": name}

    def insert(self) -> dict[str, Any]:
        self._number += 1
        name = f"m{self._number}"
        document = {"messageId": name, "text": "", **self._changes(all_fields=True)}
        self.documents[name] = {**document, "number": self._number}
        return document

    def _changes(self, *, all_fields: bool = False) -> dict[str, Any]:
        draw = self.draw
        changes: dict[str, Any] = {}
        if all_fields or draw.random() < 0.5:
            changes["threadId"] = draw.choice(THREADS)
        if all_fields or draw.random() < 0.5:
            times = (draw.randrange(20), draw.randrange(1000), 5000 + self._number)
            changes["createdAt"] = float(draw.choice(times))
        if draw.random() < 0.5:
            changes["status"] = draw.choice("abc")
        return changes

    def question(self, index: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """A question over an index, with the answer by a recount."""
        draw = self.draw
        equal: list[list[Any]] = []
        found = list(self.documents.values())
        if index != BY_TIME:
            thread = draw.choice(THREADS)
            equal.append(["threadId", thread])
            found = [one for one in found if one["threadId"] == thread]
        if index == BY_STATUS and draw.random() < 0.8:
            status = draw.choice((None, "a", "b", "c"))
            equal.append(["status", status])
            found = [one for one in found if one.get("status") == status]
        bounds: dict[str, float] = {}
        if index != BY_STATUS or len(equal) == 2:
            bounds, found = self._bounded(found)
        found.sort(key=lambda one: _place(index, one))
        order = draw.choice(("asc", "desc"))
        if order == "desc":
            found.reverse()
        offset, limit = draw.randrange(len(found) + 3), draw.choice((1, 3, 10, 50))
        ids = [one["messageId"] for one in found]
        sought = draw.choice([*self.documents, "none"])
        question: dict[str, Any] = {
            "index": index,
            "equal": equal,
            "page": {"offset": offset, "limit": limit, "order": order},
            "rank": sought,
        }
        if bounds:
            question["bounds"] = bounds
        answer = {
            "count": len(ids),
            "total": len(ids),
            "ids": ids[offset : offset + limit],
            "rank": ids.index(sought) if sought in ids else None,
        }
        return question, answer

    def _bounded(
        self, found: list[dict[str, Any]]
    ) -> tuple[dict[str, float], list[dict[str, Any]]]:
        draw = self.draw
        bounds: dict[str, float] = {}
        tests = {
            "gt": lambda one, at: one > at,
            "gte": lambda one, at: one >= at,
            "lt": lambda one, at: one < at,
            "lte": lambda one, at: one <= at,
        }
        for names in (("gt", "gte"), ("lt", "lte")):
            if draw.random() < 0.4:
                name, at = draw.choice(names), float(draw.choice((10, 300, 700, 5100)))
                bounds[name] = at
                found = [one for one in found if tests[name](one["createdAt"], at)]
        return bounds, found


def _place(index: str, document: dict[str, Any]) -> tuple[Any, ...]:
    status = document.get("status")
    entry = () if status is None else (status,)
    time, number = document["createdAt"], document["number"]
    return (entry, time, number) if index == BY_STATUS else (time, number)


def verify(functions: Functions, index: str, sizes: dict[str, int]) -> None:
    phase, cursor, done = "documents", None, False
    while not done:
        step = functions.call("oracle:verify", index=index, phase=phase, cursor=cursor, sizes=sizes)
        assert step["problem"] is None, step
        phase, cursor, done = step["phase"], step["cursor"], step["isDone"]


def ask(functions: Functions, model: Model, sizes: dict[str, int], indexes: Any = INDEXES) -> None:
    asked = [model.question(index) for index in indexes]
    questions = [question for question, _ in asked]
    answers = functions.call("oracle:ask", questions=questions, sizes=sizes)["answers"]
    for (question, expected), answer in zip(asked, answers, strict=True):
        assert answer == expected, question


@pytest.mark.parametrize(
    ("seed", "sizes", "chance"),
    [
        (1, SMALL, 1),
        (2, SMALL, 1 / 8),
        (3, {"leaf": 8, "fan": 4, "top": 3}, 1 / 8),
        (4, USUAL, 1 / 8),
    ],
)
def test_random_writes_are_counted_exactly(
    functions: Functions, seed: int, sizes: dict[str, int], chance: float
) -> None:
    model = Model(seed)
    done = rounds = 0
    while done < OPERATIONS / 4:
        growth = (0.8, 0.4, 0.15, 0.5)[rounds // 20 % 4]
        size = model.draw.choice((1, 1, 2, 8, 40))
        functions.call(
            "oracle:write", writes=model.writes(size, growth), sizes=sizes, chance=chance
        )
        done += size
        rounds += 1
        ask(functions, model, sizes)
        if rounds % 20 == 0:
            for index in INDEXES:
                verify(functions, index, sizes)


def test_documents_of_before_are_counted_while_others_write(functions: Functions) -> None:
    model = Model(5)
    functions.call("oracle:write", writes=[{"insert": model.insert()} for _ in range(400)])
    left = list(INDEXES)
    with pytest.raises(Refused) as refused:
        ask(functions, model, SMALL)
    assert refused.value.data["code"] == "NotCounted"
    while left:
        index = model.draw.choice(left)
        batch = model.draw.choice((10, 50))
        if functions.call("oracle:fill", index=index, batch=batch, sizes=SMALL)["isDone"]:
            left.remove(index)
            ask(functions, model, SMALL, [index])
        else:
            with pytest.raises(Refused):
                ask(functions, model, SMALL, [index])
        writes = model.writes(model.draw.randrange(12), 0.4)
        functions.call("oracle:write", writes=writes, sizes=SMALL, chance=1 / 8)
    for index in INDEXES:
        verify(functions, index, SMALL)
    for _ in range(10):
        ask(functions, model, SMALL)


def test_what_is_not_counted_is_found_and_counted_again(functions: Functions) -> None:
    model = Model(6)
    functions.call("oracle:write", writes=model.writes(100, 1), sizes=SMALL)
    functions.call("oracle:write", writes=model.writes(20, 0.5))
    with pytest.raises(AssertionError, match=r"is not counted|counted where it is not"):
        verify(functions, BY_TIME, SMALL)
    functions.call("oracle:discard", index=BY_TIME)
    with pytest.raises(Refused):
        ask(functions, model, SMALL, [BY_TIME])
    while not functions.call("oracle:fill", index=BY_TIME, batch=50, sizes=SMALL)["isDone"]:
        pass
    verify(functions, BY_TIME, SMALL)
    ask(functions, model, SMALL, [BY_TIME])


def test_a_table_emptied_without_its_counts_is_not_trusted(functions: Functions) -> None:
    model = Model(7)
    functions.call("oracle:write", writes=[{"insert": model.insert()} for _ in range(3)])
    first, *_ = model.documents
    # The last ones of before go in the mutation that inserts the first one since.
    writes = [{"id": name} for name in model.documents]
    model.documents.clear()
    functions.call(
        "oracle:write", writes=[*writes, {"insert": model.insert()}], sizes=SMALL, chance=0
    )
    ask(functions, model, SMALL)
    verify(functions, BY_TIME, SMALL)
    assert first not in model.documents


def test_a_parent_is_found_by_its_child_after_merges(functions: Functions) -> None:
    """Not by the cut: a leaf that took in the next one has keys behind the next parent's first."""
    model = Model(8)
    sizes = {"leaf": 4, "fan": 3, "top": 1}
    for _ in range(6):
        functions.call("oracle:write", writes=model.writes(40, 1), sizes=sizes, chance=1)
        kept = model.draw.sample(list(model.documents), len(model.documents) // 3)
        gone = [{"id": name} for name in model.documents if name not in kept]
        for write in gone:
            functions.call("oracle:write", writes=[write], sizes=sizes, chance=1)
            del model.documents[write["id"]]
        for _ in range(10):
            ask(functions, model, sizes)


def test_leaves_have_room_after_appends(functions: Functions) -> None:
    """Full ones would each be split by a key that comes late, and with them what is above."""
    inserts = [
        {
            "insert": {
                "messageId": f"m{number}",
                "threadId": "t",
                "createdAt": float(number),
                "text": "",
            }
        }
        for number in range(1000)
    ]
    for start in range(0, 1000, 100):
        functions.call("oracle:write", writes=inserts[start : start + 100], sizes=USUAL, chance=1)
    shape = functions.call("oracle:shape", index=BY_TIME)
    assert max(shape["leaves"][:-1]) <= 24


def test_a_key_that_goes_and_comes_back_is_no_change(functions: Functions) -> None:
    model = Model(9)
    functions.call("oracle:write", writes=model.writes(20, 1), sizes=SMALL, chance=1)
    name, document = next(iter(model.documents.items()))
    there = {"createdAt": document["createdAt"], "threadId": document["threadId"]}
    moved = {"createdAt": 77.0, "threadId": "t9"}
    before = functions.call("oracle:shape", index=BY_TIME)
    functions.call(
        "oracle:write",
        writes=[{"id": name, "set": moved}, {"id": name, "set": there}],
        sizes=SMALL,
        chance=0,
    )
    assert functions.call("oracle:shape", index=BY_TIME) == before
    ask(functions, model, SMALL)


def test_trees_vanish_with_their_keys(functions: Functions) -> None:
    model = Model(10)
    for _ in range(10):
        functions.call("oracle:write", writes=model.writes(60, 1), sizes=SMALL, chance=1)
    names = list(model.documents)
    for start in range(0, len(names), 50):
        gone = [{"id": name} for name in names[start : start + 50]]
        functions.call("oracle:write", writes=gone, sizes=SMALL, chance=1)
    model.documents.clear()
    for _ in range(3):
        writes = [{"insert": model.insert()}]
        functions.call("oracle:write", writes=writes, sizes=SMALL, chance=1)
    ask(functions, model, SMALL)
