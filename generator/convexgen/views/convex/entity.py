"""The view of the module of an entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.checks import entity_check
from convexgen.model.entities import Direction, Entity, Query
from convexgen.model.fields import Setter
from convexgen.model.system import System
from convexgen.naming import camel_case
from convexgen.views.convex import comparing, storing
from convexgen.views.convex.declarations import failure, opening, registrar, requirement
from convexgen.views.convex.entity_imports import entity_imports
from convexgen.views.convex.references import (
    CascadeView,
    ParentView,
    TouchView,
    add_touches_signature,
    cascading,
    touching,
    view_cascade,
    view_parent,
    view_touch,
)
from convexgen.views.convex.searching import (
    NearestView,
    SearchView,
    get_documents,
    view_nearest,
    view_search,
)
from convexgen.views.convex.typescript import (
    array,
    assignment,
    call,
    call_with_arrow,
    comment,
    constant,
    entry,
    object_literal,
    statement,
    string,
)
from convexgen.views.convex.uniqueness import UniqueView, view_unique
from convexgen.views.convex.updating import UpdateView, view_update
from convexgen.views.convex.validators import literals, present
from convexgen.views.convex.variants import all_fields, some_fields, variants
from convexgen.views.convex.writing import (
    defaults,
    functions,
    given,
    immutable,
    input_validator,
    set_by,
    stored,
)
from convexgen.views.layout import Document


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query that an index serves."""

    comment: str
    opening: str
    margin: str
    arguments: tuple[str, ...]
    require_read: str
    body: str


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the module of an entity prints."""

    imports: str
    query: str
    mutation: str
    require_read: str
    require_write: str
    document: str
    variants: str | None
    input: str
    key: str
    all_fields: str | None
    """The fields of all variants; None where there are none, or nothing needs to know."""
    optional_fields: str | None
    checks: str | None
    set_by_backend: str | None
    defaults: str | None
    immutable: str | None
    find_change: str
    throw_changed: str
    holds: str
    read_one: str
    read_many: str
    list: str
    queries: tuple[QueryView, ...]
    searches: tuple[SearchView, ...]
    nearest: tuple[NearestView, ...]
    document_ids: str
    get_documents: str
    unique: tuple[UniqueView, ...]
    one_argument: str
    many_arguments: str
    given_one: str
    given_many: str
    throw_already_exists: str
    return_written: str
    update: UpdateView | None
    remove_comment: str
    find: str
    insert: str
    replace: str
    admit_existing: str | None
    delete_existing: str
    clear: str
    cascades: tuple[CascadeView, ...]
    parents: tuple[ParentView, ...]
    functions: tuple[str, ...]
    """Those that tell variants apart."""
    touches: tuple[TouchView, ...]
    add_touches_signature: str


def view_entity(entity: Entity, system: System) -> EntityView:
    """The view of the module of an entity."""
    argument = camel_case(entity.name)
    update = view_update(entity, system)
    checks = entity_check(entity, system)
    optional = [field.name for field in entity.fields if field.optional]
    set_by_backend = set_by(entity.fields, *Setter)
    children = system.deleted_with(entity)
    return EntityView(
        imports=entity_imports(entity, system, checks, update),
        query=registrar("query", entity.access.read),
        mutation=registrar("mutation", entity.access.write),
        require_read=requirement(entity, "read", entity.access.read),
        require_write=requirement(entity, "write", entity.access.write),
        document=constant("document", call("schema.doc", [string(entity.table)])),
        variants=variants(entity),
        input=constant("input", input_validator(entity, system)),
        key=constant("key", object_literal(_properties(entity, entity.key, system))),
        all_fields=all_fields(entity, system),
        optional_fields=constant("optionalField", literals(optional)) if optional else None,
        checks=constant("check", checks.code) if checks else None,
        set_by_backend=constant("setByBackend", array([string(name) for name in set_by_backend]))
        if set_by_backend
        else None,
        defaults=defaults(entity),
        immutable=constant("immutable", array([string(name) for name in immutable(entity)]))
        if immutable(entity)
        else None,
        find_change=storing.find_change(entity, given(entity)),
        throw_changed=failure(2, "unchangeable", entity, "given", "changed"),
        holds=storing.return_if_held(entity, given(entity), bool(set_by_backend)),
        read_one=storing.read_one(entity),
        read_many=storing.read_many(entity),
        list=storing.read_page(entity, 2, ['.order(args.order ?? "asc")']),
        queries=tuple(_query(query, entity, system) for query in entity.queries),
        searches=tuple(view_search(index, entity, system) for index in entity.search_indexes),
        nearest=tuple(view_nearest(index, entity, system) for index in entity.vector_indexes),
        document_ids=statement(
            1, "args: ", object_literal([f"ids: v.array(v.id({string(entity.table)}))"]), ","
        ),
        get_documents=get_documents(entity),
        unique=tuple(view_unique(one, entity, some_fields(entity)) for one in entity.unique),
        one_argument=_arguments(argument, "input"),
        many_arguments=_arguments(f"{argument}s", "v.array(input)"),
        given_one=statement(2, assignment("const given", f"args.{argument}")),
        given_many=statement(2, assignment("const given", f"args.{argument}s")),
        throw_already_exists=failure(3, "alreadyExists", entity, "given"),
        return_written=storing.return_written(entity, "id", "given"),
        update=update,
        remove_comment=_remove_comment(bool(children)),
        find=storing.find(entity),
        insert=storing.insert(entity, stored(entity, is_new=True)),
        replace=storing.replace(entity, stored(entity, is_new=False)),
        admit_existing=storing.admit(1, entity, "existing"),
        delete_existing=storing.delete(1, entity, "existing"),
        clear=storing.clear(entity),
        cascades=tuple(view_cascade(child, field, entity) for child, field in children),
        parents=tuple(view_parent(field, entity, system) for field in cascading(entity)),
        functions=functions(entity),
        touches=tuple(view_touch(field, system) for field in touching(entity)),
        add_touches_signature=add_touches_signature(entity),
    )


def _properties(entity: Entity, names: Sequence[str], system: System) -> list[Document]:
    return [entry(name, present(entity.field(name), system)) for name in names]


def _query(query: Query, entity: Entity, system: System) -> QueryView:
    start = opening(query.name, "query", entity.access.read)
    level = start.level
    range_ = comparing.equal_fields(query, entity)
    if query.range is not None:
        range_ = call("within", [range_, string(query.range), f"args.{query.range}"])
    order = f'.order(args.order ?? "{query.order.value}")'
    return QueryView(
        comment(query.description or _query_description(query)),
        start.text,
        start.margin,
        comparing.arguments(query, entity, system, level),
        requirement(entity, "read", entity.access.read, level),
        storing.read_page(
            entity,
            level,
            [call_with_arrow(".withIndex", string(query.index), "q", range_), order],
        ),
    )


def _query_description(query: Query) -> str | None:
    if query.order is Direction.DESCENDING:
        return "Descending where no order is given."
    return None


def _arguments(name: str, validator: str) -> str:
    return statement(1, "args: ", object_literal([f"{name}: {validator}"]), ",")


def _remove_comment(has_children: bool) -> str:
    if has_children:
        return "Deletes what refers to it first: where it is not done, call it again."
    return "Answers whether it was there."
