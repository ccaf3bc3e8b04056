"""The calls of an entity: one function for each Convex function, which both stores share."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import convexgen
from convexgen.model.classes import nested_class
from convexgen.model.entities import Entity, Query, SearchIndex, VectorIndex
from convexgen.model.fields import EntityField
from convexgen.model.targets import ConvexTarget
from convexgen.naming import (
    camel_case,
    python_attribute,
    python_method,
    query_method,
    snake_case,
)
from convexgen.views.layout import Document
from convexgen.views.python.annotations import (
    Imports,
    annotation,
    encoder,
    joined_annotation,
    needs_encoder,
    present,
)
from convexgen.views.python.models import ClassView
from convexgen.views.python.source import (
    annotated,
    call,
    definition,
    dictionary,
    docstring,
    formatted,
    statement,
    string,
    subscript,
)

# A parameter for a field that is called as one of a method's own has an underscore at its end.
_OWN_PARAMETERS = frozenset(
    {
        "changes",
        "cursor",
        "expected",
        "keys",
        "limit",
        "order",
        "page_size",
        "progress",
        "search",
        "self",
        "vector",
    }
)

# What takes entities takes no fields.
_BESIDE_ENTITIES = frozenset({"progress", "self"})


@dataclass(frozen=True, slots=True)
class CallView:
    """A function that builds a call."""

    definition: str
    body: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method, which the call encodes."""

    name: str
    annotation: Document
    wire: str
    encoded: Document
    default: str = ""

    @property
    def declared(self) -> Document:
        return (f"{self.name}: ", self.annotation, f" = {self.default}" if self.default else "")


class EntityCalls:
    """An entity with the names and the imports that its module comes to need."""

    def __init__(self, entity: Entity, target: ConvexTarget, taken: frozenset[str]) -> None:
        self._module = "/".join([*target.path, entity.table])
        self.entity = entity
        self.imports = Imports(taken)
        self.one = _parameter_name(entity.name, beside=_BESIDE_ENTITIES)
        self.many = _parameter_name(f"{entity.name}s", beside=_BESIDE_ENTITIES)
        self.words = snake_case(entity.name).replace("_", " ")
        self.keys = [self._parameter(entity.field(name)) for name in entity.key]
        constant = snake_case(entity.name).upper()
        self._decoder = f"_{constant}"
        self._optional_decoder = f"_{constant}_OR_NONE"
        self._list_decoder = f"_{constant}S_OR_NONE"
        self._page_decoder = f"_{constant}_PAGE"
        self._found_decoder = f"_{constant}S"
        self._scored_decoder = f"_SCORED_{constant}S"
        self._variants = f"_{constant}_VARIANTS"

    def _import(self, *names: str) -> None:
        self.imports.add("._runtime", *names)

    def _called(self, text: str) -> str:
        return self.imports.called(text)

    def _parameter(self, field: EntityField) -> Parameter:
        name = _parameter_name(field.name)
        return Parameter(
            name,
            present(field, self.entity.name, self.imports).document,
            field.name,
            self._encoded(field, name),
        )

    def _encoded(self, field: EntityField, name: str) -> Document:
        function = self._encoder(field)
        if function is None:
            return name
        encoded = call(function, [name])
        if field.nullable and not needs_encoder(field.type):
            return (f"None if {name} is None else ", encoded)
        return encoded

    def _encoder(self, field: EntityField) -> str | None:
        """What encodes a value of a field; None where it is sent as it is."""
        if needs_encoder(field.type):
            return f"{_encoder_name(field)}.to_wire"
        function = encoder(field.type)
        if function is not None:
            self._import(function)
        return function

    def encoders(self) -> tuple[str, ...]:
        """What encodes arguments by the member of a union that they are."""
        entity = self.entity
        names = [name for query in entity.queries for name in (*query.equal, query.range)]
        names.extend(name for index in entity.search_indexes for name in index.filters)
        names.extend(name for index in entity.vector_indexes for name in index.filters)
        lines: list[str] = []
        for field in entity.fields:
            if field.name in names and needs_encoder(field.type):
                self._import("Encoder")
                type_ = present(field, entity.name, self.imports).document
                declared = f"{_encoder_name(field)}: Encoder[Any] = "
                lines.append(statement(0, declared, call("Encoder", [type_])))
        return tuple(lines)

    def decoders(self) -> tuple[str, ...]:
        name = self.entity.name
        types = {
            self._decoder: name,
            self._optional_decoder: f"{name} | None",
            self._list_decoder: f"list[{name} | None]",
            self._page_decoder: f"{self._called('Page')}[{name}]",
        }
        if self.entity.search_indexes:
            types[self._found_decoder] = f"list[{name}]"
        if self.entity.vector_indexes:
            types[self._scored_decoder] = f"list[{self._called('Scored')}[{name}]]"
        made = self._called("Decoder")
        return tuple(
            statement(0, f"{decoder}: {made}[{type_}] = ", call(made, [type_]))
            for decoder, type_ in types.items()
        )

    def variants(self) -> tuple[str, ...]:
        """What knows the fields of all variants, for updates."""
        entity = self.entity
        if not entity.variants or not entity.changeable_fields:
            return ()
        self._import("Variants")
        classes = [variant.name for variant in entity.variants]
        made = call(self._called("Variants"), [string(entity.name), *classes])
        return (statement(0, f"{self._variants} = ", made),)

    # What an update takes.

    def typed_dictionaries(self) -> tuple[ClassView, ...]:
        if not self.entity.changeable_fields:
            return ()
        self.imports.add("typing", "TypedDict", "Unpack")
        name = self.entity.name
        return (
            self._typed_dictionary(
                f"{name}Changes",
                "What an update may change. UNSET removes a field.",
                self.entity.changeable_fields,
            ),
            self._typed_dictionary(
                f"{name}Expected",
                "What an update may expect. UNSET expects that a field is absent.",
                [field for field in self.entity.fields if field.name not in self.entity.key],
            ),
        )

    def _typed_dictionary(
        self, name: str, description: str, fields: Sequence[EntityField]
    ) -> ClassView:
        return ClassView(
            name,
            self._called("TypedDict, total=False"),
            docstring(description, 1),
            tuple(self._item(field) for field in fields),
        )

    def _item(self, field: EntityField) -> str:
        declared = [one for one in self.entity.declared_fields if one[1].name == field.name]
        content = joined_annotation(field, declared, self.imports, absent="UNSET")
        return annotated(1, python_attribute(field.name), content)

    def calls(self) -> tuple[CallView, ...]:
        """The functions that build the calls."""
        self.imports.add("typing", "Any")
        self._import("Call", "Decoder", "Page", "PagedCall", "NOTHING")
        self._import("REMOVAL", "Removal", "BULK_REMOVAL", "BulkRemoval", "CLEARING", "Clearing")
        return (
            self._key_function(),
            *self._reads(),
            *(self._query_call(query) for query in self.entity.queries),
            *(self._search_call(index) for index in self.entity.search_indexes),
            *(self._nearest_call(index) for index in self.entity.vector_indexes),
            *self._writes(),
            *([self._update()] if self.entity.changeable_fields else []),
            *self._removals(),
        )

    def _key_function(self) -> CallView:
        items = [(f'"{key.wire}": ', key.encoded) for key in self.keys]
        return self._function(
            "key", self._key_parameters, self._called("dict[str, Any]"), dictionary(items)
        )

    def _reads(self) -> list[CallView]:
        name = self.entity.name
        listed = call(
            self._called("PagedCall"),
            [self._path("list"), '{"order": order}', self._page_decoder, f'"list {self.words}s"'],
        )
        return [
            self._query(
                "get",
                "getById",
                self._key_parameters,
                f"{name} | None",
                self._key(),
                self._optional_decoder,
                self._by_key("get"),
            ),
            self._query(
                "get_many",
                "getByIds",
                [self._called("keys: list[Any]")],
                f"list[{name} | None]",
                '{"keys": keys}',
                self._list_decoder,
                f'"get {self.words}s"',
            ),
            self._function("list", [self._order], f"{self._called('PagedCall')}[{name}]", listed),
        ]

    def _writes(self) -> list[CallView]:
        name = self.entity.name
        argument = camel_case(name)
        one = [
            self._mutation(
                verb,
                verb,
                [f"{self.one}: {name}"],
                name,
                dictionary([f'"{argument}": {self.one}.to_wire()']),
                self._decoder,
                self._by_key(verb, self.one),
            )
            for verb in ("create", "save")
        ]
        many = self._mutation(
            "save_many",
            "saveMany",
            [self._called("documents: list[dict[str, Any]]")],
            "None",
            dictionary([f'"{argument}s": documents']),
            self._called("NOTHING"),
            f'"save {self.words}s"',
        )
        return [*one, many]

    def _update(self) -> CallView:
        name = self.entity.name
        partial = self._variants if self.entity.variants else name
        arguments = dictionary(
            [
                ("**", self._key()),
                f"**{partial}.changes_to_wire(changes)",
                f"**{partial}.expected_to_wire(expected)",
            ]
        )
        parameters = [
            *self._key_parameters,
            f"changes: {name}Changes",
            f"expected: {name}Expected | None",
        ]
        return self._mutation(
            "update",
            "update",
            parameters,
            name,
            arguments,
            self._decoder,
            self._by_key("update"),
            idempotent="expected is None",
        )

    def _removals(self) -> list[CallView]:
        return [
            self._mutation(
                "remove",
                "remove",
                self._key_parameters,
                self._called("Removal"),
                self._key(),
                self._called("REMOVAL"),
                self._by_key("delete"),
            ),
            self._mutation(
                "remove_many",
                "removeMany",
                [self._called("keys: list[Any]")],
                self._called("BulkRemoval"),
                '{"keys": keys}',
                "BULK_REMOVAL",
                f'"delete {self.words}s"',
            ),
            self._mutation(
                "clear",
                "clear",
                [],
                self._called("Clearing"),
                "{}",
                self._called("CLEARING"),
                f'"clear {self.words}s"',
            ),
        ]

    def _query(
        self,
        name: str,
        function: str,
        parameters: Sequence[Document],
        result: str,
        arguments: Document,
        decoder: str,
        operation: Document,
    ) -> CallView:
        body = call(
            self._called("Call.query"), [self._path(function), arguments, decoder, operation]
        )
        return self._function(name, parameters, f"{self._called('Call')}[{result}]", body)

    def _mutation(
        self,
        name: str,
        function: str,
        parameters: Sequence[Document],
        result: str,
        arguments: Document,
        decoder: str,
        operation: Document,
        *,
        idempotent: str = "True",
    ) -> CallView:
        body = call(
            self._called("Call.mutation"),
            [self._path(function), arguments, decoder, operation, f"idempotent={idempotent}"],
        )
        return self._function(name, parameters, f"{self._called('Call')}[{result}]", body)

    @staticmethod
    def _function(
        name: str, parameters: Sequence[Document], result: str, body: Document
    ) -> CallView:
        return CallView(
            statement(0, definition("def", f"_{name}", parameters, result)),
            statement(1, "return ", body),
        )

    def _path(self, function: str) -> str:
        return string(f"{self._module}:{function}")

    @property
    def _order(self) -> str:
        return self._called("order: Order | None")

    @property
    def _key_parameters(self) -> list[Document]:
        return [key.declared for key in self.keys]

    def _key(self) -> Document:
        return call("_key", [key.name for key in self.keys])

    def _by_key(self, verb: str, source: str | None = None) -> Document:
        """What a call of one entity does, such as `f"get thread by ID {thread_id!r}"`.

        `source` is the variable that has the key in its attributes; None where the key is in
        variables of its own.
        """
        values: list[tuple[str, str]] = []
        for key in self.keys:
            is_own = key.wire == f"{camel_case(self.entity.name)}Id" and len(self.keys) == 1
            value = key.name if source is None else f"{source}.{python_attribute(key.wire)}"
            values.append(("ID" if is_own else _words(key.wire), value))
        preposition = "by" if source is None else "with"
        return formatted(f"{verb} {self.words} {preposition}", values)

    def query_parameters(self, query: Query) -> list[Parameter]:
        """The fields compared for equality, then the one with bounds, which has a default."""
        parameters = [self._equal_parameter(self.entity.field(name)) for name in query.equal]
        if query.range is not None:
            parameters.append(self._range_parameter(self.entity.field(query.range)))
        return parameters

    def _equal_parameter(self, field: EntityField) -> Parameter:
        if not self.entity.may_lack(field.name):
            return self._parameter(field)
        name = _parameter_name(field.name)
        self._import("UNSET")
        content = present(field, self.entity.name, self.imports).or_else("UNSET")
        encoded = self._compared("compared_to_wire", name, field)
        return Parameter(name, content.document, field.name, encoded)

    def _range_parameter(self, field: EntityField) -> Parameter:
        name = _parameter_name(field.name)
        self._import("Range")
        content = annotation(field.type, nested_class(self.entity.name, field.name), self.imports)
        ranged = subscript(self._called("Range"), content.document)
        encoded = self._compared("bounds_to_wire", name, field)
        return Parameter(name, self._unless_given(field, ranged), field.name, encoded, "MISSING")

    def _compared(self, function: str, name: str, field: EntityField) -> Document:
        """What a field is compared with, encoded by a function of the runtime."""
        self._import(function)
        encode = self._encoder(field)
        encoders = [] if encode is None else [encode]
        absent = ["optional=True"] if self.entity.may_lack(field.name) else []
        return call(function, [name, *encoders, *absent])

    def _query_call(self, query: Query) -> CallView:
        parameters = self.query_parameters(query)
        equal = [
            (_words(one.wire), one.name)
            for one in parameters
            if not one.default and not self.entity.field(one.wire).sensitive
        ]
        verb = f"list {self.words}s by" if equal else f"list {self.words}s"
        arguments: list[Document] = [(f'"{one.wire}": ', one.encoded) for one in parameters]
        body = call(
            self._called("PagedCall"),
            [
                self._path(query.name),
                dictionary([*arguments, '"order": order']),
                self._page_decoder,
                formatted(verb, equal),
            ],
        )
        return self._function(
            query_method(query.name),
            [*((f"{one.name}: ", one.annotation) for one in parameters), self._order],
            f"{self._called('PagedCall')}[{self.entity.name}]",
            body,
        )

    def filter_parameters(self, index: SearchIndex | VectorIndex) -> list[Parameter]:
        """The fields that a search may compare, which have defaults."""
        return [self._filter_parameter(self.entity.field(name)) for name in index.filters]

    def _filter_parameter(self, field: EntityField) -> Parameter:
        name = _parameter_name(field.name)
        encoded = self._compared("given_to_wire", name, field)
        return Parameter(name, self._unless_given(field), field.name, encoded, "MISSING")

    def _unless_given(self, field: EntityField, *more: Document) -> Document:
        """The annotation of a parameter that may be left out, with more types."""
        absent = ["UNSET"] if self.entity.may_lack(field.name) else []
        self._import("MISSING", *absent)
        owner = nested_class(self.entity.name, field.name)
        content = annotation(field.type, owner, self.imports).or_else(*more, *absent, "MISSING")
        return (content.or_else("None") if field.nullable else content).document

    def _search_call(self, index: SearchIndex) -> CallView:
        return self._query(
            python_method(index.function),
            index.function,
            ["search: str", *self._filters(index), "limit: int"],
            f"list[{self.entity.name}]",
            self._search_arguments('"search": search', index),
            self._found_decoder,
            f'"search {self.words}s"',
        )

    def _nearest_call(self, index: VectorIndex) -> CallView:
        self.imports.add("collections.abc", "Sequence")
        self._import("Scored", "numbers_to_wire")
        body = call(
            self._called("Call.action"),
            [
                self._path(index.function),
                self._search_arguments('"vector": numbers_to_wire(vector)', index),
                self._scored_decoder,
                f'"search {self.words}s by vector"',
                "idempotent=True",
            ],
        )
        return self._function(
            python_method(index.function),
            [self._called("vector: Sequence[float]"), *self._filters(index), "limit: int"],
            f"{self._called('Call[list[Scored')}[{self.entity.name}]]]",
            body,
        )

    def _filters(self, index: SearchIndex | VectorIndex) -> list[Document]:
        return [(f"{one.name}: ", one.annotation) for one in self.filter_parameters(index)]

    def _search_arguments(self, wanted: str, index: SearchIndex | VectorIndex) -> Document:
        filters: list[Document] = [
            (f'"{one.wire}": ', one.encoded) for one in self.filter_parameters(index)
        ]
        return dictionary([wanted, *filters, '"limit": limit'])


def _parameter_name(name: str, beside: frozenset[str] = _OWN_PARAMETERS) -> str:
    """The parameter for a field or an entity, beside those that the methods have themselves."""
    identifier = python_method(name)
    is_used = identifier in beside or identifier in _runtime_names()
    return f"{identifier}_" if is_used else identifier


@cache
def _runtime_names() -> frozenset[str]:
    """What the bodies of methods may call: a parameter of that name would hide it."""
    module = ast.parse((Path(convexgen.__file__).parent / "runtime/__init__.py").read_text("utf-8"))
    imported = (one for one in module.body if isinstance(one, ast.ImportFrom))
    return frozenset(alias.asname or alias.name for one in imported for alias in one.names)


def _words(field: str) -> str:
    """`threadId` → `thread ID`."""
    words = snake_case(field).split("_")
    return " ".join("ID" if word == "id" else word for word in words)


def _encoder_name(field: EntityField) -> str:
    return f"_{snake_case(field.name).upper()}_ENCODER"
