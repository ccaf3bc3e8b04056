"""Type expressions and type mappings to types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from convexgen.diagnostics.codes import Code
from convexgen.diagnostics.display import quoted
from convexgen.json_schemas.bundle import Bundle, beside, pointer_of
from convexgen.json_schemas.files import SchemaError
from convexgen.model.tags import list_tags
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    UNCONSTRAINED,
    AnyLiteralType,
    AnyType,
    BooleanType,
    BytesType,
    CommitTimeType,
    ConstrainedType,
    DocumentType,
    EnumType,
    Field,
    FunctionHandleType,
    FunctionKind,
    IdType,
    InlineObjectType,
    InputType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    NumberType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TableIdType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)
from convexgen.model.unions import alternatives, merge_literals
from convexgen.naming import CONVEX_TABLES, python_attribute
from convexgen.resolving.constants import constant_type, value_type
from convexgen.resolving.keys import KeyTypes
from convexgen.resolving.options import ResolvedField, deprecation, resolve_constraints
from convexgen.resolving.report import Report
from convexgen.resolving.tags import TaggedUnion
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.expression import (
    Alternatives,
    Constant,
    Expression,
    ExpressionError,
    Name,
    SchemaReference,
    parse_expression,
)
from convexgen.spec.suggest import did_you_mean, entity_meant, meant_or_listed
from convexgen.spec.surface.spec import Spec
from convexgen.spec.surface.types import FieldSpec, RecordSpec, TypeSpec

PLACEHOLDER: Type = StringType()
"""Stands in for a type that could not be resolved: it may be a key, and be indexed."""

SIMPLE_TYPES: dict[str, Type] = {
    "string": StringType(),
    "boolean": BooleanType(),
    "null": NullType(),
    "bytes": BytesType(),
    "number": NumberType(),
    "integer": IntegerType(),
    "int64": Int64Type(),
    "commitTs": CommitTimeType(),
    "timestamp": TimestampType(),
    "json": JsonType(),
    "any": AnyType(),
    "function": FunctionHandleType(),
}
_GENERIC_TYPES = {
    "list": "list<string>",
    "record": "record<string, number>",
    "id": "id<Thread>",
    "new": "new<Thread>",
    "ref": "ref<Thread>",
    "vector": "vector<1536>",
}
_FUNCTION_KINDS: dict[str, FunctionKind] = {
    "query": "query",
    "mutation": "mutation",
    "action": "action",
}
_ARITY = {"list": 1, "record": 2, "id": 1, "new": 1, "ref": 1}

_ELSEWHERE = {
    "array": "list<…>",
    "bigint": "int64",
    "blob": "bytes",
    "bool": "boolean",
    "date": "timestamp",
    "datetime": "timestamp",
    "dict": "record<string, …>",
    "double": "number",
    "float": "number",
    "float64": "number",
    "int": "integer",
    "map": "record<string, …>",
    "none": "null",
    "object": "{object: {…}}",
    "str": "string",
    "text": "string",
    "uuid": "string",
}
"""What other languages call the types."""

_MOST_DIMENSIONS = 8192
"""The most elements that an array has: `MAX_ARRAY_LEN` of the Convex backend."""

_RECORD_KEYS = "the keys of a record are strings or document IDs"


class _Unresolved(Exception):
    """The type has a problem, which has been reported."""


class TypeResolver:
    """Resolves types against the names of one spec."""

    def __init__(self, spec: Spec, report: Report, bundle: Bundle) -> None:
        self._spec = spec
        self._report = report
        self._bundle = bundle
        self.tagged: list[TaggedUnion] = []
        """The unions with a tag, whose objects are to be looked at when all are resolved."""
        self.convex_tables: set[str] = set()
        """Convex's own tables of which types have document IDs."""
        self._has_documents = False
        self._has_inputs = False
        self._key_types = KeyTypes(spec, report, self._own_key_type)

    def field(self, name: str, spec: FieldSpec, path: Path) -> Field:
        """The field of an object. A placeholder, marked unresolved, if it has a problem."""
        resolved = self.field_type(spec, path)
        return Field(
            name,
            resolved.type,
            resolved.optional,
            resolved.nullable,
            spec.description,
            resolved.constraints,
            deprecation(spec),
            bool(spec.sensitive),
            spec.python,
            spec.renamed_from,
        )

    def result(self, name: str, spec: FieldSpec, path: Path) -> Field:
        """The result of a function, in which an entity is a type too: that of its documents."""
        self._has_documents = True
        try:
            return self.field(name, spec, path)
        finally:
            self._has_documents = False

    def argument(self, name: str, spec: FieldSpec, path: Path) -> Field:
        """An argument of a function, whose type may be what is written of an entity."""
        self._has_inputs = True
        try:
            return self.field(name, spec, path)
        finally:
            self._has_inputs = False

    def member(self, spec: TypeSpec, path: Path) -> Type | None:
        """The type of a member of a union; None, marked unresolved, if it has a problem."""
        type_ = self._attempt(spec, path)
        if type_ is None:
            self._report.unresolved.add(path)
        return type_

    def field_type(self, spec: FieldSpec, path: Path) -> ResolvedField:
        """The type of a field, with its options. A placeholder if it has a problem."""
        try:
            resolved = self._outer(spec, path)
        except _Unresolved:
            self._report.unresolved.add(path)
            return ResolvedField(PLACEHOLDER, bool(spec.optional), bool(spec.nullable))
        for option, by_type, given in (
            ("optional", resolved.optional, spec.optional),
            ("nullable", resolved.nullable, spec.nullable),
        ):
            if by_type and given is False:
                self._report.error(
                    "contradiction",
                    f"the type says that the field is {option}, {quoted(option)} that it is not",
                    (*path, option),
                    advice=f"remove {quoted(option)}, or change the type",
                )
        type_ = self._whole(resolved.type, path) if spec.integer else resolved.type
        return ResolvedField(
            type_,
            resolved.optional or bool(spec.optional),
            resolved.nullable or bool(spec.nullable),
            resolve_constraints(spec, type_, path, self._report),
        )

    def _whole(self, type_: Type, path: Path) -> Type:
        """The type of the whole numbers among the numbers."""
        if not isinstance(type_, NumberType | IntegerType | Int64Type):
            self._report.error(
                "constraint-needs-type",
                '"integer" is for numbers only',
                (*path, "integer"),
                part=Part.KEY,
                advice='remove "integer", or change the type',
            )
        return IntegerType() if isinstance(type_, NumberType) else type_

    def _outer(self, spec: TypeSpec, path: Path) -> ResolvedField:
        """The type of a field: `null` in a union becomes a property of the field."""
        optional = False
        if spec.expression is not None:
            expression, optional = self._parse(spec.expression, path)
            type_ = self._expression(expression, (*path, "type"))
        else:
            type_ = self._form(spec, path)
        if isinstance(type_, AnyType) and NullType() in type_.beside:
            others = tuple(member for member in type_.beside if member != NullType())
            return ResolvedField(AnyType(others), optional, nullable=True)
        if not isinstance(type_, UnionType) or NullType() not in type_.members:
            return ResolvedField(type_, optional)
        rest = tuple(member for member in type_.members if member != NullType())
        return ResolvedField(
            rest[0] if len(rest) == 1 else UnionType(rest), optional, nullable=True
        )

    def _inner(self, spec: TypeSpec, path: Path) -> Type:
        """The type of an element or a member, with its constraints."""
        type_ = self._unconstrained(spec, path)
        if spec.integer:
            type_ = self._whole(type_, path)
        constraints = resolve_constraints(spec, type_, path, self._report)
        return type_ if constraints == UNCONSTRAINED else ConstrainedType(type_, constraints)

    def _unconstrained(self, spec: TypeSpec, path: Path) -> Type:
        """The type of an element or a member, which cannot be absent."""
        if spec.expression is None:
            return self._form(spec, path)
        expression, optional = self._parse(spec.expression, path)
        if optional:
            text = spec.expression.rstrip()
            self._report.word_error(
                "type-syntax",
                "only a field can be absent",
                (*path, "type"),
                offset=len(text) - 1,
                length=1,
                advice='remove the "?", or write | null',
            )
            raise _Unresolved
        return self._expression(expression, (*path, "type"))

    def _form(self, spec: TypeSpec, path: Path) -> Type:
        if spec.values is not None:
            renamed = tuple((spec.renamed_values or {}).items())
            return LiteralType(tuple(spec.values), bool(spec.is_open), renamed)
        if spec.constant is not None:
            type_ = value_type(spec.constant)
            if isinstance(type_, str):
                self._report.error("literal-value", type_, (*path, "literal"))
                raise _Unresolved
            return type_
        if spec.properties is not None:
            return InlineObjectType(
                tuple(
                    self.field(name, field, (*path, "object", name))
                    for name, field in spec.properties.items()
                )
            )
        if spec.element is not None:
            return ListType(self._inner(spec.element, (*path, "list")))
        if spec.entries is not None:
            return self._entries(spec.entries, (*path, "record"))
        members = [
            self._attempt(member, (*path, "union", index))
            for index, member in enumerate(spec.members or ())
        ]
        resolved = [member for member in members if member is not None]
        if len(resolved) < len(members):
            raise _Unresolved
        if spec.tag is not None:
            return self._tagged(resolved, spec.tag, path)
        return self._union(resolved, (*path, "union"))

    def _tagged(self, members: list[Type], tag: str, path: Path) -> Type:
        """A union of objects; `null` beside them is a member of the union around it."""
        objects = [member for member in members if member != NullType()]
        union = self._union(objects, (*path, "union"))
        if not isinstance(union, UnionType):
            self._report.error(
                "union-tag",
                "a tag tells objects apart, and here is but one",
                (*path, "tag"),
                part=Part.KEY,
                advice='remove "tag"',
            )
            raise _Unresolved
        places = tuple(
            (member, (*path, "union", index))
            for index, member in enumerate(members)
            if member != NullType()
        )
        self.tagged.append(TaggedUnion(tag, places))
        enums = {name: tuple(enum.values) for name, enum in self._spec.enums.items()}
        tagged = UnionType(
            tuple(
                InlineObjectType(list_tags(member.fields, {tag}, enums))
                if isinstance(member, InlineObjectType)
                else member
                for member in union.members
            ),
            tag,
            self._tag_attribute(objects, tag),
        )
        return tagged if len(objects) == len(members) else UnionType((tagged, NullType()))

    def _tag_attribute(self, objects: Sequence[Type], tag: str) -> str:
        """What Python calls the tag; rules hold that all objects have it by one name."""
        for member in objects:
            if isinstance(member, InlineObjectType):
                own = {field.name: field.python for field in member.fields}
            elif isinstance(member, ObjectType):
                declared = self._spec.objects[member.name]
                own = {name: field.python for name, field in declared.items()}
            else:
                continue
            if tag in own:
                return own[tag] or python_attribute(tag)
        return python_attribute(tag)

    def _entries(self, spec: RecordSpec, path: Path) -> Type:
        keys = spec.keys or TypeSpec(type="string")
        key = self._attempt(keys, (*path, "keys"))
        value = self._attempt(spec.values, (*path, "values"))
        if key is None or value is None:
            raise _Unresolved
        if not _is_record_key(key):
            self._report.error(
                "record-key-type", _RECORD_KEYS, (*path, "keys"), advice="write string"
            )
            raise _Unresolved
        return RecordType(key, value)

    def _attempt(self, spec: TypeSpec, path: Path) -> Type | None:
        try:
            return self._inner(spec, path)
        except _Unresolved:
            return None

    def _parse(self, text: str, path: Path) -> tuple[Expression, bool]:
        try:
            parsed = parse_expression(text)
        except ExpressionError as error:
            self._report.word_error(
                "type-syntax",
                error.message,
                (*path, "type"),
                offset=error.offset,
                length=error.length,
                advice=error.advice,
            )
            raise _Unresolved from None
        return parsed.expression, parsed.optional

    def _expression(self, expression: Expression, path: Path) -> Type:
        if isinstance(expression, Alternatives):
            members: list[Type] = []
            failed = False
            for member in expression.members:
                try:
                    members.append(self._expression(member, path))
                except _Unresolved:
                    failed = True
            if failed:
                raise _Unresolved
            return self._union(members, path)
        if isinstance(expression, Constant):
            type_ = constant_type(expression.text)
            if isinstance(type_, str):
                self._fail("literal-value", type_, expression, path)
            return type_
        if isinstance(expression, SchemaReference):
            return self._typed_json(expression, path)
        if expression.opened == "<":
            return self._generic(expression, path)
        return self._named(expression, path)

    def _typed_json(self, reference: SchemaReference, path: Path) -> Type:
        """JSON that fits a JSON Schema, whose file lies beside the one that names it."""
        named_in = self._report.file_of(path)
        try:
            pointer = pointer_of(reference.fragment, reference.file)
            definition = self._bundle.add(beside(named_in, reference.file), pointer)
        except SchemaError as error:
            self._report.word_error(
                "json-schema",
                error.message,
                path,
                offset=reference.offset,
                length=reference.length,
                advice=error.advice,
            )
            raise _Unresolved from None
        return JsonType(definition)

    def _union(self, members: list[Type], path: Path) -> Type:
        """The union of the members, with the members of unions in it."""
        flat: dict[Type, None] = {}
        values: set[tuple[type[Type], object]] = set()
        for member in members:
            for part in _members(member):
                # No literal has a value that another one has too.
                constants = part.values if isinstance(part, AnyLiteralType) else ()
                added = {(type(part), value) for value in constants}
                if part in flat or not values.isdisjoint(added):
                    self._report.error(
                        "duplicate-union-member",
                        "the union has the same type twice",
                        path,
                        advice="keep one of the two",
                    )
                    raise _Unresolved
                flat[part] = None
                values |= added
        merged = merge_literals(flat)
        if AnyType() in merged and all(map(_is_said_by_validator, merged)):
            return AnyType(tuple(one for one in merged if one != AnyType()))
        return merged[0] if len(merged) == 1 else UnionType(tuple(merged))

    def _named(self, name: Name, path: Path) -> Type:
        text = name.text
        if text in SIMPLE_TYPES:
            return SIMPLE_TYPES[text]
        if text in self._spec.enums:
            return EnumType(text, is_open=self._spec.enums[text].is_open)
        if text in self._spec.objects:
            return ObjectType(text)
        if self._has_documents and text in self._spec.entities:
            return DocumentType(text, self._spec.entities[text].named_module)
        if text in _GENERIC_TYPES:
            self._fail(
                "type-syntax",
                f"{quoted(text)} says nothing of what it holds",
                name,
                path,
                f"such as {_GENERIC_TYPES[text]}",
            )
        message = f"{quoted(text)} is not a type"
        advice: str | None
        if text in self._spec.entities:
            message = f"{quoted(text)} is an entity, not a type"
            advice = f"write ref<{text}> for its key, or id<{text}> for its document ID"
            if self._has_inputs:
                advice = f"write new<{text}> for what is written of it, ref<{text}> for its key"
        elif text.lower() in _ELSEWHERE:
            advice = f"write {_ELSEWHERE[text.lower()]}"
        else:
            advice = did_you_mean(
                text, [*SIMPLE_TYPES, *_GENERIC_TYPES, *self._spec.enums, *self._spec.objects]
            )
        self._fail("unknown-type", message, name, path, advice)

    def _generic(self, name: Name, path: Path) -> Type:
        text = name.text
        if text == "vector":
            return self._vector(name, path)
        if text == "function":
            return self._function(name, path)
        if text not in _ARITY:
            known = text in SIMPLE_TYPES or text in self._spec.enums or text in self._spec.objects
            self._fail(
                "type-syntax" if known else "unknown-type",
                f"{quoted(text)} takes no types in brackets"
                if known
                else f"{quoted(text)} is not a type",
                name,
                path,
                f"write {_ELSEWHERE[text.lower()]}"
                if text.lower() in _ELSEWHERE
                else did_you_mean(text, _GENERIC_TYPES),
            )
        if len(name.arguments) != _ARITY[text]:
            taken = "1 type" if _ARITY[text] == 1 else f"{_ARITY[text]} types"
            given = len(name.arguments)
            self._fail(
                "type-syntax",
                f"{quoted(text)} takes {taken}, and here {'is' if given == 1 else 'are'} {given}",
                name,
                path,
                f"such as {_GENERIC_TYPES[text]}",
            )
        if text == "list":
            return ListType(self._expression(name.arguments[0], path))
        if text == "record":
            return self._record(name, path)
        table = self._outside_table(name)
        if table is not None:
            if table in CONVEX_TABLES:
                self.convex_tables.add(table)
            return TableIdType(table)
        entity = self._entity(name, path)
        if text == "new":
            return self._input(name, entity, path)
        return IdType(entity.text) if text == "id" else self._ref(entity, path)

    def _outside_table(self, name: Name) -> str | None:
        """The table that an `id` is of, if it is no entity but one of Convex's own or declared."""
        argument = name.arguments[0]
        if name.text != "id" or not isinstance(argument, Name) or argument.opened:
            return None
        is_known = argument.text in CONVEX_TABLES or argument.text in (self._spec.tables or ())
        return argument.text if is_known else None

    def _input(self, name: Name, entity: Name, path: Path) -> Type:
        if not self._has_inputs:
            self._fail(
                "unknown-type",
                f"what is written of {entity.text} is for arguments of functions of your own",
                name,
                path,
                f"write ref<{entity.text}> for its key, or id<{entity.text}> for its document ID",
            )
        declared = self._spec.entities[entity.text]
        if declared.has_any_fields:
            self._fail(
                "unknown-type",
                f"{entity.text} declares no fields that could be written",
                name,
                path,
                "write any, or record<string, any>",
            )
        return InputType(entity.text, declared.named_module)

    def _vector(self, name: Name, path: Path) -> Type:
        match name.arguments:
            case (Constant(digits),) if (
                digits.isdigit() and len(digits) <= 4 and 1 <= int(digits) <= _MOST_DIMENSIONS
            ):
                return VectorType(int(digits))
            case _:
                self._fail(
                    "type-syntax",
                    f"a vector has a number of dimensions, from 1 to {_MOST_DIMENSIONS:,}",
                    name,
                    path,
                    f"such as {_GENERIC_TYPES[name.text]}",
                )

    def _function(self, name: Name, path: Path) -> Type:
        match name.arguments:
            case (Name(kind, opened=""),) if kind in _FUNCTION_KINDS:
                return FunctionHandleType(_FUNCTION_KINDS[kind])
            case _:
                self._fail(
                    "type-syntax",
                    "a function is a query, a mutation or an action",
                    name,
                    path,
                    "such as function<mutation>, or function for any",
                )

    def _record(self, name: Name, path: Path) -> Type:
        key = self._expression(name.arguments[0], path)
        value = self._expression(name.arguments[1], path)
        if not _is_record_key(key):
            self._fail(
                "record-key-type",
                _RECORD_KEYS,
                name,
                path,
                "such as record<string, number>",
            )
        return RecordType(key, value)

    def _entity(self, name: Name, path: Path) -> Name:
        """The entity that an `id`, a `ref` or a `new` is of."""
        argument = name.arguments[0]
        if not isinstance(argument, Name) or argument.opened:
            self._fail(
                "type-syntax",
                f"{quoted(name.text)} takes the name of an entity",
                name,
                path,
                f"such as {_GENERIC_TYPES[name.text]}",
            )
        if argument.text not in self._spec.entities:
            self._fail(
                "unknown-entity",
                f"there is no entity {quoted(argument.text)}",
                argument,
                path,
                self._table_meant(name, argument.text),
            )
        return argument

    def _table_meant(self, name: Name, word: str) -> str | None:
        if name.text != "id":
            return entity_meant(word, self._spec.entities)
        if word.startswith("_"):
            return meant_or_listed(word, CONVEX_TABLES)
        meant = entity_meant(word, self._spec.entities)
        meant = meant or did_you_mean(word, self._spec.tables or ())
        if meant is None and word[0].islower():
            return f"name it under tables: [{word}] if your own schema has a table of that name"
        return meant

    def _ref(self, entity: Name, path: Path) -> Type:
        keys = self._spec.entities[entity.text].key
        if not keys:
            self._fail(
                "needs-key",
                f"{entity.text} has no key: its documents are told apart by their IDs",
                entity,
                path,
                f"write id<{entity.text}>, or give {entity.text} a key",
            )
        if len(keys) > 1:
            self._fail(
                "ref-to-composite-key",
                f"the key of {entity.text} is {len(keys)} fields: {', '.join(keys)}",
                entity,
                path,
                f"name a field for each under refs: {{ref: {entity.text}, fields: […]}}, or use "
                f"id<{entity.text}>",
            )
        target = self._key_types.of(entity.text, path)
        if target is None:
            raise _Unresolved
        return RefType(entity.text, target)

    def _own_key_type(self, spec: FieldSpec, path: Path) -> Type | None:
        """The type of a key; None if it has a problem, which is reported elsewhere."""
        silent = TypeResolver(self._spec, self._report.silent(), self._bundle)
        try:
            return silent._outer(spec, path).type
        except _Unresolved:
            return None

    def _fail(
        self,
        code: Code,
        message: str,
        name: Name | Constant,
        path: Path,
        advice: str | None = None,
    ) -> NoReturn:
        self._report.word_error(
            code, message, path, offset=name.offset, length=len(name.text), advice=advice
        )
        raise _Unresolved


def _is_record_key(type_: Type) -> bool:
    """Whether Convex takes the type for the keys of a record: strings, but no literals."""
    match bare(type_):
        case StringType() | IdType() | TableIdType():
            return True
        case UnionType(members):
            return all(_is_record_key(member) for member in members)
        case _:
            return False


def _members(type_: Type) -> tuple[Type, ...]:
    """What a member adds to a union."""
    return (AnyType(), *type_.beside) if isinstance(type_, AnyType) else alternatives(type_)


def _is_said_by_validator(type_: Type) -> bool:
    """Whether a validator says all of a type: of others, an error says that `any` takes them in."""
    for part in parts(type_):
        if isinstance(part, ConstrainedType | JsonType):
            return False
        if isinstance(part, InlineObjectType) and any(
            field.constraints != UNCONSTRAINED for field in part.fields
        ):
            return False
    return True
