"""The tests of a matrix of access: each function of the spec, called by everybody.

A generated suite names its matrix,

    class TestAccess(AccessMatrix):
        matrix = Matrix(…)

and its tests call the functions on a backend of their own, by the fixture `convex_backend`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from convexgen.guards import is_list, is_mapping
from convexgen.testing.calls import HOLDERS, REACHED, REFUSED, Answer, Calls
from convexgen.testing.matrix import (
    KEY,
    WRONG_KEY,
    Caller,
    Document,
    Entity,
    Matrix,
    Module,
    Row,
)

if TYPE_CHECKING:
    from convexgen.testing.backend import ConvexBackend

_MANY = 1000
"""More documents than a matrix has of an entity."""
_WRITES = ("created", "updated", "removal")


class AccessMatrix:
    """The tests. A subclass has the matrix."""

    matrix: Matrix

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Test each function by itself, and each module that is not for users."""
        if "function" in metafunc.fixturenames:
            names = dict.fromkeys(one.function for one in self.matrix.rows)
            metafunc.parametrize("function", [*names])
        if "module" in metafunc.fixturenames:
            modules = self.matrix.modules
            metafunc.parametrize("module", modules, ids=[one.name for one in modules])

    def test_each_function_has_a_row(self, convex_backend: ConvexBackend) -> None:
        """And each row has a function, of whom each caller is told something."""
        with Calls(convex_backend.url, convex_backend.admin_key) as calls:
            assert [*unlisted(self.matrix, calls.functions)] == []

    def test_who_gets_what(self, convex_backend: ConvexBackend, function: str) -> None:
        """What everybody gets of a function for users is what the rules say."""
        with Calls(convex_backend.url, convex_backend.admin_key) as calls:
            rows = Rows(self.matrix, calls)
            wrong = [
                one
                for row in self.matrix.rows
                if row.function == function
                for one in rows.wrong(row, calls.functions[function])
            ]
            assert wrong == []

    def test_who_reaches(self, convex_backend: ConvexBackend, module: Module) -> None:
        """Who has no key reaches no function that is internal."""
        with Calls(convex_backend.url, convex_backend.admin_key) as calls:
            assert [*strayed(self.matrix, module, calls)] == []

    def test_of_all_there_are_documents(self) -> None:
        """Modules whose documents cannot be made up are told of."""
        if self.matrix.untold:
            pytest.skip(f"no documents could be made up of {dict(self.matrix.untold)}")


def unlisted(matrix: Matrix, functions: Mapping[str, str]) -> Iterator[str]:
    """Functions without rows, rows without functions, and callers of whom a row does not tell."""
    told = {row.function for row in matrix.rows}
    modules = {module.name for module in matrix.modules} | set(matrix.untold)
    for path in functions:
        module = path.partition(":")[0]
        is_for_users = module in {one.users for one in matrix.entities}
        is_for_users = is_for_users or "viewer" in module.split("/")
        if is_for_users and path not in told and module not in matrix.untold:
            yield f"{path} has no row"
    for path in told - set(functions):
        yield f"there is no {path}"
    for module in modules - {path.partition(":")[0] for path in functions}:
        yield f"there is no module {module}"
    everybody = sorted(one.name for one in (*matrix.callers, *HOLDERS))
    for row in matrix.rows:
        if sorted(name for one in row.outcomes for name in one.to) != everybody:
            yield f"{row.function} {json.dumps(row.arguments)} does not tell of each caller once"


def strayed(matrix: Matrix, module: Module, calls: Calls) -> Iterator[str]:
    """Callers who reach what they should not, or do not reach what they should."""
    for path, kind in calls.functions.items():
        name, _, function = path.partition(":")
        if name != module.name:
            continue
        visibility = module.named.get(function, module.write if kind == "mutation" else module.read)
        for caller in (*matrix.callers, *HOLDERS):
            expected = REACHED if _may_reach(caller, visibility) else REFUSED
            found = calls.reaches(caller, path, kind)
            if found != expected:
                yield f"{path} for {caller.name}: {found}, not {expected}"


def _may_reach(caller: Caller, visibility: str) -> bool:
    if visibility == "public":
        return caller.name != WRONG_KEY
    return caller.name == KEY


class Rows:
    """Does what rows say, on documents that are there, and puts these back."""

    def __init__(self, matrix: Matrix, calls: Calls) -> None:
        self._matrix = matrix
        self._calls = calls
        self._entities = {one.name: one for one in matrix.entities}
        self._stored: dict[str, dict[str, Any]] = {}
        """The documents that are there, by name."""

    def wrong(self, row: Row, kind: str) -> Iterator[str]:
        """The callers who get something else, with what that is."""
        entity = self._entity_of(row)
        for document in self._matrix.documents:
            if document.entity in (entity.name, self._matrix.members):
                self._store(document)
        for outcome in row.outcomes:
            for name in outcome.to:
                caller = self._caller(name)
                arguments = self._resolved(row.arguments)
                answer = self._calls.by(caller, row.function, arguments, kind)
                found = self._found(answer, row, entity, caller)
                if found != list(outcome.gives):
                    called = f"{row.function} {json.dumps(row.arguments)}"
                    yield f"{called} for {name}: {found}, not {list(outcome.gives)}"

    def clear(self) -> None:
        """Delete the documents that are there."""
        for name in [*self._stored]:
            document = next(one for one in self._matrix.documents if one.name == name)
            self._remove(self._entities[document.entity], self._stored.pop(name))

    def _entity_of(self, row: Row) -> Entity:
        module = row.function.partition(":")[0]
        return next(one for one in self._matrix.entities if one.users == module)

    def _caller(self, name: str) -> Caller:
        return next(one for one in (*self._matrix.callers, *HOLDERS) if one.name == name)

    # Documents

    def _store(self, document: Document) -> None:
        """Create a document, after those that it refers to, where it is not there."""
        if document.name in self._stored:
            return
        entity = self._entities[document.entity]
        fields = self._resolved(document.fields)
        if entity.table is not None:
            self._stored[document.name] = self._calls.insert(entity.table, fields)
            return
        path = f"{entity.module}:create"
        self._stored[document.name] = self._calls.by_key(
            path, {entity.argument: fields}, "mutation"
        )

    def _resolved(self, value: Any) -> Any:
        """A value, with IDs for the names of documents."""
        if is_mapping(value):
            if "$id" in value:
                name = value["$id"]
                self._store(next(one for one in self._matrix.documents if one.name == name))
                return self._stored[name]["_id"]
            return {name: self._resolved(one) for name, one in value.items()}
        return [self._resolved(one) for one in value] if is_list(value) else value

    def _key(self, entity: Entity, document: Mapping[str, Any]) -> dict[str, Any]:
        return {name: document[name] for name in entity.key}

    def _now(self, entity: Entity, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """What is stored of a document, as the key sees it."""
        if entity.table is not None:
            there = self._calls.documents(entity.table, _MANY)
            return next((one for one in there if one["_id"] == document["_id"]), None)
        path = f"{entity.module}:getById"
        found: dict[str, Any] | None = self._calls.by_key(path, self._key(entity, document))
        return found

    def _remove(self, entity: Entity, document: Mapping[str, Any]) -> None:
        if entity.table is not None:
            self._calls.delete(entity.table, document["_id"])
            return
        key = self._key(entity, document)
        self._calls.by_key(f"{entity.module}:remove", key, "mutation")

    def _put_back(self, row: Row, entity: Entity) -> None:
        """Create a document again that a row names and that is not there, or not as it was."""
        for document in self._matrix.documents:
            stored = self._stored.get(document.name)
            if stored is None or document.entity != entity.name:
                continue
            if not self._is_named(row, entity, stored):
                continue
            now = self._now(entity, stored)
            if now != stored:
                if now is not None:
                    self._remove(entity, now)
                del self._stored[document.name]
                self._store(document)

    def _is_named(self, row: Row, entity: Entity, stored: Mapping[str, Any]) -> bool:
        """Whether a document may be the one that a row names: what is filled tells the rest."""
        given = self._resolved(row.arguments)
        return all(given[name] == stored[name] for name in entity.key if name in given)

    # What comes of calls

    def _found(self, answer: Answer, row: Row, entity: Entity, caller: Caller) -> list[str]:
        if answer.refusal is not None:
            return [answer.refusal]
        value = answer.value
        match row.result:
            case "page":
                return [self._seen(one, entity) for one in value["page"]] or ["nothing"]
            case "count" | "offsetPage" | "unorderedOffsetPage" | "rank":
                return self._counted(value, row, entity)
            case "unorderedPage":
                seen = [self._seen(one, entity) for one in value["page"]]
            case "list":
                seen = [self._seen(one, entity) for one in value]
            case "document":
                seen = [] if value is None else [self._seen(value, entity)]
            case "created":
                found = self._created(value, entity, caller)
                self._remove(entity, value)
                return [found]
            case "updated":
                now = self._now(entity, self._whole(value, entity))
                seen = ["gone" if now is None else _shown("updated", value, now, entity)]
                self._put_back(row, entity)
            case _:
                seen = ["removed" if value["removed"] else "was not there"]
                if value["removed"]:
                    self._put_back(row, entity)
        return sorted(seen) or ["nothing"]

    def _counted(self, value: Any, row: Row, entity: Entity) -> list[str]:
        """What there is of a query whose documents are counted."""
        if row.result == "count":
            return [_in_all(value)]
        if row.result == "rank":
            return ["nothing" if value is None else "is there"]
        seen = [self._seen(one, entity) for one in value["page"]]
        found = seen if row.result == "offsetPage" else sorted(seen)
        return [*found, _in_all(value["total"])]

    def _whole(self, value: Mapping[str, Any], entity: Entity) -> Mapping[str, Any]:
        """With the ID and the key, which a user sees of each document."""
        return {name: value[name] for name in ("_id", *entity.key)}

    def _seen(self, value: Mapping[str, Any], entity: Entity) -> str:
        """The name of a document, and what is not seen of it."""
        for name, stored in self._stored.items():
            if stored["_id"] == value["_id"]:
                return _shown(name, value, stored, entity)
        return "another one"

    def _created(self, value: Mapping[str, Any], entity: Entity, caller: Caller) -> str:
        """Whether what was created is the caller's."""
        now = self._now(entity, value)
        if now is None:
            return "gone"
        for field, source in entity.filled.items():
            own = caller.tenant if source == "tenant" else caller.subject
            if now[field] != own:
                return f"created with {field} {now[field]}"
        return _shown("created", value, now, entity)


def _in_all(count: float) -> str:
    return f"{int(count)} in all"


def _shown(text: str, value: Mapping[str, Any], stored: Mapping[str, Any], entity: Entity) -> str:
    """A text with the fields that are stored and not seen."""
    hidden = [name for name in entity.restricted if name in stored and name not in value]
    if dict(value) != {name: one for name, one in stored.items() if name not in hidden}:
        return f"{text}, altered"
    return f"{text} without {', '.join(hidden)}" if hidden else text
