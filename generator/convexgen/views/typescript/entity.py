"""The view of the module of an entity: its interfaces, its store and its description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convexgen.facts.checks import entity_check
from convexgen.model.entities import Direction, Entity, Query
from convexgen.model.fields import Setter
from convexgen.model.system import System
from convexgen.naming import camel_case, client_query_method, pascal_case, snake_case
from convexgen.views.convex.typescript import (
    array,
    call,
    comment,
    entry,
    object_literal,
    statement,
    string,
)
from convexgen.views.layout import Document
from convexgen.views.typescript.codecs import entity_codec, fields_codec
from convexgen.views.typescript.imports import Imports
from convexgen.views.typescript.models import entity_interfaces
from convexgen.views.typescript.searching import search_methods
from convexgen.views.typescript.source import (
    MethodView,
    object_type,
    option_name,
    parameter_name,
    signature,
)
from convexgen.views.typescript.types import TypeText, bracketed_type, compared, either, present


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the module of an entity prints."""

    imports: tuple[str, ...]
    interfaces: tuple[str, ...]
    key: str
    aliases: tuple[str, ...]
    store: str
    client: str
    methods: tuple[MethodView, ...]
    description: str


def view_entity(entity: Entity, system: System, taken: frozenset[str]) -> EntityView:
    """The view of the module of an entity."""
    imports = Imports("../", taken)
    client = imports.runtime("Client")
    interfaces = entity_interfaces(entity, imports, system)
    key = _key(entity, imports, system)
    aliases = _aliases(entity, imports)
    store = _store(entity, imports)
    methods = tuple(
        method
        for query in entity.queries
        for method in _QueryMethods(query, entity, imports, system).all()
    ) + tuple(search_methods(entity, imports, system))
    description = _description(entity, imports, system)
    return EntityView(
        imports.lines(), interfaces, key, aliases, store, client, methods, description
    )


def _fixed(entity: Entity) -> list[str]:
    """The fields that no update changes."""
    changeable = {field.name for field in entity.changeable_fields}
    return [field.name for field in entity.fields if field.name not in changeable]


def _key(entity: Entity, imports: Imports, system: System) -> str:
    text = comment(f"By what entities of `{entity.table}` are told apart.")
    head = f"export type {entity.name}Key ="
    if len(entity.key) == 1:
        alone = present(entity.field(entity.key[0]), entity.name, imports, system)
        return text + statement(0, alone.after(head), ";")
    picked = bracketed_type("Pick", [entity.name, union(entity.key)])
    return text + statement(0, f"{head} ", picked, ";")


def union(names: Sequence[str]) -> Document:
    """The type of one of some names."""
    return either([string(name) for name in names])


def _aliases(entity: Entity, imports: Imports) -> tuple[str, ...]:
    if not entity.changeable_fields:
        return ()
    changes = imports.runtime("Changes")
    name = entity.name
    document = f"{imports.runtime('Merged')}<{name}>" if entity.variants else name
    changed = bracketed_type(changes, [document, union(_fixed(entity))])
    expected = bracketed_type(changes, [document, union(entity.key)])
    return (
        comment("What an update may change: null writes null, `UNSET` removes.")
        + statement(0, f"export type {name}Changes = ", changed, ";"),
        comment("What an update may expect: `UNSET` that a field is absent.")
        + statement(0, f"export type {name}Expected = ", expected, ";"),
    )


def _store(entity: Entity, imports: Imports) -> str:
    name = entity.name
    arguments = [name, f"{name}Input", f"{name}Key"]
    base = imports.runtime("UpdatableStore" if entity.changeable_fields else "Store", is_value=True)
    if entity.changeable_fields:
        arguments += [f"{name}Changes", f"{name}Expected"]
    head = f"export class {name}Store extends "
    text = comment(f"Reads and writes `{entity.table}`.")
    return text + statement(0, head, bracketed_type(base, arguments), " {")


class _QueryMethods:
    """Builds the methods of a query."""

    def __init__(self, query: Query, entity: Entity, imports: Imports, system: System) -> None:
        self._query = query
        self._entity = entity
        self._imports = imports
        self._method = client_query_method(query.name)
        self._equal = [
            (name, parameter_name(name, ["options"]), self._text(name, system))
            for name in query.equal
        ]
        self._bound = (
            None if query.range is None else (query.range, self._text(query.range, system))
        )

    def _text(self, name: str, system: System) -> TypeText:
        return compared(name, self._entity, self._imports, system)

    def all(self) -> tuple[MethodView, ...]:
        name = self._entity.name
        page, subscription = self._imports.runtime("Page"), self._imports.runtime("Subscription")
        method = pascal_case(self._method) if "_" not in self._method else self._capitalized
        return (
            self._view(
                self._method,
                "_iterate",
                "IterateOptions",
                f"AsyncGenerator<{name}, undefined>",
                self._query.description or self._default_description,
            ),
            self._view(
                f"page{method}",
                "_page",
                "PageOptions",
                f"Promise<{page}<{name}>>",
                f"A page of `{self._method}`.",
            ),
            self._view(
                f"first{method}",
                "_first",
                "QueryOptions",
                f"Promise<{name} | null>",
                f"The first of `{self._method}`, or null.",
            ),
            self._view(
                f"watch{method}",
                "_watch",
                "WatchOptions",
                f"{subscription}<{name}[]>",
                f"The first of `{self._method}`, now and whenever they change.",
            ),
        )

    @property
    def _capitalized(self) -> str:
        return self._method[:1].upper() + self._method[1:]

    @property
    def _default_description(self) -> str:
        equal = " and ".join(f"`{name}`" for name, _, _ in self._equal)
        where = f"Those with this {equal}" if equal else "All"
        by = f"`{self._bound[0]}`" if self._bound else "creation"
        down = " descending" if self._query.order is Direction.DESCENDING else ""
        return f"{where}, in the order of {by}{down}."

    def _view(
        self, method: str, helper: str, options: str, result: Document, text: str
    ) -> MethodView:
        parameters = [parameter.after(f"{name}:") for _, name, parameter in self._equal]
        parameters.append(("options: ", self._imports.runtime(options), self._bounds_type, " = {}"))
        arguments: list[Document] = [
            string(self._query.name),
            object_literal([_shorthand(field, name) for field, name, _ in self._equal]),
            object_literal(
                [entry(self._bound[0], f"options.{self._option}")] if self._bound else []
            ),
            "options",
        ]
        return MethodView(
            comment(text, 1),
            signature(method, parameters, result),
            statement(2, "return ", call(f"this.{helper}", arguments), ";"),
        )

    @property
    def _option(self) -> str:
        return option_name(self._bound[0]) if self._bound else ""

    @property
    def _bounds_type(self) -> Document:
        if self._bound is None:
            return ""
        bound = bracketed_type(self._imports.runtime("Bound"), [self._bound[1].argument])
        return (" & ", object_type([(f"{self._option}?: ", bound)]))


def _shorthand(field: str, name: str) -> Document:
    return field if field == name else f"{field}: {name}"


def _description(entity: Entity, imports: Imports, system: System) -> str:
    checks = entity_check(entity, system)
    codec = entity_codec(entity, system)
    partial = fields_codec(entity.fields, system) if entity.variants else None
    if checks is not None:
        imports.value("runtime/checks", *checks.imports)
    for one in (codec, partial):
        if one is not None:
            imports.value("runtime/codecs", *one.imports)
    module = "/".join([*system.convex.path, entity.table])
    on_write = [field.name for field in entity.fields if field.setter is Setter.ON_WRITE]
    properties: list[Document] = [
        ("words: ", string(snake_case(entity.name).replace("_", " "))),
        ("module: ", string(module)),
        ("argument: ", string(camel_case(entity.name))),
        ("key: ", _strings(entity.key)),
        ("optional: ", _strings(field.name for field in entity.fields if field.optional)),
        *_may_be_absent(entity),
        ("setByBackend: ", _strings(on_write)),
        ("sensitive: ", _strings(field.name for field in entity.fields if field.sensitive)),
        entry("check", checks.code if checks else "undefined"),
        entry("codec", codec.expression if codec else "undefined"),
    ]
    if partial is not None:
        properties.append(entry("partialCodec", partial.expression))
    kind = imports.runtime("EntityDescription")
    return statement(
        0, f"const description: {kind} = ", object_literal(properties, broken=True), ";"
    )


def _may_be_absent(entity: Entity) -> Iterator[Document]:
    """The fields that documents may lack, where those are more than the optional ones."""
    names = [field.name for field in entity.fields if entity.may_lack(field.name)]
    if any(not entity.field(name).optional for name in names):
        yield ("mayBeAbsent: ", _strings(names))


def _strings(names: Iterable[str]) -> Document:
    return array([string(name) for name in names])
