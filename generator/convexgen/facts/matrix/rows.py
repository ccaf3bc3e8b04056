"""The rows of the matrix of access: a call of a function, and what comes of it for whom."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from convexgen.facts.matrix.callers import KEY, OWNER, STRANGER, WRONG_KEY, Caller, allows
from convexgen.facts.matrix.documents import (
    Document,
    Documents,
    as_json,
    defaults_of,
    filled_by,
    names_of,
    variations_of,
)
from convexgen.model.access import AccessRules, Policy
from convexgen.model.arguments import query_arguments, search_arguments
from convexgen.model.entities import DOCUMENT_ID, Direction, Entity, Query
from convexgen.model.fields import EntityField
from convexgen.model.numbers import number_fields
from convexgen.model.user_functions import user_module
from convexgen.model.visible import (
    counted_apart,
    has_list,
    may_be_given,
    restricted_fields,
    visible_counts,
    visible_queries,
    visible_searches,
)
from convexgen.naming import camel_case

REFUSED = "refused"
"""No such function is there for who calls, or the key is wrong."""
NOTHING = "nothing"
RANKED = "is there"
_DENIED = "AccessDenied"
_PAGE = {"numItems": 1000, "cursor": None}
_LIMIT = 1000
_Compared: TypeAlias = tuple[dict[str, Any], dict[str, None]]
"""The values that a caller gives, and the fields that the identity fills."""


@dataclass(frozen=True, slots=True)
class Row:
    """A call."""

    function: str
    gives: str
    """What its result is: a document, a page or a list of them, one that is written, a removal."""
    arguments: Mapping[str, Any]
    outcomes: Mapping[tuple[str, ...], Sequence[str]]
    """The callers by what comes of it: the documents, or a word."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of the functions for users of an entity."""

    entity: Entity
    rules: AccessRules
    documents: Documents
    module: str
    """With the folders that lead to it."""

    def made(self) -> Iterator[Row]:
        """All of them. Raises `NoValueFound`."""
        entity, rules = self.entity, self.rules
        own = self.documents.of(entity)
        if rules.read:
            for document in own:
                yield self._row("getById", "document", self._key(document), self._read(document))
            if entity.has_key:
                for document in own:
                    arguments = {"id": {"$id": document.name}}
                    outcome = _to(self._seen, document)
                    yield self._row("getByDocId", "document", arguments, outcome)
        if has_list(entity):
            yield self._row("list", "page", {"paginationOpts": _PAGE}, self._list({}, {}, list))
        yield from self._queries(own)
        yield from self._counts(own)
        yield from self._searches(own)
        if rules.create:
            yield from self._creations()
        if rules.update and entity.changeable_fields:
            yield from self._updates(own)
        if rules.delete:
            yield from self._removals(own)

    def _row(
        self,
        function: str,
        gives: str,
        arguments: Mapping[str, Any],
        outcome: Callable[[Caller], str | tuple[str, ...]],
    ) -> Row:
        outcomes: dict[tuple[str, ...], list[str]] = {}
        # The key alone says of nobody that he is signed in.
        for caller in (*self.documents.callers, Caller(KEY)):
            given = outcome(caller)
            several = (given,) if isinstance(given, str) else given or (NOTHING,)
            outcomes.setdefault(several, []).append(caller.name)
        outcomes.setdefault((REFUSED,), []).append(WRONG_KEY)
        return Row(f"{self.module}:{function}", gives, arguments, outcomes)

    # What somebody may do

    def _may(self, policy: Policy, caller: Caller, row: Mapping[str, Any]) -> bool:
        return allows(policy, self.rules, caller, row)

    def _hidden(self, caller: Caller, row: Mapping[str, Any], names: Container[str]) -> list[str]:
        """Which of some fields of a document somebody does not see."""
        return [
            one.name
            for one in restricted_fields(self.entity)
            if one.name in names and not self._may(one.access or (), caller, row)
        ]

    def _shown(self, text: str, caller: Caller, row: Mapping[str, Any]) -> str:
        hidden = self._hidden(caller, row, names_of(self.entity, row))
        return f"{text} without {', '.join(hidden)}" if hidden else text

    def _seen(self, caller: Caller, document: Document) -> str:
        """A document, for somebody who reads it."""
        if not self._may(self.rules.read, caller, document.row):
            return NOTHING
        return self._shown(document.name, caller, document.row)

    # What calls name

    def _key(self, document: Document) -> dict[str, Any]:
        """The key of a document, without what the identity fills."""
        return {
            name: {"$id": document.name} if name == DOCUMENT_ID else self._value(document, name)
            for name in self.entity.key
            if name not in self.rules.filled
        }

    def _value(self, document: Document, name: str) -> Any:
        return as_json(self.entity, name, document.row[name])

    def _named(self, document: Document, caller: Caller) -> Document | None:
        """The one with that key, as far as somebody gives it, and of his own otherwise."""
        filled = filled_by(self.entity, caller)
        if not self.entity.has_key:
            return document
        key = {
            name: filled[name] if name in filled else document.row[name] for name in self.entity.key
        }
        return next(
            (one for one in self.documents.of(self.entity) if _has(one.row, key)),
            None,
        )

    def _lacks_key(self, caller: Caller) -> bool:
        """Whether the identity of somebody does not fill what the key has of it."""
        filled = filled_by(self.entity, caller)
        return any(filled[name] is None for name in self.entity.key if name in filled)

    # Reading

    def _read(self, document: Document) -> Callable[[Caller], str]:
        def outcome(caller: Caller) -> str:
            found = None if self._lacks_key(caller) else self._named(document, caller)
            return NOTHING if found is None else self._seen(caller, found)

        return outcome

    def _list(
        self,
        given: Mapping[str, Any],
        filled: Mapping[str, None],
        order: Callable[[list[Document]], Sequence[Document]] | None = None,
        *,
        is_search: bool = False,
        judged: Sequence[str] | None = None,
    ) -> Callable[[Caller], tuple[str, ...]]:
        """What is found for the values that a caller gives, and those that are filled."""

        def outcome(caller: Caller) -> tuple[str, ...]:
            own = filled_by(self.entity, caller)
            known = {**{name: own[name] for name in filled}, **given}
            if is_search:
                known = {name: value for name, value in known.items() if value is not None}
            elif any(known[name] is None for name in filled):
                return ()
            asked = known if judged is None else {name: known[name] for name in judged}
            if not self._may(self.rules.read, caller, asked):
                return ()
            found = [one for one in self.documents.of(self.entity) if _has(one.row, known)]
            if order is None:
                return tuple(sorted(self._seen(caller, one) for one in found))
            return tuple(self._seen(caller, one) for one in order(found))

        return outcome

    def _queries(self, own: Sequence[Document]) -> Iterator[Row]:
        for query in visible_queries(self.entity):
            names = query_arguments(query, self.entity)
            order = self._order(query, own)
            for given, filled in self._compared(query.equal, own):
                outcome = self._list(given, filled, order)
                yield self._row(
                    query.name,
                    "unorderedPage" if order is None else "page",
                    {**self._arguments(given, names), "paginationOpts": self._page(outcome)},
                    outcome,
                )

    def _counts(self, own: Sequence[Document]) -> Iterator[Row]:
        for query in visible_counts(self.entity):
            names = query_arguments(query, self.entity)
            order = self._order(query, own)
            apart = counted_apart(query, self.entity)
            for given, filled in self._compared(query.equal, own):
                found = self._list(given, filled, order, judged=apart)
                arguments = self._arguments(given, names)
                yield self._row(f"{query.name}Count", "count", arguments, _count_of(found))
                yield self._row(
                    f"{query.name}Page",
                    "unorderedOffsetPage" if order is None else "offsetPage",
                    {**arguments, "offset": 0, "limit": _LIMIT},
                    _with_count(found),
                )
                for document in own:
                    key = {"key": self._key(document)}
                    ranked = self._ranked(document, found)
                    yield self._row(f"{query.name}Rank", "rank", {**key, **arguments}, ranked)

    def _ranked(
        self, document: Document, found: Callable[[Caller], tuple[str, ...]]
    ) -> Callable[[Caller], str]:
        """Whether the one with a key is among those that are found."""

        def outcome(caller: Caller) -> str:
            named = None if self._lacks_key(caller) else self._named(document, caller)
            seen = NOTHING if named is None else self._seen(caller, named)
            return RANKED if seen != NOTHING and seen in found(caller) else NOTHING

        return outcome

    def _page(self, outcome: Callable[[Caller], tuple[str, ...]]) -> Mapping[str, Any]:
        """A page that has no room for the documents of others: who reads them to leave them out
        has less of his own.
        """
        most = max(len(outcome(caller)) for caller in (*self.documents.callers, Caller(KEY)))
        return {**_PAGE, "maximumRowsRead": max(most, 1)}

    def _order(
        self, query: Query, own: Sequence[Document]
    ) -> Callable[[list[Document]], Sequence[Document]] | None:
        """The order of an index, and of creation where that says none; None where it is unknown.

        What is read otherwise, and filtered, has another one.
        """
        index = next(one for one in self.entity.indexes if one.name == query.index)
        names = index.fields[len(query.equal) :]
        known = [name for name in names if any(name in one.row for one in own)]
        if any(name not in one.row for one in own for name in known):
            return None
        values = [one.row[name] for one in own for name in known]
        if not all(isinstance(one, str | int | float) for one in values):
            return None

        def order(found: list[Document]) -> Sequence[Document]:
            # What the backend sets is the same for all, or follows the creation.
            in_order = sorted(found, key=lambda one: [one.row[name] for name in known])
            return in_order if query.order is Direction.ASCENDING else in_order[::-1]

        return order

    def _searches(self, own: Sequence[Document]) -> Iterator[Row]:
        for index in visible_searches(self.entity):
            names = search_arguments(index, self.entity)
            words = {str(one.row.get(index.field, "")).partition(" ")[0] for one in own}
            # Made up text begins with the name of its field, unless a pattern says otherwise.
            word = words.pop() if len(words) == 1 else None
            whole: _Compared = ({}, _filled(self.rules, index.filters))
            for given, filled in _unlike([whole, *self._compared(index.filters, own)]):
                yield self._row(
                    index.function,
                    "list",
                    {
                        **self._arguments(given, names),
                        "search": word or "nothingHasThis",
                        "limit": _LIMIT,
                    },
                    self._list(given, filled, is_search=True)
                    if word is not None
                    else lambda _: NOTHING,
                )

    def _compared(self, names: Sequence[str], own: Sequence[Document]) -> list[_Compared]:
        """The values that a caller gives for some fields, with those that are filled.

        They are those of the documents. Of fields that may be given and are filled otherwise, it is
        with and without them.
        """
        filled = _filled(self.rules, names)
        # No document is found by what the backend alone knows, or by what it has not.
        own = [one for one in own if all(name in one.row for name in names)]
        cases: list[_Compared] = []
        mine = [name for name in filled if may_be_given(name, names, self.rules)]
        for one in own:
            given = {name: one.row[name] for name in names if name not in filled}
            cases.append((given, filled))
        for one in own:
            if mine and STRANGER in one.name.split():
                given = {
                    name: one.row[name] for name in names if name not in filled or name in mine
                }
                rest = {name: None for name in filled if name not in mine}
                cases.append((given, rest))
        if not cases:
            asked = [name for name in names if name not in filled]
            cases.append((self.documents.another(self.entity, asked), filled))
        return _unlike(cases)

    def _arguments(self, given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        return {names[name]: as_json(self.entity, name, value) for name, value in given.items()}

    # Writing

    def _creations(self) -> Iterator[Row]:
        restricted = [one for one in restricted_fields(self.entity) if not one.is_read_only]
        named: set[str] = set()
        for _, values in variations_of(self.entity, self.documents.system):
            row = self.documents.given(self.entity, values)
            plain = {
                name: value
                for name, value in row.items()
                if name not in self.rules.filled and name not in {one.name for one in restricted}
            }
            yield self._creation(plain)
            for one in restricted:
                if one.name in row and one.name not in named:
                    named.add(one.name)
                    yield self._creation({**plain, one.name: row[one.name]})

    def _creation(self, row: Mapping[str, Any]) -> Row:
        def outcome(caller: Caller) -> str:
            filled = filled_by(self.entity, caller)
            given = {**row, **filled}
            whole = {
                **defaults_of(self.entity, given),
                **self.documents.with_derived(self.entity, given),
            }
            if None in filled.values() or not self._may(self.rules.create, caller, whole):
                return _DENIED
            if self._hidden(caller, whole, row):
                return _DENIED
            members = self.documents.system.identity.members
            known = None if members is None else (members.entity, members.field)
            if known in [(self.entity.name, name) for name in filled]:
                # Each user is a member already.
                return "AlreadyExists"
            return self._shown("created", caller, whole)

        argument = camel_case(self.entity.name)
        written = {name: as_json(self.entity, name, value) for name, value in row.items()}
        return self._row("create", "created", {argument: written}, outcome)

    def _updates(self, own: Sequence[Document]) -> Iterator[Row]:
        entity = self.entity
        counted = {one.name for one in number_fields(entity)}
        changeable = {one.name for one in entity.changeable_fields}
        for document in own:
            key = self._key(document)
            yield self._update(document, {**key, "set": {}}, None)
            for one in self._named_fields(document):
                value = self._value(document, one.name)
                changes: list[dict[str, Any]] = [{"set": {}, "expected": {one.name: value}}]
                if one.name in changeable:
                    changes.append({"set": {one.name: value}})
                    if one.optional:
                        changes.append({"set": {}, "unset": [one.name]})
                    if one.name in counted:
                        changes.append({"set": {}, "increment": {one.name: _zero(value)}})
                for change in changes:
                    yield self._update(document, {**key, **change}, one)

    def _named_fields(self, document: Document) -> Iterator[EntityField]:
        """The restricted fields that calls name: of documents of somebody without a role, and with.

        Those of others would tell the same again.
        """
        tenants = [one.tenant for one in self.documents.callers if one.name == OWNER]
        with_role = [
            one.name for one in self.documents.callers if one.roles and one.tenant in tenants
        ]
        whose = document.name.removeprefix(f"{self.entity.name} of ").partition(" with ")[0]
        if whose not in (OWNER, *with_role):
            return
        yield from (one for one in restricted_fields(self.entity) if one.name in document.row)

    def _update(
        self, document: Document, arguments: Mapping[str, Any], named: EntityField | None
    ) -> Row:
        def outcome(caller: Caller) -> str:
            if self._lacks_key(caller):
                return _DENIED
            found = self._named(document, caller)
            if found is None or not self._may(self.rules.read, caller, found.row):
                return "NotFound"
            if not self._may(self.rules.update, caller, found.row):
                return _DENIED
            if named is not None and self._hidden(caller, found.row, {named.name}):
                return _DENIED
            row = {
                name: one
                for name, one in found.row.items()
                if name not in arguments.get("unset", ())
            }
            return self._shown("updated", caller, self.documents.with_derived(self.entity, row))

        return self._row("update", "updated", arguments, outcome)

    def _removals(self, own: Sequence[Document]) -> Iterator[Row]:
        for document in own:
            key = self._key(document)
            yield self._removal(document, key, None)
            for one in self._named_fields(document):
                if self.entity.changeable_fields:
                    expected = {one.name: self._value(document, one.name)}
                    yield self._removal(document, {**key, "expected": expected}, one)

    def _removal(
        self, document: Document, arguments: Mapping[str, Any], named: EntityField | None
    ) -> Row:
        def outcome(caller: Caller) -> str:
            if self._lacks_key(caller):
                return _DENIED
            found = self._named(document, caller)
            if found is None or not self._may(self.rules.read, caller, found.row):
                return "was not there"
            if not self._may(self.rules.delete, caller, found.row):
                return _DENIED
            if named is not None and self._hidden(caller, found.row, {named.name}):
                return _DENIED
            return "removed"

        return self._row("remove", "removal", arguments, outcome)


def rows_of(entity: Entity, documents: Documents) -> tuple[Row, ...]:
    """The rows of the functions for users of an entity. Raises `NoValueFound`."""
    assert entity.rules is not None
    module = "/".join((*documents.system.convex.path, user_module(entity)))
    return tuple(Rows(entity, entity.rules, documents, module).made())


def _count_of(found: Callable[[Caller], tuple[str, ...]]) -> Callable[[Caller], str]:
    return lambda caller: f"{len(found(caller))} in all"


def _with_count(
    found: Callable[[Caller], tuple[str, ...]],
) -> Callable[[Caller], tuple[str, ...]]:
    return lambda caller: (*found(caller), f"{len(found(caller))} in all")


def _to(outcome: Callable[[Caller, Document], str], document: Document) -> Callable[[Caller], str]:
    return lambda caller: outcome(caller, document)


def _has(row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(name in row and row[name] == value for name, value in values.items())


def _filled(rules: AccessRules, names: Sequence[str]) -> dict[str, None]:
    """The fields of some names that the identity fills."""
    return {name: None for name in names if name in rules.filled}


def _unlike(
    cases: Sequence[_Compared],
) -> list[_Compared]:
    """Each once."""
    found: list[_Compared] = []
    for one in cases:
        if one not in found:
            found.append(one)
    return found


def _zero(value: Any) -> Any:
    """What is added to a number so that it stays: an int64 is an object."""
    return {"$integer": "AAAAAAAAAAA="} if isinstance(value, dict) else 0
