"""Rules on names: that each is legal, free, and different from the others in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from convexgen import reserved
from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity, Index, Query
from convexgen.model.system import System
from convexgen.naming import (
    CONVEX_INDEXES,
    CONVEX_TABLES,
    camel_case,
    pascal_case,
    python_attribute,
    python_method,
    python_module,
    query_method,
)
from convexgen.rules.limits import IDENTIFIER_LENGTH, MODULE_LENGTH
from convexgen.rules.places import FieldPlace, Shape, module_path, shapes
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part

_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAME_IN_OBJECT = re.compile(r"_*[A-Za-z][A-Za-z0-9_]*")
"""Only in documents themselves, names that start with _ are Convex's own."""
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]*")
_FUNCTION_NAME = re.compile(r"[a-z][A-Za-z0-9_]*")

_TYPE_ADVICE = "a capital letter, then letters and digits, such as WorkflowRun"
_NAME_ADVICE = "a letter, then letters, digits and _"
_IN_OBJECT_ADVICE = "a letter, which _ may stand before, then letters, digits and _"
_ATTRIBUTE_ADVICE = "a small letter, then small letters, digits and _, such as created_at"
_FUNCTION_ADVICE = "a small letter, then letters, digits and _, such as getThreadsByResourceId"


@dataclass(frozen=True, slots=True)
class _Name:
    kind: str
    text: str
    path: Path
    part: Part
    pattern: re.Pattern[str]
    advice: str


@lru_cache(maxsize=1)
def _declared_names(system: System) -> Sequence[_Name]:
    """Every name that the spec gives to something."""
    return tuple(_names(system))


def _names(system: System) -> Iterator[_Name]:
    types = (
        *(("an enum", "enums", enum.name) for enum in system.enums),
        *(("an object", "objects", name) for name in _objects(system)),
        *(("an entity", "entities", entity.name) for entity in system.entities),
    )
    for kind, group, name in types:
        yield _Name(kind, name, (group, name), Part.KEY, _TYPE_NAME, _TYPE_ADVICE)
    for position, table in enumerate(system.outside_tables):
        if table not in CONVEX_TABLES:
            yield _Name("a table", table, ("tables", position), Part.VALUE, _NAME, _NAME_ADVICE)
    yield from _names_of_fields(system)
    for entity in system.entities:
        path: Path = ("entities", entity.name)
        yield _Name("a table", entity.table, (*path, "table"), Part.VALUE, _NAME, _NAME_ADVICE)
        if entity.module != entity.table:
            named = (*path, "module")
            yield _Name("a module", entity.module, named, Part.VALUE, _NAME, _NAME_ADVICE)
        for index in entity.all_indexes:
            part = Part.VALUE if index.implicit else Part.KEY
            yield _Name("an index", index.name, _origin(entity, index), part, _NAME, _NAME_ADVICE)
        searches = [
            *(("searchIndexes", index.name) for index in entity.all_search_indexes),
            *(("vectorIndexes", index.name) for index in entity.all_vector_indexes),
        ]
        for group, text in searches:
            yield _Name("an index", text, (*path, group, text), Part.KEY, _NAME, _NAME_ADVICE)
        for relation in entity.relations:
            related = (*path, "related", relation.name)
            yield _Name("a relation", relation.name, related, Part.KEY, _NAME, _NAME_ADVICE)
        for function in _functions(entity):
            if function.is_declared:
                yield _Name(
                    "a query",
                    function.name,
                    function.path,
                    function.part,
                    _FUNCTION_NAME,
                    _FUNCTION_ADVICE,
                )


def _names_of_fields(system: System) -> Iterator[_Name]:
    for shape in shapes(system):
        advice = _NAME_ADVICE if shape.entity is not None else _IN_OBJECT_ADVICE
        for place in shape.places:
            name = place.field.name
            yield _Name("a field", name, place.path, Part.KEY, _field_names(shape), advice)
            if place.field.python is not None:
                yield _Name(
                    "an attribute",
                    place.field.python,
                    (*place.path, "python"),
                    Part.VALUE,
                    _ATTRIBUTE,
                    _ATTRIBUTE_ADVICE,
                )


def _objects(system: System) -> Iterator[str]:
    """The named objects, and those that are variants of entities and nothing else."""
    of_variants = [one.object for entity in system.entities for one in entity.variants]
    names = [*(shape.name for shape in system.objects), *(name for name in of_variants if name)]
    yield from dict.fromkeys(names)


def _is_usable(name: str) -> bool:
    """Whether a name can be judged further: the others have a finding already."""
    return len(name) <= IDENTIFIER_LENGTH and _NAME.fullmatch(name) is not None


def _field_names(shape: Shape) -> re.Pattern[str]:
    return _NAME if shape.entity is not None else _NAME_IN_OBJECT


def _is_usable_field(name: str, shape: Shape) -> bool:
    return len(name) <= IDENTIFIER_LENGTH and _field_names(shape).fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class _Function:
    """A query, and what in the spec it comes from."""

    name: str
    path: Path
    is_declared: bool
    """Declared as a query, as opposed to one that an index yields."""
    index: str
    """The index that it is over."""
    method: str
    """That of the Python stores."""
    part: Part = Part.KEY
    """What of the path is the name."""

    @property
    def is_search(self) -> bool:
        return not {"searchIndexes", "vectorIndexes"}.isdisjoint(self.path)

    @property
    def origin(self) -> str:
        if self.is_declared:
            return f"the query {quoted(self.name)}"
        return f"the query {quoted(self.name)} of the index {quoted(self.index)}"


def _functions(entity: Entity) -> Iterator[_Function]:
    """The queries of an entity: first those that indexes give, in the order of the indexes."""
    indexes = {index.name: index for index in entity.indexes}
    for query in entity.queries:
        if query.implicit and _is_usable(query.index):
            origin = _origin(entity, indexes[query.index])
            method = query_method(query.name)
            yield _Function(query.name, origin, False, query.index, method)
            yield from _further_functions(query, origin)
    for position, unique in enumerate(entity.unique):
        if unique.function is not None and _is_usable(unique.index):
            path: Path = ("entities", entity.name, "unique", position)
            method = python_method(unique.function)
            yield _Function(unique.function, path, False, unique.index, method)
    yield from _search_functions(entity)
    for query in entity.queries:
        if not query.implicit:
            path = ("entities", entity.name, "queries", query.name)
            method = query_method(query.name)
            yield _Function(query.name, path, True, query.index, method)
            yield from _further_functions(query, path)


def _further_functions(query: Query, path: Path) -> Iterator[_Function]:
    """What a query with counts or with conditions has besides."""
    for name in query.further_functions:
        is_declared = not query.implicit
        yield _Function(name, path, is_declared, query.index, query_method(name))


def _search_functions(entity: Entity) -> Iterator[_Function]:
    groups = (("searchIndexes", entity.search_indexes), ("vectorIndexes", entity.vector_indexes))
    for group, indexes in groups:
        for index in indexes:
            if not _is_usable(index.name):
                continue
            path: Path = ("entities", entity.name, group, index.name)
            method = python_method(index.function)
            if index.is_named:
                place = (*path, "query")
                yield _Function(index.function, place, True, index.name, method, Part.VALUE)
            else:
                yield _Function(index.function, path, False, index.name, method)


def _origin(entity: Entity, index: Index) -> Path:
    """What in the spec an index comes from."""
    path: Path = ("entities", entity.name)
    if not index.implicit:
        return (*path, "indexes", index.name)
    for position, unique in enumerate(entity.unique):
        if unique.index == index.name and index.name != entity.key_index:
            return (*path, "unique", position)
    return (*path, "key")


def check_names(system: System) -> Iterator[Finding]:
    """Names that are no identifiers of the kind that they should be."""
    for name in _declared_names(system):
        if name.pattern.fullmatch(name.text) is None:
            yield Finding(
                f"{quoted(name.text)} is not a name for {name.kind}",
                name.path,
                name.part,
                f"{name.advice}; names that start with _ are Convex's own"
                if name.text.startswith("_") and name.pattern is not _NAME_IN_OBJECT
                else name.advice,
            )


def check_name_lengths(system: System) -> Iterator[Finding]:
    """Names that are too long for Convex."""
    # A table is a module as well, whose path has an ending, unless another is named.
    modules = {module_path(entity) for entity in system.entities}
    for name in _declared_names(system):
        most = MODULE_LENGTH if name.path in modules else IDENTIFIER_LENGTH
        if len(name.text) > most:
            yield Finding(
                f"the name of {name.kind} has {len(name.text)} characters, and Convex allows "
                f"{most}: {quoted(name.text)}",
                name.path,
                name.part,
                _shorter(name),
            )
    for entity in system.entities:
        for function in _functions(entity):
            if function.is_declared:
                continue  # reported above
            if len(function.name) > IDENTIFIER_LENGTH:
                yield Finding(
                    f"{function.origin} has {len(function.name)} characters, and Convex allows "
                    f"{IDENTIFIER_LENGTH}",
                    function.path,
                    Part.KEY,
                    "shorten the name of the index",
                )


def _shorter(name: _Name) -> str:
    if name.path[-1] == "key":
        return "declare an index with a shorter name over the same fields"
    if name.kind == "a table" and len(name.text) <= IDENTIFIER_LENGTH:
        return 'shorten it, or keep it and name another "module"'
    return "shorten it"


def check_reserved_types(system: System) -> Iterator[Finding]:
    """Entities, enums and objects that would hide a name of the generated code."""
    for name in _declared_names(system):
        if name.pattern is not _TYPE_NAME:
            continue
        for users, language in (
            (reserved.PYTHON_TYPES, "Python"),
            (reserved.TYPESCRIPT_TYPES, "TypeScript"),
        ):
            if name.text in users:
                yield Finding(
                    f"{quoted(name.text)} is a name that the generated {language} uses itself",
                    name.path,
                    name.part,
                    f"choose another name, such as {pascal_case(system.name)}{name.text}",
                )
                break
    for entity in system.entities:
        if camel_case(entity.name) in reserved.SAVE_ARGUMENTS:
            yield Finding(
                f"{quoted(entity.name)} is what a save takes besides the entity",
                ("entities", entity.name),
                Part.KEY,
                f"choose another name, such as {pascal_case(system.name)}{entity.name}",
            )


def check_reserved_fields(system: System) -> Iterator[Finding]:
    """Fields whose names mean something to JavaScript or to the Python classes."""
    for shape in shapes(system):
        for place in shape.places:
            name = place.field.name
            if not _is_usable_field(name, shape):
                continue
            if name in reserved.OBJECT_PROPERTIES:
                problem = f"{quoted(name)} is a property of every object in JavaScript"
                yield Finding(problem, place.path, Part.KEY, "choose another name")
            elif place.field.python is not None:
                yield from _attribute_problem(place.field.python, place, shape)
            elif shape.entity is not None and place.field.attribute in reserved.ENTITY_ATTRIBUTES:
                yield Finding(
                    f"{quoted(name)} is {place.field.attribute} in Python, which every entity has "
                    "already",
                    place.path,
                    Part.KEY,
                    'choose another name, or another one in Python by "python"',
                )


def _attribute_problem(attribute: str, place: FieldPlace, shape: Shape) -> Iterator[Finding]:
    """Why a field cannot be called so in Python; what is no name there has a finding already."""
    path = (*place.path, "python")
    if _ATTRIBUTE.fullmatch(attribute) is None:
        return
    usable = python_attribute(attribute)
    if usable != attribute:
        problem = "it is a word of Python or of pydantic"
        advice = f"write {usable}"
    elif shape.entity is None:
        return
    elif attribute in reserved.ENTITY_ATTRIBUTES:
        problem, advice = "every entity has that already", "choose another name"
    elif attribute in reserved.PARAMETERS:
        problem = "methods have a parameter of that name"
        advice = f"write {attribute}_, or choose another name"
    else:
        return
    yield Finding(
        f"no field can be called {quoted(attribute)} in Python: {problem}", path, advice=advice
    )


def check_reserved_tables(system: System) -> Iterator[Finding]:
    """Tables that cannot be a module of Convex functions, or a store of the Python package."""
    models = {f"model_{entity.module}".lower() for entity in system.entities}
    ruled = [entity.module for entity in system.entities if entity.rules is not None]
    viewers = {f"viewer_{module}".lower() for module in ruled}
    for entity in system.entities:
        module = entity.module
        is_own = module != entity.table
        problem = _table_problem(entity.table)
        if problem is not None:
            yield Finding(
                f"a table cannot be called {quoted(entity.table)}: {problem}",
                ("entities", entity.name, "table"),
                advice="choose another name, such as the plural of the entity",
            )
            continue
        problem = reserved.module_problem(module)
        if module.lower() in models:
            problem = (
                f"the types of the API call the module model/{module.removeprefix('model_')} so"
            )
        if module.lower() in viewers:
            problem = (
                f"the types of the API call the module viewer/{module.removeprefix('viewer_')} so"
            )
        elif ruled and module.lower() == "viewer":
            problem = "viewer has the functions for users"
        if problem is not None:
            kind = "module" if is_own else "table"
            yield Finding(
                f"a {kind} cannot be called {quoted(module)}: {problem}",
                module_path(entity),
                advice="choose another name, such as the plural of the entity"
                if is_own
                else 'choose another name, or keep it and name another "module"',
            )


def _table_problem(table: str) -> str | None:
    if table == reserved.UNFINISHED_TABLE:
        return "it is the table of deletions that take several transactions"
    if table in reserved.COUNTS_TABLES:
        return "it is a table for the counts of indexes"
    if table == reserved.CHUNKS_TABLE:
        return "it is the table for the chunks of large values"
    if table in reserved.OBJECT_PROPERTIES:
        return "it is a word of JavaScript"
    return None


def check_reserved_indexes(system: System) -> Iterator[Finding]:
    """Indexes with the name of one that every table has."""
    for entity in system.entities:
        path: Path = ("entities", entity.name)
        declared: list[tuple[str, Path]] = [
            *((one.name, _origin(entity, one)) for one in entity.all_indexes if not one.implicit),
            *((one.name, (*path, "searchIndexes", one.name)) for one in entity.all_search_indexes),
            *((one.name, (*path, "vectorIndexes", one.name)) for one in entity.all_vector_indexes),
        ]
        for name, place in declared:
            if name in CONVEX_INDEXES:
                yield Finding(
                    f"every table has an index {quoted(name)} already",
                    place,
                    Part.KEY,
                    "name it after its fields, such as by_threadId_and_createdAt",
                )


def check_reserved_queries(system: System) -> Iterator[Finding]:
    """Queries with the name of another function, or of something that modules use."""
    for entity in system.entities:
        for function in _functions(entity):
            problem = reserved.function_problem(function.name, function.method)
            if problem is not None:
                yield Finding(
                    f"{function.origin} cannot be called so: {problem}",
                    function.path,
                    function.part,
                    "choose another name",
                )


def check_colliding_fields(system: System) -> Iterator[Finding]:
    """Fields that are the same attribute in Python, or called as another's alias."""
    for shape in shapes(system):
        owners: dict[str, str] = {}
        own = {one.name: one for one in shape.fields}
        named = own if shape.entity is None else shape.entity.by_name
        aliases = named if system.has_aliases else {}
        for place in shape.places:
            name = place.field.name
            if not _is_usable_field(name, shape):
                continue
            attribute = place.field.attribute
            owner = owners.setdefault(attribute, name)
            if owner != name:
                yield Finding(
                    f"{quoted(name)} and {quoted(owner)} are both {attribute} in Python",
                    place.path,
                    Part.KEY,
                    'rename one of them, or give it another name in Python by "python"',
                    (("the other is", (*shape.path, owner)),),
                )
            elif attribute in aliases and aliases[attribute].attribute != attribute:
                yield Finding(
                    f"{quoted(name)} is {attribute} in Python, and that is the alias of "
                    f"{aliases[attribute].attribute}: JSON may mean either",
                    place.path,
                    Part.KEY,
                    'give it another name in Python by "python"',
                )


def check_tables(system: System) -> Iterator[Finding]:
    """Tables that two entities share."""
    owners: dict[str, str] = {}
    for entity in system.entities:
        owner = owners.setdefault(entity.table, entity.name)
        if owner != entity.name:
            yield Finding(
                f"{entity.name} and {owner} have the same table {quoted(entity.table)}",
                ("entities", entity.name, "table"),
                advice="give each entity a table of its own",
                related=(("the other is", ("entities", owner, "table")),),
            )


def check_outside_tables(system: System) -> Iterator[Finding]:
    """Tables that the spec names beside its entities, and has already."""
    owners = {entity.table: entity.name for entity in system.entities}
    for position, table in enumerate(system.outside_tables):
        if table in CONVEX_TABLES:
            continue
        if table in owners:
            yield Finding(
                f"{quoted(table)} is the table of {owners[table]}",
                ("tables", position),
                advice=f"remove it here, and write id<{owners[table]}>",
                related=(("it is declared", ("entities", owners[table], "table")),),
            )
        elif table in system.outside_tables[:position]:
            yield Finding(
                f"the table {quoted(table)} is there twice",
                ("tables", position),
                advice="remove it here",
            )


def check_colliding_tables(system: System) -> Iterator[Finding]:
    """Tables that are the same file or the same attribute."""
    owners: dict[str, Entity] = {}
    for entity in system.entities:
        if not _is_usable(entity.module):
            continue
        module = python_module(entity.module)
        for spelling in (entity.module.lower(), module):
            owner = owners.setdefault(spelling, entity)
            if owner.table != entity.table:
                is_said = entity.module != entity.table or owner.module != owner.table
                kind = "modules" if is_said else "tables"
                both = f"the {kind} {quoted(entity.module)} and {quoted(owner.module)}"
                yield Finding(
                    f"{both} are both {module} in Python"
                    if module == python_module(owner.module)
                    else f"{both} are one file where capitals make no difference",
                    module_path(entity),
                    advice='rename one of them, or name another "module"',
                    related=(("the other is", module_path(owner)),),
                )
                break


def check_colliding_queries(system: System) -> Iterator[Finding]:
    """Queries that are the same function in Convex, or the same method in Python."""
    for entity in system.entities:
        functions: dict[str, _Function] = {}
        methods: dict[str, _Function] = {}
        for function in _functions(entity):
            same = functions.setdefault(function.name, function)
            if same is not function:
                # Two indexes of one name have a finding already.
                if function.is_declared or function.path[-1] != same.path[-1]:
                    yield _query_collision(function, same, f"called {quoted(function.name)}")
                continue
            if not _is_usable(function.name):
                continue
            other = methods.setdefault(function.method, function)
            if other is not function:
                yield _query_collision(function, other, f"{function.method} in Python")


def _query_collision(function: _Function, other: _Function, how: str) -> Finding:
    return Finding(
        f"{function.origin} and {other.origin} are both {how}",
        function.path,
        function.part,
        'rename one of them, or name the query of a search by "query"'
        if function.is_search or other.is_search
        else "rename one of them"
        if function.is_declared == other.is_declared
        else "rename the query, or leave it out if the index yields what is wanted",
        (("the other is", other.path),),
    )


RULES = (
    Rule("invalid-name", check_names),
    Rule("name-too-long", check_name_lengths),
    Rule("reserved-name", check_reserved_types),
    Rule("reserved-name", check_reserved_fields),
    Rule("reserved-name", check_reserved_tables),
    Rule("reserved-name", check_reserved_indexes),
    Rule("reserved-name", check_reserved_queries),
    Rule("colliding-name", check_colliding_fields),
    Rule("duplicate-table", check_tables),
    Rule("duplicate-table", check_outside_tables),
    Rule("colliding-name", check_colliding_tables),
    Rule("colliding-name", check_colliding_queries),
)
