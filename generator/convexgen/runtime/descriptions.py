"""What a store knows of its entity: the calls of the functions that every entity has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from .bulk import Loading
from .calls import (
    BULK_REMOVAL,
    CLEARING,
    COUNTING,
    DOCUMENTS_PER_CALL,
    NOTHING,
    REMOVAL,
    BulkRemoval,
    Call,
    Clearing,
    Counting,
    Decoder,
    Encoder,
    OffsetPage,
    Order,
    Page,
    PagedCall,
    Progress,
    Removal,
    Scored,
)
from .comparisons import Compared, Encode, Equal, encoded
from .copied_keys import PrefixedKey, RandomKey
from .entities import Entity, Variants
from .entries import Entries, changed_record, split_changes
from .errors import InvalidArgument
from .foreign_values import type_name
from .increments import (
    Increment,
    NumberField,
    has_increments,
    increments_in,
    without_increments,
)
from .number_values import Integer, doubles, encode_number, whole_number
from .sentinels import MISSING, UNSET
from .several import items_of, tuple_of
from .unknown_values import UnknownVariant
from .updates import Update, WhereMissing, fields_of
from .vectors import require_searchable
from .windows import Around, Window, WindowedPage, Windows, require_few

E = TypeVar("E", bound=Entity)
K = TypeVar("K")
T = TypeVar("T")

_IN_CONSONANT_AND_Y = re.compile(r"[^aeiou]y$")
_HISSES = ("s", "x", "z", "ch", "sh")

# Of types that are values here, which type checkers know nothing of.
_list: Any = list
_page: Any = Page
_offset_page: Any = OffsetPage
_scored: Any = Scored
_window: Any = Window
_windowed_page: Any = WindowedPage


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """A function over an index, with what it compares."""

    method: str
    """What stores call it."""
    function: str
    """What the functions call it."""
    compared: tuple[Compared, ...] = ()
    sensitive: bool = False
    """Whether errors and logs leave out what is searched."""

    def arguments(self, values: Sequence[object]) -> dict[str, Any]:
        """The arguments for the fields compared. Raises `InvalidArgument`."""
        found: dict[str, Any] = {}
        for one, value in zip(self.compared, values, strict=True):
            try:
                found[one.wire] = one.to_wire(value)
            except InvalidArgument as error:
                raise InvalidArgument(f"`{one.name}`: {error.reason}") from error
        return found

    def equal(self, values: Sequence[object]) -> list[str]:
        """The fields that have exactly one value, in words, with these."""
        return [
            f"{one.words} {value!r}"
            for one, value in zip(self.compared, values, strict=True)
            if isinstance(one, Equal) and not one.sensitive
        ]


LIST = IndexDescription("list", "list")
"""All, in the order of creation."""


_COUNT: Decoder[int] = Decoder(Integer)
_RANK: Decoder[int | None] = Decoder(Integer | None)


@dataclass(frozen=True)
class Counts(Generic[T, K]):
    """The calls over the counts of a query."""

    count: Call[int]
    page: Callable[[int, int], Call[OffsetPage[T]]]
    """For an offset and a limit."""
    rank: Callable[[K], Call[int | None]]


@dataclass(frozen=True)
class EntityDescription(Generic[E, K]):
    """An entity, whose key is of type `K`: a value, or a tuple of several."""

    type: Any
    """The class, or the union of the classes of the variants."""
    _: KW_ONLY
    module: str
    """That of the functions."""
    argument: str
    """What the functions call an entity."""
    words: str
    """The name in words."""
    key: tuple[Equal, ...]
    variants: Variants | None = None
    entries: tuple[Entries, ...] = ()
    """The records whose entries are documents of their own."""
    numbers: tuple[NumberField, ...] = ()
    """The fields that an update may add to."""
    fixed: tuple[str, ...] = ()
    """Those that a new one may be given, and that no update changes."""
    documents_per_call: int = DOCUMENTS_PER_CALL
    """How many one call of `saveMany` takes."""
    is_updatable: bool = True
    """Whether there are more fields than those of the key."""
    has_key: bool = True
    """Whether fields tell entities apart; the key is the document ID where they do not."""

    @cached_property
    def several(self) -> str:
        """The name in words, of several."""
        if _IN_CONSONANT_AND_Y.search(self.words):
            return f"{self.words[:-1]}ies"
        return f"{self.words}{'es' if self.words.endswith(_HISSES) else 's'}"

    @property
    def _fields(self) -> Any:
        """What encodes some of its fields."""
        return self.variants or self.type

    # Decoders are made when they are first used: importing a package of many entities makes none.

    @cached_property
    def _one(self) -> Decoder[E]:
        return Decoder(self.type)

    @cached_property
    def _encoder(self) -> Encoder[Any]:
        return Encoder(self.type)

    @cached_property
    def _one_or_none(self) -> Decoder[E | None]:
        return Decoder(self.type | None)

    @cached_property
    def _many_or_none(self) -> Decoder[list[E | None]]:
        return Decoder(_list[self.type | None])

    @cached_property
    def _many(self) -> Decoder[list[E]]:
        return Decoder(_list[self.type])

    @cached_property
    def _paged(self) -> Decoder[Page[E]]:
        return Decoder(_page[self.type])

    @cached_property
    def _from_offset(self) -> Decoder[OffsetPage[E]]:
        return Decoder(_offset_page[self.type])

    @cached_property
    def _windows(self) -> Decoder[list[Window[E] | None]]:
        return Decoder(_list[_window[self.type] | None])

    @cached_property
    def _from_offset_with_windows(self) -> Decoder[WindowedPage[E]]:
        return Decoder(_windowed_page[self.type])

    @cached_property
    def _many_scored(self) -> Decoder[list[Scored[E]]]:
        return Decoder(_list[_scored[self.type]])

    def encode(self, entity: E) -> dict[str, Any]:
        """The encoded entity. Raises `InvalidArgument` for anything else."""
        variants = self.variants
        classes = (self.type,) if variants is None else (*variants.classes, UnknownVariant)
        if not isinstance(entity, classes):
            name = self.type.__name__ if variants is None else variants.name
            raise InvalidArgument(f"expected the entity {name}, found {type_name(entity)}")
        return entity.to_wire()

    def path(self, function: str) -> str:
        """The function as Convex knows it."""
        return f"{self.module}:{function}"

    def keys_to_wire(self, keys: Iterable[K]) -> Iterable[dict[str, Any]]:
        """The keys as the functions take them. Raises `InvalidArgument` where they are none."""
        return map(self.key_to_wire, items_of(keys))

    def _values(self, key: K) -> tuple[Any, ...]:
        size = len(self.key)
        values: Any = key if size == 1 else tuple_of(key, size)
        return (values,) if size == 1 else tuple(values)

    def key_to_wire(self, key: K) -> dict[str, Any]:
        """The key as the functions take it. Raises `InvalidArgument` where it is none."""
        found: dict[str, Any] = {}
        for one, value in zip(self.key, self._values(key), strict=True):
            found[one.wire] = _always_there(one.name, value, one.encode)
        return found

    def _by_key(self, verb: str, preposition: str, values: Iterable[object]) -> str:
        """What a call of one entity does: `get thread by ID 't1'`."""
        is_own = not self.has_key or (
            len(self.key) == 1 and self.key[0].wire == f"{self.argument}Id"
        )
        told = (
            f"{'ID' if is_own else one.words} {value!r}"
            for one, value in zip(self.key, values, strict=True)
        )
        return f"{verb} {self.words} {preposition} {' and '.join(told)}"

    def shown(
        self, index: IndexDescription, *values: object, search: str | None = None, **others: object
    ) -> str:
        """A query as somebody reads it: `threads.by_resource_id(resource_id='u')`."""
        given: dict[str, object] = {} if search is None or index.sensitive else {"search": search}
        pairs = zip(index.compared, values, strict=True)
        given |= {
            one.name: value for one, value in pairs if value is not MISSING and not one.sensitive
        }
        given |= {name: value for name, value in others.items() if value is not None}
        told = (f"{name}={value!r}" for name, value in given.items())
        return f"{self.module.rpartition('/')[2]}.{index.method}({', '.join(told)})"

    def by_key(self, function: str, key: K, decoder: Decoder[T], verb: str) -> Call[T]:
        """The call of a query that takes a key; the `verb` says what it does."""
        operation = self._by_key(verb, "by", self._values(key))
        return Call.query(self.path(function), self.key_to_wire(key), decoder, operation)

    def get(self, key: K) -> Call[E | None]:
        """The call of `getById`."""
        return self.by_key("getById", key, self._one_or_none, "get")

    def get_by_doc_id(self, doc_id: str) -> Call[E | None]:
        """The call of `getByDocId`."""
        arguments = {"id": _always_there("doc_id", doc_id, None)}
        operation = f"get {self.words} by document ID {doc_id!r}"
        return Call.query(self.path("getByDocId"), arguments, self._one_or_none, operation)

    def get_by(self, index: IndexDescription, *values: object) -> Call[E | None]:
        """The call of the function for the one that has some values."""
        equal = index.equal(values)
        by = f" by {' and '.join(equal)}" if equal else ""
        for one, value in zip(index.compared, values, strict=True):
            if value is UNSET and one.optional:
                raise InvalidArgument(f"`{one.name}` is UNSET, and many may be without it")
            if value is None and one.nullable:
                raise InvalidArgument(f"`{one.name}` is None, and many may have that")
        arguments = index.arguments(values)
        operation = f"get {self.words}{by}"
        return Call.query(self.path(index.function), arguments, self._one_or_none, operation)

    def get_many(self, keys: list[dict[str, Any]]) -> Call[list[E | None]]:
        """The call of `getByIds` for encoded keys."""
        operation = f"get {self.several}"
        return Call.query(self.path("getByIds"), {"keys": keys}, self._many_or_none, operation)

    def query(self, index: IndexDescription, order: Order | None, *values: object) -> PagedCall[E]:
        """The call of the function over an index."""
        _require_either("order", order, "asc", "desc", None)
        equal = index.equal(values)
        by = f" by {' and '.join(equal)}" if equal else ""
        return PagedCall(
            self.path(index.function),
            {**index.arguments(values), "order": order},
            self._paged,
            f"list {self.several}{by}",
            self._changes_to_wire if self.is_updatable else None,
            self._copied_key_to_wire if self.has_key else None,
            tuple(one.wire for one in self.key),
        )

    def _copied_key_to_wire(self, given: Mapping[str, object]) -> dict[str, Any]:
        """What the keys of copies have, by wire name. Raises `InvalidArgument`."""
        fields = {one.name: one for one in self.key}
        found: dict[str, Any] = {}
        for name, value in fields_of(given, "key").items():
            if name not in fields:
                raise InvalidArgument(f"`{name}` is not of the key: {', '.join(fields)}")
            one = fields[name]
            if isinstance(value, PrefixedKey | RandomKey):
                found[one.wire] = value.to_wire()
                continue
            if value is None or value is MISSING or value is UNSET:
                raise InvalidArgument(f"`{name}` is {value!r}, and it is always there")
            try:
                found[one.wire] = encoded(value, one.encode)
            except InvalidArgument as error:
                raise InvalidArgument(f"`{name}`: {error.reason}") from error
        if not found:
            raise InvalidArgument(f"`key` says nothing of the keys of copies: {', '.join(fields)}")
        return found

    def counts(self, index: IndexDescription, order: Order | None, *values: object) -> Counts[E, K]:
        """The calls of the functions over the counts of an index."""
        compared = index.arguments(values)
        ordered = {**compared, "order": MISSING if order is None else order}
        path = self.path(index.function)
        equal = index.equal(values)
        by = f" by {' and '.join(equal)}" if equal else ""

        def page(offset: int, limit: int) -> Call[OffsetPage[E]]:
            arguments = {
                **ordered,
                "offset": whole_number("offset", offset),
                "limit": whole_number("limit", limit),
            }
            operation = f"list {self.several}{by}"
            return Call.query(f"{path}Page", arguments, self._from_offset, operation)

        def rank(key: K) -> Call[int | None]:
            operation = self._by_key("rank", "by", self._values(key))
            return Call.query(
                f"{path}Rank", {**ordered, "key": self.key_to_wire(key)}, _RANK, operation
            )

        return Counts(
            Call.query(f"{path}Count", compared, _COUNT, f"count {self.several}{by}"), page, rank
        )

    def windows(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> Windows[E, K]:
        """The calls of the functions over windows around entities."""
        compared = index.arguments(values)
        required = {
            one.wire: compared[one.wire] for one in index.compared if isinstance(one, Equal)
        }
        ordered = MISSING if order is None else order
        path = self.path(index.function)

        def encoded(around: Sequence[Around[K]]) -> list[dict[str, Any]]:
            require_few(around)
            return [
                {"key": self.key_to_wire(one.key), "before": one.before, "after": one.after}
                for one in around
            ]

        def windows(around: Sequence[Around[K]]) -> Call[list[Window[E] | None]]:
            arguments = {**required, "order": ordered, "around": encoded(around)}
            operation = f"list windows of {self.several}"
            return Call.query(f"{path}Around", arguments, self._windows, operation)

        def page(offset: int, limit: int, around: Sequence[Around[K]]) -> Call[WindowedPage[E]]:
            arguments = {
                **compared,
                "order": ordered,
                "offset": whole_number("offset", offset),
                "limit": whole_number("limit", limit),
                "around": encoded(around),
            }
            operation = f"list {self.several}"
            return Call.query(f"{path}Page", arguments, self._from_offset_with_windows, operation)

        return Windows(windows, page)

    def count_from(
        self, index: IndexDescription, *values: object
    ) -> Callable[[str | None], Call[Counting]]:
        """The calls of the count of what meets conditions, from a cursor on."""
        compared = index.arguments(values)
        equal = index.equal(values)
        by = f" by {' and '.join(equal)}" if equal else ""

        def call(cursor: str | None) -> Call[Counting]:
            return Call.query(
                f"{self.path(index.function)}Count",
                {**compared, "cursor": MISSING if cursor is None else cursor},
                COUNTING,
                f"count {self.several}{by}",
            )

        return call

    def search(
        self, index: IndexDescription, search: str, limit: int, *values: object
    ) -> Call[list[E]]:
        """The call of the function over an index of words."""
        return Call.query(
            self.path(index.function),
            {
                "search": _always_there("search", search, None),
                **index.arguments(values),
                "limit": whole_number("limit", limit),
            },
            self._many,
            f"search {self.several}",
        )

    def nearest(
        self, index: IndexDescription, vector: Sequence[float], limit: int, *values: object
    ) -> Call[list[Scored[E]]]:
        """The call of the function over an index of vectors."""
        return Call.action(
            self.path(index.function),
            {
                "vector": _vector_to_wire(vector),
                **index.arguments(values),
                "limit": whole_number("limit", limit),
            },
            self._many_scored,
            f"search {self.several} by vector",
            idempotent=True,
            only_reads=True,
        )

    def create(self, entity: E) -> Call[E]:
        """The call of `create`."""
        return self._write("create", entity, None)

    def save(self, entity: E, expected: Mapping[str, object] | None = None) -> Call[E]:
        """The call of `save`."""
        return self._write("save", entity, expected)

    def _write(self, verb: str, entity: E, expected: Mapping[str, object] | None) -> Call[E]:
        return Call.mutation(
            self.path(verb),
            {self.argument: self.encode(entity), **self._fields.expected_to_wire(expected)},
            self._one,
            self._by_key(verb, "with", (getattr(entity, one.name) for one in self.key))
            if self.has_key
            else f"{verb} {self.words}",
            # Without a key, a second run would insert another one.
            idempotent=self.has_key and expected is None,
        )

    def create_many(self, documents: list[dict[str, Any]]) -> Call[None]:
        """The call of `createMany` for encoded entities."""
        return self._write_many("create", documents, idempotent=False)

    def replace(self, key: K, entity: E, expected: Mapping[str, object] | None = None) -> Call[E]:
        """The call of `replace`."""
        return Call.mutation(
            self.path("replace"),
            {
                **self.key_to_wire(key),
                self.argument: self.encode(entity),
                **self._fields.expected_to_wire(expected),
            },
            self._one,
            self._by_key("replace", "by", self._values(key)),
            idempotent=expected is None,
        )

    def loading(self, progress: Progress | None, concurrency: int) -> Loading:
        """How many entities are saved."""
        key = [one.wire for one in self.key]
        return Loading(key, self.documents_per_call, progress, concurrency)

    def save_many(self, documents: list[dict[str, Any]]) -> Call[None]:
        """The call of `saveMany` for encoded entities."""
        return self._write_many("save", documents, idempotent=True)

    def _write_many(
        self, verb: str, documents: list[dict[str, Any]], *, idempotent: bool
    ) -> Call[None]:
        return Call.mutation(
            self.path(f"{verb}Many"),
            {f"{self.argument}s": documents},
            NOTHING,
            f"{verb} {self.several}",
            idempotent=idempotent,
        )

    def update(
        self, key: K, changes: Mapping[str, object], expected: Mapping[str, object] | None
    ) -> Call[E]:
        """The call of `update`."""
        return Call.mutation(
            self.path("update"),
            self._change(key, changes, expected),
            self._one,
            self._by_key("update", "by", self._values(key)),
            idempotent=expected is None and not has_increments(changes),
        )

    def update_entries(self, key: K, changes: Mapping[str, object]) -> Call[None]:
        """The call of `updateEntries`."""
        records = [one.name for one in self.entries]
        for name in changes:
            if name not in records:
                raise InvalidArgument(
                    f"`{name}` has no entries of its own; those that have: {', '.join(records)}"
                )
        split = split_changes(changes, self.entries)
        arguments = {
            **self.key_to_wire(key),
            "set": self._fields.changes_to_wire(split.kept)["set"],
        }
        if split.removed:
            arguments["unset"] = split.removed
        return Call.mutation(
            self.path("updateEntries"),
            arguments,
            NOTHING,
            self._by_key("update entries of", "by", self._values(key)),
            idempotent=True,
        )

    def _change(
        self, key: K, changes: Mapping[str, object], expected: Mapping[str, object] | None
    ) -> dict[str, Any]:
        return {
            **self.key_to_wire(key),
            **self._changes_to_wire(changes),
            **self._fields.expected_to_wire(expected),
        }

    def _changes_to_wire(self, changes: Mapping[str, object]) -> dict[str, Any]:
        """The arguments that say what an update changes. Raises `InvalidArgument`."""
        self._require_changeable(changes)
        increments = increments_in(changes, self.numbers)
        split = split_changes(without_increments(changes), self.entries)
        arguments: dict[str, Any] = self._fields.changes_to_wire(split.kept)
        if split.removed:
            arguments["unsetEntries"] = split.removed
        if increments:
            arguments["increment"] = {
                field.wire: field.encode(field.amount(one)) for field, one in increments.items()
            }
        return arguments

    def _require_changeable(self, names: Iterable[str]) -> None:
        key = [one.name for one in self.key if self.has_key]
        for name in names:
            if name in key or name in self.fixed:
                owner = self.type.__name__ if self.variants is None else self.variants.name
                kind = (
                    "a field of the key"
                    if name in key
                    else f"set by `create` and `{'save' if self.has_key else 'replace'}`"
                )
                raise InvalidArgument(f"{owner}.{name} is {kind}: no update changes it")

    def upsert(
        self, key: K, changes: Mapping[str, object], create: Mapping[str, object]
    ) -> Call[E]:
        """The call of `upsert`."""
        changes, create = fields_of(changes, "set"), fields_of(create, "create")
        return Call.mutation(
            self.path("upsert"),
            {"create": self._new(key, changes, create), **self._changes_to_wire(changes)},
            self._one,
            self._by_key("upsert", "by", self._values(key)),
            idempotent=not has_increments(changes),
        )

    def _new(self, key: K, changes: Mapping[str, object], create: Mapping[str, object]) -> Any:
        """The encoded entity that an upsert makes where there is none."""
        values: dict[str, object] = {
            one.name: value for one, value in zip(self.key, self._values(key), strict=True)
        }
        for given, argument in ((changes, "set"), (create, "create")):
            for name in given:
                if name in values:
                    raise InvalidArgument(f"`{name}` is of the key: leave it out of `{argument}`")
        for name, value in create.items():
            if value is UNSET or isinstance(value, Increment):
                found = "UNSET" if value is UNSET else "an Increment"
                raise InvalidArgument(f"`{name}` of `create` is {found}, which is for `set`")
        values |= create
        records = [one.name for one in self.entries]
        for name, value in without_increments(changes).items():
            if value is UNSET:
                values.pop(name, None)
            else:
                values[name] = changed_record(values.get(name), value) if name in records else value
        for field, one in increments_in(changes, self.numbers).items():
            values[field.name] = field.sum(values.get(field.name), one)
        try:
            return self._encoder.to_wire(values)
        except InvalidArgument as error:
            raise InvalidArgument(
                f"`create` and `set` make no new {self.words}: {error.reason}"
            ) from error

    def update_many(
        self, updates: Sequence[Update[K, Any, Any]], missing: WhereMissing
    ) -> Call[list[E | None]]:
        """The call of `updateMany`. Raises `InvalidArgument`, with the index."""
        _require_either("missing", missing, "skip", "error")
        given = list(items_of(updates))
        encoded: list[dict[str, Any]] = []
        for index, one in enumerate(given):
            kind: type[object] = one.__class__
            try:
                if kind is not Update:
                    raise InvalidArgument(f"expected an Update, found {type_name(one)}")
                encoded.append(self._change(one.key, one.changes, one.expected))
            except InvalidArgument as error:
                raise InvalidArgument(f"[{index}]: {error.reason}") from error
        return Call.mutation(
            self.path("updateMany"),
            {"updates": encoded, "missing": missing},
            self._many_or_none,
            f"update {self.several}",
            idempotent=all(
                one.expected is None and not has_increments(one.changes) for one in given
            ),
        )

    # What deletes is run once: a second run would not find what the first one has deleted.

    def remove(self, key: K, expected: Mapping[str, object] | None = None) -> Call[Removal]:
        """The call of `remove`."""
        return Call.mutation(
            self.path("remove"),
            {**self.key_to_wire(key), **self._fields.expected_to_wire(expected)},
            REMOVAL,
            self._by_key("delete", "by", self._values(key)),
            idempotent=False,
        )

    def remove_encoded(self, key: dict[str, Any]) -> Call[Removal]:
        """The call of `remove` for an encoded key."""
        return Call.mutation(
            self.path("remove"), key, REMOVAL, f"delete {self.several}", idempotent=False
        )

    def expect(self, key: K, expected: Mapping[str, object] | None) -> Call[None]:
        """The condition of an atomic block that one is there, and as expected."""
        arguments = {**self.key_to_wire(key), **self._fields.expected_to_wire(expected)}
        return self._condition("expect", key, arguments, "check")

    def expect_absent(self, key: K) -> Call[None]:
        """The condition of an atomic block that none is there."""
        return self._condition("expectAbsent", key, self.key_to_wire(key), "check the absence of")

    def _condition(
        self, function: str, key: K, arguments: Mapping[str, Any], verb: str
    ) -> Call[None]:
        operation = self._by_key(verb, "by", self._values(key))
        return Call.mutation(self.path(function), arguments, NOTHING, operation, idempotent=False)

    def remove_many(self, keys: list[dict[str, Any]]) -> Call[BulkRemoval]:
        """The call of `removeMany` for encoded keys."""
        return Call.mutation(
            self.path("removeMany"),
            {"keys": keys},
            BULK_REMOVAL,
            f"delete {self.several}",
            idempotent=False,
        )

    def clear(self) -> Call[Clearing]:
        """The call of `clear`."""
        operation = f"clear {self.several}"
        return Call.mutation(self.path("clear"), {}, CLEARING, operation, idempotent=False)


def _always_there(name: str, value: object, encode: Encode) -> Any:
    """The encoded value of what is never absent or null. Raises `InvalidArgument`."""
    if value is None or value is MISSING or value is UNSET:
        raise InvalidArgument(f"`{name}` is {value!r}, which finds nothing: it is always there")
    try:
        return encoded(value, encode)
    except InvalidArgument as error:
        raise InvalidArgument(f"`{name}`: {error.reason}") from error


def _vector_to_wire(vector: Iterable[float]) -> list[Any]:
    try:
        numbers = doubles(items_of(vector))
        require_searchable(numbers)
    except InvalidArgument as error:
        raise InvalidArgument(f"`vector`: {error.reason}") from error
    except ValueError as error:
        raise InvalidArgument(f"`vector`: {error}") from error
    return [encode_number(one) for one in numbers]


def _require_either(name: str, value: object, one: str, other: str, *more: None) -> None:
    """Raise `InvalidArgument` where an argument is neither of two texts."""
    if value not in (one, other, *more):
        raise InvalidArgument(f"`{name}` is {value!r}, which is neither {one!r} nor {other!r}")
