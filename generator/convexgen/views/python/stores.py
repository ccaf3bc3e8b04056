"""The stores of an entity: the same methods for threads and for asyncio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.model.entities import Direction, Query, SearchIndex, VectorIndex
from convexgen.naming import python_attribute, python_method, query_method
from convexgen.views.layout import Document, join
from convexgen.views.python.calls import EntityCalls, Parameter
from convexgen.views.python.source import call, definition, docstring, statement

_ORDER = "order: Order | None = None"
_CURSOR = "cursor: str | None = None"
_LIMIT = "limit: int = 100"
_PAGE_SIZE = "page_size: int = 100"
_PROGRESS = "progress: Progress | None = None"


@dataclass(frozen=True, slots=True)
class MethodView:
    """A method of a store."""

    definition: str
    docstring: str
    body: str


@dataclass(frozen=True, slots=True)
class StoreView:
    """A store, for threads or for asyncio."""

    name: str
    base: str
    docstring: str
    methods: tuple[MethodView, ...]


def view_store(calls: EntityCalls, *, is_async: bool) -> StoreView:
    """The view of a store; what it needs is added to the imports of the calls."""
    prefix = "Async" if is_async else ""
    calls.imports.add("._runtime", f"{prefix}Store")
    where = " from asyncio" if is_async else ""
    return StoreView(
        f"{prefix}{calls.entity.name}Store",
        calls.imports.called(f"{prefix}Store"),
        docstring(f"Reads and writes `{calls.entity.table}`{where}.", 1),
        _Methods(calls, is_async).all(),
    )


class _Methods:
    """Builds the methods of a store."""

    def __init__(self, calls: EntityCalls, is_async: bool) -> None:
        self._calls = calls
        self._entity = calls.entity.name
        self._is_async = is_async
        subscription = "AsyncSubscription" if is_async else "Subscription"
        iterator = "AsyncIterator" if is_async else "Iterator"
        self._keys = [key.declared for key in calls.keys]
        self._key_names: list[Document] = [key.name for key in calls.keys]
        calls.imports.add("collections.abc", "Iterable", iterator)
        calls.imports.add("._runtime", subscription, "Order", "Page", "Progress")
        calls.imports.add("._runtime", "items_of")
        if len(calls.keys) > 1:
            calls.imports.add("._runtime", "tuples_of")
        called = calls.imports.called
        self._subscription, self._iterator = called(subscription), called(iterator)
        self._iterable, self._page_class = called("Iterable"), called("Page")
        self._order, self._progress = called(_ORDER), called(_PROGRESS)
        self._items_of = called("items_of")

    def all(self) -> tuple[MethodView, ...]:
        """The methods; `list` comes last, since it hides the type of that name."""
        return (
            self._get(),
            self._get_many(),
            self._watch_one(),
            *(method for query in self._calls.entity.queries for method in self._query(query)),
            *(one for index in self._calls.entity.search_indexes for one in self._search(index)),
            *(self._nearest(index) for index in self._calls.entity.vector_indexes),
            *self._saves(),
            *([self._update()] if self._calls.entity.changeable_fields else []),
            *self._deletions(),
            *self._lists(),
        )

    def _get(self) -> MethodView:
        return self._calling(
            "get",
            self._keys,
            f"{self._entity} | None",
            f"The {self._calls.words} with this key, or None.",
            "run",
            call("_get", self._key_names),
        )

    def _get_many(self) -> MethodView:
        return self._calling(
            "get_many",
            [self._keys_parameter()],
            f"list[{self._entity} | None]",
            "In the order of the keys, with None for those that are not there.",
            "run_chunked",
            "_get_many",
            self._encoded_keys(),
        )

    def _watch_one(self) -> MethodView:
        return self._watching(
            "watch",
            self._keys,
            f"{self._entity} | None",
            f"The {self._calls.words} with this key, now and whenever it changes.",
            "watch",
            call("_get", self._key_names),
        )

    def _query(self, query: Query) -> list[MethodView]:
        name = query_method(query.name)
        parameters = self._calls.query_parameters(query)
        required = [one.declared for one in parameters if not one.default]
        optional = [one.declared for one in parameters if one.default]
        built = call(f"_{name}", [*(one.name for one in parameters), "order"])
        return [
            self._iterating(
                name,
                [*required, "*", *optional, self._order, _PAGE_SIZE],
                query.description or _description(query, parameters),
                "iterate",
                built,
                "page_size",
            ),
            self._calling(
                f"page_{name}",
                [*required, "*", *optional, _CURSOR, _LIMIT, self._order],
                f"{self._page_class}[{self._entity}]",
                f"A page of `{name}`.",
                "page",
                built,
                "cursor",
                "limit",
            ),
            self._calling(
                f"first_{name}",
                [*required, "*", *optional, self._order],
                f"{self._entity} | None",
                f"The first of `{name}`, or None.",
                "first",
                built,
            ),
            self._watching(
                f"watch_{name}",
                [*required, "*", *optional, _LIMIT, self._order],
                f"list[{self._entity}]",
                f"The first of `{name}`, now and whenever they change.",
                "watch_page",
                built,
                "limit",
            ),
        ]

    def _search(self, index: SearchIndex) -> list[MethodView]:
        name = python_method(index.function)
        parameters = self._calls.filter_parameters(index)
        declared = ["search: str", "*", *(one.declared for one in parameters), _LIMIT]
        built = call(f"_{name}", ["search", *(one.name for one in parameters), "limit"])
        text = f"Those whose `{python_attribute(index.field)}` has the words of `search`, the best"
        return [
            self._calling(
                name,
                declared,
                f"list[{self._entity}]",
                f"{text} match first.",
                "run",
                built,
            ),
            self._watching(
                f"watch_{name}",
                declared,
                f"list[{self._entity}]",
                f"What `{name}` finds, now and whenever that changes.",
                "watch",
                built,
            ),
        ]

    def _nearest(self, index: VectorIndex) -> MethodView:
        name = python_method(index.function)
        parameters = self._calls.filter_parameters(index)
        one_filter = "" if len(parameters) < 2 else " Takes one filter: Convex cannot combine them."
        return self._calling(
            name,
            [
                self._calls.imports.called("vector: Sequence[float]"),
                "*",
                *(one.declared for one in parameters),
                "limit: int = 10",
            ],
            f"list[{self._calls.imports.called('Scored')}[{self._entity}]]",
            f"Those whose `{python_attribute(index.field)}` is nearest to the vector, with the "
            f"similarity as the score, the nearest first.{one_filter}",
            "run",
            call(f"_{name}", ["vector", *(one.name for one in parameters), "limit"]),
        )

    def _saves(self) -> list[MethodView]:
        one, many = self._calls.one, self._calls.many
        return [
            self._calling(
                "create",
                [f"{one}: {self._entity}"],
                self._entity,
                "Insert it; a repeat is harmless. `AlreadyExists` if the key is taken by other "
                "content.",
                "run",
                call("_create", [one]),
            ),
            self._calling(
                "save",
                [f"{one}: {self._entity}"],
                self._entity,
                "Insert it, or replace the one with its key.",
                "run",
                call("_save", [one]),
            ),
            self._calling(
                "save_many",
                [f"{many}: {self._iterable}[{self._entity}]", "*", self._progress],
                "int",
                "Save them in batches, each all or none. Returns how many were saved.",
                "save_many",
                "_save_many",
                f"(one.to_wire() for one in {self._items_of}({many}))",
                "progress",
            ),
        ]

    def _update(self) -> MethodView:
        name = self._entity
        expected = f"expected: {name}Expected | None = None"
        is_of_variants = bool(self._calls.entity.variants)
        other_variant = ", `InvalidArgument` if it has no such fields" if is_of_variants else ""
        return self._calling(
            "update",
            [
                *self._keys,
                "*",
                expected,
                f"**changes: {self._calls.imports.called('Unpack')}[{name}Changes]",
            ],
            name,
            "Change the fields named: None writes null, UNSET removes. `NotFound` if it is not "
            f"there, `Conflict` if it is not as expected{other_variant}.",
            "run",
            call("_update", [*self._key_names, "changes", "expected"]),
        )

    def _deletions(self) -> list[MethodView]:
        return [
            self._calling(
                "delete",
                self._keys,
                "bool",
                "Delete it with what it cascades to. False if it was not there.",
                "run_until_done",
                call("_remove", self._key_names),
            ),
            self._calling(
                "delete_many",
                [self._keys_parameter(), "*", self._progress],
                "int",
                "Delete them with what they cascade to. Returns how many were there.",
                "remove_many",
                "_remove_many",
                self._encoded_keys(),
                "progress",
            ),
            self._calling(
                "clear",
                ["*", self._progress],
                "int",
                "Delete all, without cascades. Returns how many there were.",
                "clear",
                "_clear()",
                "progress",
            ),
        ]

    def _lists(self) -> list[MethodView]:
        return [
            self._calling(
                "page",
                ["*", _CURSOR, _LIMIT, self._order],
                f"{self._page_class}[{self._entity}]",
                "A page of all, in the order of creation.",
                "page",
                "_list(order)",
                "cursor",
                "limit",
            ),
            self._iterating(
                "list",
                ["*", self._order, _PAGE_SIZE],
                "All, in the order of creation, fetched page by page.",
                "iterate",
                "_list(order)",
                "page_size",
            ),
        ]

    def _keys_parameter(self) -> Document:
        keys = self._calls.keys
        if len(keys) == 1:
            return (f"keys: {self._iterable}[", keys[0].annotation, "]")
        return (
            f"keys: {self._iterable}[tuple[",
            join(", ", [key.annotation for key in keys]),
            "]]",
        )

    def _encoded_keys(self) -> Document:
        size = len(self._calls.keys)
        if size == 1:
            return f"(_key(key) for key in {self._items_of}(keys))"
        tuples_of = self._calls.imports.called("tuples_of")
        return f"(_key(*key) for key in {tuples_of}(keys, {size}))"

    def _calling(
        self,
        name: str,
        parameters: Sequence[Document],
        result: str,
        text: str,
        method: str,
        *arguments: Document,
    ) -> MethodView:
        keyword, awaited = ("async def", "await ") if self._is_async else ("def", "")
        body = (awaited, call(f"self._client.{method}", arguments))
        return _method(keyword, name, parameters, result, text, body)

    def _iterating(
        self,
        name: str,
        parameters: Sequence[Document],
        text: str,
        method: str,
        *arguments: Document,
    ) -> MethodView:
        result = f"{self._iterator}[{self._entity}]"
        body = call(f"self._client.{method}", arguments)
        return _method("def", name, parameters, result, text, body)

    def _watching(
        self,
        name: str,
        parameters: Sequence[Document],
        result: str,
        text: str,
        method: str,
        *arguments: Document,
    ) -> MethodView:
        body = call(f"self._client.{method}", arguments)
        return _method("def", name, parameters, f"{self._subscription}[{result}]", text, body)


def _method(
    keyword: str,
    name: str,
    parameters: Sequence[Document],
    result: str,
    text: str,
    body: Document,
) -> MethodView:
    return MethodView(
        statement(1, definition(keyword, name, ["self", *parameters], result)),
        docstring(text, 2),
        statement(2, "return ", body),
    )


def _description(query: Query, parameters: Sequence[Parameter]) -> str:
    equal = " and ".join(f"`{one.name}`" for one in parameters if not one.default)
    order = " and ".join(f"`{one.name}`" for one in parameters if one.default)
    where = f"Those with this {equal}" if equal else "All"
    by = f", in the order of {order or 'creation'}"
    down = " descending" if query.order is Direction.DESCENDING else ""
    return f"{where}{by}{down}."
